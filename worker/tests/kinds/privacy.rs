//! What is for nobody's eyes stays there: photographs of people, private media, the folders of a server.

use deertrack_schemas::table::Format;
use deertrack_schemas::{CamtrapDpParams, Class, Export, TableParams, ZipParams};
use serde_json::Value;

use crate::frame::jpeg;
use crate::season::{Season, csv_rows, file, unzip};

const BOX: [f64; 4] = [0.25, 0.2, 0.4, 0.25];

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap()
}

fn november() -> Export {
    Export::Zip(ZipParams { crop_size: 128, ..ZipParams::between(day("2025-11-01"), day("2025-11-30")) })
}

/// A buck on a photograph of its own, and one on a photograph that a hiker is on, too. Their source lets everybody see
/// both, and a third that shows nothing; of a fourth it says nothing.
fn season() -> Season {
    let mut season = Season::new();
    for (id, minute) in [("deer", 0), ("hiker", 1), ("empty", 2), ("untold", 3)] {
        season.photograph(id, &format!("2025-11-03T16:0{minute}:00Z"), &jpeg([100, 60, 160, 80]));
        season.images.last_mut().unwrap().file_public = (id != "untold").then_some(true);
    }
    season.images[1].sees_people = true;
    for (id, image) in [("one", "deer"), ("two", "hiker"), ("three", "hiker")] {
        season.detection(id, image, Class::Buck, BOX);
        season.detections.last_mut().unwrap().scientific_name = Some("Capreolus capreolus".into());
    }
    season
}

#[tokio::test]
async fn no_crop_is_made_of_a_photograph_on_which_somebody_saw_a_person() {
    let season = season();
    let rendered = season.export(november()).await.unwrap();
    let told = "1 crop from 1 image; 2 crops could not be made, see problems.csv; 1 photograph kept back for a person or a vehicle; of Capreolus capreolus";
    assert_eq!(rendered.headline.as_deref(), Some(told));
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let crops: Vec<&str> =
        files.iter().map(|(name, _)| name.as_str()).filter(|name| name.starts_with("crops/")).collect();
    assert_eq!(crops, ["crops/buck/North_ridge/2025-11-03_one.jpg"]);
    let problems = csv_rows(file(&files, "problems.csv"));
    assert_eq!(problems.len(), 3);
    let why = "the photograph is kept back: somebody saw a person or a vehicle on it, or in its event";
    assert!(problems[1..].iter().all(|row| row[1] == "hiker" && row[3] == why), "{problems:?}");
    let manifest: Value = serde_json::from_slice(file(&files, "manifest.json")).unwrap();
    assert_eq!(manifest["photographs_kept_back"], 1);
    assert_eq!(manifest["species"], serde_json::json!(["Capreolus capreolus"]));
    let zones = serde_json::json!([{"time_zone": "Europe/Brussels", "time_zone_source": "coordinates"}]);
    assert_eq!(manifest["time_zones"], zones);
}

#[tokio::test]
async fn a_medium_is_public_only_where_its_source_says_so_and_nobody_saw_a_person() {
    let mut season = season();
    season.image("private", "2025-11-03T16:04:00Z", Some("https://example.org/private/file"));
    season.images.last_mut().unwrap().file_public = Some(false);
    let rendered = season.export(Export::CamtrapDp(CamtrapDpParams::default())).await.unwrap();
    let headline = rendered.headline.clone().unwrap();
    assert!(headline.ends_with("; 1 medium kept from the public for a person or a vehicle"), "{headline}");
    let files = unzip(&rendered.content.into_bytes().unwrap());
    let media = csv_rows(file(&files, "media.csv"));
    let at = |name: &str| media[0].iter().position(|column| column == name).unwrap();
    let mut public: Vec<[&str; 2]> =
        media[1..].iter().map(|row| [row[at("mediaID")].as_str(), row[at("filePublic")].as_str()]).collect();
    public.sort_unstable();
    let expected =
        [["deer", "true"], ["empty", "true"], ["hiker", "false"], ["private", "false"], ["untold", "false"]];
    assert_eq!(public, expected);
}

#[tokio::test]
async fn no_table_tells_where_the_server_keeps_its_photographs() {
    let mut season = season();
    let folder = season.images_dir();
    season.images[0].path = Some(folder.join("cards/7/deer.jpg").display().to_string());
    season.images[1].path = Some("/home/warden/hiker.jpg".into());
    for format in [Format::Csv, Format::Xlsx, Format::Geojson] {
        let bytes =
            season.bytes(Export::Table(TableParams::new(format, day("2025-11-01"), day("2025-11-30")))).await;
        if format == Format::Csv {
            let rows = csv_rows(&bytes);
            let at = rows[0].iter().position(|column| column == "image_path").unwrap();
            let paths: Vec<&str> = rows[1..].iter().map(|row| row[at].as_str()).collect();
            assert_eq!(paths, ["cards/7/deer.jpg", "hiker.jpg", "hiker.jpg"]);
        }
        let texts = match format {
            Format::Xlsx => unzip(&bytes).into_iter().map(|(_, bytes)| bytes).collect(),
            Format::Csv | Format::Geojson => vec![bytes],
        };
        is_nowhere(&["/home/warden", &folder.display().to_string()], &texts);
    }
    for export in [november(), Export::CamtrapDp(CamtrapDpParams::default())] {
        let files = unzip(&season.bytes(export).await);
        let texts: Vec<Vec<u8>> = files.into_iter().map(|(_, bytes)| bytes).collect();
        is_nowhere(&["/home/warden", &folder.display().to_string()], &texts);
    }
}

fn is_nowhere(secrets: &[&str], texts: &[Vec<u8>]) {
    for (secret, text) in secrets.iter().flat_map(|secret| texts.iter().map(move |text| (secret, text))) {
        assert!(!text.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
}
