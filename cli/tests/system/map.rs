//! What an operator sees of a database: where everything is read from, and a mapping file to correct it.

use serde_json::Value;

use crate::support::{self, deertrack, run, succeed};

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_file_is_begun_corrected_and_checked_line_by_line() {
    let dir = tempfile::tempdir().unwrap();
    let database = support::season(dir.path());
    let map = dir.path().join("map.toml");
    let file = map.display().to_string();
    succeed(&["map", "init", "--database", &database, "--output", &file]);
    let text = std::fs::read_to_string(&map).unwrap();
    assert!(text.contains("[detections]\ntable = \"detections\"\n") && text.contains("# "), "{text}");
    let again = run(&["map", "init", "--database", &database, "--output", &file]);
    assert_eq!(again.status.code(), Some(1), "corrections must not be lost");

    let redis = deertrack_testkit::redis::Redis::durable().await;
    let doctor = ["doctor", "--redis-url", redis.url(), "--database", &database, "--catalog-map", &file];
    let exports = dir.path().join("exports").display().to_string();
    let told = succeed(&[&doctor[..], &["--export-dir", &exports, "--json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    let things = told["database"]["things"].as_array().unwrap();
    let names: Vec<&str> = things.iter().map(|thing| thing["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["places", "deployments", "images", "detections", "deer", "dataset"]);
    assert_eq!(things[3]["examples"].as_array().unwrap().len(), 3);
    let shown = succeed(&[&doctor[..], &["--export-dir", &exports]].concat());
    assert!(shown.contains("table detections") && shown.contains("example 3: id="), "{shown}");
    assert!(shown.contains("in fractions of the photograph"), "{shown}");

    std::fs::write(&map, text.replace("confidence = ", "confidence = 'certainty' # ")).unwrap();
    let refused = deertrack(&doctor).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    let line = text.lines().position(|line| line.starts_with("confidence = ")).unwrap() + 1;
    assert!(refused.contains(&format!("line {line}: detections.confidence = \"certainty\"")), "{refused}");
    assert!(
        refused.contains("no such column: certainty") && refused.contains("the columns are: id"),
        "{refused}"
    );
}
