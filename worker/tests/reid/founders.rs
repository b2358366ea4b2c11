//! A deer never meets the photographs it was made of, whatever is chosen and however much the database tells.

use deertrack_schemas::{Class, ReidParams};
use tempfile::TempDir;

use crate::files::Files;
use crate::herd::{Herd, sqlite_in};

/// Two deer; `mate` was taken a moment after `founder`, of which the first was made, `later` on another day.
fn herd() -> Herd {
    let mut herd = Herd::default();
    herd.know("d1", Class::Buck, &[1.0, 0.0]);
    herd.know("d2", Class::Buck, &[0.6, 0.8]);
    herd.deer[0].founder_detection_id = Some("founder".into());
    herd.see("founder", Some("2025-06-01T00:00:00Z"), Class::Buck, &[1.0, 0.01]);
    herd.see("mate", Some("2025-06-01T00:00:20Z"), Class::Buck, &[1.0, 0.1]);
    herd.see("later", Some("2025-06-02T00:00:00Z"), Class::Buck, &[1.0, 0.1]);
    herd
}

async fn files(herd: &Herd, params: &ReidParams) -> Files {
    let dir = TempDir::new().unwrap();
    let url = sqlite_in(&dir);
    herd.write(&url).await;
    Files::of(&url, params).await
}

/// Detection, its best deer, and whether it is told to be of a founder's burst.
fn best(files: &Files) -> Vec<[String; 3]> {
    let names = ["detection_id", "best_deer_id", "founding_burst"];
    files.table("scores.csv").into_iter().map(|row| names.map(|name| row[name].clone())).collect()
}

fn in_one_burst(mut herd: Herd) -> Herd {
    for detection in &mut herd.detections[..2] {
        detection.burst_id = Some("burst 1".into());
    }
    herd
}

fn at_one_place(mut herd: Herd) -> Herd {
    herd.places.push(deertrack_catalog::store::NewPlace {
        id: "oak".into(),
        name: "Old oak".into(),
        ..Default::default()
    });
    for image in &mut herd.images {
        image.location_id = Some("oak".into());
    }
    herd
}

#[tokio::test]
async fn the_mates_of_a_founder_that_is_not_in_the_analysis_do_not_meet_its_deer() {
    let usual = ReidParams::default();
    let bucks = ReidParams { classifications: vec![Class::Buck], ..ReidParams::default() };
    for herd in [in_one_burst(herd()), at_one_place(herd())] {
        let all = best(&files(&herd, &usual).await);
        assert_eq!(all[1], ["mate", "d2", "yes"]);
        let mut rejected = herd.clone();
        rejected.detections[0].is_valid = false;
        let mut unchosen = herd;
        unchosen.detections[0].corrected_class = Some(Class::Unknown);
        for (herd, params) in [(rejected, &usual), (unchosen, &bucks)] {
            assert_eq!(best(&files(&herd, params).await), all[1..], "as with the founder in it");
        }
    }
}

#[tokio::test]
async fn a_deer_without_a_known_founder_does_not_meet_the_very_same_vector_and_it_is_told() {
    let mut herd = herd();
    herd.deer[0].founder_detection_id = None;
    herd.see("twin", Some("2025-06-03T00:00:00Z"), Class::Buck, &[1.0, 0.0]);
    let files = files(&herd, &ReidParams::default()).await;
    assert_eq!(best(&files)[3], ["twin", "d2", "yes"]);
    let text = files.text("report.pdf");
    assert!(text.contains("Where it is known which detection a deer was made of"), "{text}");
    assert!(text.contains("not known for 1 deer"), "{text}");
    assert!(text.contains("1 detection is of a burst that deer were made of"), "{text}");
}
