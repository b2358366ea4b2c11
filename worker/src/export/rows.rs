//! The rows of a range, read and folded at the same time: photographs and what was seen on them side by side, whole
//! instants at a time ([`read`]), or the latter alone, whole images at a time ([`read_seen`]). What is held are a few
//! batches, however many rows there are.

use chrono::{DateTime, Utc};
use deertrack_catalog::CatalogError;
use deertrack_schemas::Counts;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::instants::{Instants, OfImage, Taken};
use super::{Cx, Job, Progress, turns};
use crate::JobError;

/// Rows that are handed on at a time, and those of the last of their instants or images: some ten kilobytes, for an allocator
/// gives larger ones back to the system each time.
const BATCH: usize = 128;
/// Batches that may wait: some megabytes.
const BATCHES_AHEAD: usize = 16;

/// Rows on their way: photographs `P`, and what was seen on them `S`.
#[derive(Debug)]
pub(super) struct Batch<P, S> {
    photographs: Vec<P>,
    /// In the order of their photographs; beside these those of an instant by their image's id, then theirs.
    pub(super) seen: Vec<S>,
    /// How many of the latter were read with these.
    read: u64,
    is_last: bool,
}

impl<P: Taken, S: Taken> Batch<P, S> {
    /// Shows everything of each instant.
    pub(super) fn instants(
        &self,
        mut show: impl FnMut(DateTime<Utc>, &[P], &[S]) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        let (mut photographs, mut seen) = (self.photographs.as_slice(), self.seen.as_slice());
        loop {
            let first =
                [photographs.first().and_then(Taken::taken_at), seen.first().and_then(Taken::taken_at)];
            let Some(at) = first.into_iter().flatten().min() else { return Ok(()) };
            let taken = photographs.iter().take_while(|row| row.taken_at() == Some(at)).count();
            let (now, more) = photographs.split_at(taken);
            let taken = seen.iter().take_while(|row| row.taken_at() == Some(at)).count();
            let (now_seen, more_seen) = seen.split_at(taken);
            show(at, now, now_seen)?;
            (photographs, seen) = (more, more_seen);
        }
    }
}

/// How far reading is within the job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) stage: &'static str,
    /// Of the whole job, at the begin and at the end.
    pub(super) span: [f64; 2],
    /// Rows that were read before these.
    pub(super) before: u64,
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

/// Batches as they come, for blocking work.
pub(super) struct Batches<'j, P, S> {
    job: &'j Job,
    step: Step,
    coming: Receiver<Batch<P, S>>,
    read: u64,
    is_over: bool,
}

impl<P, S> Batches<'_, P, S> {
    /// The next one, `None` behind the last; tells how far it is.
    ///
    /// # Errors
    /// `Stopped` when told to stop, and when nothing more comes because reading failed.
    pub(super) fn next(&mut self) -> Result<Option<Batch<P, S>>, JobError> {
        self.job.check_stop()?;
        if self.read > 0 {
            self.step.tell(&self.job.progress, self.step.before + self.read);
        }
        if self.is_over {
            return Ok(None);
        }
        let batch = self.coming.blocking_recv().ok_or(JobError::Stopped)?;
        (self.read, self.is_over) = (batch.read, batch.is_last);
        Ok(Some(batch))
    }
}

/// Reads both streams to their ends, and folds them on another thread.
///
/// # Errors
/// Those of `work` and of the catalog; `Stopped` when told to stop.
pub(super) async fn read<'a, P, S, T>(
    cx: &Cx,
    photographs: Rows<'a, P>,
    seen: Rows<'a, S>,
    step: Step,
    work: impl FnOnce(&Job, &mut Batches<'_, P, S>) -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError>
where
    P: Taken + Send + Sync + 'static,
    S: OfImage + Send + Sync + 'static,
    T: Send + 'static,
{
    let _turn = turns::turn().await;
    beside(cx, step, work, |give| give_all(&cx.job, photographs, seen, give)).await
}

/// As [`read`], of one stream: rows of one image are in one batch.
///
/// # Errors
/// As [`read`].
pub(super) async fn read_seen<S, T>(
    cx: &Cx,
    seen: Rows<'_, S>,
    step: Step,
    work: impl FnOnce(&Job, &mut Batches<'_, (), S>) -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError>
where
    S: OfImage + Send + Sync + 'static,
    T: Send + 'static,
{
    beside(cx, step, work, |give| give_seen(&cx.job, seen, give)).await
}

/// Works on what `reading` gives, on another thread.
async fn beside<P, S, T, R>(
    cx: &Cx,
    step: Step,
    work: impl FnOnce(&Job, &mut Batches<'_, P, S>) -> Result<T, JobError> + Send + 'static,
    reading: impl FnOnce(Sender<Batch<P, S>>) -> R,
) -> Result<T, JobError>
where
    P: Send + 'static,
    S: Send + 'static,
    T: Send + 'static,
    R: Future<Output = Result<(), JobError>>,
{
    let (give, coming) = channel(BATCHES_AHEAD);
    let working =
        cx.job.blocking(move |job| work(job, &mut Batches { job, step, coming, read: 0, is_over: false }));
    match tokio::join!(reading(give), working) {
        // Whoever works stopped because nothing more came.
        (Err(why), Err(JobError::Stopped)) => Err(why),
        (_, worked) => worked,
    }
}

async fn give_seen<S: OfImage>(
    job: &Job,
    mut seen: Rows<'_, S>,
    give: Sender<Batch<(), S>>,
) -> Result<(), JobError> {
    let mut read = 0;
    let mut rows: Vec<S> = Vec::with_capacity(BATCH);
    loop {
        let row = seen.try_next().await?;
        let is_of_last = |row: &S| rows.last().is_some_and(|last| last.of_image().0 == row.of_image().0);
        let is_last = row.is_none();
        if is_last || (rows.len() >= BATCH && !row.as_ref().is_some_and(is_of_last)) {
            read += rows.len() as u64;
            let seen = std::mem::replace(&mut rows, Vec::with_capacity(BATCH));
            let batch = Batch { photographs: Vec::new(), seen, read, is_last };
            // Nobody takes them any more: whoever works on them has failed, and says why.
            if give.send(batch).await.is_err() || is_last {
                return Ok(());
            }
            job.check_stop()?;
        }
        rows.extend(row);
    }
}

async fn give_all<P, S>(
    job: &Job,
    photographs: Rows<'_, P>,
    seen: Rows<'_, S>,
    give: Sender<Batch<P, S>>,
) -> Result<(), JobError>
where
    P: Taken + Send + Sync,
    S: OfImage + Send + Sync,
{
    let mut instants = Instants::of(photographs, seen).await?;
    let mut read = 0;
    loop {
        let (photographs, seen) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        let mut batch = Batch { photographs, seen, read: 0, is_last: false };
        while !batch.is_last && batch.photographs.len() + batch.seen.len() < BATCH {
            let before = batch.seen.len();
            let at = instants.next(&mut batch.photographs, &mut batch.seen).await?;
            batch.is_last = at.is_none();
            batch.seen[before..].sort_by(|a, b| a.of_image().cmp(&b.of_image()));
        }
        read += batch.seen.len() as u64;
        batch.read = read;
        let is_last = batch.is_last;
        // Nobody takes them any more: whoever folds them has failed, and says why.
        if give.send(batch).await.is_err() || is_last {
            return Ok(());
        }
        job.check_stop()?;
    }
}
