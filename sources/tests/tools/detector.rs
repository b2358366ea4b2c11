//! What detectors write beside photographs.

use deertrack_schemas::Class;

use crate::given::{Given, says};

const TEXAS: Option<[f64; 2]> = Some([29.8, -97.3]);

/// MegaDetector's form, with the images first as it writes them.
fn megadetector(images: &str) -> String {
    format!(
        r#"{{"images": [{images}],
 "detection_categories": {{"1": "animal", "2": "person", "3": "vehicle"}},
 "classification_categories": {{"0": "white-tailed deer", "1": "fox", "2": "buck"}},
 "info": {{"format_version": "1.4", "detector": "md_v5a.0.0.pt", "classifier": "woods",
           "detector_metadata": {{"typical_detection_threshold": 0.2}}}}}}"#
    )
}

fn image(file: &str, detections: &str) -> String {
    format!(r#"{{"file": "{file}", "detections": [{detections}]}}"#)
}

fn animal(conf: f64, class: &str) -> String {
    format!(
        r#"{{"category": "1", "conf": {conf}, "bbox": [0.1, 0.2, 0.3, 0.4], "classifications": [["{class}", 0.9]]}}"#
    )
}

const PERSON: &str = r#"{"category": "2", "conf": 0.15, "bbox": [0.0, 0.0, 0.5, 1.0]}"#;

fn usual() -> Given {
    let images = [
        image("Oak/DCIM/100RECNX/1.JPG", &format!("{}, {}", animal(0.9, "0"), animal(0.05, "0"))),
        image("Oak/DCIM/100RECNX/2.JPG", PERSON),
        image("Oak/DCIM/100RECNX/3.JPG", ""),
        image("Elm/4.JPG", &format!("{}, {}", animal(0.8, "2"), animal(0.3, "1"))),
        r#"{"file": "Elm/5.JPG", "failure": "Failure image access", "detections": null}"#.to_owned(),
    ];
    let given = Given::new(&[("detections.json", &megadetector(&images.join(",\n")))]);
    for (name, taken) in [
        ("Oak/DCIM/100RECNX/1.JPG", "2024:10:05 06:00:00"),
        ("Oak/DCIM/100RECNX/2.JPG", "2024:10:07 06:00:00"),
        ("Oak/DCIM/100RECNX/3.JPG", "2024:10:15 06:00:00"),
        ("Elm/4.JPG", "2024:10:06 18:00:00"),
        ("Elm/5.JPG", "2024:10:08 18:00:00"),
    ] {
        given.photograph(name, taken, TEXAS);
    }
    given
}

#[tokio::test]
async fn photographs_and_a_detectors_json_are_a_survey() {
    let given = usual();
    for path in [given.folder(), given.folder().join("detections.json")] {
        let summary = given.import_from(&path).await.unwrap();
        assert_eq!((summary.places, summary.images, summary.detections), (2, 5, 2));
        assert_eq!(
            summary.notes.people, 1,
            "a person of 0.15 keeps a photograph back, below the threshold of 0.2"
        );
        says(
            &summary.to_string(),
            &[
                "detector: Detections of MegaDetector",
                "\"white-tailed deer\": animal, Odocoileus virginianus (1 rows)",
                "\"buck\": animal, Cervidae, male (1 rows)",
                "left out: 1 detections below the threshold of 0.2",
                "left out: 1 photographs that the detector could not look at (Failure image access)",
                "effort: 2 stations last from their first to their last photograph",
                "seen from 2024-10-05 to 2024-10-06",
            ],
        );
    }
    let records = given.records().await;
    let classes: Vec<Class> = records.iter().map(|row| row.class).collect();
    assert_eq!(classes, [Class::Unknown, Class::Buck]);
    assert!(records.iter().all(|row| row.bbox.is_some()));
    assert_eq!(given.times().await[0], "2024-10-05T11:00:00+00:00", "the time of the camera's coordinates");
    assert!(
        (given.nights().await - 12.0).abs() < 1e-9,
        "10 at the oak, 2 at the elm: {}",
        given.nights().await
    );
    let paths = given.texts("select path from images order by id").await;
    assert!(paths[0].ends_with("given/Elm/4.JPG"), "{paths:?}");
}

#[tokio::test]
async fn animals_that_nobody_named_are_refused_with_the_ways_to_take_them() {
    let images = image("Oak/1.JPG", r#"{"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4]}"#);
    let mut given = Given::new(&[("detections.json", &megadetector(&images))]);
    given.photograph("Oak/1.JPG", "2024:10:05 06:00:00", TEXAS);
    says(
        &given.refused().await,
        &[
            "has no deer (Cervidae); it has animals without a name (1 rows); --species NAME takes another animal",
            "and --species '*' every one, also those without a name",
            "--names CSV tells what a label means (columns: name, kind, scientific_name, sex, life_stage)",
        ],
    );
    let names =
        given.beside("names.csv", "name,kind,scientific_name\nanimal,animal,Odocoileus virginianus\n");
    given.hints.names = Some(names);
    assert_eq!(given.import().await.unwrap().species, ["Odocoileus virginianus"]);
    given.hints.names = None;
    given.options.species = vec!["*".into()];
    given.options.replace = true;
    assert_eq!(given.import().await.unwrap().detections, 1);
}

#[tokio::test]
async fn a_threshold_that_is_told_holds_for_animals() {
    let mut given = usual();
    given.hints.threshold = Some(0.85);
    let summary = given.import().await.unwrap();
    assert_eq!((summary.detections, summary.notes.people), (1, 1));
    says(&summary.to_string(), &["left out: 3 detections below the threshold of 0.85"]);
}

#[tokio::test]
async fn deployments_beside_it_tell_effort_and_place_and_none_is_made_up() {
    let mut given = usual();
    let rows = "deployment_id;start;end;latitude;longitude\nOak;2024-10-01;2024-10-20;29,9;-97,5\n";
    given.hints.deployments = Some(given.beside("cameras.csv", rows));
    says(
        &given.refused().await,
        &["detections.json, line 4, column file: \"Elm/4.JPG\" is in no folder of --deployments"],
    );
    given.hints.deployments =
        Some(given.beside("cameras.csv", &format!("{rows}Elm;2024-10-01;2024-10-10;;\n")));
    let summary = given.import().await.unwrap();
    assert_eq!(summary.deployments, 2);
    assert!((given.nights().await - 30.0).abs() < 1e-9, "days as a whole: {}", given.nights().await);
    let coordinates = "select latitude || ' ' || longitude from locations order by id";
    assert_eq!(
        given.texts(coordinates).await,
        ["29.8 -97.3", "29.9 -97.5"],
        "the photograph's where none is told"
    );
}

#[tokio::test]
async fn paths_of_another_machine_are_found_from_their_end() {
    let detection = animal(0.9, "0");
    for told in ["C:\\\\Users\\\\me\\\\pics\\\\Oak\\\\1.JPG", "/mnt/pics/Oak/1.JPG", "./Oak/1.JPG"] {
        let given = Given::new(&[("detections.json", &megadetector(&image(told, &detection)))]);
        given.photograph("Oak/1.JPG", "2024:10:05 06:00:00", TEXAS);
        given.import().await.unwrap();
        assert_eq!(given.texts("select id from locations").await, ["Oak"]);
        assert_eq!(given.texts("select id from images").await, ["Oak/1.JPG"]);
    }
}

#[tokio::test]
async fn a_video_counts_the_most_animals_of_one_frame_at_a_time_that_is_told() {
    let frame = |number: u64, conf: f64| {
        format!(
            r#"{{"category": "1", "conf": {conf}, "bbox": [0.1, 0.2, 0.3, 0.4], "classifications": [["0", 0.9]], "frame_number": {number}}}"#
        )
    };
    let frames = [frame(0, 0.5), frame(20, 0.9), frame(20, 0.8), frame(40, 0.7)].join(", ");
    let video = format!(r#"{{"file": "Oak/a.mp4", "frame_rate": 20, "detections": [{frames}]}}"#);
    let mut given = Given::new(&[("video_recognition_file.json", &megadetector(&video))]);
    given.file("Oak/a.mp4", b"");
    says(&given.refused().await, &["has no deer"]);
    given.hints.times = Some(given.beside("times.csv", "file,time\nOak/a.mp4,2024-10-05 06:00:00\n"));
    says(
        &given.refused().await,
        &["line 1, column file: \"Oak/a.mp4\" is of a time without an offset", "say --zone"],
    );
    given.hints.zone = Some("America/Chicago".parse().unwrap());
    let summary = given.import().await.unwrap();
    assert_eq!((summary.detections, summary.animals), (1, 2));
    assert_eq!(given.texts("select media_type from images").await, ["video/mp4"]);
}

#[tokio::test]
async fn predictions_of_speciesnet_are_read() {
    let text = r#"{"predictions": [
{"filepath": "Oak/1.JPG", "prediction": "x;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;white-tailed deer",
 "prediction_score": 0.97, "model_version": "4.0.1a",
 "detections": [{"category": "1", "label": "animal", "conf": 0.9, "bbox": [0.1, 0.1, 0.2, 0.2]},
                {"category": "1", "label": "animal", "conf": 0.8, "bbox": [0.5, 0.1, 0.2, 0.2]}]},
{"filepath": "Oak/2.JPG", "prediction": "x;;;;;;blank", "prediction_score": 0.9, "detections": []},
{"filepath": "Oak/3.JPG", "prediction": "x;mammalia;primates;hominidae;homo;sapiens;human", "prediction_score": 0.9,
 "detections": [{"category": "2", "label": "human", "conf": 0.9, "bbox": [0.1, 0.1, 0.2, 0.2]}]},
{"filepath": "Oak/4.JPG", "failures": ["DETECTOR"]}]}"#;
    let given = Given::new(&[("predictions.json", text)]);
    for number in 1..=4 {
        given.photograph(&format!("Oak/{number}.JPG"), &format!("2024:10:0{number} 06:00:00"), TEXAS);
    }
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections, summary.notes.people), (4, 2, 1));
    let shares = "select confidence || classified_by from detections limit 1";
    assert_eq!(given.texts(shares).await, ["0.97SpeciesNet 4.0.1a"]);
}

/// The form of version 5: a taxon of each detection, or one of the photograph as a detection of its own.
#[tokio::test]
async fn predictions_of_speciesnet_5_tell_each_detection_by_itself() {
    let text = r#"{"predictions": [
        {"filepath": "Oak/1.JPG", "failures": ["GEOLOCATION"], "model_version": "5.0.0a", "detections": [
            {"category": "1", "label": "animal", "conf": 0.9, "bbox": [0.1, 0.1, 0.2, 0.2],
             "raw_classifications": {"classes": ["x"], "scores": [0.5]},
             "processed_classification": {"class": "id;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;white-tailed deer",
                                          "score": 0.8, "source": "classifier"}},
            {"category": "1", "label": "animal", "conf": 0.7, "bbox": [0.5, 0.5, 0.2, 0.2],
             "processed_classification": {"class": "id;mammalia;carnivora;canidae;canis;latrans;coyote", "score": 0.9}},
            {"category": "2", "label": "human", "conf": 0.15, "bbox": [0.1, 0.1, 0.2, 0.2]}]},
        {"filepath": "Oak/2.JPG", "model_version": "5.0.0b", "detections": [
            {"category": "0", "label": "whole_image_classification", "conf": 1.0, "bbox": [0, 0, 1, 1],
             "processed_classification": {"class": "id;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;white-tailed deer",
                                          "score": 0.6}},
            {"category": "1", "label": "animal", "conf": 0.8, "bbox": [0.1, 0.1, 0.2, 0.2]}]},
        {"filepath": "Oak/3.JPG", "model_version": "5.0.0a", "detections": []},
        {"filepath": "Oak/4.JPG", "failures": ["DETECTOR"], "model_version": "5.0.0a"}]}"#;
    let given = Given::new(&[("predictions.json", text)]);
    for at in 1..5 {
        given.photograph(&format!("Oak/{at}.JPG"), &format!("2024:10:05 06:0{at}:00"), Some([29.8, -97.3]));
    }
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections), (4, 2));
    assert_eq!(summary.other_species.get("Canis latrans"), Some(&1));
    assert_eq!(given.number("select count(*) from images where sees_people").await, 1);
    let shares = "select confidence || ' ' || image_id from detections order by image_id";
    assert_eq!(given.texts(shares).await, ["0.8 Oak/1.JPG", "0.6 Oak/2.JPG"]);
    assert_eq!(
        summary.told.left_out.get("photographs that the detector could not look at (DETECTOR)"),
        Some(&1)
    );
}

/// What SpeciesNet 5.0.6 writes of a photograph.
fn prediction(file: &str, detections: &str) -> String {
    format!(r#"{{"filepath": "{file}", "detections": [{detections}], "model_version": "4.0.3a"}}"#)
}

/// A box that it decided on.
fn decided(label: &str, conf: f64, taxon: &str, score: f64) -> String {
    format!(
        r#"{{"category": "1", "label": "{label}", "conf": {conf}, "bbox": [0.1, 0.1, 0.2, 0.2],
 "raw_classifications": {{"classes": ["{taxon}"], "scores": [{score}]}},
 "processed_classification": {{"class": "{taxon}", "score": {score}, "source": "classifier"}}}}"#
    )
}

fn predictions(version: &str, entries: &[String]) -> String {
    format!(r#"{{"info": {{"format_version": "{version}"}}, "predictions": [{}]}}"#, entries.join(",\n"))
}

const WHITETAIL: &str = "x;mammalia;cetartiodactyla;cervidae;odocoileus;virginianus;white-tailed deer";

#[tokio::test]
async fn speciesnet_tells_a_class_for_each_box_since_its_version_of_2026() {
    let below = r#"{"category": "1", "label": "animal", "conf": 0.05, "bbox": [0.5, 0.1, 0.2, 0.2]}"#;
    let entries = [
        prediction(
            "Oak/1.JPG",
            &[
                decided("animal", 0.9, WHITETAIL, 0.97),
                decided("animal", 0.8, "x;mammalia;carnivora;canidae;vulpes;vulpes;red fox", 0.9),
                decided("animal", 0.7, "x;;;;;;blank", 0.99),
                below.to_owned(),
            ]
            .join(","),
        ),
        // Not so sure that it is a person, and the classifier sees a deer: it counts, and its photograph is kept back.
        prediction("Oak/2.JPG", &decided("human", 0.25, WHITETAIL, 0.6)),
        prediction("Oak/3.JPG", ""),
        r#"{"filepath": "Oak/4.JPG", "failures": ["DETECTOR"], "model_version": "4.0.3a"}"#.to_owned(),
    ];
    let given = Given::new(&[("predictions.json", &predictions("20261015", &entries))]);
    for number in 1..=4 {
        given.photograph(&format!("Oak/{number}.JPG"), &format!("2024:10:0{number} 06:00:00"), TEXAS);
    }
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections, summary.notes.people), (4, 2, 1));
    assert_eq!(summary.other_species["Vulpes vulpes"], 1);
    says(
        &summary.to_string(),
        &[
            "left out: 1 detections below the threshold of 0.2",
            "left out: 1 detections that the classifier calls blank",
            "left out: 1 photographs that the detector could not look at (DETECTOR)",
        ],
    );
    let shares = "select confidence || classified_by from detections order by id";
    assert_eq!(given.texts(shares).await, ["0.97SpeciesNet 4.0.3a", "0.6SpeciesNet 4.0.3a"]);
}

#[tokio::test]
async fn what_speciesnet_says_of_a_photograph_as_a_whole_is_said_of_its_animals() {
    let whole = |taxon: &str, score: f64| {
        decided("whole_image_classification", 1.0, taxon, score).replace("\"1\"", "\"0\"")
    };
    let animal = r#"{"category": "1", "label": "animal", "conf": 0.9, "bbox": [0.5, 0.1, 0.2, 0.2]}"#;
    let entries = [
        prediction("Oak/1.JPG", &format!("{}, {animal}, {animal}", whole(WHITETAIL, 0.97))),
        prediction("Oak/2.JPG", &whole("x;;;;;;blank", 0.99)),
    ];
    let given = Given::new(&[("predictions.json", &predictions("20261015", &entries))]);
    for number in 1..=2 {
        given.photograph(&format!("Oak/{number}.JPG"), &format!("2024:10:0{number} 06:00:00"), TEXAS);
    }
    let summary = given.import().await.unwrap();
    assert_eq!((summary.images, summary.detections), (2, 2));
    says(&summary.to_string(), &["\"blank\": blank (1 rows)"]);
}

#[tokio::test]
async fn what_speciesnet_has_not_decided_and_other_versions_are_refused() {
    let deer = decided("animal", 0.9, WHITETAIL, 0.97);
    let undecided = deer.replace("processed_classification", "x");
    for (version, entry, told) in [
        ("20271231", &deer, "its format_version is \"20271231\", and of SpeciesNet this reads 20261015"),
        ("20261015", &undecided, "column detections[0].raw_classifications: "),
        ("20261015", &undecided, "let run_model decide on it (--ensemble_only)"),
        (
            "20261015",
            &deer.replace("\"score\": 0.97", "\"score\": 97"),
            "line 3, column detections[0].processed_classification.score: \"97\" is not a number of 0 to 1",
        ),
    ] {
        let text = predictions(version, &[prediction("Oak/1.JPG", entry)]);
        let given = Given::new(&[("predictions.json", &text)]);
        given.photograph("Oak/1.JPG", "2024:10:01 06:00:00", TEXAS);
        says(&given.refused().await, &[told]);
    }
    let nothing = predictions("20261015", &[r#"{"filepath": "Oak/1.JPG"}"#.to_owned()]);
    let given = Given::new(&[("predictions.json", &nothing)]);
    says(&given.refused().await, &["column detections: \"\" is required where nothing failed"]);
}

#[tokio::test]
async fn broken_detections_are_refused_with_line_member_value_and_choice() {
    let boxed =
        |bbox: &str| image("Oak/1.JPG", &format!(r#"{{"category": "1", "conf": 0.9, "bbox": {bbox}}}"#));
    let corners = r#"[{"file": "Oak/1.JPG", "detections": [{"category": "animal", "confidence": 0.93, "bbox": [102.4, 88.1, 540.7, 470.2]}]}]"#;
    let cases = [
        (corners.to_owned(), "its boxes are corners in pixels (x1, y1, x2, y2)"),
        (
            megadetector(&boxed("[102.4, 88.1, 540.7, 470.2]")),
            "detections.json, line 1, column detections[0].bbox: \"[102.4,88.1,540.7,470.2]\" is not a box in fractions",
        ),
        (
            megadetector(&boxed("[0.1, 0.2]")),
            "column detections[0].bbox: \"[0.1,0.2]\" is not a box of four numbers",
        ),
        (
            megadetector(&image("Oak/1.JPG", &animal(7.0, "0"))),
            "column detections[0].conf: \"7\" is not a number of 0 to 1",
        ),
        (megadetector(&image("", "")), "column file: \"\" is required"),
        (megadetector("").replace("1.4", "2.0"), "its format_version is \"2.0\", and this reads 1.x"),
        (megadetector(&image("Oak/1.JPG", "")).replace("\"info\"", ""), "it is no JSON that is read"),
        (megadetector(&image("Ash/9.JPG", "")), "none of its photographs is in "),
    ];
    for (text, told) in cases {
        let given = Given::new(&[("detections.json", &text)]);
        given.photograph("Oak/1.JPG", "2024:10:05 06:00:00", TEXAS);
        says(&given.refused().await, &[told]);
    }
    let given = Given::new(&[("a.json", &megadetector("")), ("b.json", &megadetector(""))]);
    says(&given.refused().await, &["it holds several files of detections, import one: a.json, b.json"]);
}
