//! The archive of crops: load -> cut -> write.
//!
//! - `load` (here): the chosen detections, by ids or by days.
//! - [`decode`] and [`crop`]: a photograph to pixels, a box to a JPEG; on all permitted cores, off the runtime.
//! - [`mod@write`]: the archive, with [`names`] (where each crop lies in it), [`tables`] (what it shows) and [`problem`]
//!   (why it could not be made).
//!
//! Crops are written in the order of the detections, whatever the number of threads; so the same command over the same
//! rows and files gives the same bytes. Boxes are fractions of the upright image.

pub(super) mod crop;
pub(super) mod decode;
mod limits;
mod names;
pub(super) mod problem;
mod tables;
mod write;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Asked, LeftOut, Other, Record};
use deertrack_schemas::{Command, ZipParams};
use deertrack_survey::calendar::Calendar;

use self::write::{Chosen, Task};
use super::whole::nothing_found;
use super::{Cx, Rendered, species};
use crate::JobError;

/// Makes the archive that `command` asks for.
///
/// # Errors
/// `Reject` when nothing was detected, `Retry` when the database is away or the disk is full, `Stopped` when told to
/// stop. A crop that cannot be made is no error: `problems.csv` tells why.
pub async fn render(cx: &Cx, command: &Command, params: &ZipParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.01, "reading detections");
    let chosen = load(cx, params, command.created_at).await?;
    let task =
        Task { chosen, params: params.clone(), created_at: command.created_at, images: cx.images.clone() };
    cx.job.blocking(move |job| write::archive(job, &task)).await
}

async fn load(cx: &Cx, params: &ZipParams, now: DateTime<Utc>) -> Result<Chosen, JobError> {
    let places = cx.catalog.places().await?;
    let calendar = Calendar::of(&places, cx.zone);
    let (mut records, others, missing) = match &params.detection_ids {
        Some(ids) => {
            let Asked { records, others } = cx.catalog.records_of(ids).await?;
            let found: HashSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
            let no_deer: HashSet<&str> = others.iter().map(|other| other.id.as_str()).collect();
            let is_missing = |id: &&String| !found.contains(id.as_str()) && !no_deer.contains(id.as_str());
            let missing = ids.iter().filter(is_missing).cloned().collect();
            (records, others, missing)
        }
        None => (in_range(cx, params, &calendar).await?, Vec::new(), Vec::new()),
    };
    let individuals = cx.catalog.individuals().await?;
    let of_deer = species::of_deer(&individuals);
    for row in &mut records {
        species::name(&mut row.scientific_name, row.deer_id.as_deref(), &of_deer);
    }
    let (records, unchosen): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| is_chosen(record, params));
    if records.is_empty() {
        return Err(match params.detection_ids {
            Some(_) => JobError::Reject(none_of_these_ids(&unchosen, &others)),
            None => nothing_found(cx, "No detections found in specified date range", now).await,
        });
    }
    // Who asks for days gets what is there; who names a detection is told why it is not.
    let left_out = if params.detection_ids.is_some() { unchosen } else { Vec::new() };
    let uncounted = match (params.start_date, params.end_date) {
        (Some(first), Some(last)) if params.detection_ids.is_none() => {
            cx.catalog.left_out_in(calendar.widest(first, last)).await?
        }
        _ => LeftOut::default(),
    };
    let places = places.into_iter().map(|place| (place.id, place.name)).collect();
    let individuals = individuals.into_iter().map(|deer| (deer.id, deer.name));
    Ok(Chosen {
        records,
        missing,
        left_out,
        others,
        uncounted,
        calendar,
        places,
        individuals: individuals.collect(),
    })
}

/// Days are those of each place.
async fn in_range(cx: &Cx, params: &ZipParams, calendar: &Calendar) -> Result<Vec<Record>, JobError> {
    let (Some(first), Some(last)) = (params.start_date, params.end_date) else {
        return Err(JobError::Reject("detection_ids, or start_date and end_date are required".to_owned()));
    };
    let mut records = cx.catalog.records_in(calendar.widest(first, last)).await?;
    records.retain(|record| {
        let day = |at| calendar.day(record.image.place_id.as_deref(), at);
        record.seen_at().is_some_and(|at| (first..=last).contains(&day(at)))
    });
    Ok(records)
}

fn is_chosen(record: &Record, params: &ZipParams) -> bool {
    let is_among = |wanted: &Option<Vec<String>>, id: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| id.as_ref().is_some_and(|id| wanted.contains(id)))
    };
    params.classifications.contains(&record.class)
        && is_among(&params.place_ids, &record.image.place_id)
        && is_among(&params.deer_ids, &record.deer_id)
}

fn none_of_these_ids(unchosen: &[Record], others: &[Other]) -> String {
    match (unchosen, others) {
        ([], [other, ..]) => format!("None of the detections with the given ids shows a deer: {:?}", other.label),
        ([], []) => "No detections found with the given ids".to_owned(),
        _ => "No detection with the given ids is among the chosen classes, places or deer; choose others, or none"
            .to_owned(),
    }
}
