//! Which days were asked for: the local days of each place, whatever the kind.

use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{CamtrapDpParams, Class, Export, TableParams, ZipParams};

use crate::frame::jpeg;
use crate::season::{Season, csv_rows, file, unzip};

/// The first column, without its name and in order.
fn ids(table: &[u8]) -> Vec<String> {
    let mut ids: Vec<String> = csv_rows(table).into_iter().skip(1).map(|row| row[0].clone()).collect();
    ids.sort();
    ids
}

/// The ridge is in Belgium like the worker, the creek in Hawaii, eleven hours behind.
fn season() -> Season {
    let mut season = Season::new();
    season.places[1].timezone = Some("Pacific/Honolulu".into());
    let photograph = jpeg([100, 60, 160, 80]);
    for (id, place, taken_at) in [
        ("ridge, first", "ridge", "2025-11-02T23:30:00Z"),
        ("creek, day before", "creek", "2025-11-03T09:30:00Z"),
        ("creek, first", "creek", "2025-11-03T10:30:00Z"),
        ("ridge, day behind", "ridge", "2025-11-04T09:30:00Z"),
        ("creek, last", "creek", "2025-11-04T09:30:00Z"),
        ("creek, day behind", "creek", "2025-11-04T10:30:00Z"),
    ] {
        season.photograph(id, taken_at, &photograph);
        season.images.last_mut().unwrap().location_id = Some(place.into());
        season.detection(id, id, Class::Buck, [0.25, 0.2, 0.4, 0.25]);
    }
    season
}

#[tokio::test]
async fn every_kind_of_rows_chooses_the_days_of_each_place() {
    let season = season();
    let day = "2025-11-03".parse().unwrap();
    let table = TableParams { topic: Some(Topic::Detections), ..TableParams::new(Format::Csv, day, day) };
    let package =
        CamtrapDpParams { start_date: Some(day), end_date: Some(day), ..CamtrapDpParams::default() };
    let expected = ["creek, first", "creek, last", "ridge, first"];
    assert_eq!(ids(&season.bytes(Export::Table(table)).await), expected);
    let package = unzip(&season.bytes(Export::CamtrapDp(package)).await);
    assert_eq!(ids(file(&package, "observations.csv")), expected);
    assert_eq!(ids(file(&package, "media.csv")), expected);

    let crops = unzip(&season.bytes(Export::Zip(ZipParams::between(day, day))).await);
    let metadata = file(&crops, "metadata.csv");
    assert_eq!(ids(metadata), expected);
    let rows = csv_rows(metadata);
    let last = rows.iter().find(|row| row[0] == "creek, last").unwrap();
    let path = "crops/buck/Creek/2025-11-03_creek_last.jpg";
    assert_eq!(
        last[10..12],
        [path, "2025-11-03T23:30:00-10:00"],
        "path and time as the clock showed it there"
    );
    assert!(crops.iter().any(|(name, _)| name == path));
}
