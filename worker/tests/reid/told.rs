//! An analysis tells what it is of, in which zone its days are, and what it leaves out.

use deertrack_catalog::store::{NewDataset, Store};
use deertrack_schemas::{Class, ReidParams};
use serde_json::json;
use tempfile::TempDir;

use crate::files::{Files, export};
use crate::herd::{Herd, sqlite_in};

#[tokio::test]
async fn species_zone_and_what_is_left_out_are_told_in_every_file_for_people_and_programs() {
    let mut herd = Herd::default();
    herd.know("d1", Class::Buck, &[1.0, 0.0]);
    for (number, id) in ["kept", "rejected", "copy", "cow"].into_iter().enumerate() {
        herd.see(id, Some(&format!("2025-06-0{}T00:00:00Z", number + 1)), Class::Buck, &[1.0, 0.1]);
    }
    herd.detections[1].is_valid = false;
    herd.detections[2].is_duplicate = true;
    let dir = TempDir::new().unwrap();
    let url = sqlite_in(&dir);
    herd.write(&url).await;
    let mut store = Store::open(&url).await.unwrap();
    let species = Some(r#"["Capreolus capreolus"]"#.to_owned());
    let dataset = NewDataset { id: "d".into(), name: "Roe".into(), species, ..NewDataset::default() };
    let mut writing = store.begin().await.unwrap();
    writing.datasets(&[dataset]).await.unwrap();
    writing.commit().await.unwrap();
    store.close().await;
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("update detections set classification = 'cattle' where id = 'cow'")
        .execute(&pool)
        .await
        .unwrap();

    let rendered = export(&url, &ReidParams::default()).await.unwrap();
    let headline = rendered.headline.clone().unwrap();
    let told = "; of Capreolus capreolus; left out: 1 detection that shows no deer (cattle 1)";
    assert!(headline.ends_with(told), "{headline}");
    let files = Files::read(rendered);
    let analysis = files.analysis();
    assert_eq!(analysis["detections"], 1);
    assert_eq!(analysis["species"], json!(["Capreolus capreolus"]));
    let zone = [&analysis["time_zone"], &analysis["time_zone_source"]];
    assert_eq!(zone, ["Europe/Brussels", "configured"]);
    let data = &analysis["data"];
    assert_eq!([&data["rejected"], &data["duplicates"]], [1, 1]);
    assert_eq!(data["showing_no_deer"], json!({"cattle": 1}));
    let text = files.text("report.pdf");
    for said in [
        "Species: Capreolus capreolus (roe deer)",
        "1 detection that a person rejected, 1 duplicate, 1 detection that shows no deer (cattle 1)",
        "Days and hours are local time (Europe/Brussels, as configured).",
    ] {
        assert!(text.contains(said), "{said:?} is not in {text}");
    }
}
