//! `zip`: the pictures show what the boxes held, the tables tell the truth, nothing escapes, nothing differs.

use std::num::NonZero;

use deertrack_catalog::store::NewDetection;
use deertrack_schemas::{Class, Export, ZipParams};
use deertrack_worker::JobError;
use deertrack_worker::export::{Exporter, Progress};
use image::RgbImage;
use sha2::{Digest, Sha256};

use crate::frame::{HEIGHT, WIDTH, is_red, jpeg, turned_jpeg};
use crate::season::{Season, Told, command, csv_rows, file, is_harmless, known, place, unzip};

/// Where the animal is: left, top, width, height in pixels and as fractions.
const ANIMAL: [u32; 4] = [100, 60, 160, 80];
const BOX: [f64; 4] = [0.25, 0.2, 0.4, 80.0 / 300.0];

fn november() -> Export {
    Export::Zip(ZipParams { crop_size: 128, ..ZipParams::between(day("2025-11-01"), day("2025-11-30")) })
}

fn of(ids: &[&str]) -> Export {
    let ids = ids.iter().copied().map(str::to_owned).collect();
    Export::Zip(ZipParams { crop_size: 128, ..ZipParams::of(ids) })
}

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn picture(bytes: &[u8]) -> RgbImage {
    image::load_from_memory(bytes).unwrap().into_rgb8()
}

/// `frames` photographs of one buck each, and of a doe in every third.
fn season(frames: usize) -> Season {
    let mut season = Season::new();
    let photograph = jpeg(ANIMAL);
    for number in 0..frames {
        let id = format!("i{number:03}");
        let taken_at = format!("2025-11-03T{:02}:{:02}:00Z", 6 + number / 60, number % 60);
        season.photograph(&id, &taken_at, &photograph);
        season.detection(&format!("buck-{number}"), &id, Class::Buck, BOX);
        if number % 3 == 0 {
            season.detection(&format!("doe-{number}"), &id, Class::Doe, [0.0, 0.0, 0.1, 0.2]);
        }
    }
    season
}

#[tokio::test]
async fn a_crop_shows_what_the_box_held() {
    let mut season = season(1);
    season.detections[0].deer_id = Some("d1".into());
    let files = unzip(&season.bytes(november()).await);
    let crop = picture(file(&files, "crops/buck/North_ridge/2025-11-03_buck-0.jpg"));
    assert_eq!(crop.dimensions(), (128, 64), "the longest side has the size, the proportions stay");
    assert!(crop.pixels().all(|pixel| is_red(*pixel)), "only animal");
    let doe = picture(file(&files, "crops/doe/North_ridge/2025-11-03_doe-0.jpg"));
    assert!(!doe.pixels().any(|pixel| is_red(*pixel)), "no animal there");

    let rows = csv_rows(file(&files, "metadata.csv"));
    let expected = [
        "detection_id,image_id,classification,confidence,bbox_x,bbox_y,bbox_width,bbox_height,deer_id,created_at,\
         filename,taken_at,place,individual,time_zone,time_zone_source,scientific_name",
        "buck-0,i000,buck,0.875,0.25,0.2,0.4,0.26666666666666666,d1,,\
         crops/buck/North_ridge/2025-11-03_buck-0.jpg,2025-11-03T07:00:00+01:00,North ridge,Old Crooked,\
         Europe/Brussels,coordinates,",
        "doe-0,i000,doe,0.875,0,0,0.1,0.2,,,\
         crops/doe/North_ridge/2025-11-03_doe-0.jpg,2025-11-03T07:00:00+01:00,North ridge,,\
         Europe/Brussels,coordinates,",
    ];
    assert_eq!(rows.iter().map(|row| row.join(",")).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_turned_camera_gives_upright_crops_without_its_metadata() {
    let mut season = Season::new();
    let turned = turned_jpeg(ANIMAL);
    assert_eq!(picture(&turned).dimensions(), (HEIGHT, WIDTH), "stored by columns");
    assert!(turned.windows(12).any(|bytes| bytes == b"SECRET-PLACE"));
    season.photograph("turned", "2025-11-03T17:00:00Z", &turned);
    season.detection("buck", "turned", Class::Buck, BOX);
    let files = unzip(&season.bytes(november()).await);
    let crop = file(&files, "crops/buck/North_ridge/2025-11-03_buck.jpg");
    assert_eq!(picture(crop).dimensions(), (128, 64));
    assert!(picture(crop).pixels().all(|pixel| is_red(*pixel)));
    assert!(!crop.windows(4).any(|bytes| bytes == b"Exif"));
    assert!(!crop.windows(6).any(|bytes| bytes == b"SECRET"));
}

#[tokio::test]
async fn the_same_command_gives_the_same_bytes_on_any_number_of_threads() {
    let season = season(40);
    let kinds = season.kinds().await;
    let mut archives = Vec::new();
    for cores in [1, 2, 5] {
        let mut job = season.job(Progress::silent());
        job.cores = NonZero::new(cores).unwrap();
        let rendered = kinds.export(&job, &command(november())).await.unwrap();
        archives.push(rendered.content.into_bytes().unwrap());
    }
    assert!(archives[0] == archives[1] && archives[0] == archives[2]);
    assert_eq!(season.drafts(), 0);
}

#[tokio::test]
async fn the_manifest_has_the_hash_of_every_other_file() {
    let files = unzip(&season(4).bytes(november()).await);
    let manifest: serde_json::Value = serde_json::from_slice(file(&files, "manifest.json")).unwrap();
    let entries = manifest["entries"].as_array().unwrap();
    assert_eq!(entries.len(), files.len() - 1);
    for entry in entries {
        let bytes = file(&files, entry["path"].as_str().unwrap());
        let sha256: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["sha256"], sha256);
        assert_eq!(entry["size"], bytes.len());
    }
    assert_eq!(manifest["params"]["crop_size"], 128);
}

#[tokio::test]
async fn what_cannot_be_made_is_told_and_the_rest_is_made() {
    let mut season = season(1);
    let whole = jpeg(ANIMAL);
    let mut huge = whole.clone();
    let frame = huge.windows(2).position(|bytes| bytes == [0xff, 0xc0]).unwrap();
    huge[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]); // 65,535 x 65,535
    let outside = season.images_dir().parent().unwrap().join("outside.jpg");
    std::fs::write(&outside, &whole).unwrap();
    let time = "2025-11-04T00:00:00Z";
    season.photograph("truncated", time, &whole[..whole.len() * 2 / 3]);
    season.photograph("huge", time, &huge);
    season.photograph("text", time, b"this is no picture");
    season.photograph("empty", time, b"");
    season.photograph("whole", time, &whole);
    season.image("gone", time, Some("nothing/here.jpg"));
    season.image("url", time, Some("https://example.org/a.jpg"));
    season.image("leads out", time, Some("../outside.jpg"));
    season.image("folder", time, Some("."));
    season.image("event", time, None);
    let images = ["empty", "event", "folder", "gone", "huge", "leads out", "text", "truncated", "url"];
    for image in images {
        season.detection(image, image, Class::Buck, BOX);
    }
    season.detection("box beyond", "whole", Class::Buck, [1.2, 0.2, 0.1, 0.1]);
    season.detections.push(NewDetection::of("no box", "whole", Class::Buck));

    let rendered = season.export(november()).await.unwrap();
    let told = rendered.headline.clone().unwrap();
    assert_eq!(told, "2 crops from 11 images; 11 crops could not be made, see problems.csv");
    let files = unzip(&rendered.content.into_bytes().unwrap());
    assert_eq!(files.len(), 5, "two crops, two tables, the manifest");
    let mut problems: Vec<[String; 2]> = csv_rows(file(&files, "problems.csv"))
        .into_iter()
        .skip(1)
        .map(|row| [row[0].clone(), row[3].clone()])
        .collect();
    problems.sort();
    let expected = [
        ["box beyond", "the box lies outside the image"],
        ["empty", "the file is no JPEG or PNG"],
        ["event", "the image has no file"],
        ["folder", "the path names no regular file"],
        ["gone", "the file is missing"],
        ["huge", "the image has 65535 x 65535 pixels; at most 64 million are decoded"],
        ["leads out", "the path leads out of the images folder"],
        ["no box", "the detection has no box"],
        ["text", "the file is no JPEG or PNG"],
        ["truncated", "the file is truncated"],
        ["url", "the image is elsewhere: only files on this machine are read"],
    ];
    assert_eq!(problems, expected.map(|row| row.map(str::to_owned)));
}

#[tokio::test]
async fn detections_asked_for_by_id_come_even_if_rejected_and_missing_ones_are_told() {
    let mut season = season(2);
    season.detections[0].is_valid = false;
    let rendered = season.export(of(&["buck-1", "nobody", "buck-0"])).await.unwrap();
    assert_eq!(
        rendered.headline.as_deref(),
        Some("2 crops from 2 images; 1 crop could not be made, see problems.csv")
    );
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let problems = csv_rows(file(&files, "problems.csv"));
    assert_eq!(problems[1], ["nobody", "", "", "there is no such detection"]);
    let in_range = unzip(&season.bytes(november()).await);
    assert!(!in_range.iter().any(|(path, _)| path.contains("buck-0")), "a range leaves rejected ones out");
}

#[tokio::test]
async fn filters_narrow_the_choice() {
    let mut season = season(6);
    season.images[4].location_id = Some("creek".into());
    season.detections[2].deer_id = Some("d1".into());
    let ids = async |params: ZipParams| {
        let files = unzip(&season.bytes(Export::Zip(params)).await);
        let rows = csv_rows(file(&files, "metadata.csv"));
        rows.into_iter().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let all = || ZipParams::between(day("2025-11-03"), day("2025-11-03"));
    assert_eq!(ids(ZipParams { classifications: vec![Class::Doe], ..all() }).await, ["doe-0", "doe-3"]);
    assert_eq!(ids(ZipParams { place_ids: Some(vec!["creek".into()]), ..all() }).await, ["buck-4"]);
    assert_eq!(ids(ZipParams { deer_ids: Some(vec!["d1".into()]), ..all() }).await, ["buck-1"]);
}

#[tokio::test]
async fn no_detections_are_a_reason_to_refuse() {
    let season = season(1);
    let between = |first, last| Export::Zip(ZipParams::between(day(first), day(last)));
    for (export, reason) in [
        (between("2025-11-04", "2025-11-30"), "No detections found in specified date range"),
        (of(&["nobody"]), "No detections found with the given ids"),
    ] {
        let refused = season.export(export).await.unwrap_err();
        assert!(matches!(&refused, JobError::Reject(told) if told.starts_with(reason)), "{refused}");
    }
    assert_eq!(season.drafts(), 0);
}

#[tokio::test]
async fn progress_counts_every_detection() {
    let season = season(9);
    let told = Told::default();
    let job = season.job(told.progress());
    season.kinds().await.export(&job, &command(november())).await.unwrap();
    let counts = told.counts();
    let done: Vec<u64> = counts.iter().map(|counts| counts.processed_count).collect();
    let (reading, done) = done.split_at(done.iter().take_while(|done| **done == 0).count());
    assert!(!reading.is_empty(), "how many there are is told before they are read");
    assert_eq!(done, [2, 3, 4, 6, 7, 8, 10, 11, 12]);
    assert!(counts.iter().all(|counts| counts.total_detections == 12));
    assert_eq!(counts.last().unwrap().progress_percent, 100);
}

#[tokio::test]
async fn a_stopped_export_ends_at_the_next_image_and_leaves_no_file() {
    let season = season(200);
    let told = Told::default();
    let counting = told.progress();
    let stop = tokio_util::sync::CancellationToken::new();
    let asked = stop.clone();
    let progress = Progress::new(move |step| {
        counting.counted(step.fraction, step.stage, step.counts.unwrap_or_default());
        if step.counts.is_some_and(|counts| counts.processed_count > 20) {
            asked.cancel();
        }
    });
    let mut job = season.job(progress);
    job.stop = stop;
    let ended = season.kinds().await.export(&job, &command(november())).await.unwrap_err();
    assert!(matches!(ended, JobError::Stopped), "{ended}");
    assert!(told.counts().last().unwrap().processed_count <= 24, "{:?}", told.counts().last());
    assert_eq!(season.drafts(), 0);
}

#[tokio::test]
async fn hostile_names_come_out_as_text_and_never_as_paths_or_formulas() {
    let hostile = [
        "../../etc/passwd",
        "=HYPERLINK(\"http://evil\")",
        "<script>alert(1)</script>",
        "'; drop table detections; --",
        "#panic(\"typst\")",
        "C:\\windows\\con",
        "a\u{0}b\r\nc",
        "\u{202e}gpj.exe",
        "..",
        "NUL",
    ];
    let mut season = Season::new();
    season.photograph("i", "2025-11-03T17:00:00Z", &jpeg(ANIMAL));
    season.places = vec![place("ridge", "=cmd|' /C calc'!A0")];
    for (number, id) in hostile.iter().enumerate() {
        season.deer.push(known(&format!("h{number}"), id));
        // PostgreSQL could not even store the first.
        let id = id.replace('\0', "");
        season.detection(&id, "i", Class::Buck, BOX);
        season.detections.last_mut().unwrap().deer_id = Some(format!("h{number}"));
    }
    season.deer.iter_mut().for_each(|deer| deer.name = deer.name.replace('\0', ""));
    // Two ids that sanitised look alike, and two that differ only in case.
    for id in ["x/y", "x:y", "q", "Q"] {
        season.detection(id, "i", Class::Doe, BOX);
    }

    let files = unzip(&season.bytes(november()).await);
    let crops: Vec<&str> =
        files.iter().map(|(path, _)| path.as_str()).filter(|path| path.starts_with("crops/")).collect();
    assert_eq!(crops.len(), 14);
    assert!(files.iter().all(|(path, _)| is_harmless(path)), "{crops:?}");
    let lower: std::collections::HashSet<String> = crops.iter().map(|path| path.to_lowercase()).collect();
    assert_eq!(lower.len(), 14, "unique also where case does not count");
    assert!(crops.iter().any(|path| path.ends_with("x_y.jpg")));
    assert!(crops.iter().any(|path| path.ends_with("x_y-2.jpg")));

    let rows = csv_rows(file(&files, "metadata.csv"));
    for (number, name) in hostile.iter().enumerate() {
        let name = name.replace('\0', "");
        let written = if name.starts_with('=') { format!("'{name}") } else { name };
        let individual = rows.iter().find(|row| row[8] == format!("h{number}")).unwrap();
        assert_eq!((&individual[0], &individual[13]), (&written, &written), "as it was, but for the mark");
    }
    assert!(rows.iter().skip(1).all(|row| row[12] == "'=cmd|' /C calc'!A0"));
    for row in rows {
        let is_formula = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(!row.iter().any(is_formula), "{row:?}");
    }
}

#[tokio::test]
async fn a_png_is_cut_as_well() {
    let mut season = Season::new();
    let mut png = std::io::Cursor::new(Vec::new());
    picture(&jpeg(ANIMAL)).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = png.into_inner();
    season.photograph("png", "2025-11-03T17:00:00Z", &png);
    season.photograph("cut", "2025-11-03T18:00:00Z", &png[..png.len() / 2]);
    season.detection("buck", "png", Class::Buck, BOX);
    season.detection("half", "cut", Class::Buck, BOX);
    let files = unzip(&season.bytes(november()).await);
    let crop = picture(file(&files, "crops/buck/North_ridge/2025-11-03_buck.jpg"));
    assert!(crop.pixels().all(|pixel| is_red(*pixel)));
    assert_eq!(csv_rows(file(&files, "problems.csv"))[1][3], "the file is truncated");
}
