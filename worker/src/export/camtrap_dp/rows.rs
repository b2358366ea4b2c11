//! The rows of a package, read and folded at the same time: photographs and what was seen on them side by side, whole
//! instants at a time. What is held are a few batches, however many rows there are.

use chrono::{DateTime, Utc};
use deertrack_catalog::{CatalogError, Image, Record};
use deertrack_schemas::Counts;
use futures::stream::BoxStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::JobError;
use crate::export::instants::Instants;
use crate::export::{Cx, Job, Progress, turns};

/// Rows that are handed on at a time, and those of the last of their instants.
const BATCH: usize = 512;
/// Batches that may wait: some megabytes.
const BATCHES_AHEAD: usize = 4;

/// Rows on their way.
#[derive(Debug, Default)]
pub(super) struct Batch {
    images: Vec<Image>,
    /// Those of an instant by their image's id, then theirs.
    pub(super) records: Vec<Record>,
    /// How many records were read with these.
    read: u64,
    is_last: bool,
}

impl Batch {
    /// Shows everything of each instant.
    pub(super) fn instants(
        &self,
        mut show: impl FnMut(DateTime<Utc>, &[Image], &[Record]) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        let (mut images, mut records) = (self.images.as_slice(), self.records.as_slice());
        loop {
            let image_at = images.first().and_then(|image| image.taken_at);
            let record_at = records.first().and_then(|record| record.image.taken_at);
            let Some(at) = [image_at, record_at].into_iter().flatten().min() else { return Ok(()) };
            let of_image = images.iter().take_while(|image| image.taken_at == Some(at)).count();
            let of_record = records.iter().take_while(|record| record.image.taken_at == Some(at)).count();
            let ((now_images, more_images), (now_records, more_records)) =
                (images.split_at(of_image), records.split_at(of_record));
            show(at, now_images, now_records)?;
            (images, records) = (more_images, more_records);
        }
    }
}

/// What the rows are folded into.
pub(super) trait Fold: Send + 'static {
    /// Adds the next rows.
    fn add(&mut self, job: &Job, batch: &mut Batch) -> Result<(), JobError>;
}

/// How far reading is within the job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) stage: &'static str,
    /// Of the whole job, at the begin and at the end.
    pub(super) span: [f64; 2],
    /// Rows at most; `None`: not known.
    pub(super) most: Option<u64>,
    /// Whether a row that was read is done.
    pub(super) is_done: bool,
}

impl Step {
    /// Tells that so many rows were read.
    pub(super) fn tell(&self, progress: &Progress, read: u64) {
        let [from, to] = self.span;
        let Some(most) = self.most else { return progress.at(from, self.stage) };
        let part = if most == 0 { 0.0 } else { (read as f64 / most as f64).min(1.0) };
        let done = if self.is_done { read } else { 0 };
        progress.counted(from + (to - from) * part, self.stage, Counts::new(done, most));
    }
}

/// A stream of the catalog.
pub(super) type Rows<'a, T> = BoxStream<'a, Result<T, CatalogError>>;

/// Reads both streams to their ends.
///
/// # Errors
/// Those of `fold` and of the catalog; `Stopped` when told to stop.
pub(super) async fn fold<F: Fold>(
    cx: &Cx,
    images: Rows<'_, Image>,
    records: Rows<'_, Record>,
    step: Step,
    mut fold: F,
) -> Result<F, JobError> {
    let turn = turns::turn().await;
    let (give, mut batches) = channel(BATCHES_AHEAD);
    let folding = cx.job.blocking(move |job| {
        keep(job, &mut batches, step, &mut fold)?;
        Ok(fold)
    });
    let (read, folded) = tokio::join!(read(&cx.job, images, records, give), folding);
    drop(turn);
    match (read, folded) {
        // Whoever folds stopped because nothing more came.
        (Err(why), Err(JobError::Stopped)) => Err(why),
        (_, folded) => folded,
    }
}

async fn read(
    job: &Job,
    images: Rows<'_, Image>,
    records: Rows<'_, Record>,
    give: Sender<Batch>,
) -> Result<(), JobError> {
    let mut instants = Instants::of(images, records).await?;
    let mut read = 0;
    loop {
        let mut batch = Batch::default();
        while !batch.is_last && batch.images.len() + batch.records.len() < BATCH {
            let before = batch.records.len();
            let at = instants.next(&mut batch.images, &mut batch.records).await?;
            batch.is_last = at.is_none();
            batch.records[before..].sort_by(|a, b| (&a.image.id, &a.id).cmp(&(&b.image.id, &b.id)));
        }
        read += batch.records.len() as u64;
        batch.read = read;
        let is_last = batch.is_last;
        // Nobody takes them any more: whoever folds them has failed, and says why.
        if give.send(batch).await.is_err() || is_last {
            return Ok(());
        }
        job.check_stop()?;
    }
}

fn keep(job: &Job, batches: &mut Receiver<Batch>, step: Step, fold: &mut impl Fold) -> Result<(), JobError> {
    while let Some(mut batch) = batches.blocking_recv() {
        fold.add(job, &mut batch)?;
        job.check_stop()?;
        step.tell(&job.progress, batch.read);
        if batch.is_last {
            return Ok(());
        }
    }
    Err(JobError::Stopped)
}
