//! Tables of Timelapse, DeepFaune, Camelot and camtrapR.

use deertrack_schemas::Class;

use crate::given::{Given, says};

fn in_texas(files: &[(&str, &str)]) -> Given {
    let mut given = Given::new(files);
    given.hints.zone = Some("America/Chicago".parse().unwrap());
    given
}

const TIMELAPSE: &str = "RootFolder,File,RelativePath,DateTime,DeleteFlag,Species,Count,Sex,Empty,Person\n\
    pics,1.JPG,Oak\\DCIM,2024-10-05 06:00:00,false,White-tailed deer,2,Female,false,false\n\
    pics,2.JPG,Oak\\DCIM,05-Oct-2024 18:00:00,false,,0,,true,false\n\
    pics,3.JPG,Elm,2024-10-06 06:00:00,false,buck,1,,false,true\n";

#[tokio::test]
async fn a_table_of_timelapse_needs_a_mapping_which_is_proposed() {
    let mut given = in_texas(&[("TimelapseData.csv", TIMELAPSE)]);
    let told = given.refused().await;
    says(
        &told,
        &["TimelapseData.csv: which column tells what is the project's own", "give it with --mapping"],
    );
    let proposed = told.split("\n\n").nth(1).unwrap();
    says(
        proposed,
        &["file = \"File\"", "folder = \"RelativePath\"", "label = \"Species\"", "person = \"Person\""],
    );
    given.hints.mapping = Some(given.beside("mapping.toml", proposed));
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.places, summary.detections, summary.animals), (3, 2, 2, 3));
    assert_eq!(summary.notes.people, 1);
    let classes: Vec<Class> = given.records().await.iter().map(|row| row.class).collect();
    assert_eq!(classes, [Class::Doe, Class::Buck]);
    assert_eq!(given.times().await, ["2024-10-05T11:00:00+00:00", "2024-10-06T11:00:00+00:00"]);
    assert_eq!(given.texts("select source_id from locations order by id").await, ["Elm", "Oak"]);
}

#[tokio::test]
async fn semicolons_decimal_commas_and_letters_of_windows_are_read() {
    let text = "File;RelativePath;DateTime;Species;Station;Lat;Long;Notes\r\n\
                1.JPG;a;28.10.2024 06:00;chevreuil;Ch\u{ea}ne;29,8;-97,3;\u{e9}t\u{e9}\r\n";
    let latin: Vec<u8> = text.chars().map(|letter| letter as u8).collect();
    let mut given = Given::new(&[]);
    given.file("t.csv", &latin);
    let mapping = "file = \"File\"\nfolder = \"RelativePath\"\ntime = \"DateTime\"\nlabel = \"Species\"\n\
                   station = \"Station\"\nlatitude = \"Lat\"\nlongitude = \"Long\"\ncomments = \"Notes\"\n";
    given.hints.mapping = Some(given.beside("mapping.toml", mapping));
    let summary = given.import().await.unwrap();
    assert_eq!(summary.species, ["Capreolus capreolus"]);
    assert_eq!(given.texts("select name || latitude from locations").await, ["Ch\u{ea}ne29.8"]);
    assert_eq!(given.times().await, ["2024-10-28T11:00:00+00:00"]);
}

const DEEPFAUNE: &str = "filename,date,seqnum,predictionbase,scorebase,prediction,score,humanpresence\n\
    /home/me/pics/Oak/1.JPG,2024:10:05 06:00:00,1,roe deer,0.8,roe deer,0.93,False\n\
    /home/me/pics/Oak/2.JPG,2024:10:05 06:00:05,1,undefined,0.4,roe deer,0.93,False\n\
    /home/me/pics/Oak/3.JPG,2024:10:06 06:00:00,2,empty,1.0,empty,1.0,False\n\
    /home/me/pics/Oak/4.JPG,2024:10:07 06:00:00,3,red deer,0.9,red deer,0.9,True\n\
    /home/me/pics/Oak/5.JPG,NA,4,red deer,0.9,red deer,0.9,False\n";

#[tokio::test]
async fn results_of_deepfaune_are_a_models_rows_with_their_sequences() {
    let given = in_texas(&[("deepfaune.csv", DEEPFAUNE)]);
    for number in 1..=4 {
        given.photograph(&format!("Oak/{number}.JPG"), "2024:10:05 06:00:00", None);
    }
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections, summary.notes.people), (4, 3, 1));
    assert_eq!(summary.species, ["Capreolus capreolus", "Cervus elaphus"]);
    says(&summary.to_string(), &["left out: 1 rows without a time, whose photograph tells none"]);
    let by = "select distinct classified_by || classification_method from detections";
    assert_eq!(given.texts(by).await, ["DeepFaunemachine"]);
    assert_eq!(
        given.texts("select id from locations").await,
        ["Oak"],
        "the folder of the photographs that are there"
    );
}

#[tokio::test]
async fn what_deepfaune_could_not_open_or_counts_is_read_as_its_source_writes_it() {
    let text = "filename,date,seqnum,predictionbase,scorebase,prediction,score,count\n\
                C:\\pics\\Oak\\1.JPG,2024:10:05 06:00:00,1,red deer,0.8,red deer,0.93,3\n\
                C:\\pics\\Oak\\2.JPG,2024:10:05 07:00:00,2,error,0.0,error,0.0,0\n";
    let given = in_texas(&[("deepfaune.csv", text)]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections, summary.animals), (2, 1, 3));
    assert!(summary.other_species.is_empty(), "no animal is an error: {:?}", summary.other_species);
}

const CAMELOT: &str = "Media ID,Media Filename,Media Capture Timestamp,Trap Station Name,Trap Station Latitude,\
    Trap Station Longitude,Trap Station Session Camera ID,Trap Station Session Start Date,Trap Station Session End Date,\
    Camera Name,Genus,Species,Sighting Quantity,Sighting Sex,Sighting Life Stage\n\
    11,a1,2024-10-05 06:00:00,Oak,29.8,-97.3,5,2024-10-01,2024-10-10,C1,Odocoileus,virginianus,2,Male,Adult\n\
    11,a1,2024-10-05 06:00:00,Oak,29.8,-97.3,5,2024-10-01,2024-10-10,C1,Odocoileus,virginianus,1,Female,Juvenile\n\
    12,a2,2024-10-06 06:00:00,Oak,29.8,-97.3,5,2024-10-01,2024-10-10,C1,,,,,\n";

#[tokio::test]
async fn the_full_export_of_camelot_has_its_stations_sessions_and_sightings() {
    let given = Given::new(&[("full-export.csv", CAMELOT)]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections, summary.animals), (2, 2, 3));
    let classes: Vec<Class> = given.records().await.iter().map(|row| row.class).collect();
    assert_eq!(classes, [Class::Buck, Class::Fawn]);
    assert!((given.nights().await - 10.0).abs() < 1e-9, "both days: {}", given.nights().await);
    assert_eq!(given.texts("select camera_id from deployments").await, ["C1"]);
    let mut other = Given::new(&[("export.csv", &CAMELOT.replace("Media Capture Timestamp", "Thời gian"))]);
    says(
        &other.refused().await,
        &["nothing here knows export.csv again", "in another language with --source and --mapping"],
    );
    let mapping = "file = \"Media Filename\"\ntime = \"Thời gian\"\nstation = \"Trap Station Name\"\nlabel = \"Species\"\ngenus = \"Genus\"\n";
    other.hints.mapping = Some(other.beside("mapping.toml", mapping));
    other.hints.zone = Some("-06:00".parse().unwrap());
    other.source = Some("camelot");
    assert_eq!(other.import().await.unwrap().detections, 2);
}

const STATIONS: &str = "Station,lat,long,Setup_date,Retrieval_date,Problem1_from,Problem1_to\n\
    Oak,29.8,-97.3,01/10/2024,21/10/2024,05/10/2024,06/10/2024\n\
    Elm,29.9,-97.4,01/10/2024,11/10/2024,NA,NA\n";
const RECORDS: &str = "Station,Species,DateTimeOriginal,Date,Time,delta.time.secs,Directory,FileName\n\
    Oak,White-tailed deer,2024-10-03 06:00:00,2024-10-03,06:00:00,0,C:/pics/Oak,1.JPG\n\
    Oak,Fox,2024-10-03 07:00:00,2024-10-03,07:00:00,0,C:/pics/Oak,2.JPG\n\
    Elm,White-tailed deer,2024-10-05 06:00:00,2024-10-05,06:00:00,0,C:/pics/Elm,1.JPG\n";

#[tokio::test]
async fn problem_periods_of_camtrapr_are_no_effort() {
    let given = Given::new(&[("records.csv", RECORDS), ("stations.csv", STATIONS)]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.deployments, summary.images, summary.detections), (2, 3, 2));
    assert_eq!((summary.notes.failures.deployments, summary.notes.failures.periods), (1, 1));
    assert!((given.nights().await - 28.0).abs() < 1e-9, "20 less 2, and 10: {}", given.nights().await);
    says(&summary.to_string(), &["no effort: 1 periods in which cameras of 1 deployments did not work"]);
    let alone = in_texas(&[("records.csv", RECORDS)]);
    says(
        &alone.import().await.unwrap().to_string(),
        &["effort: 2 stations last from their first to their last photograph"],
    );
}

#[tokio::test]
async fn cameras_and_sessions_of_a_station_are_told_apart_as_camtrapr_joins_them() {
    let stations = "Station,Camera,session,lat,long,Setup_date,Retrieval_date\n\
        Oak,A,1,29.8,-97.3,2024-10-01,2024-10-11\nOak,B,1,29.8,-97.3,2024-10-01,2024-10-11\n";
    let records = "Station,Camera,session,Species,DateTimeOriginal,Directory,FileName\n\
        Oak,A,1,doe,2024-10-03 06:00:00,x,1.JPG\n";
    let given = Given::new(&[("records.csv", records), ("stations.csv", stations)]);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.deployments, summary.places), (2, 1));
    assert_eq!(given.texts("select deployment_id from images").await, ["Oak__CAM_A__SESS_1"]);
}

#[tokio::test]
async fn broken_tables_are_refused_with_file_line_column_value_and_choice() {
    let cases: [(&str, String, &str); 9] = [
        (
            "deepfaune.csv",
            DEEPFAUNE.replace("0.93", "1.93"),
            "line 2, column score: \"1.93\" is not a number of 0 to 1",
        ),
        (
            "deepfaune.csv",
            DEEPFAUNE.replace("2024:10:05 06:00:05", "soon"),
            "line 3, column date: \"soon\" is not a time",
        ),
        (
            "deepfaune.csv",
            DEEPFAUNE.replace(",False", ",perhaps"),
            "column humanpresence: \"perhaps\" is not true or false",
        ),
        (
            "export.csv",
            CAMELOT.replace(",29.8,", ",129.8,"),
            "line 2, column Trap Station Latitude: \"129.8\" is not a number",
        ),
        (
            "export.csv",
            CAMELOT.replace("virginianus,2", "virginianus,two"),
            "column Sighting Quantity: \"two\" is not a whole",
        ),
        (
            "records.csv",
            RECORDS.replace("Elm,White", "Ash,White"),
            "records.csv, line 4, column Station: \"Ash\" is not among the stations of stations.csv",
        ),
        (
            "records.csv",
            RECORDS.replace("2024-10-03 07:00:00", "2024-10-03"),
            "line 3, column DateTimeOriginal: \"2024-10-03\" is a day without a time",
        ),
        (
            "records.csv",
            RECORDS.replace("Oak,Fox", "Oak,Fox,more"),
            "records.csv, line 3: the row is of 9 fields where the header has 8",
        ),
        (
            "records.csv",
            RECORDS.replace("2024-10-03 06:00:00", "3/4/2024 06:00"),
            "line 2, column DateTimeOriginal: \"3/4/2024 06:00\" is a date of which nothing tells",
        ),
    ];
    for (name, text, told) in cases {
        let given = in_texas(&[(name, &text), ("stations.csv", STATIONS)]);
        says(&given.refused().await, &[told]);
    }
    for (stations, told) in [
        (
            STATIONS.replace("06/10/2024", "04/10/2024"),
            "stations.csv, line 2, column Problem1_to: \"04/10/2024\" is before the problem began",
        ),
        (
            STATIONS.replace("Elm", "Oak"),
            "stations.csv, line 3, column Station: \"Oak\" is not unique: line 2 has it",
        ),
        (
            STATIONS.replace("21/10/2024", "21/09/2024"),
            "stations.csv, line 2, column end: \"Oak\" is a station of which this is before the start",
        ),
    ] {
        let given = in_texas(&[("records.csv", RECORDS), ("stations.csv", &stations)]);
        says(&given.refused().await, &[told]);
    }
    let mut given = in_texas(&[("t.csv", TIMELAPSE)]);
    given.hints.mapping = Some(given.beside("mapping.toml", "label = \"Animal\"\n"));
    says(
        &given.refused().await,
        &["mapping.toml: label is the column \"Animal\", and the table has: RootFolder, File"],
    );
}
