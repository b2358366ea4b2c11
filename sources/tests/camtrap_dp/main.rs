//! Camtrap DP packages made by hand: each a few rows, each for one promise of the import.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod clocks;
mod corrections;
mod events;
mod files;
mod forms;
mod groups;
mod identity;
mod levels;
#[path = "../package/mod.rs"]
mod package;
mod random;
mod species;
#[path = "../tables/mod.rs"]
mod tables;

use deertrack_catalog::{Record, connect};
use deertrack_schemas::Class;
use deertrack_sources::ImportError;
use deertrack_sources::camtrap_dp::Options;
use package::{Package, ever};

pub(crate) async fn detections(package: &Package) -> Vec<Record> {
    connect(&package.database()).await.unwrap().records_in(ever()).await.unwrap()
}

#[tokio::test]
async fn classes_follow_life_stage_then_sex() {
    let cases = [
        ("juvenile", "male", Class::Fawn),
        ("juvenile", "", Class::Fawn),
        ("adult", "male", Class::Buck),
        ("subadult", "male", Class::Buck),
        ("", "male", Class::Buck),
        ("NA", "female", Class::Doe),
        ("adult", "", Class::Unknown),
        ("", "NA", Class::Unknown),
    ];
    let mut package = Package::new();
    for (at, (stage, sex, _)) in cases.iter().enumerate() {
        package.event(&[("observationID", &format!("o{at}")), ("lifeStage", stage), ("sex", sex)]);
    }
    package.import(&Options::default()).await.unwrap();
    let classes: Vec<Class> = detections(&package).await.into_iter().map(|row| row.class).collect();
    assert_eq!(classes, cases.map(|(_, _, class)| class));
}

#[tokio::test]
async fn a_bad_row_stops_the_import_and_names_its_place() {
    let rows: [(&str, &str, &str); 8] = [
        (
            "count",
            "0",
            r#"observations.csv, line 3, column count: "0" is not a whole number of 1 to 1000000"#,
        ),
        ("count", "1.5", r#"column count: "1.5" is not a whole number"#),
        ("eventStart", "2025-05-01 10:00", r#""2025-05-01 10:00" is not a time with an offset"#),
        ("sex", "buck", r#"column sex: "buck" is not one of female, male"#),
        ("deploymentID", "d9", r#"column deploymentID: "d9" is not among the deployments"#),
        ("bboxX", "1.2", r#"column bboxX: "1.2" is not a number of 0 to 1"#),
        ("observationID", "", r#"column observationID: "" is required"#),
        ("observationLevel", "group", r#"column observationLevel: "group" is not one of media, event"#),
    ];
    for (column, value, told) in rows {
        let mut package = Package::new();
        package.event(&[("observationID", "good")]);
        package.event(&[("observationID", "bad"), (column, value)]);
        let error = package.import(&Options::default()).await.unwrap_err();
        assert!(matches!(error, ImportError::BadRow(_) | ImportError::NoDeployment { .. }));
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(package.number("select count(*) from locations").await, 0, "nothing is written");

        let summary = package.import(&Options { skip_invalid: true, ..Options::default() }).await.unwrap();
        assert_eq!((summary.detections, summary.bad_row_count), (1, 1), "{column}");
        if column == "deploymentID" {
            assert!(summary.to_string().contains("without their deployment: d9: 1 observation"), "{summary}");
        } else {
            assert_eq!(summary.bad_rows[0].column, column);
            assert!(summary.to_string().contains(told), "{summary}");
        }
    }
}

#[tokio::test]
async fn a_row_of_another_length_or_used_twice_is_a_bad_row() {
    let mut package = Package::new();
    package.event(&[("observationID", "o")]);
    package.event(&[("observationID", "o"), ("count", "2")]);
    package.line("observations.csv", "one,two");
    let summary = package.import(&Options { skip_invalid: true, ..Options::default() }).await.unwrap();
    let told: Vec<String> = summary.bad_rows.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[0],
        r#"observations.csv, line 3, column observationID: "o" is not unique, and the rows differ"#
    );
    assert!(told[1].starts_with("observations.csv, line 4: the row is of 2 fields"), "{}", told[1]);
}

#[tokio::test]
async fn importing_twice_gives_the_same_database() {
    let mut package = Package::new();
    for at in 0..600 {
        let (id, start) = (format!("o{at}"), format!("2025-05-01T10:{:02}:{:02}Z", at / 60, at % 60));
        package.event(&[
            ("observationID", &id),
            ("eventStart", &start),
            ("individualID", &format!("RD{}", at % 7)),
        ]);
    }
    let first = package.import(&Options::default()).await.unwrap();
    let before = tables::dump(&package.database()).await;
    assert_eq!(
        before.len(),
        1 + 1 + 1 + 600 + 600 + 7,
        "dataset, place, deployment, images, detections, deer"
    );
    let second = package.import(&Options::default()).await.unwrap();
    tables::assert_same(&tables::dump(&package.database()).await, &before, "again");
    assert_eq!(first, second);
}

#[tokio::test]
async fn named_individuals_become_known_deer() {
    let mut package = Package::new();
    let seen = [
        ("2025-09-01T00:00:00Z", "adult", "female"),
        ("2024-07-01T00:00:00Z", "juvenile", "female"),
        ("2025-10-01T00:00:00Z", "", ""),
    ];
    for (at, (start, stage, sex)) in seen.iter().enumerate() {
        package.event(&[
            ("observationID", &format!("o{at}")),
            ("eventStart", start),
            ("lifeStage", stage),
            ("sex", sex),
            ("individualID", "RD1"),
        ]);
    }
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.individuals, 1);
    let deer = "select id || ' ' || sex || ' ' || datetime(first_seen / 1000000, 'unixepoch')
        || ' ' || datetime(last_seen / 1000000, 'unixepoch') from deer";
    assert_eq!(package.text(deer).await, "RD1 doe 2024-07-01 00:00:00 2025-10-01 00:00:00");
    assert!(detections(&package).await.iter().all(|row| row.deer_id.as_deref() == Some("RD1")));
}

#[tokio::test]
async fn files_are_found_in_the_package_and_nowhere_else() {
    let mut package = Package::new();
    package.file("media/RCNX0001.JPG", b"a picture");
    package.file("media/twice.jpg", b"whose?");
    package.file("pictures/a.jpg", b"a picture");
    let url = "https://example.org/1/file";
    package.media(&[("mediaID", "copy"), ("filePath", url), ("fileName", "RCNX0001.JPG")]);
    package.media(&[("mediaID", "t1"), ("filePath", url), ("fileName", "twice.jpg")]);
    package.media(&[("mediaID", "t2"), ("filePath", url), ("fileName", "twice.jpg")]);
    package.media(&[("mediaID", "relative"), ("filePath", "pictures/a.jpg")]);
    package.image(&[("observationID", "o"), ("mediaID", "copy")]);
    package.import(&Options::default()).await.unwrap();
    let root = package.root();
    for (id, path) in [
        ("copy", format!("{root}/media/RCNX0001.JPG")),
        ("relative", format!("{root}/pictures/a.jpg")),
        ("t1", url.to_owned()),
        ("t2", url.to_owned()),
    ] {
        assert_eq!(package.text(&format!("select path from images where id = '{id}'")).await, path);
    }

    std::os::unix::fs::symlink("/etc", format!("{root}/link")).unwrap();
    for path in ["../secret.jpg", "/etc/passwd", "pictures/../../secret.jpg", "link/passwd"] {
        let mut package = package.again();
        package.media(&[("mediaID", "out"), ("filePath", path)]);
        let error = package.import(&Options::default()).await.unwrap_err().to_string();
        assert!(error.contains("a path that leads out of the package"), "{error}");
    }
}

#[tokio::test]
async fn what_is_no_package_is_told_so() {
    let package = Package::new();
    let told = async |descriptor: &str| {
        package.file("datapackage.json", descriptor.as_bytes());
        package.import_files(&Options::default()).await.unwrap_err().to_string()
    };
    let profile = r#""profile": "https://example.org/camtrap-dp/1.0.2/camtrap-dp-profile.json""#;
    let path =
        |path: &str| format!(r#"{{{profile}, "resources": [{{"name": "deployments", "path": "{path}"}}]}}"#);
    assert!(told("{}").await.contains("it is no data package"));
    assert!(told(r#"{"profile": "tabular", "resources": []}"#).await.contains("its profile is tabular"));
    assert!(told(&format!("{{{profile}, \"resources\": []}}")).await.contains("has no deployments.csv"));
    assert!(told(&path("../deployments.csv")).await.contains("leads out of the package"));
    assert!(
        told(&path("https://example.org/deployments.csv"))
            .await
            .contains("an import fetches nothing: download")
    );
    assert!(told(&path("deployments.zip")).await.contains("unpack it first"));
}

#[tokio::test]
async fn progress_counts_every_row_to_the_end() {
    let mut package = Package::new();
    for at in 0..1000 {
        package.event(&[("observationID", &format!("o{at}"))]);
    }
    let (_, steps) = package.import_telling(&Options::default()).await.unwrap();
    assert_eq!(steps, [(250, 1001), (500, 1001), (750, 1001), (1000, 1001), (1001, 1001)]);
}
