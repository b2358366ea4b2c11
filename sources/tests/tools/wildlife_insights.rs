//! Downloads of Wildlife Insights, by image and by sequence.

use deertrack_schemas::Class;
use deertrack_sources::DateOrder;

use crate::given::{Given, says};

const DEPLOYMENTS: &str = "\
project_id,deployment_id,placename,longitude,latitude,start_date,end_date,bait_type,camera_id,quiet_period,camera_functioning
7,d1,Oak,-97.3,29.8,2024-10-01 00:00:00,2024-11-10 00:00:00,None,c1,0,Camera Functioning
7,d2,Elm,-97.4,29.9,2024-10-01 00:00:00,2024-11-01 00:00:00,Scent,c2,,Camera Hardware Failure
";
const HEADER: &str = "project_id,deployment_id,image_id,filename,location,is_blank,identified_by,wi_taxon_id,class,order,\
                      family,genus,species,common_name,uncertainty,timestamp,number_of_objects,age,sex,individual_id,cv_confidence";
const DEER: &str = "Mammalia,Cetartiodactyla,Cervidae,Odocoileus,virginianus,White-tailed Deer";

/// Rows of images: id, deployment, blank, by, taxon, time, count, age, sex, confidence.
fn images(rows: &[[&str; 10]]) -> String {
    let rows = rows.iter().map(|[id, deployment, blank, by, taxon, at, count, age, sex, share]| {
        format!("7,{deployment},{id},{id}.JPG,gs://p/{id}.JPG,{blank},{by},x,{taxon},,{at},{count},{age},{sex},,{share}")
    });
    format!("{HEADER}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
}

fn usual() -> String {
    images(&[
        ["i1", "d1", "0", "Ann", DEER, "2024-10-05 06:00:00", "2", "Adult", "Female", ""],
        ["i2", "d1", "0", "Computer Vision", DEER, "2024-10-05 06:00:30", "1", "Juvenile", "Male", "92"],
        ["i3", "d1", "1", "Ann", ",,,,,Blank", "2024-10-06 06:00:00", "", "", "", ""],
        [
            "i4",
            "d1",
            "0",
            "Ann",
            "Mammalia,Primates,Hominidae,Homo,sapiens,Human-Camera Trapper",
            "2024-10-07 06:00:00",
            "1",
            "",
            "",
            "",
        ],
        ["i5", "d2", "0", "Ann", DEER, "2024-10-12 12:00:00", "0", "", "Male", ""],
        [
            "i6",
            "d2",
            "0",
            "Computer Vision",
            "No CV Result,No CV Result,No CV Result,No CV Result,No CV Result,No CV Result",
            "2024-10-12 12:00:05",
            "1",
            "",
            "",
            "",
        ],
    ])
}

#[tokio::test]
async fn a_download_by_image_is_counted_kept_private_and_has_the_time_of_its_place() {
    let given = Given::new(&[
        ("deployments.csv", DEPLOYMENTS),
        ("images_7.csv", &usual()),
        ("cameras.csv", "project_id,camera_id,make,model\n7,c1,Reconyx,Hyperfire\n"),
        ("projects.csv", "project_id,project_name,image_license\n7,River wood,CC-BY\n"),
    ]);
    let summary = given.import().await.unwrap();
    assert_eq!(
        (summary.dataset.as_str(), summary.dataset_id.as_str()),
        ("River wood", "wildlife-insights-7")
    );
    assert_eq!((summary.images, summary.detections, summary.animals), (6, 3, 4));
    assert_eq!(summary.notes.people, 1);
    let records = given.records().await;
    let classes: Vec<Class> = records.iter().map(|row| row.class).collect();
    assert_eq!(classes, [Class::Doe, Class::Fawn, Class::Buck]);
    assert_eq!(given.times().await[0], "2024-10-05T11:00:00+00:00", "06:00 in Texas, on summer time");
    let shares = "select confidence || classified_by from detections where confidence is not null";
    assert_eq!(given.texts(shares).await, ["0.92Computer Vision"]);
    // 40 nights and an hour (summer time ends meanwhile), and of the camera that failed those until its last photograph.
    assert!(
        (given.nights().await - (40.0 + 1.0 / 24.0 + 11.5 + 5.0 / 86_400.0)).abs() < 1e-6,
        "{}",
        given.nights().await
    );
    let told = summary.to_string();
    says(
        &told,
        &[
            "read: cameras.csv (1 rows), deployments.csv (2 rows), images_7.csv (6 rows)",
            "\"White-tailed Deer\": animal, Odocoileus virginianus (3 rows)",
            "\"Human-Camera Trapper\": human (1 rows)",
            "no effort after their last photograph: Camera Hardware Failure (1)",
            "local time of America/Chicago (by the coordinates)",
            "1 rows of animals count 0 objects",
        ],
    );
    assert_eq!(given.import().await.unwrap().removed, 0, "once more");
}

#[tokio::test]
async fn a_zip_is_read_as_its_folder() {
    let given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &usual())]);
    let zip = given.zipped(&["deployments.csv", "images.csv"]);
    let summary = given.import_from(&zip).await.unwrap();
    assert_eq!((summary.images, summary.detections), (6, 3));
}

#[tokio::test]
async fn dates_as_a_spreadsheet_left_them_are_read_where_they_prove_their_order() {
    let rows = |first: &str| {
        images(&[
            ["i1", "d1", "0", "Ann", DEER, first, "1", "", "", ""],
            ["i2", "d1", "0", "Ann", DEER, "10/5/24 17:21", "1", "", "", ""],
        ])
    };
    let given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &rows("10/28/24 17:21"))]);
    let summary = given.import().await.unwrap();
    assert_eq!(given.times().await, ["2024-10-05T22:21:00+00:00", "2024-10-28T22:21:00+00:00"]);
    says(&summary.to_string(), &["2 times have no seconds"]);

    let mut unsure = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &rows("10/6/24 17:21"))]);
    says(
        &unsure.refused().await,
        &[
            "images.csv, line 2, column timestamp: \"10/6/24 17:21\" is a date of which nothing tells whether the day or the \
         month stands first",
            "--dates month-first or --dates day-first",
        ],
    );
    unsure.hints.dates = Some(DateOrder::MonthFirst);
    unsure.import().await.unwrap();
    assert_eq!(unsure.times().await[0], "2024-10-05T22:21:00+00:00");

    let both = Given::new(&[
        ("deployments.csv", DEPLOYMENTS),
        ("images.csv", &rows("28/10/24 17:21").replace("10/5/24", "10/29/24")),
    ]);
    says(
        &both.refused().await,
        &["line 2, column timestamp: \"28/10/24 17:21\" is a date with the day first, and others"],
    );
}

#[tokio::test]
async fn several_rows_of_an_image_are_several_animals_and_equal_ones_are_one() {
    let fawn = ["i1", "d1", "0", "Ann", DEER, "2024-10-05 06:00:00", "1", "Juvenile", "", ""];
    let doe = ["i1", "d1", "0", "Ann", DEER, "2024-10-05 06:00:00", "1", "Adult", "Female", ""];
    let given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &images(&[doe, fawn, doe]))]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections), (1, 2));
    assert_eq!(given.texts("select id from detections order by id").await, ["i1", "i1:2"]);
    says(&summary.to_string(), &["left out: 1 rows that are equal to another of their image or sequence"]);
}

#[tokio::test]
async fn a_download_by_sequence_counts_its_groups_and_shows_its_images() {
    let sequences = format!(
        "project_id,deployment_id,sequence_id,is_blank,identified_by,wi_taxon_id,class,order,family,genus,species,common_name,\
         uncertainty,start_time,end_time,group_size,age,sex\n\
         7,d1,s1,0,Ann,x,{DEER},,2024-10-05 06:00:00,2024-10-05 06:00:40,3,Adult,Female\n\
         7,d1,s2,1,Ann,x,,,,,,Blank,,2024-10-06 06:00:00,2024-10-06 06:00:10,,,\n"
    );
    let images = "project_id,deployment_id,image_id,sequence_id,filename,location,timestamp\n\
                  7,d1,i1,s1,1.jpg,gs://p/1.jpg,2024-10-05 06:00:00\n\
                  7,d1,i2,s1,2.jpg,gs://p/2.jpg,2024-10-05 06:00:20\n\
                  7,d1,i3,s2,3.jpg,gs://p/3.jpg,2024-10-06 06:00:05\n";
    let given = Given::new(&[
        ("deployments.csv", DEPLOYMENTS),
        ("sequences.csv", &sequences),
        ("images.csv", images),
    ]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.level, summary.images, summary.detections, summary.animals), ("event", 3, 1, 3));
    assert_eq!(
        given.texts("select image_id from detections").await,
        ["i1"],
        "a photograph of the sequence shows it"
    );
}

#[tokio::test]
async fn projects_that_share_ids_of_deployments_are_told_apart() {
    let deployments =
        format!("{DEPLOYMENTS}8,d1,Oak,-97.5,29.8,2024-10-01 00:00:00,2024-11-10 00:00:00,None,c1,0,\n");
    let rows = images(&[["i1", "d1", "0", "Ann", DEER, "2024-10-05 06:00:00", "1", "", "", ""]]);
    let given = Given::new(&[("deployments.csv", &deployments), ("images.csv", &rows)]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.deployments, summary.places), (3, 3));
    assert_eq!(given.texts("select deployment_id from images").await, ["7:d1"]);
}

#[tokio::test]
async fn broken_downloads_are_refused_with_file_line_column_value_and_choice() {
    let row = |at: usize, value: &'static str| {
        let mut row = ["i1", "d1", "0", "Ann", DEER, "2024-10-05 06:00:00", "1", "", "", ""];
        row[at] = value;
        images(&[row])
    };
    let cases = [
        (
            row(1, "d9"),
            "images.csv, line 2, column deployment_id: \"d9\" is not among those of deployments.csv",
        ),
        (
            row(5, "soon"),
            "images.csv, line 2, column timestamp: \"soon\" is not a time that is read, as 2019-05-04",
        ),
        (row(5, "45570.25"), "column timestamp: \"45570.25\" is not a time that is read"),
        (row(6, "two"), "images.csv, line 2, column number_of_objects: \"two\" is not a whole number"),
        (row(9, "920"), "column cv_confidence: \"920\" is not a number of 0 to 100"),
        (row(0, ""), "images.csv, line 2, column image_id: \"\" is required"),
        (
            usual().replace("timestamp", "time"),
            "images.csv: it has no column timestamp, and cannot be read without",
        ),
    ];
    for (images, told) in cases {
        let mut given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &images)]);
        says(&given.refused().await, &[told]);
        assert_eq!(given.number("select count(*) from images").await, 0);
        given.options.skip_invalid = true;
        assert!(given.import().await.is_err(), "nothing is left of it");
    }
    let nowhere = DEPLOYMENTS.replace("-97.3,29.8", ",");
    let given = Given::new(&[("deployments.csv", &nowhere), ("images.csv", &usual())]);
    says(
        &given.refused().await,
        &["deployments.csv, line 2, column start_date", "say --zone, as America/Chicago"],
    );
}

#[tokio::test]
async fn a_zone_that_is_told_holds_for_clocks_without_an_offset() {
    let mut given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("images.csv", &usual())]);
    given.hints.zone = Some("-06:00".parse().unwrap());
    let summary = given.import().await.unwrap();
    assert_eq!(given.times().await[0], "2024-10-05T12:00:00+00:00", "a clock on winter time all year");
    says(&summary.to_string(), &["local time of UTC-06:00 (as told)"]);
}

#[tokio::test]
async fn names_of_a_project_are_told_by_a_file() {
    let mut given = Given::new(&[
        ("deployments.csv", DEPLOYMENTS),
        ("images.csv", &usual().replace(DEER, ",,,,,Big one")),
    ]);
    says(
        &given.refused().await,
        &["has no deer (Cervidae); it has Big one (3 rows)", "\"Big one\": animal, Big one (3 rows)"],
    );
    given.hints.names =
        Some(given.beside("names.csv", "name,scientific_name,sex\nbig one,Odocoileus virginianus,male\n"));
    assert_eq!(given.import().await.unwrap().classes.get("buck"), Some(&2), "and a juvenile is a fawn");
    given.hints.names = Some(given.beside("names.csv", "name,kind\nbig one,beast\n"));
    says(
        &given.refused().await,
        &["names.csv, line 2, column kind: \"beast\" is not one of animal, human, vehicle"],
    );
}
