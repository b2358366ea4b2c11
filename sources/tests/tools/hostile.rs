//! Files that are cut off or garbled anywhere: read or refused in words, never a panic, and refused imports leave nothing.

use std::path::Path;

use deertrack_sources::camtrap_dp::Options;
use deertrack_sources::{Hints, dry_run};

use crate::given::Given;

const WILDLIFE: &str = "project_id,deployment_id,image_id,filename,is_blank,genus,species,common_name,timestamp,number_of_objects\n\
    7,d1,i1,1.JPG,0,Odocoileus,virginianus,\"White-tailed, Deer\",2024-10-05 06:00:00,2\n\
    7,d1,i2,2.JPG,1,,,Blank,2024-10-05 07:00:00,\n";
const STANDS: &str = "project_id,deployment_id,latitude,longitude,start_date,end_date\n\
    7,d1,29.8,-97.3,2024-10-01 00:00:00,2024-11-10 00:00:00\n";
const DETECTIONS: &str = r#"{"info": {"format_version": "1.4"}, "detection_categories": {"1": "deer"},
"images": [{"file": "Oak/1.JPG", "datetime": "2024-10-05 06:00:00", "detections": [{"category": "1", "conf": 0.9, "bbox": [0.1, 0.2, 0.3, 0.4]}]}]}"#;
const SET: &str = r#"{"categories": [{"id": 1, "name": "deer"}], "images": [{"id": "i1", "file_name": "a/1.jpg",
"width": 200, "height": 100, "datetime": "2024-10-05 06:00:00", "location": 7}],
"annotations": [{"id": "x1", "image_id": "i1", "category_id": 1, "bbox": [20, 10, 50, 40.5], "count": NaN}]}"#;
const RECORDS: &str =
    "Station,Species,DateTimeOriginal,Directory,FileName\nOak,doe,2024-10-03 06:00:00,C:/pics/Oak,1.JPG\n";

async fn tried(path: &Path) -> bool {
    let hints = Hints { zone: Some("America/Chicago".parse().unwrap()), ..Hints::default() };
    match dry_run(path, None, &Options::default(), &hints, &mut |_, _| ()).await {
        Ok(summary) => summary.detections > 0,
        Err(error) => {
            assert!(error.to_string().len() > 10, "{error}");
            false
        }
    }
}

#[tokio::test]
async fn whatever_is_cut_off_or_garbled_is_read_or_refused_in_words() {
    const TRIES: usize = 23;
    for (name, text, beside) in [
        ("images.csv", WILDLIFE, Some(("deployments.csv", STANDS))),
        ("detections.json", DETECTIONS, None),
        ("set.json", SET, None),
        ("records.csv", RECORDS, None),
    ] {
        let given = Given::new(&[(name, text)]);
        if let Some((name, text)) = beside {
            given.file(name, text.as_bytes());
        }
        assert!(tried(&given.folder()).await, "{name} is whole");
        for at in (0..TRIES).map(|tried| tried * text.len() / TRIES) {
            given.file(name, &text.as_bytes()[..at]);
            tried(&given.folder()).await;
            for garbage in [b"\xff\x00".as_slice(), b"\"", b"\n", b"-9e999", b";;,,"] {
                given.file(name, &[&text.as_bytes()[..at], garbage, &text.as_bytes()[at..]].concat());
                tried(&given.folder()).await;
            }
        }
    }
}

#[tokio::test]
async fn an_archive_decides_neither_paths_nor_sizes() {
    let given = Given::new(&[("deployments.csv", STANDS), ("images.csv", WILDLIFE)]);
    let zip = given.zipped(&["deployments.csv", "images.csv"]);
    assert!(tried(&zip).await);
    let bytes = std::fs::read(&zip).unwrap();
    // Another name of the same length in every place leads out of the folder, and nothing is written there.
    let mut evil = bytes.clone();
    for at in 0..evil.len() - 19 {
        if evil[at..].starts_with(b"download/images.csv") {
            evil[at..at + 19].copy_from_slice(b"../../../images.csv");
        }
    }
    std::fs::write(&zip, &evil).unwrap();
    assert!(tried(&zip).await, "it is read by its name alone");
    assert!(!given.folder().join("../../../images.csv").exists());
    for at in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
        std::fs::write(&zip, &bytes[..at]).unwrap();
        tried(&zip).await;
    }
}
