//! One package in both databases.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::Store;
use deertrack_catalog::{Catalog, connect};
use deertrack_sources::camtrap_dp::{Options, Summary, import};
use deertrack_survey::TimeRange;
use tempfile::TempDir;

/// A package that was imported into an empty SQLite and an empty PostgreSQL.
pub(crate) struct Both {
    pub(crate) sqlite: Arc<dyn Catalog>,
    pub(crate) postgres: Arc<dyn Catalog>,
    pub(crate) sqlite_url: String,
    pub(crate) summary: Summary,
    _dir: TempDir,
}

impl Both {
    pub(crate) async fn import(package: &Path, options: &Options) -> Self {
        let dir = TempDir::new().unwrap();
        let sqlite_url = format!("sqlite://{}/catalog.db", dir.path().display());
        let postgres_url = deertrack_testkit::postgres::database();
        let summary = import_into(&sqlite_url, package, options).await;
        assert_eq!(import_into(&postgres_url, package, options).await, summary);
        Self {
            sqlite: connect(&sqlite_url).await.unwrap(),
            postgres: connect(&postgres_url).await.unwrap(),
            sqlite_url,
            summary,
            _dir: dir,
        }
    }
}

async fn import_into(url: &str, package: &Path, options: &Options) -> Summary {
    let mut store = Store::open(url).await.unwrap();
    let summary = import(package, &mut store, options, &mut |_, _| ()).await.unwrap();
    store.close().await;
    summary
}

/// Runs a check's future.
pub(crate) fn run(check: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(check);
}

/// Longer than any camera stood.
pub(crate) fn ever() -> TimeRange {
    instant("1990-01-01T00:00:00Z")..instant("2100-01-01T00:00:00Z")
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
