//! A simulated season in a database, and its truth read by other means.

use std::collections::HashMap;

use deertrack_catalog::store::Store;
use deertrack_schemas::ReidParams;
use deertrack_sources::simulate::{Options, simulate};
use sqlx::SqlitePool;
use tempfile::TempDir;

use crate::herd::sqlite_in;

/// A season without photographs in a SQLite file of `dir`.
pub(crate) async fn season(dir: &TempDir, seed: u64) -> String {
    let url = sqlite_in(dir);
    season_in(&url, dir, seed, options()).await;
    url
}

/// Four weeks without photographs in a SQLite file of `dir`: enough where the numbers do not matter.
pub(crate) async fn four_weeks(dir: &TempDir, seed: u64) -> String {
    let url = sqlite_in(dir);
    season_in(&url, dir, seed, Options { days: 28, ..options() }).await;
    url
}

pub(crate) fn options() -> Options {
    Options { frames: 0, ..Options::ending("2025-12-31".parse().unwrap()) }
}

/// A season in this database, its photographs in `dir`.
pub(crate) async fn season_in(url: &str, dir: &TempDir, seed: u64, options: Options) {
    let mut store = Store::open(url).await.unwrap();
    simulate(seed, &options, &mut store, &dir.path().join("frames")).await.unwrap();
    store.close().await;
}

pub(crate) fn thresholds() -> ReidParams {
    ReidParams { thresholds: vec![0.8, 0.75, 0.7, 0.65, 0.6, 0.55], ..ReidParams::default() }
}

/// Whom each detection truly shows.
pub(crate) async fn truth(url: &str) -> HashMap<String, String> {
    let pool = SqlitePool::connect(url).await.unwrap();
    let sql = "select id, true_deer_id from detections where true_deer_id is not null";
    let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
    rows.into_iter().collect()
}

pub(crate) fn is_right(truth: &HashMap<String, String>, detection: &str, deer: &str) -> bool {
    truth.get(detection).is_some_and(|truly| truly == deer)
}
