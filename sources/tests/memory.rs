//! What an import holds: as much of four times the rows as of the rows. A process of its own, for its peak is measured.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use deertrack_catalog::store::Store;
use deertrack_sources::camtrap_dp::Options;
use deertrack_sources::{Hints, import};
use tempfile::TempDir;

/// Photographs of the smaller of two imports.
const ROWS: usize = 6_000;
const CAMERAS: usize = 60;
/// The most that four times the rows may take, as a part of what the rows take. Held row by row it would be over 2.
const MOST: f64 = 1.4;

type Make = fn(&Path, usize);

/// A photograph's place in time: a camera takes one each 40 minutes.
fn taken(image: usize) -> String {
    let start: chrono::NaiveDateTime = "2023-01-02T00:00:00".parse().unwrap();
    (start + chrono::TimeDelta::minutes((image / CAMERAS * 40) as i64))
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

fn wildlife_insights(folder: &Path, rows: usize) {
    let mut deployments = File::create(folder.join("deployments.csv")).unwrap();
    writeln!(deployments, "project_id,deployment_id,placename,longitude,latitude,start_date,end_date")
        .unwrap();
    for camera in 0..CAMERAS {
        writeln!(deployments, "7,d{camera},p{camera},-97.3,29.8,2023-01-01 00:00:00,2024-12-31 00:00:00")
            .unwrap();
    }
    let mut file = BufWriter::new(File::create(folder.join("images.csv")).unwrap());
    writeln!(
        file,
        "project_id,deployment_id,image_id,filename,location,is_blank,identified_by,genus,species,common_name,\
         timestamp,number_of_objects"
    )
    .unwrap();
    for image in 0..rows {
        let (camera, at) = (image % CAMERAS, taken(image));
        let what =
            if image % 2 == 0 { "0,Ann,Odocoileus,virginianus,White-tailed Deer" } else { "1,Ann,,,Blank" };
        writeln!(file, "7,d{camera},8f14e45f-ceea-{image:012},{image}.JPG,gs://p/{image}.JPG,{what},{at},1")
            .unwrap();
    }
}

fn megadetector(folder: &Path, rows: usize) {
    let mut file = BufWriter::new(File::create(folder.join("detections.json")).unwrap());
    write!(file, r#"{{"detection_categories": {{"1": "deer"}}, "info": {{}}, "images": ["#).unwrap();
    for image in 0..rows {
        let (comma, camera, at) = (if image > 0 { "," } else { "" }, image % CAMERAS, taken(image));
        writeln!(
            file,
            r#"{comma}{{"file": "cam{camera}/{image}.JPG", "datetime": "{at}",
            "detections": [{{"category": "1", "conf": 0.9, "bbox": [0.1, 0.1, 0.2, 0.2]}}]}}"#
        )
        .unwrap();
    }
    write!(file, "]}}").unwrap();
}

fn coco(folder: &Path, rows: usize) {
    let mut file = BufWriter::new(File::create(folder.join("set.json")).unwrap());
    write!(file, r#"{{"categories": [{{"id": 1, "name": "deer"}}], "images": ["#).unwrap();
    for image in 0..rows {
        let (comma, camera, at) = (if image > 0 { "," } else { "" }, image % CAMERAS, taken(image));
        writeln!(
            file,
            r#"{comma}{{"id": "8f14e45f-{image}", "file_name": "{image}.JPG", "location": {camera}, "datetime": "{at}",
            "seq_id": "s{}", "width": 10, "height": 10}}"#,
            image / 3
        )
        .unwrap();
    }
    write!(file, r#"], "annotations": ["#).unwrap();
    for image in 0..rows {
        let comma = if image > 0 { "," } else { "" };
        writeln!(
            file,
            r#"{comma}{{"id": {image}, "image_id": "8f14e45f-{image}", "category_id": 1, "bbox": [1, 1, 2, 2]}}"#
        )
        .unwrap();
    }
    write!(file, "]}}").unwrap();
}

fn camtrapr(folder: &Path, rows: usize) {
    let mut file = BufWriter::new(File::create(folder.join("records.csv")).unwrap());
    writeln!(file, "Station,Species,DateTimeOriginal,Directory,FileName").unwrap();
    for image in 0..rows {
        writeln!(file, "S{},deer,{},/pics/S,{image}.JPG", image % CAMERAS, taken(image)).unwrap();
    }
}

/// The most that the process had since the mark was set anew, in kB.
async fn peak(make: Make, rows: usize, url: Option<String>) -> f64 {
    let dir = TempDir::new().unwrap();
    let given = dir.path().join("given");
    fs::create_dir(&given).unwrap();
    make(&given, rows);
    let url = url.unwrap_or_else(|| format!("sqlite://{}/catalog.db", dir.path().display()));
    let mut store = Store::open(&url).await.unwrap();
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let options = Options { rows_at_once: 2_000, ..Options::default() };
    let hints = Hints { zone: Some("-06:00".parse().unwrap()), ..Hints::default() };
    let summary = import(&given, None, &mut store, &options, &hints, &mut |_, _| ()).await.unwrap();
    store.close().await;
    assert_eq!(summary.images, rows);
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_four_times_the_rows_takes_no_more_memory() {
    let formats: [(&str, Make); 4] = [
        ("Wildlife Insights", wildlife_insights),
        ("MegaDetector", megadetector),
        ("COCO Camera Traps", coco),
        ("camtrapR", camtrapr),
    ];
    for (name, make) in formats {
        peak(make, ROWS / 10, None).await; // what is loaded once
        let (few, many) = (peak(make, ROWS, None).await, peak(make, 4 * ROWS, None).await);
        assert!(many <= MOST * few, "{name}, SQLite: {few} kB, of four times the rows {many} kB");
    }
    let database = || Some(deertrack_testkit::postgres::database());
    let few = peak(wildlife_insights, ROWS, database()).await;
    let many = peak(wildlife_insights, 4 * ROWS, database()).await;
    assert!(many <= MOST * few, "PostgreSQL: {few} kB, of four times the rows {many} kB");
}
