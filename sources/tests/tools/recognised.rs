//! What is given is known again, or named with what would be.

use deertrack_sources::camtrap_dp::Options;
use deertrack_sources::{Hints, dry_run};

use crate::given::{Given, says};

pub(crate) const DESCRIPTION: &str = r#"{"profile": "https://example.org/camtrap-dp/1.0.2/camtrap-dp-profile.json", "name": "wood",
    "resources": [{"name": "deployments", "path": "deployments.csv"}, {"name": "observations", "path": "observations.csv"}]}"#;
pub(crate) const DEPLOYMENTS: &str = "deploymentID,latitude,longitude,deploymentStart,deploymentEnd\n\
                           d1,50.8,4.6,2025-01-01T00:00:00Z,2025-02-01T00:00:00Z\n";
pub(crate) const OBSERVATIONS: &str = "observationID,deploymentID,eventStart,observationLevel,observationType,scientificName\n\
                            o1,d1,2025-01-05T10:00:00Z,event,animal,Capreolus capreolus\n";
const PACKAGE: [(&str, &str); 3] =
    [("datapackage.json", DESCRIPTION), ("deployments.csv", DEPLOYMENTS), ("observations.csv", OBSERVATIONS)];

#[tokio::test]
async fn a_package_is_known_again_as_folder_as_zip_and_by_its_description() {
    for way in ["", "datapackage.json", "zip"] {
        let given = Given::new(&PACKAGE);
        let path = match way {
            "zip" => given.zipped(&["datapackage.json", "deployments.csv", "observations.csv"]),
            name => given.folder().join(name),
        };
        let summary = given.import_from(&path).await.unwrap();
        assert_eq!((summary.detections, summary.told.source.as_str()), (1, ""), "{way}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_what_an_import_tells_and_stores_nothing() {
    let given = Given::new(&PACKAGE);
    let (options, hints) = (Options::default(), Hints::default());
    let mut steps = Vec::new();
    let told = dry_run(&given.folder(), None, &options, &hints, &mut |read, of| steps.push((read, of))).await;
    let told = told.unwrap();
    assert_eq!(steps.last(), Some(&(2, 2)));
    assert_eq!(
        std::fs::read_dir(given.folder().parent().unwrap()).unwrap().count(),
        1,
        "no database beside it"
    );
    assert_eq!(told, given.import().await.unwrap());
}

#[tokio::test]
async fn what_nothing_knows_again_is_named_with_what_is_read() {
    let given = Given::new(&[("list.csv", "a,b\n1,2\n")]);
    says(
        &given.refused().await,
        &["nothing here knows list.csv again (its columns: a, b)", "wildlife-insights: a folder"],
    );
    let given = Given::new(&[("photo.jpg", "")]);
    says(&given.refused().await, &["it holds no table (CSV) and no JSON"]);
    let given = Given::new(&[("deployments.csv", DEPLOYMENTS), ("observations.csv", OBSERVATIONS)]);
    says(
        &given.refused().await,
        &["deployments.csv is a table of Camtrap DP, and there is no datapackage.json"],
    );
    let error = given.import_from(&given.folder().join("none")).await.unwrap_err().to_string();
    says(&error, &["none: No such file"]);
}

#[tokio::test]
async fn other_versions_of_the_standard_are_refused_with_the_cure() {
    for (version, told) in [("0.1.6", "downloaded again"), ("2.0", "export it in that version")] {
        let given = Given::new(&PACKAGE);
        given.file("datapackage.json", DESCRIPTION.replace("1.0.2", version).as_bytes());
        says(&given.refused().await, &["this reads Camtrap DP 1.0", told, version]);
    }
    let given = Given::new(&PACKAGE);
    let profile = "\"profile\": \"https://example.org/camtrap-dp/1.0.2/camtrap-dp-profile.json\"";
    let any = "\"$schema\": \"https://datapackage.org/profiles/2.0/datapackage.json\"";
    given.file("datapackage.json", DESCRIPTION.replace(profile, any).as_bytes());
    says(
        &given.refused().await,
        &[
            "its profile is https://datapackage.org/profiles/2.0/datapackage.json, and this reads Camtrap DP 1.0",
            "write \"$schema\": \"https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json\"",
        ],
    );
    let named = profile.replace("\"profile\"", "\"$schema\"");
    given.file("datapackage.json", DESCRIPTION.replace(profile, &named).as_bytes());
    assert_eq!(given.import().await.unwrap().detections, 1, "and with its own profile it is read");
    let given =
        Given::new(&[("datapackage.json", r#"{"profile": "tabular-data-package", "resources": []}"#)]);
    says(&given.refused().await, &["another data package is no survey of cameras"]);
}
