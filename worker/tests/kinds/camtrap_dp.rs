//! `camtrap-dp`: the package tells what the database knows, keeps the standard, and comes back through the import.
//!
//! That Python's `frictionless` calls such a package valid is checked in `worker/tests/real/package.rs`.

use std::sync::Arc;

use chrono::NaiveDate;
use deertrack_catalog::store::{Level, NewDataset, NewDeployment, Store};
use deertrack_catalog::{Catalog, Image, Record, connect};
use deertrack_schemas::{CamtrapDpParams, Class, Export};
use deertrack_sources::camtrap_dp::{Options, import};
use deertrack_survey::{Deployment, Place, TimeRange};
use deertrack_worker::JobError;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::season::{Season, at, csv_rows, file, known, place, unzip};

fn exact() -> CamtrapDpParams {
    CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() }
}

async fn package(season: &Season, params: CamtrapDpParams) -> Vec<(String, Vec<u8>)> {
    unzip(&season.bytes(Export::CamtrapDp(params)).await)
}

async fn refusal(season: &Season, params: CamtrapDpParams) -> String {
    match season.export(Export::CamtrapDp(params)).await {
        Err(JobError::Reject(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The cells of a row that are not empty, as `column=value`.
fn told(bytes: &[u8], row: usize) -> Vec<String> {
    let rows = csv_rows(bytes);
    let cells = rows[0].iter().zip(&rows[row]).filter(|(_, value)| !value.is_empty());
    cells.map(|(column, value)| format!("{column}={value}")).collect()
}

fn deployment(id: &str, place: &str, start: &str, end: Option<&str>) -> NewDeployment {
    NewDeployment {
        id: id.into(),
        dataset_id: None,
        location_id: place.into(),
        camera: Some(format!("camera of {id}")),
        start: at(start),
        end: end.map(at),
        ..NewDeployment::default()
    }
}

/// Two cameras with their deployments; bucks, a doe and a fawn on photographs, one of them without an animal.
fn season() -> Season {
    let mut season = Season::new();
    let dataset =
        NewDataset { id: "wood".into(), name: "Deer of the north wood".into(), ..NewDataset::default() };
    season.datasets.push(dataset);
    season.places[0].coordinate_uncertainty = Some(30.0);
    season.deployments = vec![
        deployment("dep-1", "ridge", "2025-11-01T12:00:00Z", Some("2025-11-20T12:00:00Z")),
        deployment("dep-2", "creek", "2025-11-05T00:00:00Z", None),
    ];
    for (id, taken_at, place) in [
        ("a", "2025-11-03T16:00:00Z", "ridge"),
        ("b", "2025-11-10T05:30:00Z", "creek"),
        ("blank", "2025-11-12T05:30:00Z", "creek"),
    ] {
        season.image(id, taken_at, Some(&format!("cards/{id}.JPG")));
        let image = season.images.last_mut().unwrap();
        image.location_id = Some(place.into());
        image.deployment_id = Some(if place == "ridge" { "dep-1" } else { "dep-2" }.into());
        image.media_type = Some("image/jpeg".into());
        image.capture_method = Some("activityDetection".into());
    }
    season.detection("buck", "a", Class::Buck, [0.25, 0.2, 0.4, 0.5]);
    let buck = season.detections.last_mut().unwrap();
    buck.deer_id = Some("d1".into());
    buck.burst_id = Some("burst".into());
    buck.scientific_name = Some("Capreolus capreolus".into());
    buck.sex = Some("male".into());
    buck.life_stage = Some("subadult".into());
    buck.behavior = Some("foraging".into());
    buck.classification_method = Some("machine".into());
    buck.classified_by = Some("a model".into());
    buck.created_at = Some(at("2025-12-01T00:00:00Z"));
    season.detection("doe", "b", Class::Doe, [-0.1, 0.2, 0.4, 0.5]);
    season.detection("fawn", "b", Class::Buck, [0.5, 0.5, 0.1, 0.1]);
    season.detections.last_mut().unwrap().corrected_class = Some(Class::Fawn);
    season
}

#[tokio::test]
async fn a_package_tells_what_the_database_knows() {
    let files = package(&season(), exact()).await;
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let expected = [
        "datapackage.json",
        "deployments.csv",
        "media.csv",
        "observations.csv",
        "detection_history.csv",
        "detection_counts.csv",
        "detection_history_occasions.csv",
    ];
    assert_eq!(names, expected);

    let deployments = file(&files, "deployments.csv");
    let expected = [
        "deploymentID=dep-1",
        "locationID=ridge",
        "locationName=North ridge",
        "latitude=50.828917",
        "longitude=4.651234",
        "coordinateUncertainty=30",
        "deploymentStart=2025-11-01T12:00:00Z",
        "deploymentEnd=2025-11-20T12:00:00Z",
        "cameraID=camera of dep-1",
    ];
    assert_eq!(told(deployments, 1), expected);
    assert_eq!(told(deployments, 2)[6], "deploymentEnd=2026-01-02T03:04:05Z", "it stood until the request");

    let media = file(&files, "media.csv");
    let expected = [
        "mediaID=a",
        "deploymentID=dep-1",
        "captureMethod=activityDetection",
        "timestamp=2025-11-03T16:00:00Z",
        "filePath=cards/a.JPG",
        "filePublic=false",
        "fileName=a.JPG",
        "fileMediatype=image/jpeg",
    ];
    assert_eq!(told(media, 1), expected);
    assert_eq!(csv_rows(media).len(), 4, "also the photograph without an animal");

    let observations = file(&files, "observations.csv");
    let expected = [
        "observationID=buck",
        "deploymentID=dep-1",
        "mediaID=a",
        "eventID=burst",
        "eventStart=2025-11-03T16:00:00Z",
        "eventEnd=2025-11-03T16:00:00Z",
        "observationLevel=media",
        "observationType=animal",
        "scientificName=Capreolus capreolus",
        "count=1",
        "lifeStage=subadult",
        "sex=male",
        "behavior=foraging",
        "individualID=d1",
        "bboxX=0.25",
        "bboxY=0.2",
        "bboxWidth=0.4",
        "bboxHeight=0.5",
        "classificationMethod=machine",
        "classifiedBy=a model",
        "classificationTimestamp=2025-12-01T00:00:00Z",
        "classificationProbability=0.875",
    ];
    assert_eq!(told(observations, 1), expected);
    let doe = told(observations, 2);
    assert!(doe.contains(&"sex=female".into()) && doe.contains(&"scientificName=Cervidae".into()), "{doe:?}");
    assert!(doe.contains(&"bboxX=0".into()) && doe.contains(&"bboxWidth=0.30000000000000004".into()));
    let fawn = told(observations, 3);
    assert!(fawn.contains(&"lifeStage=juvenile".into()), "{fawn:?}");
    assert!(fawn.contains(&"classificationMethod=human".into()), "a person has said so: {fawn:?}");
    assert!(!fawn.iter().any(|cell| cell.starts_with("classificationProbability")), "that was of a buck");
}

#[tokio::test]
async fn the_metadata_are_all_that_the_standard_requires() {
    let params = CamtrapDpParams { contributor: Some("The estate".into()), ..CamtrapDpParams::default() };
    let files = package(&season(), params).await;
    let package: Value = serde_json::from_slice(file(&files, "datapackage.json")).unwrap();
    assert_eq!(package["name"], "deer-of-the-north-wood");
    assert_eq!(package["created"], "2026-01-02T03:04:05+00:00");
    assert_eq!(package["contributors"], json!([{ "title": "The estate", "role": "contact" }]));
    assert_eq!(package["coordinatePrecision"], 0.01);
    assert_eq!(package["spatial"], json!({ "type": "Point", "coordinates": [4.65, 50.83] }));
    assert_eq!(package["temporal"], json!({ "start": "2025-11-01", "end": "2026-01-02" }));
    let species = json!([{ "scientificName": "Capreolus capreolus" }, { "scientificName": "Cervidae" }]);
    assert_eq!(package["taxonomic"], species);
    let project = json!({
        "title": "Deer of the north wood", "samplingDesign": "opportunistic",
        "captureMethod": ["activityDetection"], "individualAnimals": true, "observationLevel": ["media"],
    });
    assert_eq!(package["project"], project);
}

#[tokio::test]
async fn coordinates_are_rounded_and_say_how_far_off_they_are() {
    let files = package(&season(), CamtrapDpParams::default()).await;
    let rows = csv_rows(file(&files, "deployments.csv"));
    // Half of 0.01 degrees to the north is 555.98 m, to the east 351.2 m there: 657.6 m, and 30 m from before.
    assert_eq!(rows[1][3..6], ["50.83", "4.65", "688"]);
    assert_eq!(rows[2][3..6], ["50.83", "4.65", "658"]);
}

#[tokio::test]
async fn the_same_command_gives_the_same_bytes() {
    let season = season();
    let bytes = season.bytes(Export::CamtrapDp(exact())).await;
    assert!(bytes == season.bytes(Export::CamtrapDp(exact())).await);
    assert_eq!(season.drafts(), 0);
}

#[tokio::test]
async fn images_without_a_deployment_get_one_by_place_and_time_or_an_inferred_one() {
    let mut season = season();
    season.images.iter_mut().for_each(|image| image.deployment_id = None);
    season.image("early", "2025-10-01T00:00:00Z", None);
    season.image("later", "2025-10-09T00:00:00Z", None);
    season.image("nowhere", "2025-11-09T00:00:00Z", None);
    season.images.last_mut().unwrap().location_id = None;
    season.detection("first", "early", Class::Doe, [0.1, 0.1, 0.1, 0.1]);
    let rendered = season.export(Export::CamtrapDp(exact())).await.unwrap();
    assert_eq!(
        rendered.headline.as_deref(),
        Some(
            "3 deployments, 5 media, 4 observations; 1 deployments inferred from images; 1 rows without a place left out"
        )
    );
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let inferred = told(file(&files, "deployments.csv"), 1);
    assert_eq!(inferred[0], "deploymentID=inferred:ridge");
    assert_eq!(
        inferred[6..8],
        ["deploymentStart=2025-10-01T00:00:00Z", "deploymentEnd=2025-10-09T00:00:00Z"]
    );
    let media = csv_rows(file(&files, "media.csv"));
    let of: Vec<[&str; 2]> = media.iter().skip(1).map(|row| [row[0].as_str(), row[1].as_str()]).collect();
    let expected = [
        ["early", "inferred:ridge"],
        ["later", "inferred:ridge"],
        ["a", "dep-1"],
        ["b", "dep-2"],
        ["blank", "dep-2"],
    ];
    assert_eq!(of, expected);
    assert_eq!(media[1][4], "media/early.jpg", "a photograph whose file is not known is told all the same");
}

#[tokio::test]
async fn a_package_that_would_break_the_standard_is_refused() {
    let mut nowhere = season();
    nowhere.places[1].latitude = None;
    assert_eq!(
        refusal(&nowhere, exact()).await,
        "the place \"Creek\" has no coordinates, which Camtrap DP requires; add them, or choose other place_ids"
    );
    let ridge = CamtrapDpParams { place_ids: Some(vec!["ridge".into()]), ..exact() };
    let files = package(&nowhere, ridge).await;
    assert_eq!(csv_rows(file(&files, "observations.csv")).len(), 2, "the others can still be had");

    let mut nameless = season();
    nameless.detection("NA", "a", Class::Doe, [0.1, 0.1, 0.1, 0.1]);
    assert_eq!(
        refusal(&nameless, exact()).await,
        "the package would break the Camtrap DP standard: observations.csv, row 1, observationID: \"NA\" is missing"
    );
    assert_eq!(nameless.drafts(), 0);

    let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
    let early = CamtrapDpParams { start_date: day("2020-01-01"), end_date: day("2020-12-31"), ..exact() };
    let refused = refusal(&season(), early).await;
    assert!(refused.starts_with("No detections found in specified date range. There are "), "{refused}");
}

#[tokio::test]
async fn a_detection_history_has_effort_where_a_camera_stood() {
    let mut season = season();
    season.deployments[1].end = Some(at("2025-11-16T11:00:00Z"));
    let files = package(&season, CamtrapDpParams { occasion_days: 5, ..exact() }).await;
    let rows: Vec<String> =
        csv_rows(file(&files, "detection_history.csv")).iter().map(|row| row.join(",")).collect();
    // The ridge's camera stood from 1 November 13:00 to 20 November 13:00 local time, the creek's from 5 November
    // 01:00 to 16 November 12:00.
    let expected = [
        "site,y.1,y.2,y.3,y.4,effort.1,effort.2,effort.3,effort.4",
        "creek,0,1,0,0,0.95833,5,5,0.5",
        "ridge,1,0,0,0,4.45833,5,5,4.54167",
    ];
    assert_eq!(rows, expected);
    let occasions = csv_rows(file(&files, "detection_history_occasions.csv"));
    assert_eq!(occasions[1], ["1", "2025-11-01", "2025-11-05"]);
    assert_eq!(occasions[4], ["4", "2025-11-16", "2025-11-20"]);

    let weekly = CamtrapDpParams { occasion_days: 3, ..exact() };
    let rows = csv_rows(file(&package(&season, weekly).await, "detection_history.csv"));
    assert_eq!(rows[1][..3], ["creek", "NA", "0"], "no camera stood there in the first three days");
}

#[tokio::test]
async fn hostile_text_comes_out_as_text_and_keys_to_the_byte() {
    let mut season = season();
    season.places[0].name = "=HYPERLINK(\"http://evil\")".into();
    season.datasets[0].name = "<script>alert(1)</script> \"; drop table x; #panic(1)".into();
    season.deer.push(known("=d", "@evil"));
    let buck = &mut season.detections[0];
    (buck.deer_id, buck.behavior) = (Some("=d".into()), Some("+1+1\r\n-2".into()));
    let files = package(&season, exact()).await;
    for name in ["deployments.csv", "media.csv", "observations.csv"] {
        for row in csv_rows(file(&files, name)) {
            let formulas = row.iter().filter(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
            assert!(formulas.into_iter().all(|cell| cell == "=d"), "only a key may look so: {row:?}");
        }
    }
    let observations = csv_rows(file(&files, "observations.csv"));
    let [individual, behavior] = ["individualID", "behavior"].map(|column| {
        let at = observations[0].iter().position(|name| name == column).unwrap();
        observations[1][at].as_str()
    });
    assert_eq!([individual, behavior], ["=d", "'+1+1\r\n-2"]);
    let metadata: Value = serde_json::from_slice(file(&files, "datapackage.json")).unwrap();
    assert_eq!(metadata["title"], season.datasets[0].name);
    assert_eq!(metadata["name"], "script-alert-1-script-drop-table-x-panic-1");
}

/// Everything that a database knows about its survey, but for whose data set it is and where its files lie.
#[derive(Debug, PartialEq)]
struct Known {
    places: Vec<Place>,
    deployments: Vec<Deployment>,
    images: Vec<Image>,
    records: Vec<Record>,
}

async fn all_known(catalog: &dyn Catalog) -> Known {
    let ever = || -> TimeRange { at("2000-01-01T00:00:00Z")..at("2100-01-01T00:00:00Z") };
    let without_path = |image: Image| Image { path: None, ..image };
    let records = catalog.records_in(ever()).await.unwrap().into_iter();
    Known {
        places: catalog.places().await.unwrap(),
        deployments: catalog.deployments(ever()).await.unwrap(),
        images: catalog.images(ever()).await.unwrap().into_iter().map(without_path).collect(),
        records: records.map(|row| Record { image: without_path(row.image.clone()), ..row }).collect(),
    }
}

/// A database into which a package was unpacked and imported.
struct Imported {
    catalog: Arc<dyn Catalog>,
    #[expect(dead_code, reason = "held, not read: the database lies in it")]
    dir: TempDir,
}

async fn imported(files: &[(String, Vec<u8>)]) -> Imported {
    let dir = TempDir::new().unwrap();
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let url = format!("sqlite://{}", dir.path().join("catalog.db").display());
    let mut store = Store::open(&url).await.unwrap();
    import(dir.path(), &mut store, &Options::default(), &mut |_, _| ()).await.unwrap();
    store.close().await;
    Imported { catalog: connect(&url).await.unwrap(), dir }
}

#[tokio::test]
async fn what_was_imported_once_comes_back_the_same_after_export_and_import() {
    for level in [Level::Media, Level::Event] {
        let mut season = season();
        season.deployments[1].end = Some(at("2025-12-31T00:00:00Z"));
        season.detections.iter_mut().for_each(|row| {
            row.level = level;
            row.burst_id.get_or_insert_with(|| format!("event of {}", row.id));
            if level == Level::Event {
                row.bbox = None;
            }
        });
        // The first import fills what the platform's rows left open (sex, species, method); the second must not differ.
        let first = package(&season, exact()).await;
        let once = imported(&first).await;
        let known = all_known(&*once.catalog).await;
        assert_eq!((known.records.len(), known.images.len(), known.deployments.len()), (3, 3, 2));

        let kinds = season.kinds_over(Arc::clone(&once.catalog));
        let second = unzip(&season.bytes_of(&kinds, Export::CamtrapDp(exact())).await);
        assert_eq!(all_known(&*imported(&second).await.catalog).await, known, "{level:?}");
        let history = |files| file(files, "detection_history.csv").to_vec();
        assert_eq!(history(&first), history(&second));
    }
}

#[tokio::test]
async fn a_url_stays_and_a_path_of_this_machine_is_not_told() {
    let mut season = Season::new();
    season.places.push(place("x", "X"));
    for (id, path) in [
        ("url", "https://example.org/a/file"),
        ("absolute", "/home/warden/cards/IMG 1.PNG"),
        ("windows", "C:\\cards\\IMG2.JPG"),
        ("up", "../IMG3.JPG"),
    ] {
        season.image(id, "2025-11-03T17:00:00Z", Some(path));
        season.detection(id, id, Class::Buck, [0.1, 0.1, 0.1, 0.1]);
    }
    let files = package(&season, exact()).await;
    let rows = csv_rows(file(&files, "media.csv"));
    let mut paths: Vec<String> = rows.iter().skip(1).map(|row| row[4..8].join(" ")).collect();
    paths.sort();
    let expected = [
        "https://example.org/a/file false  image/jpeg",
        "media/IMG2.JPG false IMG2.JPG image/jpeg",
        "media/IMG3.JPG false IMG3.JPG image/jpeg",
        "media/IMG_1.PNG false IMG 1.PNG image/png",
    ];
    assert_eq!(paths, expected);
}
