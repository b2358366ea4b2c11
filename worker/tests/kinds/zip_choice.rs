//! `zip` by ids: a detection that was named and not chosen is told, never lost.

use deertrack_schemas::{Class, Export, ZipParams};
use deertrack_worker::JobError;

use crate::frame::jpeg;
use crate::season::{Season, csv_rows, file, unzip};

fn season() -> Season {
    let mut season = Season::new();
    season.photograph("i", "2025-11-03T17:00:00Z", &jpeg([100, 60, 160, 80]));
    season.detection("buck", "i", Class::Buck, [0.25, 0.2, 0.4, 0.25]);
    season.detection("doe", "i", Class::Doe, [0.0, 0.0, 0.1, 0.2]);
    season
}

fn asked(ids: &[&str]) -> ZipParams {
    ZipParams::of(ids.iter().copied().map(str::to_owned).collect())
}

#[tokio::test]
async fn a_named_detection_that_the_filters_drop_is_a_problem() {
    let bucks = ZipParams { classifications: vec![Class::Buck], ..asked(&["buck", "doe", "nobody"]) };
    let season = season();
    let rendered = season.export(Export::Zip(bucks)).await.unwrap();
    assert_eq!(
        rendered.headline.as_deref(),
        Some("1 crop from 1 image; 2 crops could not be made, see problems.csv")
    );
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let problems = csv_rows(file(&files, "problems.csv"));
    assert_eq!(problems[1], ["nobody", "", "", "there is no such detection"]);
    assert_eq!(problems[2], ["doe", "i", "i.jpg", "it is not among the chosen classes, places or deer"]);
}

#[tokio::test]
async fn an_archive_without_crops_lists_the_same_detections() {
    let season = season();
    let with = unzip(&season.bytes(Export::Zip(asked(&["buck", "doe"]))).await);
    let listed = ZipParams { include_crops: false, ..asked(&["buck", "doe", "nobody"]) };
    let rendered = season.export(Export::Zip(listed)).await.unwrap();
    let headline = "2 rows from 1 image; 1 row could not be made, see problems.csv";
    assert_eq!(rendered.headline.as_deref(), Some(headline));
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["metadata.csv", "problems.csv", "manifest.json"]);
    let without_file = |bytes: &[u8]| {
        let mut rows = csv_rows(bytes);
        rows.iter_mut().skip(1).for_each(|row| row[10].clear());
        rows
    };
    let rows = csv_rows(file(&files, "metadata.csv"));
    assert_eq!(rows, without_file(file(&with, "metadata.csv")), "no crop, so no file is named");
    assert_eq!(csv_rows(file(&files, "problems.csv"))[1][0], "nobody");
}

#[tokio::test]
async fn an_archive_without_metadata_has_the_same_crops() {
    let season = season();
    let with = unzip(&season.bytes(Export::Zip(asked(&["buck", "doe"]))).await);
    let bare = ZipParams { include_metadata_csv: false, ..asked(&["buck", "doe"]) };
    let files = unzip(&season.bytes(Export::Zip(bare)).await);
    let manifest: serde_json::Value = serde_json::from_slice(file(&files, "manifest.json")).unwrap();
    assert_eq!(manifest["params"]["include_metadata_csv"], false);
    assert!(!manifest["entries"].to_string().contains("metadata.csv"));
    let crops = |files: &[(String, Vec<u8>)]| -> Vec<(String, Vec<u8>)> {
        files.iter().filter(|(path, _)| path.starts_with("crops/")).cloned().collect()
    };
    assert_eq!(crops(&files).len(), 2);
    assert!(crops(&files) == crops(&with));
    assert_eq!(files.len(), 4);
}

#[tokio::test]
async fn an_archive_of_named_detections_that_are_all_dropped_says_why() {
    let creek = ZipParams { place_ids: Some(vec!["creek".into()]), ..asked(&["buck", "doe"]) };
    let refused = season().export(Export::Zip(creek)).await.unwrap_err();
    let reason =
        "No detection with the given ids is among the chosen classes, places or deer; choose others, or none";
    assert!(matches!(&refused, JobError::Reject(told) if told == reason), "{refused}");
}
