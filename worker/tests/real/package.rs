//! `camtrap-dp` of real surveys: valid by Python's `frictionless` and `jsonschema` against the standard's own schemas,
//! the same from both databases, and the same again after it was imported.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use deertrack_catalog::Catalog;
use deertrack_schemas::{CamtrapDpParams, Export};
use deertrack_sources::camtrap_dp::{Observations, Options};
use tempfile::TempDir;

use super::Check;
use super::databases::{Both, ever, run};
use super::exports::{bytes_of, keep};
use super::known::Known;

pub(crate) const CHECKS: &[Check] = &[
    ("the_standards_example_by_image_is_valid_and_comes_back_the_same", example_by_image),
    ("the_standards_example_by_event_is_valid_and_comes_back_the_same", example_by_event),
    ("seven_years_of_roe_deer_are_valid_and_come_back_the_same", roe_deer),
    ("rounded_coordinates_are_valid_too", rounded),
];

const HINT: &str = "the check needs Python with frictionless and jsonschema: scripts/test-real.sh makes one, or name \
                    yours in DEERTRACK_PYTHON";

fn example_by_image(data: &Path) {
    let options =
        Options { species: vec!["*".to_owned()], observations: Observations::Media, ..Options::default() };
    round_trip(data, "camtrapdp_example/example", &options, "example_by_image.zip");
}

fn example_by_event(data: &Path) {
    let options = Options { species: vec!["*".to_owned()], ..Options::default() };
    round_trip(data, "camtrapdp_example/example", &options, "example_by_event.zip");
}

fn roe_deer(data: &Path) {
    round_trip(data, "roedeer_leuven_camtrapdp", &species(), "roe_deer.zip");
}

fn rounded(data: &Path) {
    run(async {
        let both = Both::import(&data.join("roedeer_leuven_camtrapdp"), &species()).await;
        let bytes = bytes_of(&both.sqlite, Export::CamtrapDp(CamtrapDpParams::default())).await;
        is_valid(data, unpack(&bytes).path());
    });
}

fn species() -> Options {
    Options { species: vec!["Capreolus capreolus".to_owned()], ..Options::default() }
}

fn round_trip(data: &Path, package: &str, options: &Options, kept: &str) {
    let exact = || CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
    run(async {
        let before = Both::import(&data.join(package), options).await;
        let bytes = bytes_of(&before.sqlite, Export::CamtrapDp(exact())).await;
        keep(kept, &bytes);
        assert!(bytes == bytes_of(&before.postgres, Export::CamtrapDp(exact())).await, "the same bytes");
        let dir = unpack(&bytes);
        is_valid(data, dir.path());
        has_a_history(&before.sqlite, dir.path()).await;
        let after = Both::import(dir.path(), options).await;
        assert_eq!(after.summary.bad_row_count, 0);
        let (before, after) = (Known::of(&before.sqlite).await, Known::of(&after.sqlite).await);
        assert_eq!(before.differences(&after), Vec::<String>::new());
        // Every visit by either rule: class, place, begin, end, images, animals.
        assert_eq!(before.visits(), after.visits());
        assert!(!before.visits()[0].is_empty());
    });
}

pub(crate) fn unpack(bytes: &[u8]) -> TempDir {
    let dir = TempDir::new().unwrap();
    ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap().extract(dir.path()).unwrap();
    dir
}

pub(crate) fn is_valid(data: &Path, package: &Path) {
    let schemas = data.join("camtrapdp_example");
    let python = std::env::var_os("DEERTRACK_PYTHON").unwrap_or_else(|| "python3".into());
    let told = Command::new(python)
        .arg(schemas.join("validate_offline.py"))
        .args([package, &schemas])
        .output()
        .unwrap_or_else(|error| panic!("{error}; {HINT}"));
    let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(!err.contains("ModuleNotFoundError"), "{err}\n{HINT}");
    assert!(told.status.success(), "{out}{err}");
}

/// Every place has a row, and every place where a deer was seen has a 1.
async fn has_a_history(catalog: &Arc<dyn Catalog>, package: &Path) {
    let mut reader = csv::Reader::from_path(package.join("detection_history.csv")).unwrap();
    let occasions = (reader.headers().unwrap().len() - 1) / 2;
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let seen_in_history: BTreeSet<String> = rows
        .iter()
        .filter(|row| row.iter().skip(1).take(occasions).any(|cell| cell == "1"))
        .map(|row| row[0].to_owned())
        .collect();
    let records = catalog.records_in(ever()).await.unwrap();
    let seen: BTreeSet<String> = records.into_iter().filter_map(|row| row.image.place_id).collect();
    assert_eq!(seen_in_history, seen);
    let days: f64 = rows
        .iter()
        .flat_map(|row| row.iter().skip(1 + occasions))
        .map(|cell| cell.parse::<f64>().unwrap())
        .sum();
    let deployments = catalog.deployments(ever()).await.unwrap().into_iter();
    let told: f64 = deployments.map(|row| (row.end.unwrap() - row.start).as_seconds_f64() / 86_400.0).sum();
    assert!((days - told).abs() < 0.01, "{days} camera days instead of {told}");
}
