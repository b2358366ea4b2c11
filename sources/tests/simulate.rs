//! The simulated season: it repeats to the byte, and its truth is in its rows.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod tables;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use deertrack_catalog::store::Store;
use deertrack_catalog::{Embedding, Record, connect};
use deertrack_sources::simulate::{Options, Summary, simulate};
use futures::TryStreamExt;
use sqlx::{FromRow, SqlitePool};
use tempfile::TempDir;

fn season() -> Options {
    Options { frames: 0, ..Options::ending(NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()) }
}

fn short() -> Options {
    Options { days: 20, frames: 5, ..season() }
}

fn url(dir: &Path) -> String {
    format!("sqlite://{}/catalog.db", dir.display())
}

async fn run(seed: u64, options: &Options, dir: &Path, frames: &Path) -> Summary {
    let mut store = Store::open(&url(dir)).await.unwrap();
    let summary = simulate(seed, options, &mut store, frames).await.unwrap();
    store.close().await;
    summary
}

async fn detections(url: &str) -> Vec<Record> {
    let ever = DateTime::UNIX_EPOCH..DateTime::UNIX_EPOCH + TimeDelta::days(40_000);
    connect(url).await.unwrap().records_in(ever).await.unwrap()
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn the_same_seed_gives_the_same_rows_and_the_same_files() {
    let (one, two, frames) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let first = run(7, &short(), one.path(), frames.path()).await;
    let drawn = files(frames.path());
    assert_eq!(drawn.len(), 5);
    for (name, bytes) in &drawn {
        let picture = image::load_from_memory(bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (640, 480), "{name}");
    }
    let second = run(7, &short(), two.path(), frames.path()).await;
    assert_eq!(first, second);
    assert_eq!(files(frames.path()), drawn);
    let rows = tables::dump(&url(one.path())).await;
    tables::assert_same(&tables::dump(&url(two.path())).await, &rows, "in another database");

    run(7, &short(), one.path(), frames.path()).await;
    tables::assert_same(&tables::dump(&url(one.path())).await, &rows, "again into the same database");
    let longer = Options { days: 25, ..short() };
    run(7, &longer, one.path(), frames.path()).await;
    run(7, &short(), one.path(), frames.path()).await;
    tables::assert_same(&tables::dump(&url(one.path())).await, &rows, "after a run with other options");

    let other = run(8, &short(), one.path(), frames.path()).await;
    assert_ne!(first.detections, other.detections);
    let beside = detections(&url(one.path())).await.len();
    assert!(beside > detections(&url(two.path())).await.len(), "a season of another seed lies beside it");
}

#[tokio::test]
async fn a_photograph_has_the_time_of_its_shot_in_the_picture_and_as_its_file() {
    let (dir, frames) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    run(7, &short(), dir.path(), frames.path()).await;
    let rows = detections(&url(dir.path())).await;
    let drawn: BTreeMap<&str, DateTime<Utc>> =
        rows.iter().filter_map(|row| Some((row.image.path.as_deref()?, row.image.taken_at?))).collect();
    assert!(!drawn.is_empty());
    for (path, taken_at) in drawn {
        let file = File::open(path).unwrap();
        assert_eq!(DateTime::<Utc>::from(file.metadata().unwrap().modified().unwrap()), taken_at);
        let exif = exif::Reader::new().read_from_container(&mut BufReader::new(file)).unwrap();
        let field = exif.get_field(exif::Tag::DateTimeOriginal, exif::In::PRIMARY).unwrap();
        assert_eq!(field.display_value().to_string(), taken_at.format("%Y-%m-%d %H:%M:%S").to_string());
    }
}

#[tokio::test]
async fn without_vectors_there_are_none_and_known_animals_are_assigned_rightly() {
    let dir = TempDir::new().unwrap();
    let options = Options { vectors: false, ..Options { frames: 0, ..short() } };
    let summary = run(7, &options, dir.path(), dir.path()).await;
    let catalog = connect(&url(dir.path())).await.unwrap();
    let rows: Vec<Embedding> = catalog.embeddings(None).try_collect().await.unwrap();
    assert!(rows.len() > 300);
    assert!(rows.iter().all(|row| row.vector.is_none() && row.version.is_none()));
    assert!(rows.iter().all(|row| row.deer_id.is_none() || row.deer_id == row.true_deer_id));
    assert!(summary.known_deer > 0 && (1..summary.detections / 2).contains(&summary.assigned));
}

#[tokio::test]
async fn both_databases_hold_the_same_season() {
    let dir = TempDir::new().unwrap();
    let options = Options { frames: 0, ..short() };
    run(3, &options, dir.path(), dir.path()).await;
    let postgres = deertrack_testkit::postgres::database();
    let mut store = Store::open(&postgres).await.unwrap();
    simulate(3, &options, &mut store, dir.path()).await.unwrap();
    store.close().await;
    let rows = detections(&postgres).await;
    assert!(rows.len() > 300);
    assert_eq!(rows, detections(&url(dir.path())).await);
}

#[tokio::test]
async fn a_season_is_as_large_and_as_well_assigned_as_it_says() {
    let dir = TempDir::new().unwrap();
    for seed in 1..4 {
        let summary = run(seed, &season(), dir.path(), dir.path()).await;
        assert_eq!((summary.places, summary.deployments, summary.frames), (6, 7, 0));
        assert!((2600..3400).contains(&summary.detections), "{summary}");
        let assigned = summary.assigned as f64 / summary.detections as f64;
        assert!((0.06..0.14).contains(&assigned), "about a tenth: {summary}");
        assert!(summary.known_deer > 10 && summary.known_deer < summary.animals, "{summary}");
    }
}

/// What the truth needs of a detection.
#[derive(FromRow)]
struct Row {
    taken_at: i64,
    location_id: String,
    classification: String,
    true_deer_id: Option<String>,
    deer_id: Option<String>,
    bbox_x: f64,
    bbox_y: f64,
    bbox_width: f64,
    bbox_height: f64,
}

impl Row {
    fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.taken_at).unwrap()
    }

    /// Between about sunrise and sunset of early November, an hour inside.
    fn is_midday(&self) -> bool {
        (9..15).contains(&self.at().hour())
    }
}

async fn rows(dir: &Path) -> Vec<Row> {
    let pool = SqlitePool::connect(&url(dir)).await.unwrap();
    sqlx::query_as(
        "select i.timestamp as taken_at, i.location_id, d.classification, d.true_deer_id, d.deer_id,
             d.bbox_x, d.bbox_y, d.bbox_width, d.bbox_height
         from detections d join images i on i.id = d.image_id
         where d.is_valid = 1 order by i.timestamp, d.id",
    )
    .fetch_all(&pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn bucks_move_more_and_by_day_in_the_rut_and_all_at_dawn_and_dusk() {
    let dir = TempDir::new().unwrap();
    let options = season();
    run(7, &options, dir.path(), dir.path()).await;
    let rows = rows(dir.path()).await;
    let in_rut = |row: &&Row| (row.at().date_naive() - options.rut_peak).num_days().abs() <= 7;
    let before = |row: &&Row| (options.rut_peak - row.at().date_naive()).num_days() > 30;
    let bucks = || rows.iter().filter(|row| row.classification == "buck");
    let per_day = |count: usize, days: f64| count as f64 / days;
    let rut_rate = per_day(bucks().filter(in_rut).count(), 15.0);
    let quiet_rate = per_day(bucks().filter(before).count(), 44.0);
    assert!(rut_rate > 2.0 * quiet_rate, "{rut_rate} a day in the rut, {quiet_rate} before");

    let midday = |rows: &[&Row]| rows.iter().filter(|row| row.is_midday()).count() as f64 / rows.len() as f64;
    let by_day = (
        midday(&bucks().filter(in_rut).collect::<Vec<_>>()),
        midday(&bucks().filter(before).collect::<Vec<_>>()),
    );
    assert!(by_day.0 > by_day.1 + 0.1, "{by_day:?}");

    let twilight = rows.iter().filter(|row| matches!(row.at().hour(), 5..=8 | 15..=18)).count();
    assert!(twilight * 2 > rows.len(), "8 of 24 hours have more than half: {twilight} of {}", rows.len());
}

#[tokio::test]
async fn a_dead_battery_leaves_a_gap_and_nothing_is_seen_in_it() {
    let dir = TempDir::new().unwrap();
    run(7, &season(), dir.path(), dir.path()).await;
    let catalog = connect(&url(dir.path())).await.unwrap();
    let year = "2025-01-01T00:00:00Z".parse().unwrap().."2026-01-01T00:00:00Z".parse().unwrap();
    let stands = catalog.deployments(year).await.unwrap();
    let dark: Vec<_> = stands.iter().filter(|stand| stand.place_id == "sim-7-place-00002").collect();
    assert_eq!(dark.len(), 2);
    let gap = dark[1].start - dark[0].end.unwrap();
    assert!((TimeDelta::days(12)..TimeDelta::days(16)).contains(&gap), "{gap}");
    for row in rows(dir.path()).await {
        let is_seen = |place: &str, start, end: Option<DateTime<Utc>>| {
            place == row.location_id && (start..end.unwrap()).contains(&row.at())
        };
        assert!(stands.iter().any(|stand| is_seen(&stand.place_id, stand.start, stand.end)), "{}", row.at());
    }
}

#[tokio::test]
async fn assignments_are_mostly_right_and_boxes_lie_in_their_image() {
    let dir = TempDir::new().unwrap();
    run(7, &season(), dir.path(), dir.path()).await;
    let rows = rows(dir.path()).await;
    let assigned: Vec<&Row> = rows.iter().filter(|row| row.deer_id.is_some()).collect();
    let right = assigned.iter().filter(|row| row.deer_id == row.true_deer_id).count();
    assert!(right * 100 >= assigned.len() * 97, "{right} of {}", assigned.len());
    for row in &rows {
        assert!(row.bbox_x >= 0.0 && row.bbox_width > 0.02 && row.bbox_x + row.bbox_width <= 1.0 + 1e-9);
        assert!(row.bbox_y >= 0.0 && row.bbox_height > 0.05 && row.bbox_y + row.bbox_height <= 1.0 + 1e-9);
    }
}

#[tokio::test]
async fn options_out_of_range_are_refused() {
    let dir = TempDir::new().unwrap();
    let mut store = Store::open(&url(dir.path())).await.unwrap();
    for options in [
        Options { days: 0, ..season() },
        Options { places: 0, ..season() },
        Options { detections_per_day: f64::NAN, ..season() },
    ] {
        assert!(simulate(1, &options, &mut store, dir.path()).await.is_err(), "{options:?}");
    }
}
