//! A package imported into a database of its own, and exports of it.

use std::path::Path;

use chrono_tz::Tz;
use deertrack_schemas::{Command, Export};
use deertrack_worker::catalog::connect;
use deertrack_worker::catalog::store::Store;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress, Rendered};
use deertrack_worker::import::camtrap_dp::{Options, import};
use tempfile::TempDir;

pub(crate) struct Platform {
    pub(crate) kinds: Kinds,
    #[expect(dead_code, reason = "held, not read: the database lies in it")]
    dir: TempDir,
}

impl Platform {
    pub(crate) async fn of(package: &Path, options: &Options) -> Self {
        let dir = TempDir::new().unwrap();
        let url = format!("sqlite://{}", dir.path().join("catalog.db").display());
        let mut store = Store::open(&url).await.unwrap();
        import(package, &mut store, options, &mut |_, _| ()).await.unwrap();
        store.close().await;
        let kinds = Kinds {
            catalog: connect(&url).await.unwrap(),
            zone: Tz::Europe__Brussels,
            images: ImagesFolder::default(),
        };
        Self { kinds, dir }
    }

    pub(crate) async fn export(&self, export: Export) -> Rendered {
        let created_at = "2026-01-02T03:04:05Z".parse().unwrap();
        let command = Command::new("real".parse().unwrap(), export, created_at);
        self.kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap()
    }
}

/// Runs a test that waits.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}
