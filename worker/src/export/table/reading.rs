//! From the catalog to the [`Fold`]: rows are read here and folded on another thread, for that may block.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deertrack_catalog::CatalogError;
use deertrack_schemas::Counts;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::basis::Basis;
use super::fold::{Fold, Folded};
use super::output::Output;
use super::row::Row;
use crate::JobError;
use crate::export::{Cx, Job};

/// Rows that are handed on at a time; a chunk ends with its image.
const CHUNK: usize = 512;
/// Chunks that may wait: some megabytes.
const CHUNKS_AHEAD: usize = 4;
/// Between two words about how far it is.
const TELL_EVERY: Duration = Duration::from_millis(250);
const STAGE: &str = "reading rows";

/// Reads and folds all rows; `most`: so many there are at most.
pub(super) async fn fold<R: Row>(
    cx: &Cx,
    basis: &Arc<Basis>,
    rows: BoxStream<'_, Result<R, CatalogError>>,
    most: Option<u64>,
) -> Result<Folded, JobError> {
    let (give, mut chunks) = channel(CHUNKS_AHEAD);
    let basis = Arc::clone(basis);
    let folding = cx.job.blocking(move |job| {
        let output = Output::begin(job, &basis, most)?;
        let told = Told::begin(job, &basis, most);
        keep(Fold::begin(job, basis, output), &mut chunks, told)
    });
    let (read, folded) = tokio::join!(read(rows, give), folding);
    // Whoever reads ends without a word where the other fails.
    let folded = folded?;
    read?;
    Ok(folded)
}

async fn read<R: Row>(
    mut rows: BoxStream<'_, Result<R, CatalogError>>,
    give: Sender<Vec<R>>,
) -> Result<(), JobError> {
    let mut chunk: Vec<R> = Vec::with_capacity(CHUNK);
    while let Some(row) = rows.try_next().await? {
        let ends = chunk.len() >= CHUNK && chunk.last().is_some_and(|last| last.image_id() != row.image_id());
        if ends {
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK));
            if give.send(full).await.is_err() {
                return Ok(());
            }
        }
        chunk.push(row);
    }
    // Nobody takes them any more: whoever folds them has failed, and says why.
    let _failed = give.send(chunk).await;
    Ok(())
}

fn keep<R: Row>(
    mut fold: Fold,
    chunks: &mut Receiver<Vec<R>>,
    mut told: Told<'_>,
) -> Result<Folded, JobError> {
    while let Some(rows) = chunks.blocking_recv() {
        let count = rows.len();
        fold.add(rows)?;
        told.add(count);
    }
    fold.finish()
}

/// Tells how many rows were read of at most how many. A table of effort is about none.
struct Told<'a> {
    job: &'a Job,
    most: Option<u64>,
    read: u64,
    told: Instant,
}

impl<'a> Told<'a> {
    fn begin(job: &'a Job, basis: &Basis, most: Option<u64>) -> Self {
        let most = most.filter(|_| !basis.is_effort_alone());
        Self { job, most, read: 0, told: Instant::now() }
    }

    fn add(&mut self, rows: usize) {
        self.read += rows as u64;
        if self.told.elapsed() >= TELL_EVERY {
            tell(self.job, self.read, self.most);
            self.told = Instant::now();
        }
    }
}

/// Says how many rows there are at most, before they are read.
pub(super) fn tell(job: &Job, read: u64, most: Option<u64>) {
    let Some(most) = most.filter(|&most| most > 0) else {
        return job.progress.at(BEGIN, STAGE);
    };
    #[expect(clippy::cast_precision_loss, reason = "a part of the way")]
    let part = (read as f64 / most as f64).min(1.0);
    job.progress.counted(BEGIN + (END - BEGIN) * part, STAGE, Counts::new(read, most));
}

const BEGIN: f64 = 0.05;
const END: f64 = 0.9;
