//! A package that came in goes out as it was: every cell of every table, every word of its description, but for what is
//! explained here.

use std::path::Path;

use deertrack_catalog::connect;
use deertrack_catalog::store::Store;
use deertrack_schemas::{CamtrapDpParams, Export};
use deertrack_sources::camtrap_dp::{Options, import};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::differences::{differences, table};
use crate::season::{Season, file, unzip};

const DEPLOYMENTS: &str = "\
deploymentID,locationID,locationName,latitude,longitude,coordinateUncertainty,deploymentStart,deploymentEnd,setupBy,\
cameraID,cameraModel,cameraDelay,cameraHeight,cameraTilt,cameraHeading,detectionDistance,timestampIssues,baitUse,\
featureType,habitat,deploymentGroups,deploymentTags,deploymentComments
=d1,+L1,Ridge,50.8280,4.6510,0,2024-05-01T00:00:00.250+02:00,2024-05-31T00:00:00+02:00,A. Warden,-c1,Reconyx HF2X,0,1.30,\
-15,285,3.20,false,false,trailGame,Old oaks,area:north | season:spring,position:above stream,\"put up late, in rain\"
d2,,,-10.5,-179.98,25,2024-05-01T00:00:00Z,2024-06-02T12:00:00Z,,,,,,,,,,,,,,,
";

const MEDIA: &str = "\
mediaID,deploymentID,captureMethod,timestamp,filePath,filePublic,fileName,fileMediatype,exifData,favorite,mediaComments
@m1,=d1,timeLapse,2024-05-02T05:00:00.125+02:00,https://example.org/a/m1?size=full,true,IMG 1.JPG,image/jpeg,\
\"{\"\"ISO\"\":400}\",true,a good one
m2,=d1,activityDetection,2024-05-02T05:00:20+02:00,https://example.org/a/m2,false,,image/jpeg,,,
m3,=d1,activityDetection,2024-05-02T05:00:40+02:00,media/m3.jpg,true,m3.jpg,image/jpeg,,,
m4,d2,,2024-05-03T05:00:00Z,media/m4.jpg,true,,image/jpeg,,,blank
m5,=d1,activityDetection,2024-05-02T05:00:30+02:00,media/m5.jpg,true,,image/jpeg,,,
";

const OBSERVATIONS: &str = "\
observationID,deploymentID,mediaID,eventID,eventStart,eventEnd,observationLevel,observationType,cameraSetupType,\
scientificName,count,lifeStage,sex,behavior,individualID,individualPositionRadius,individualPositionAngle,\
individualSpeed,bboxX,bboxY,bboxWidth,bboxHeight,classificationMethod,classifiedBy,classificationTimestamp,\
classificationProbability,observationTags,observationComments
-o1,=d1,,=e1,2024-05-02T05:00:00.125+02:00,2024-05-02T05:00:40+02:00,event,animal,,Capreolus capreolus,2,adult,female,\
foraging,,,,,,,,,human,A. Warden,2024-06-01T10:00:00+02:00,,night,two of them
o2,=d1,@m1,=e1,2024-05-02T05:00:00.125+02:00,2024-05-02T05:00:00.125+02:00,media,animal,,Capreolus capreolus,,,,,,3.5,\
-12.5,1.25,0.25,0.2,0.4,0.5,machine,a model,2024-05-20T10:00:00Z,0.875,,
o3,=d1,m2,=e1,2024-05-02T05:00:20+02:00,2024-05-02T05:00:20+02:00,media,human,,,,,,,,,,,,,,,human,A. Warden,,,,
o5,=d1,m5,=e1,2024-05-02T05:00:30+02:00,2024-05-02T05:00:30+02:00,media,animal,,Sus scrofa,2,,,,,,,,,,,,,,,,,
o4,d2,m4,,2024-05-03T05:00:00Z,2024-05-03T06:00:00.5+01:00,media,animal,,Capreolus capreolus,1,juvenile,,,fawn 7,,,,,,,,,,,,,
";

fn description() -> Value {
    json!({
        "profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json",
        "name": "the-estate", "id": "https://doi.org/10.1234/estate", "created": "2024-07-01T00:00:00Z",
        "title": "Deer of the estate", "version": "2.1", "description": "All cameras of one spring.",
        "keywords": ["deer", "spring"], "homepage": "https://example.org/estate",
        "contributors": [
            { "title": "A. Warden", "email": "warden@example.org", "role": "principalInvestigator" },
            { "title": "The estate", "path": "https://example.org", "role": "rightsHolder" },
        ],
        "sources": [{ "title": "A platform", "path": "https://example.org/platform", "version": "3" }],
        "licenses": [
            { "name": "CC0-1.0", "scope": "data" },
            { "path": "http://creativecommons.org/licenses/by/4.0/", "scope": "media" },
        ],
        "bibliographicCitation": "Warden A. (2024)", "references": ["https://example.org/paper"],
        "relatedIdentifiers": [],
        "project": {
            "id": "p", "title": "Spring", "acronym": "SPR", "description": "One spring",
            "path": "https://example.org/spring", "samplingDesign": "systematicRandom",
            "captureMethod": ["activityDetection", "timeLapse"], "individualAnimals": true,
            "observationLevel": ["media", "event"],
        },
        "coordinatePrecision": 0.0001,
        "spatial": { "type": "Point", "coordinates": [4.651, 50.828] },
        "temporal": { "start": "2024-05-01", "end": "2024-06-02" },
        "taxonomic": [
            { "scientificName": "Capreolus capreolus", "taxonRank": "species", "vernacularNames": { "eng": "roe deer" } },
            { "scientificName": "Homo sapiens" },
        ],
        "resources": (["deployments", "media", "observations"]).map(|name| json!({
            "name": name, "path": format!("{name}.csv"), "profile": "tabular-data-resource",
            "schema": format!("https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/{name}-table-schema.json"),
        })),
    })
}

/// Imports a package and exports it again with exact coordinates.
async fn passed_through(package: &Path) -> Vec<(String, Vec<u8>)> {
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite://{}", dir.path().join("catalog.db").display());
    let mut store = Store::open(&url).await.unwrap();
    let options = Options { species: vec!["Capreolus capreolus".into()], ..Options::default() };
    import(package, &mut store, &options, &mut |_, _| ()).await.unwrap();
    store.close().await;
    let season = Season::new();
    let kinds = season.kinds_over(connect(&url).await.unwrap());
    let exact = CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
    unzip(&season.bytes_of(&kinds, Export::CamtrapDp(exact)).await)
}

fn write(dir: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
}

#[tokio::test]
async fn every_cell_and_every_word_of_a_package_comes_back() {
    let dir = TempDir::new().unwrap();
    let package = serde_json::to_vec(&description()).unwrap();
    let files: [(&str, &[u8]); 4] = [
        ("datapackage.json", &package),
        ("deployments.csv", DEPLOYMENTS.as_bytes()),
        ("media.csv", MEDIA.as_bytes()),
        ("observations.csv", OBSERVATIONS.as_bytes()),
    ];
    write(dir.path(), &files);
    let after = passed_through(dir.path()).await;
    let differ =
        |name: &str, before: &str| differences(&table(before.as_bytes()), &table(file(&after, name)));
    assert_eq!(differ("deployments.csv", DEPLOYMENTS), Vec::<String>::new());
    assert_eq!(differ("media.csv", MEDIA), Vec::<String>::new());
    // The rows of a person and of a pig are none of a deer; what they say of their photographs comes back in others.
    let differences = differ("observations.csv", OBSERVATIONS);
    assert_eq!(differences, ["o3: gone", "o5: gone", "m2:people: new", "m5:other: new"]);
    let observations = table(file(&after, "observations.csv"));
    let told = |key: &str, column: &str| observations[key].get(column).cloned().unwrap_or_default();
    assert_eq!(told("m2:people", "observationType"), "human");
    assert_eq!((told("m2:people", "mediaID"), told("m2:people", "eventID")), ("m2".into(), "".into()));
    assert_eq!(told("m5:other", "observationType"), "unclassified");
    assert_eq!(told("m5:other", "observationComments"), "Shows none of the animals of its event.");
    assert_eq!((told("m5:other", "scientificName"), told("m5:other", "count")), ("".into(), "".into()));

    let now: Value = serde_json::from_slice(file(&after, "datapackage.json")).unwrap();
    let before = description();
    for (key, value) in before.as_object().unwrap() {
        match key.as_str() {
            // Of this file.
            "created" | "resources" | "spatial" | "taxonomic" => {}
            key => assert_eq!(&now[key], value, "{key}"),
        }
    }
    assert_eq!(now["taxonomic"], json!([before["taxonomic"][0]]), "nobody tells of people here");
    // The shorter way from the one place to the other crosses the antimeridian.
    let part = |west: f64, east: f64| {
        json!([[[west, -10.5], [east, -10.5], [east, 50.828], [west, 50.828], [west, -10.5]]])
    };
    let parts = [part(4.651, 180.0), part(-180.0, -179.98)];
    let spatial = json!({ "type": "MultiPolygon", "coordinates": parts });
    assert_eq!(now["spatial"], spatial);
}

#[tokio::test]
async fn a_package_that_passed_through_once_passes_through_again_unchanged() {
    let dir = TempDir::new().unwrap();
    let package = serde_json::to_vec(&description()).unwrap();
    write(
        dir.path(),
        &[
            ("datapackage.json", &package),
            ("deployments.csv", DEPLOYMENTS.as_bytes()),
            ("media.csv", MEDIA.as_bytes()),
            ("observations.csv", OBSERVATIONS.as_bytes()),
        ],
    );
    let once = passed_through(dir.path()).await;
    let again = TempDir::new().unwrap();
    let files: Vec<(&str, &[u8])> = once.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    write(again.path(), &files);
    let twice = passed_through(again.path()).await;
    for (name, bytes) in &once {
        assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(file(&twice, name)), "{name}");
    }
}

#[tokio::test]
async fn what_has_no_time_that_can_be_true_is_gone_and_told() {
    let dir = TempDir::new().unwrap();
    let package = serde_json::to_vec(&description()).unwrap();
    let media = format!("{MEDIA}m6,=d1,,1970-01-01T00:00:10Z,media/m6.jpg,false,,image/jpeg,,,\n");
    let row = "o6,=d1,m6,,1970-01-01T00:00:10Z,1970-01-01T00:00:10Z,media,animal,,Capreolus capreolus";
    let observations = format!("{OBSERVATIONS}{row}{}\n", ",".repeat(18));
    write(
        dir.path(),
        &[
            ("datapackage.json", &package),
            ("deployments.csv", DEPLOYMENTS.as_bytes()),
            ("media.csv", media.as_bytes()),
            ("observations.csv", observations.as_bytes()),
        ],
    );
    let after = passed_through(dir.path()).await;
    let differ =
        |name: &str, before: &str| differences(&table(before.as_bytes()), &table(file(&after, name)));
    assert_eq!(differ("media.csv", &media), ["m6: gone"]);
    assert!(differ("observations.csv", &observations).contains(&"o6: gone".to_owned()));
    let now: Value = serde_json::from_slice(file(&after, "datapackage.json")).unwrap();
    let told = now["deertrack"]["description"].as_str().unwrap();
    assert!(told.contains("1 photograph or event at a time that cannot be true left out"), "{told}");
}
