//! Times as they were told, and times that cannot be true.

use deertrack_catalog::connect;
use deertrack_sources::camtrap_dp::Options;
use deertrack_survey::effort::Effort;

use crate::package::{Package, at, ever};

#[tokio::test]
async fn deployments_whose_times_cannot_be_true_are_named_and_no_effort() {
    let mut package = Package::new();
    let spans = [
        ("good", "2025-05-01T00:00:00Z", "2025-05-11T00:00:00Z"),
        ("4999", "2025-05-08T10:05:29Z", "4999-04-27T11:41:00Z"),
        ("1970", "1970-01-01T00:00:00Z", "2025-05-11T00:00:00Z"),
        ("zero", "2025-05-02T05:00:00Z", "2025-05-02T05:00:00Z"),
    ];
    for (place, (id, start, end)) in spans.iter().enumerate() {
        let location = format!("L{place}");
        let told = [("deploymentID", *id), ("locationID", &location)];
        package.deployment(&[&told[..], &[("deploymentStart", start), ("deploymentEnd", end)]].concat());
    }
    package.event(&[("observationID", "o"), ("deploymentID", "good")]);
    let options = Options { now: at("2026-06-01T00:00:00Z"), ..Options::default() };
    let summary = package.import(&options).await.unwrap();
    let told: Vec<_> =
        summary.notes.clocks.iter().map(|clock| (clock.deployment.as_str(), clock.problem)).collect();
    assert_eq!(told, [("4999", "ends in the future"), ("1970", "starts too early"), ("zero", "zero length")]);
    assert!(summary.to_string().contains("no effort: the times of 3 deployments cannot be true"));
    let catalog = connect(&package.database()).await.unwrap();
    let ever = at("1900-01-01T00:00:00Z")..at("9000-01-01T00:00:00Z");
    let deployments = catalog.deployments(ever.clone()).await.unwrap();
    assert!((Effort::of_deployments(&deployments, &ever).nights() - 10.0).abs() < 1e-9);
    assert_eq!(catalog.told_deployments(ever).await.unwrap().len(), 4, "all are kept as told");
}

#[tokio::test]
async fn photographs_at_impossible_times_are_in_no_count_and_kept_as_told() {
    let mut package = Package::new();
    package.media(&[("mediaID", "good")]);
    package.media(&[("mediaID", "reset"), ("timestamp", "1970-01-01T00:03:00Z")]);
    package.image(&[("observationID", "o1"), ("mediaID", "good")]);
    package.image(&[("observationID", "o2"), ("mediaID", "reset")]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.notes.impossible_times, 1);
    assert_eq!(crate::detections(&package).await.len(), 1);
    let told = package.text("select extra from images where id = 'reset' and timestamp is null").await;
    assert!(told.contains(r#""timestamp":"1970-01-01T00:03:00Z""#), "{told}");
}

#[tokio::test]
async fn offsets_and_milliseconds_are_kept_as_told() {
    let mut package = Package::new();
    package.media(&[
        ("mediaID", "m"),
        ("timestamp", "2025-07-01T00:30:00.125+02:00"),
        ("filePublic", "false"),
    ]);
    package.image(&[
        ("observationID", "o"),
        ("mediaID", "m"),
        ("eventStart", "2025-07-01T00:30:00.125+02:00"),
        ("eventEnd", "2025-07-01T00:30:07.5+02:00"),
        ("observationComments", "limps"),
    ]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.notes.offsets, ["+00:00", "+01:00", "+02:00"]);
    assert!(summary.to_string().contains("times are told at +00:00, +01:00, +02:00"));
    let row = crate::detections(&package).await.remove(0);
    assert_eq!(row.image.taken_at, Some(at("2025-06-30T22:30:00.125Z")));
    assert_eq!((row.image.utc_offset_seconds, row.utc_offset_seconds), (Some(7200), Some(7200)));
    assert_eq!(row.ends_at, Some(at("2025-06-30T22:30:07.5Z")));
    assert_eq!((row.image.file_public, row.is_count_told, row.count), (Some(false), Some(false), 1));
    assert_eq!(row.extra.as_deref(), Some(r#"{"observationComments":"limps"}"#));
    let deployments = connect(&package.database()).await.unwrap().told_deployments(ever()).await.unwrap();
    assert_eq!(
        (deployments[0].start_offset_seconds, deployments[0].end_offset_seconds),
        (Some(3600), Some(0))
    );
    assert!(deployments[0].extra.as_ref().unwrap().contains(r#""locationName":"Ridge""#));
}
