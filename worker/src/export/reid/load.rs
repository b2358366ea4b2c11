//! From the database to a [`Herd`]: one pass over the detections, read and kept at the same time.
//!
//! What is known of each is told in [`loading`](super::loading). Vectors, facts and names that are too many for memory lie
//! in temporary files; how much room they need is counted before the first is kept.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};
use deertrack_catalog::{Dataset, Embedding, Individual};
use deertrack_schemas::{Counts, ReidParams};
use deertrack_survey::TimeRange;
use deertrack_survey::calendar::days;
use futures::TryStreamExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::herd::Herd;
use super::loading::Loading;
use super::wording::number;
use crate::JobError;
use crate::export::words::megabytes;
use crate::export::{Cx, Job, memory, species};

/// Detections that are handed on at a time.
const BATCH: usize = 256;
/// Batches that may wait: some megabytes.
const BATCHES_AHEAD: usize = 4;
/// Bytes on disk for each detection beside its vector: fingerprint 16, facts 64, matches 24, names about 90 and its row of
/// the table, compressed, about 80; rounded up.
const BYTES_BESIDE_VECTOR: u64 = 320;

/// Reads what `params` asks for.
///
/// # Errors
/// `Reject` when there is no embedded detection or no profile, a vector cannot be used, or the disk has too little room;
/// `Retry` when the database or the disk is away.
pub async fn load(cx: &Cx, params: &ReidParams) -> Result<Herd, JobError> {
    let range = match (params.start_date, params.end_date) {
        (Some(first), Some(last)) => Some(days(first, last, cx.zone)),
        _ => None,
    };
    let most = cx.catalog.count_embeddings(range.clone(), false).await?;
    tell(&cx.job, 0, most);
    cx.job.reserve(memory::ANALYSIS, most).await?;
    let deer = cx.catalog.profiles().await?;
    let founders: Vec<String> = deer.iter().filter_map(|deer| deer.founder_detection_id.clone()).collect();
    // Whatever is chosen: the mates of a rejected or unchosen founder must not meet its profile either.
    let founders = cx.catalog.records_of(&founders).await?.records;
    let places = cx.catalog.places().await?;
    let dataset = cx.catalog.dataset_name().await?;
    let species = species_of(&cx.catalog.datasets().await?, &cx.catalog.individuals().await?);
    let left_out = cx.catalog.left_out_in(range.clone().unwrap_or_else(ever)).await?;
    let in_range = range.is_some();
    let (give, mut batches) = channel(BATCHES_AHEAD);
    let keeping = cx.job.blocking(move |job| {
        let scratch = job.scratch();
        let mut loading = Loading::new(&scratch, deer, places)?;
        keep(job, &mut batches, most, &mut loading)?;
        Ok(Herd { species, left_out, ..loading.finish(&founders, in_range, dataset)? })
    });
    let (read, kept) = tokio::join!(read(cx, params, range, most, give), keeping);
    match (read, kept) {
        // Whoever keeps stopped because nothing more came.
        (Err(why), Err(JobError::Stopped)) => Err(why),
        (_, kept) => kept,
    }
}

/// What the data sets are of and, where a platform tells it, the known deer.
fn species_of(datasets: &[Dataset], individuals: &[Individual]) -> BTreeSet<String> {
    let told = datasets.iter().filter_map(|dataset| dataset.species.as_deref());
    // A list that is no JSON tells nothing.
    let told = told.filter_map(|names| serde_json::from_str::<Vec<String>>(names).ok()).flatten();
    told.chain(species::of_deer(individuals).into_values().map(str::to_owned)).collect()
}

/// All of the time that a photograph can have.
fn ever() -> TimeRange {
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("every year has a first of January");
    let [first, last] = [1, 9999].map(|year| new_year(year).and_time(NaiveTime::MIN).and_utc());
    first..last
}

/// Detections on their way.
struct Batch {
    rows: Vec<Embedding>,
    /// How many were read with these, chosen or not.
    read: u64,
    is_last: bool,
}

/// Reads the detections of the chosen classes.
async fn read(
    cx: &Cx,
    params: &ReidParams,
    range: Option<TimeRange>,
    most: Option<u64>,
    give: Sender<Batch>,
) -> Result<(), JobError> {
    let mut rows = cx.catalog.embeddings(range.clone());
    let mut batch = Vec::with_capacity(BATCH);
    let (mut read, mut has_room) = (0, false);
    loop {
        let row = rows.try_next().await?;
        let is_last = row.is_none();
        read += u64::from(!is_last);
        let chosen = row.filter(|row| params.classifications.contains(&row.class));
        if let (false, Some(numbers)) = (has_room, chosen.as_ref().and_then(numbers)) {
            check_room(cx, range.clone(), most, numbers).await?;
            has_room = true;
        }
        batch.extend(chosen);
        if is_last || batch.len() == BATCH {
            let rows = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            // Nobody takes them any more: whoever keeps them has failed, and says why.
            if give.send(Batch { rows, read, is_last }).await.is_err() || is_last {
                return Ok(());
            }
            cx.job.check_stop()?;
        }
    }
}

/// How many numbers the vector of a row has.
fn numbers(row: &Embedding) -> Option<usize> {
    row.vector.as_ref().map(Vec::len).filter(|&numbers| numbers > 0)
}

/// Whether the disk has room for all that will be kept.
async fn check_room(
    cx: &Cx,
    range: Option<TimeRange>,
    most: Option<u64>,
    numbers: usize,
) -> Result<(), JobError> {
    let Some(most) = most else { return Ok(()) };
    let scratch = cx.job.scratch();
    let needed = |rows: u64| rows.saturating_mul(numbers as u64 * 4 + BYTES_BESIDE_VECTOR);
    if scratch.lacks(needed(most))?.is_none() {
        return Ok(());
    }
    // Many may have no vector; that is worth counting only now.
    let most = cx.catalog.count_embeddings(range, true).await?.unwrap_or(most);
    let Some(lack) = scratch.lacks(needed(most))? else { return Ok(()) };
    Err(JobError::Reject(format!(
        "The vectors of up to {} detections need {} of temporary room on the worker's disk, of which {} are free: \
         choose a shorter range or fewer classes, or have an operator make room",
        number(most),
        megabytes(needed(most)),
        megabytes(lack.free)
    )))
}

fn keep(
    job: &Job,
    batches: &mut Receiver<Batch>,
    most: Option<u64>,
    loading: &mut Loading<'_>,
) -> Result<(), JobError> {
    while let Some(batch) = batches.blocking_recv() {
        batch.rows.into_iter().try_for_each(|row| loading.add(row))?;
        job.check_stop()?;
        if batch.is_last {
            return Ok(());
        }
        tell(job, batch.read, most);
    }
    Err(JobError::Stopped)
}

/// Tells how many rows were read of at most how many.
fn tell(job: &Job, read: u64, most: Option<u64>) {
    let Some(most) = most.filter(|&most| most > 0) else { return };
    let part = (read as f64 / most as f64).min(1.0);
    job.progress.counted(0.02 + 0.38 * part, "reading vectors", Counts::new(read, most));
}
