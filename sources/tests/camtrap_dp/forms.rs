//! Packages as people have them: headers, words and times that are not quite the standard's.

use std::io::Write;

use deertrack_catalog::connect;
use deertrack_schemas::Class;
use deertrack_sources::camtrap_dp::Options;

use crate::package::{Package, at, ever, import_from};

#[tokio::test]
async fn a_header_in_other_case_loses_no_column() {
    let mut package = Package::new();
    package.event(&[("observationID", "o"), ("sex", "female"), ("individualID", "RD1"), ("count", "3")]);
    package.write();
    for table in ["deployments", "observations"] {
        let text = std::fs::read_to_string(format!("{}/{table}.csv", package.root())).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let header = header.to_uppercase();
        package.file(&format!("{table}.csv"), format!("{header}\n{rows}").as_bytes());
    }
    let summary = package.import_files(&Options::default()).await.unwrap();
    assert_eq!((summary.animals, summary.individuals, summary.classes["doe"]), (3, 1, 1));
}

#[tokio::test]
async fn a_column_that_is_missing_is_told_with_those_that_are_there() {
    let mut package = Package::new();
    package.event(&[("observationID", "o")]);
    package.write();
    package.file(
        "observations.csv",
        b"observationID,deploymentID,eventStart,observationType\no,d1,2025-05-01T10:00:00Z,animal\n",
    );
    let error = package.import_files(&Options::default()).await.unwrap_err().to_string();
    let told = "it has no column observationLevel, and cannot be read without; it has observationID, deploymentID, \
                eventStart, observationType";
    assert!(error.ends_with(told), "{error}");
}

#[tokio::test]
async fn a_column_that_is_there_twice_is_refused() {
    let mut package = Package::new();
    package.event(&[("observationID", "o")]);
    package.write();
    package.file(
        "observations.csv",
        b"observationID,deploymentID,eventStart,observationLevel,observationType,count,Count\n\
          o,d1,2025-05-01T10:00:00Z,event,animal,1,2\n",
    );
    // "Count" is another column beside "count", kept aside; the very same name twice is not.
    let summary =
        package.import_files(&Options { species: vec!["*".into()], ..Options::default() }).await.unwrap();
    assert_eq!(summary.animals, 1);
    package.file(
        "observations.csv",
        b"observationID,deploymentID,eventStart,observationLevel,observationType,count,count\n\
          o,d1,2025-05-01T10:00:00Z,event,animal,1,2\n",
    );
    let error = package.import_files(&Options::default()).await.unwrap_err().to_string();
    assert!(error.ends_with("it has the column count twice, and which one is meant is not said"), "{error}");
}

#[tokio::test]
async fn times_without_seconds_or_with_short_offsets_are_read() {
    let mut package = Package::new();
    let times = [
        "2025-05-01T12:00+02:00",
        "2025-05-01T12:00:00+02",
        "2025-05-01T12:00:00+0200",
        "2025-05-01 10:00:00Z",
        "2025-05-01T10:00Z",
    ];
    for (number, time) in times.iter().enumerate() {
        package.event(&[("observationID", &format!("o{number}")), ("eventStart", time)]);
    }
    package.import(&Options::default()).await.unwrap();
    let rows = crate::detections(&package).await;
    assert!(rows.iter().all(|row| row.image.taken_at == Some(at("2025-05-01T10:00:00Z"))) && rows.len() == 5);
}

#[tokio::test]
async fn words_in_other_case_and_unknown_ones_of_earlier_versions_lose_no_animal() {
    let mut package = Package::new();
    for (id, level, kind, stage, sex) in [
        ("o1", "Event", "Animal", "Adult", "Female"),
        ("o2", "EVENT", "animal", "unknown", "unknown"),
        ("o3", "event", "ANIMAL", "Juvenile", "Unknown"),
    ] {
        package.event(&[
            ("observationID", id),
            ("observationLevel", level),
            ("observationType", kind),
            ("lifeStage", stage),
            ("sex", sex),
        ]);
    }
    package.import(&Options::default()).await.unwrap();
    let classes: Vec<Class> = crate::detections(&package).await.into_iter().map(|row| row.class).collect();
    assert_eq!(classes, [Class::Doe, Class::Unknown, Class::Fawn]);
}

#[tokio::test]
async fn a_package_deep_in_a_zip_is_found() {
    let mut package = Package::new();
    package.event(&[("observationID", "o")]);
    package.write();
    let path = format!("{}/season.zip", package.root());
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let description = std::fs::read_to_string(format!("{}/datapackage.json", package.root())).unwrap();
    let description =
        description.replace(r#""name": "deployments", "path": ""#, r#""name": "Deployments", "path": "./"#);
    assert!(description.contains("./deployments.csv"));
    package.file("datapackage.json", description.as_bytes());
    for name in ["datapackage.json", "deployments.csv", "observations.csv"] {
        let bytes = std::fs::read(format!("{}/{name}", package.root())).unwrap();
        for folder in ["export/2025/package", "__MACOSX/export/2025/package"] {
            zip.start_file(format!("{folder}/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&bytes).unwrap();
        }
    }
    zip.finish().unwrap();
    let summary = import_from(path.as_ref(), &package.database(), &Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.notes.is_zip), (1, true));
}

#[tokio::test]
async fn where_all_rows_are_bad_the_first_is_told_and_not_that_there_is_no_deer() {
    let mut package = Package::new();
    package.deployment(&[("deploymentStart", "2025-05-01T00:00:00")]);
    package.event(&[("observationID", "o1")]);
    package.event(&[("observationID", "o2")]);
    let skip = Options { skip_invalid: true, ..Options::default() };
    let error = package.import(&skip).await.unwrap_err().to_string();
    assert!(
        error.ends_with(
            "; 3 rows could not be used, the first: deployments.csv, line 2, column deploymentStart: \
             \"2025-05-01T00:00:00\" is not a time with an offset, as 2020-03-01T22:00:00Z"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn rows_outside_of_their_deployment_are_told() {
    let mut package = Package::new();
    package.deployment(&[
        ("deploymentStart", "2025-05-01T10:00:00Z"),
        ("deploymentEnd", "2025-05-02T10:00:00Z"),
    ]);
    for (id, start) in
        [("o1", "2025-05-01T10:00:00Z"), ("o2", "2025-05-02T10:00:01Z"), ("o3", "2024-05-01T10:00:00Z")]
    {
        package.event(&[("observationID", id), ("eventStart", start)]);
    }
    let summary = package.import(&Options::default()).await.unwrap();
    assert!(
        summary.to_string().contains(
            "outside of their deployment's time: d1 (2 rows); if a clock was wrong, --shift mends it"
        ),
        "{summary}"
    );
}

#[tokio::test]
async fn parts_of_boxes_marks_before_formulas_and_the_offset_of_an_end_are_kept() {
    let mut package = Package::new();
    package.media(&[("mediaID", "m")]);
    package.image(&[
        ("observationID", "'=o"),
        ("mediaID", "m"),
        ("eventEnd", "2025-05-01T12:00:05+02:00"),
        ("bboxX", "0.25"),
        ("bboxY", "0.5"),
        ("classifiedBy", "'@model"),
        ("observationComments", "'-5 degrees"),
    ]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.incomplete_boxes, 1);
    let row = crate::detections(&package).await.remove(0);
    assert_eq!((row.id.as_str(), row.classified_by.as_deref(), row.bbox), ("'=o", Some("@model"), None));
    assert_eq!(row.ends_at, Some(at("2025-05-01T10:00:05Z")));
    assert_eq!(
        row.extra.as_deref(),
        Some(
            r#"{"bboxX":"0.25","bboxY":"0.5","eventEnd":"2025-05-01T12:00:05+02:00","observationComments":"-5 degrees"}"#
        )
    );
}

#[tokio::test]
async fn hours_that_come_twice_or_never_are_told_apart_by_their_offset() {
    let mut package = Package::new();
    for (id, start) in [
        ("twice 1", "2025-10-26T02:30:00+02:00"),
        ("twice 2", "2025-10-26T02:30:00+01:00"),
        ("never", "2025-03-30T02:30:00+01:00"),
    ] {
        package.event(&[("observationID", id), ("eventStart", start)]);
    }
    package.import(&Options::default()).await.unwrap();
    let catalog = connect(&package.database()).await.unwrap();
    let local: Vec<String> = catalog
        .records_in(ever())
        .await
        .unwrap()
        .iter()
        .map(|row| row.image.taken_at.unwrap().with_timezone(&chrono_tz::Europe::Brussels).to_rfc3339())
        .collect();
    assert_eq!(
        local,
        ["2025-03-30T03:30:00+02:00", "2025-10-26T02:30:00+02:00", "2025-10-26T02:30:00+01:00"]
    );
}
