//! Roe deer near Leuven, 2018 to 2024: an import equals an independent count of the same files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use chrono::Datelike;
use deertrack_catalog::Record;
use deertrack_schemas::table::{Format, GapSince, Topic};
use deertrack_schemas::{Export, TableParams};
use deertrack_sources::camtrap_dp::Options;
use serde_json::{Value, json};
use sqlx::SqlitePool;

use super::Check;
use super::databases::{Both, ever, instant, run};
use super::exports::bytes_of;

pub(crate) const CHECKS: &[Check] = &[
    ("leuven_counts_equal_an_independent_count_by_sex_class_month_week_and_day", counts_are_equal),
    ("leuven_gives_the_same_rows_from_both_databases", rows_are_equal),
    ("leuven_visits_since_the_last_record_last_until_the_ends_of_their_events", stays_are_equal),
];

/// What is chosen of the package.
pub(crate) fn roe_deer() -> Options {
    Options { species: vec!["Capreolus capreolus".to_owned()], ..Options::default() }
}

/// The folder of the package.
pub(crate) fn package(data: &Path) -> std::path::PathBuf {
    data.join("roedeer_leuven_camtrapdp")
}

/// The independent count.
pub(crate) fn counted(package: &Path) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/count_leuven.py");
    let counted = Command::new("python3").arg(script).arg(package).output();
    let counted = counted.expect("these checks need python3: apt-get install python3");
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    serde_json::from_slice(&counted.stdout).unwrap()
}

fn counts_are_equal(data: &Path) {
    let package = package(data);
    let expected = counted(&package);
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        let summary = &both.summary;
        assert_eq!((summary.level, summary.bad_row_count), ("event", 0), "{summary}");
        assert_eq!(json!(summary.detections), expected["rows"]);
        assert_eq!(json!(summary.animals), expected["animals"]);
        assert_eq!(json!(summary.classes), expected["classes"]);
        // Each id of an individual occurs once: they name passages, not known animals.
        assert_eq!(
            (summary.individuals, json!(summary.notes.passages)),
            (0, expected["individuals"].clone())
        );
        assert_eq!(json!(summary.deployments), expected["deployments"]);
        assert_eq!(sexes(&both.sqlite_url).await, expected["sexes"]);

        let stands = both.sqlite.deployments(ever()).await.unwrap();
        let seconds: i64 = stands.iter().map(|stand| (stand.end.unwrap() - stand.start).num_seconds()).sum();
        let days = expected["camera_days"].as_f64().unwrap();
        assert!((seconds as f64 / 86400.0 - days).abs() < 1e-9, "{seconds} seconds, {days} days");

        let year = instant("2019-12-31T23:00:00Z")..instant("2020-12-31T23:00:00Z");
        let rows = both.postgres.records_in(year).await.unwrap();
        for unit in ["day", "week", "month"] {
            assert_eq!(json!(totals(&rows, unit)), expected["years"]["2020"]["rows_by"][unit], "by {unit}");
        }

        // The numbers that are known of this data set, so that no mistake is made twice.
        assert_eq!(expected["rows"], 1749);
        assert_eq!(expected["sexes"], json!({"female": 723, "male": 626, "not told": 400}));
        assert_eq!((days * 100.0).round() / 100.0, 2636.98);
    });
}

/// By the rule that looks at ends; [`report`](super::report) checks the other.
fn stays_are_equal(data: &Path) {
    let package = package(data);
    let expected = counted(&package)["stays"].clone();
    run(async {
        let both = Both::import(&package, &roe_deer()).await;
        let [first, last] = ["2020-01-01", "2020-12-31"].map(|day| day.parse().unwrap());
        let asked = TableParams {
            topic: Some(Topic::Visits),
            visit_gap_since: GapSince::LastRecord,
            ..TableParams::new(Format::Csv, first, last)
        };
        let table = bytes_of(&both.sqlite, Export::Table(asked)).await;
        let mut reader = csv::Reader::from_reader(&table[..]);
        let header = reader.headers().unwrap().clone();
        let cell = |row: &csv::StringRecord, name: &str| {
            row[header.iter().position(|told| told == name).unwrap()].to_owned()
        };
        let second = |text: String| chrono::DateTime::parse_from_rfc3339(&text).unwrap().timestamp();
        let mut stays: Vec<(String, String, i64, i64)> = Vec::new();
        for row in reader.records() {
            let row = row.unwrap();
            let (start, end) = (second(cell(&row, "start")), second(cell(&row, "end")));
            let seconds: f64 = cell(&row, "duration_seconds").parse().unwrap();
            assert!((seconds - (end - start) as f64).abs() < 1e-6, "{row:?}");
            stays.push((cell(&row, "place_id"), cell(&row, "classification"), start, end));
        }
        stays.sort();
        assert!(stays.iter().filter(|(.., start, end)| end > start).count() > 100, "most last a while");
        assert_eq!(json!(stays), expected);
    });
}

async fn sexes(sqlite_url: &str) -> Value {
    let pool = SqlitePool::connect(sqlite_url).await.unwrap();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select coalesce(sex, 'not told'), count(*) from detections where repeats_id is null group by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    rows.into_iter().map(|(sex, count)| (sex, json!(count))).collect()
}

/// Rows of each class by period.
fn totals(rows: &[Record], unit: &str) -> BTreeMap<String, [u32; 4]> {
    let mut totals = BTreeMap::<String, [u32; 4]>::new();
    for row in rows {
        let taken_at = row.image.taken_at.expect("rows of a range have a time");
        let taken_at = taken_at.with_timezone(&chrono_tz::Europe::Brussels);
        let week = taken_at.iso_week();
        let period = match unit {
            "day" => taken_at.format("%Y-%m-%d").to_string(),
            "week" => format!("{}-W{:02}", week.year(), week.week()),
            _ => taken_at.format("%Y-%m").to_string(),
        };
        totals.entry(period).or_default()[row.class as usize] += 1;
    }
    totals
}

fn rows_are_equal(data: &Path) {
    run(async {
        let both = Both::import(&package(data), &roe_deer()).await;
        let rows = both.sqlite.records_in(ever()).await.unwrap();
        assert_eq!(rows.len(), both.summary.detections);
        assert!(rows == both.postgres.records_in(ever()).await.unwrap(), "detections");
        assert_eq!(both.sqlite.places().await.unwrap(), both.postgres.places().await.unwrap());
        let stands = both.sqlite.deployments(ever()).await.unwrap();
        assert_eq!(stands, both.postgres.deployments(ever()).await.unwrap());
        let name = both.sqlite.dataset_name().await.unwrap();
        assert!(name.is_some());
        assert_eq!(name, both.postgres.dataset_name().await.unwrap());
    });
}
