//! Exports without a worker, and a place for what people may want to look at.

use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::Catalog;
use deertrack_schemas::{Command, Export};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};

use super::databases::instant;

/// What a worker would publish, in the zone of Brussels.
pub(crate) async fn bytes_of(catalog: &Arc<dyn Catalog>, export: Export) -> Vec<u8> {
    let kinds =
        Kinds { catalog: Arc::clone(catalog), zone: Tz::Europe__Brussels, images: ImagesFolder::default() };
    let command = Command::new("real".parse().unwrap(), export, instant("2026-01-02T03:04:05Z"));
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap();
    rendered.content.into_bytes().unwrap()
}

/// Keeps a file in the target folder (`tmp/real`).
pub(crate) fn keep(name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("real");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}
