//! What was corrected at an import stays corrected and is told: in the package that goes out, and when it comes in again.

use std::path::Path;

use deertrack_catalog::connect;
use deertrack_catalog::store::{NewDeployment, Store};
use deertrack_schemas::{CamtrapDpParams, Class, Export, TableParams};
use deertrack_sources::camtrap_dp::{Options, import};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::differences::table;
use crate::season::{Season, at, csv_rows, file, unzip};

type Files = Vec<(String, Vec<u8>)>;

const DEPLOYMENTS: &str = "\
deploymentID,locationID,latitude,longitude,coordinateUncertainty,deploymentStart,deploymentEnd,deploymentComments
d1,L1,50.8,4.6,187,2024-05-01T00:00:00+02:00,2024-05-31T00:00:00+02:00,put up late
d2,L2,50.9,4.6,,2024-05-01T00:00:00+02:00,2024-05-31T00:00:00+02:00,'=hidden
";
const MEDIA: &str = "\
mediaID,deploymentID,timestamp,filePath,filePublic,fileMediatype
m1,d1,2023-05-02T05:00:00+02:00,https://example.org/m1,true,image/jpeg
";
const OBSERVATIONS: &str = "\
observationID,deploymentID,mediaID,eventID,eventStart,eventEnd,observationLevel,observationType,scientificName,count,\
bboxX,bboxY,observationComments
o1,d1,m1,,2023-05-02T05:00:00+02:00,2023-05-02T04:01:00+01:00,media,animal,Capreolus capreolus,1,0.25,0.5,'+two
o2,d2,,e,2024-05-03T05:00:00+02:00,2024-05-03T05:00:00+02:00,event,animal,Capreolus capreolus,1,,,
";
const PLACES: &str = "\
location_id,latitude,longitude,name,timezone
L1,50.7,4.5,=Ridge,Europe/Paris
";
const FAILURES: &str = "\
deployment_id,start,end,reason
d2,2024-05-03T00:00:00+02:00,2024-05-05T00:00:00+02:00,battery
";

fn write(dir: &Path) {
    let description = json!({
        "profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json",
        "name": "estate", "title": "Estate", "created": "2024-07-01T00:00:00Z", "description": "All cameras.",
        "contributors": [{ "title": "A. Warden" }],
        "project": { "title": "Spring", "samplingDesign": "opportunistic", "captureMethod": ["activityDetection"],
            "individualAnimals": false, "observationLevel": ["media", "event"] },
        "resources": (["deployments", "media", "observations"]).map(|name| json!({
            "name": name, "path": format!("{name}.csv"),
        })),
    });
    for (name, text) in [
        ("datapackage.json", description.to_string().as_str()),
        ("deployments.csv", DEPLOYMENTS),
        ("media.csv", MEDIA),
        ("observations.csv", OBSERVATIONS),
        ("places.csv", PLACES),
        ("failures.csv", FAILURES),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
}

async fn imported(dir: &Path, options: &Options) -> (Season, deertrack_worker::export::Kinds) {
    let url = format!("sqlite://{}", dir.join("catalog.db").display());
    let mut store = Store::open(&url).await.unwrap();
    import(dir, &mut store, options, &mut |_, _| ()).await.unwrap();
    store.close().await;
    let season = Season::new();
    let kinds = season.kinds_over(connect(&url).await.unwrap());
    (season, kinds)
}

async fn passed_through(dir: &Path, options: &Options) -> Files {
    let (season, kinds) = imported(dir, options).await;
    let exact = CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
    unzip(&season.bytes_of(&kinds, Export::CamtrapDp(exact)).await)
}

fn corrected(dir: &Path) -> Options {
    Options {
        places: Some(dir.join("places.csv")),
        failures: Some(dir.join("failures.csv")),
        shifts: vec![("d1".to_owned(), "+366d".parse().unwrap())],
        ..Options::default()
    }
}

#[tokio::test]
async fn a_corrected_package_goes_out_as_it_is_right_says_so_and_comes_in_as_it_went_out() {
    let dir = TempDir::new().unwrap();
    write(dir.path());
    let once = passed_through(dir.path(), &corrected(dir.path())).await;
    let deployments = table(file(&once, "deployments.csv"));
    let told = |id: &str, column: &str| deployments[id].get(column).cloned().unwrap_or_default();
    let d1 = [
        "latitude",
        "longitude",
        "coordinateUncertainty",
        "locationName",
        "deploymentStart",
        "deploymentComments",
    ];
    assert_eq!(
        d1.map(|column| told("d1", column)),
        [
            "50.7",
            "4.5",
            "",
            "'=Ridge",
            "2024-05-01T00:00:00+02:00",
            "put up late [Deertrack: clock mended by +366d at import]"
        ]
    );
    assert_eq!(
        told("d2", "deploymentComments"),
        "'=hidden [Deertrack: did not work from 2024-05-03T00:00:00+02:00 to 2024-05-05T00:00:00+02:00 (battery)]"
    );
    let media = table(file(&once, "media.csv"));
    assert_eq!(media["m1"]["timestamp"], "2024-05-02T05:00:00+02:00");
    let observations = table(file(&once, "observations.csv"));
    let o1 = ["eventStart", "eventEnd", "bboxX", "bboxY", "observationComments"]
        .map(|column| observations["o1"][column].clone());
    assert_eq!(o1, ["2024-05-02T05:00:00+02:00", "2024-05-02T04:01:00+01:00", "0.25", "0.5", "'+two"]);
    let package: Value = serde_json::from_slice(file(&once, "datapackage.json")).unwrap();
    assert_eq!(
        package["deertrack"]["corrections"],
        json!({
            "places": [{ "place": "L1", "what": ["coordinates", "name", "time zone"], "timezone": "Europe/Paris" }],
            "clocks": [{ "deployment": "d1", "shift": "+366d", "moves_span": false }],
        })
    );
    assert_eq!(package["deertrack"]["failures"]["d2"][0]["reason"], "battery");
    let description = package["deertrack"]["description"].as_str().unwrap();
    assert!(
        description.contains(" Clocks mended at import, whose times are told as mended (deertrack.corrections, deploymentComments): 1."),
        "{description}"
    );

    let again = TempDir::new().unwrap();
    for (name, bytes) in &once {
        std::fs::write(again.path().join(name), bytes).unwrap();
    }
    let twice = passed_through(again.path(), &Options::default()).await;
    for (name, bytes) in &once {
        assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(file(&twice, name)), "{name}");
    }
}

#[tokio::test]
async fn rounded_coordinates_are_all_that_a_corrected_package_tells() {
    let dir = TempDir::new().unwrap();
    write(dir.path());
    std::fs::write(dir.path().join("places.csv"), "location_id,latitude,longitude\nL1,50.71234,4.51234\n")
        .unwrap();
    let (season, kinds) = imported(dir.path(), &corrected(dir.path())).await;
    let files = unzip(&season.bytes_of(&kinds, Export::CamtrapDp(CamtrapDpParams::default())).await);
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(
            !text.contains("50.71234") && !text.contains("4.51234") && !text.contains("50.8,"),
            "{name}: {text}"
        );
    }
}

fn history(files: &Files) -> Vec<String> {
    csv_rows(file(files, "detection_history.csv")).iter().map(|row| row.join(",")).collect()
}

fn stand(id: &str, start: &str, end: &str, failures: Option<&str>) -> NewDeployment {
    NewDeployment {
        id: id.into(),
        location_id: "ridge".into(),
        start: at(start),
        end: Some(at(end)),
        failures: failures.map(str::to_owned),
        ..NewDeployment::default()
    }
}

#[tokio::test]
async fn a_gap_told_beside_is_the_gap_of_two_deployments() {
    let days =
        ["2025-06-01T22:00:00Z", "2025-06-11T22:00:00Z", "2025-06-21T22:00:00Z", "2025-07-01T22:00:00Z"];
    let gap = format!(r#"[{{"start": "{}", "end": "{}"}}]"#, days[1], days[2]);
    let split = vec![stand("a", days[0], days[1], None), stand("b", days[2], days[3], None)];
    let beside = vec![stand("a", days[0], days[3], Some(&gap))];
    let mut told = Vec::new();
    for deployments in [split, beside] {
        let mut season = Season::new();
        season.deployments = deployments;
        season.image("m1", "2025-06-03T05:00:00Z", None);
        season.detection("m1", "m1", Class::Doe, [0.1, 0.1, 0.2, 0.2]);
        let params = CamtrapDpParams { occasion_days: 5, ..CamtrapDpParams::default() };
        let files = unzip(&season.bytes(Export::CamtrapDp(params)).await);
        let effort: TableParams = serde_json::from_value(
            json!({"topic": "effort", "start_date": "2025-06-01", "end_date": "2025-07-30", "format": "csv"}),
        )
        .unwrap();
        let effort = csv_rows(&season.bytes(Export::Table(effort)).await);
        told.push((history(&files), effort));
    }
    assert_eq!(
        told[0].0,
        [
            "site,y.1,y.2,y.3,y.4,y.5,y.6,effort.1,effort.2,effort.3,effort.4,effort.5,effort.6",
            "ridge,1,0,NA,NA,0,0,5,5,0,0,5,5"
        ]
    );
    assert_eq!(told[0], told[1]);
}
