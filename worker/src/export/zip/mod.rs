//! The archive of crops: choose -> cut -> write. What is held are batches, rows of two days and what grows with places and
//! species; rows wait on disk, and so do tables, the manifest and the directory.
//!
//! - [`basis`]: what rows are chosen and named with; [`chosen`]: those of the chosen detections ([`row`]), by ids or by
//!   days, until their crops are cut.
//! - [`decode`] and [`crop`]: a photograph to pixels, a box to a JPEG; on all permitted cores, off the runtime.
//! - [`mod@write`]: the archive, with [`names`] (where each crop lies in it), [`tables`] (what it shows), [`manifest`] and
//!   [`problem`] (why it could not be made).
//!
//! Crops are written in the order of the detections, whatever the number of threads; so the same command over the same
//! rows and files gives the same bytes. Boxes are fractions of the upright image.

mod basis;
mod chosen;
pub(super) mod crop;
pub(super) mod decode;
mod limits;
mod manifest;
mod names;
pub(super) mod problem;
mod row;
mod tables;
mod write;

use std::collections::HashSet;
use std::sync::Arc;

use deertrack_catalog::{Asked, Other, Record, Repeats};
use deertrack_schemas::{Command, ZipParams};

use self::basis::Basis;
use self::chosen::{Choosing, Chosen, Unmade};
use super::rows::{self, Step};
use super::whole::nothing_found;
use super::words::{megabytes, number};
use super::{Cx, Rendered, memory};
use crate::JobError;

/// Bytes on disk for each row while it waits and as a row of a table, which is there twice for a while; rounded up.
const BYTES_OF_A_ROW: u64 = 512;
/// Bytes on disk for each crop beside its row and its picture: its entry of the manifest while it waits and of the manifest,
/// what stands before it, and its record of the directory, twice; rounded up.
const BYTES_OF_A_CROP: u64 = 768;

/// Makes the archive that `command` asks for.
///
/// # Errors
/// `Reject` when nothing was detected, or disk or memory have too little room; `Retry` when the database is away or the disk
/// is full; `Stopped` when told to stop. A crop that cannot be made is no error: `problems.csv` tells why.
pub async fn render(cx: &Cx, command: &Command, params: &ZipParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.01, READING);
    let basis = Arc::new(Basis::load(cx, params, command.created_at).await?);
    let chosen = match &params.detection_ids {
        Some(ids) => by_ids(cx, &basis, ids).await?,
        None => in_range(cx, &basis).await?,
    };
    check_room(cx, params, chosen.known.count)?;
    cx.job.blocking(move |job| write::archive(job, &basis, chosen)).await
}

const READING: &str = "reading detections";

/// Exactly these; a request has some thousands at most.
async fn by_ids(cx: &Cx, basis: &Arc<Basis>, ids: &[String]) -> Result<Chosen, JobError> {
    reserve(cx, &basis.params, Some(ids.len() as u64)).await?;
    let Asked { records, others } = cx.catalog.records_of(ids).await?;
    let found: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
    let no_deer: HashSet<&str> = others.iter().map(|other| other.id.as_str()).collect();
    let is_missing = |id: &&String| !found.contains(id.as_str()) && !no_deer.contains(id.as_str());
    let missing = ids.iter().filter(is_missing).cloned().collect();
    let (records, unchosen): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| basis.is_chosen(record));
    let mut choosing = Choosing::begin(&cx.job, Arc::clone(basis))?;
    records.into_iter().try_for_each(|record| choosing.add_last(&basis.row(record)))?;
    let Some(mut chosen) = choosing.finish()? else {
        return Err(JobError::Reject(none_of_these_ids(&unchosen, &others)));
    };
    // Who asks for days gets what is there; who names a detection is told why it is not.
    let left_out = unchosen.into_iter().map(|record| basis.row(record)).collect();
    chosen.known.unmade = Unmade { missing, left_out, others };
    Ok(chosen)
}

/// Days are those of each place.
async fn in_range(cx: &Cx, basis: &Arc<Basis>) -> Result<Chosen, JobError> {
    let params = &basis.params;
    let (Some(first), Some(last)) = (params.start_date, params.end_date) else {
        return Err(JobError::Reject("detection_ids, or start_date and end_date are required".to_owned()));
    };
    let range = basis.calendar.widest(first, last);
    let most = cx.catalog.count_detections(range.clone()).await?;
    let step = Step { stage: READING, span: [0.01, 0.05], before: 0, most, is_done: false };
    step.tell(&cx.job.progress, 0);
    reserve(cx, params, most).await?;
    if params.place_ids.is_none() && params.deer_ids.is_none() {
        check_room(cx, params, most.unwrap_or(0))?;
    }
    let records = cx.catalog.records(range.clone(), Repeats::Without);
    let asked = Arc::clone(basis);
    let chosen = rows::read_seen(cx, records, step, |job, batches| {
        let mut choosing = Choosing::begin(job, asked)?;
        while let Some(batch) = batches.next()? {
            choosing.add(batch.seen)?;
        }
        choosing.finish()
    });
    let Some(mut chosen) = chosen.await? else {
        return Err(nothing_found(cx, "No detections found in specified date range", basis.created_at).await);
    };
    chosen.known.uncounted = cx.catalog.left_out_in(range).await?;
    Ok(chosen)
}

fn none_of_these_ids(unchosen: &[Record], others: &[Other]) -> String {
    match (unchosen, others) {
        ([], [other, ..]) => format!("None of the detections with the given ids shows a deer: {:?}", other.label),
        ([], []) => "No detections found with the given ids".to_owned(),
        _ => "No detection with the given ids is among the chosen classes, places or deer; choose others, or none"
            .to_owned(),
    }
}

/// Takes the memory that it may need.
async fn reserve(cx: &Cx, params: &ZipParams, rows: Option<u64>) -> Result<(), JobError> {
    cx.job.reserve(if params.include_crops { memory::CROPS } else { memory::TABLE }, rows).await
}

/// Whether the disk has room for what so many rows take beside their pictures, of which nobody knows how large they become.
fn check_room(cx: &Cx, params: &ZipParams, rows: u64) -> Result<(), JobError> {
    let needed = rows * (BYTES_OF_A_ROW + if params.include_crops { BYTES_OF_A_CROP } else { 0 });
    let Some(lack) = cx.job.scratch().lacks(needed)? else { return Ok(()) };
    Err(JobError::Reject(format!(
        "The tables of up to {} detections need {} of temporary room on the worker's disk, of which {} are free: choose a \
         shorter range or fewer places, or have an operator make room",
        number(rows),
        megabytes(needed),
        megabytes(lack.free)
    )))
}
