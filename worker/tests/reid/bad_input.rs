//! Whatever the database holds, the answer is a clear sentence or a clear page.

use deertrack_catalog::store::NewPlace;
use deertrack_schemas::{Class, ReidParams};
use deertrack_worker::JobError;
use tempfile::TempDir;

use crate::files::{Files, export};
use crate::herd::{Herd, sqlite_in};

async fn written(herd: &Herd) -> (TempDir, String) {
    let dir = TempDir::new().unwrap();
    let url = sqlite_in(&dir);
    herd.write(&url).await;
    (dir, url)
}

async fn refused(herd: &Herd, params: &ReidParams) -> String {
    let (_dir, url) = written(herd).await;
    match export(&url, params).await {
        Err(JobError::Reject(text)) => text,
        other => panic!("{other:?}"),
    }
}

async fn files(herd: &Herd, params: &ReidParams) -> Files {
    let (_dir, url) = written(herd).await;
    Files::of(&url, params).await
}

/// One deer and one detection of it.
fn one() -> Herd {
    let mut herd = Herd::default();
    herd.know("d1", Class::Buck, &[1.0, 0.0]);
    herd.see("a", Some("2025-06-01T00:00:00Z"), Class::Buck, &[0.8, 0.6]);
    herd
}

#[tokio::test]
async fn no_detections_and_no_profiles_are_told_apart_in_words() {
    let usual = ReidParams::default();
    let mut herd = one();
    herd.detections.clear();
    assert_eq!(refused(&herd, &usual).await, "No detections found");
    let mut herd = one();
    herd.detections[0].feature_vector = None;
    let told = refused(&herd, &usual).await;
    assert_eq!(told, "No embedded detections found: 1 detections have no feature vector");
    let day = Some("2024-01-01".parse().unwrap());
    let elsewhen = ReidParams { start_date: day, end_date: day, ..ReidParams::default() };
    assert_eq!(refused(&one(), &elsewhen).await, "No detections found in specified date range");
    let mut herd = one();
    herd.deer.clear();
    assert!(refused(&herd, &usual).await.starts_with("No known deer found"));
    let mut herd = one();
    herd.deer[0].feature_vector = None;
    assert!(refused(&herd, &usual).await.starts_with("None of the 1 known deer has a feature vector"));
}

#[tokio::test]
async fn a_vector_that_does_not_fit_is_named() {
    let usual = ReidParams::default();
    let mut herd = one();
    herd.see("long", Some("2025-06-02T00:00:00Z"), Class::Buck, &[1.0, 0.0, 0.0]);
    let told = refused(&herd, &usual).await;
    assert!(told.starts_with("The vector of detection long has 3 numbers, those before it have 2"), "{told}");
    for bad in [f32::NAN, f32::INFINITY] {
        let mut herd = one();
        herd.see("bad", Some("2025-06-02T00:00:00Z"), Class::Buck, &[1.0, bad]);
        assert!(
            refused(&herd, &usual)
                .await
                .starts_with("The vector of detection bad holds a number that is NaN")
        );
    }
    let mut herd = one();
    herd.deer[0].feature_vector = Some(vec![1.0, f32::NAN]);
    assert!(refused(&herd, &usual).await.starts_with("The vector of deer d1 holds a number that is NaN"));
    let mut herd = one();
    herd.deer[0].feature_vector = Some(vec![1.0, 0.0, 0.0]);
    let told = refused(&herd, &usual).await;
    assert!(told.starts_with("The vectors of the detections have 2 numbers, those of the deer 3"), "{told}");
}

#[tokio::test]
async fn one_detection_and_one_deer_make_a_page() {
    let files = files(&one(), &ReidParams { sample_size: 10, ..ReidParams::default() }).await;
    let analysis = files.analysis();
    assert_eq!((&analysis["statistics"]["count"], &analysis["kde"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(analysis["verdict"]["kind"], "not_enough_labels");
    let text = files.text("report.pdf");
    assert!(text.contains("It cannot be said yet: not enough labels"), "{text}");
    assert!(text.contains("There is one known deer, so there is nothing to compare it with."), "{text}");
    assert_eq!(files.table("sample/sample.csv").len(), 1);
}

#[tokio::test]
async fn scores_below_every_threshold_make_a_page_that_says_so() {
    let mut herd = one();
    herd.detections[0].feature_vector = Some(vec![0.0, 1.0]);
    herd.detections[0].true_deer_id = Some("d1".into());
    let files = files(&herd, &ReidParams { sample_size: 10, ..ReidParams::default() }).await;
    let analysis = files.analysis();
    assert_eq!(analysis["verdict"]["kind"], "no_safe_threshold");
    assert!(files.text("report.pdf").contains("No detection reaches any of the thresholds"));
    assert_eq!(files.table("sample/labels.csv").len(), 0, "there is no assignment to look at");
    assert!(!files.names().iter().any(|name| name.ends_with(".pdf") && name.starts_with("sample/")));
}

#[tokio::test]
async fn nothing_that_may_be_compared_makes_a_page_too() {
    let mut herd = one();
    herd.deer[0].sex = Class::Doe;
    let files = files(&herd, &ReidParams { same_sex: true, ..ReidParams::default() }).await;
    assert_eq!(files.analysis()["statistics"], serde_json::Value::Null);
    let text = files.text("report.pdf");
    assert!(text.contains("No detection may be compared with any deer, so there are no scores."), "{text}");
    assert_eq!(files.table("scores.csv")[0]["best_score"], "");
    let picture = image::load_from_memory(files.bytes("similarity_distribution.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (1800, 900));
}

#[tokio::test]
async fn equal_scores_make_a_picture() {
    let mut herd = one();
    for id in ["b", "c", "d", "e"] {
        herd.see(id, Some("2025-06-02T00:00:00Z"), Class::Buck, &[0.8, 0.6]);
    }
    let analysis = files(&herd, &ReidParams::default()).await.analysis();
    assert_eq!((&analysis["statistics"]["std"], &analysis["kde"]), (&0.0.into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn what_is_written_in_names_comes_out_as_text() {
    let hostile = [r##"#panic("x") $x^2$ <lbl> @ref"##, "=1+1", "<script>alert(1)</script>", "\u{202e}日本"];
    let mut herd = one();
    herd.places.push(NewPlace {
        id: "p".into(),
        name: "@SUM(A1)".into(),
        latitude: None,
        longitude: None,
        timezone: None,
        coordinate_uncertainty: None,
        ..NewPlace::default()
    });
    herd.images[0].location_id = Some("p".into());
    for (number, name) in hostile.iter().enumerate() {
        // Alike enough to be listed as pairs.
        herd.know(&format!("h{number}"), Class::Doe, &[0.6 + number as f32 * 0.01, 0.8]);
        herd.deer.last_mut().unwrap().name = (*name).to_owned();
    }
    let files = files(&herd, &ReidParams { sample_size: 3, ..ReidParams::default() }).await;
    let squeezed: String = files.text("report.pdf").split_whitespace().collect();
    for literal in [hostile[0], hostile[1], hostile[2]] {
        let literal: String = literal.split_whitespace().collect();
        assert!(squeezed.contains(&literal), "{literal} is not in {squeezed}");
    }
    let svg = String::from_utf8(files.bytes("dendrogram.svg").to_vec()).unwrap();
    assert!(!svg.contains("script"), "texts are curves there");
    for table in ["scores.csv", "clusters.csv", "sample/sample.csv"] {
        for row in files.table(table) {
            let is_formula = |cell: &String| cell.starts_with(['=', '@', '+']);
            assert!(!row.values().any(is_formula), "{table}: {row:?}");
        }
    }
    assert_eq!(files.table("scores.csv")[0]["place"], "'@SUM(A1)");
}
