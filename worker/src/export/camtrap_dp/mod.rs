//! A Camtrap DP 1.0.2 package (<https://camtrap-dp.tdwg.org>) in a ZIP. Its rows are read twice, and held never: once for
//! what must be known of all of them, once to write them.
//!
//! - [`wanted`]: which places and days were asked for.
//! - [`rows`](super::rows): photographs and what was seen on them, read and folded at the same time.
//! - [`first`]: the first reading; [`stands`] say which deployment each photograph belongs to, for a package knows none
//!   without one; [`ids`] whether sources' own are unique; [`survey`] is what comes of it.
//! - [`tables`]: the second reading, by which [`media`], observations ([`seen`], [`links`], [`bursts`]) and the [`history`]
//!   are written, and [`totals`] counted; [`span`] and [`spread`] tell how long what is seen must be held.
//! - [`mod@deployments`], [`metadata`]: the two files that need no row.
//! - [`source`]: what a source told of its rows, so that a package that came in goes out as it was.
//! - [`standard`] and [`check`]: the standard's rules, and the files against them as they are written; keys meet as
//!   [`hashes`]. A package that breaks a rule is refused, never offered.
//!
//! The photographs themselves are not in the package; their local paths become relative ones. Free text that looks like a
//! formula is marked as in every CSV (see `export::text`); keys never are. `deertrack-sources` reads the package back.

mod bursts;
mod check;
mod deployments;
mod first;
mod fold;
mod hashes;
mod history;
mod ids;
mod links;
mod media;
mod metadata;
mod seen;
mod source;
mod span;
mod spread;
mod standard;
mod stands;
mod survey;
mod tables;
mod totals;
mod wanted;
mod writer;

use std::collections::HashSet;

use deertrack_catalog::{Repeats, ToldDeployment};
use deertrack_schemas::{CamtrapDpParams, Command};
use deertrack_survey::calendar::Calendar;
use deertrack_survey::{Place, TimeRange};
use futures::{StreamExt, stream};

use self::bursts::{Bursts, Gather};
use self::first::{Counted, First};
use self::fold::fold;
use self::source::Sources;
use self::survey::Known;
use self::tables::Tables;
use self::wanted::{Request, days_of, ever};
use super::rows::Step;
use super::whole::nothing_found;
use super::words::{megabytes, number};
use super::{Cx, Rendered, memory};
use crate::JobError;

/// Bytes on disk for each photograph beside the rows: its row, that which links it, both compressed and twice for a while,
/// the latter also as it is, and their keys; rounded up.
const BYTES_OF_AN_IMAGE: u64 = 640;
/// Bytes on disk for each detection: its row, compressed and twice for a while, and its keys; rounded up.
const BYTES_OF_A_RECORD: u64 = 320;

/// Makes the package that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when nothing was detected, a place has no coordinates, the package would break the standard, or the disk has
/// too little room; `Retry` when the database or the disk is away; `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &CamtrapDpParams) -> Result<Rendered, JobError> {
    let catalog = &cx.catalog;
    let places = catalog.places().await?;
    let calendar = Calendar::of(&places, cx.zone);
    let range = days_of(params).map_or_else(ever, |days| calendar.widest(days.first, days.last));
    let most = catalog.count_detections(range.clone()).await?;
    let step = |stage, span, is_done| Step { stage, span, before: 0, most, is_done };
    let reading = step("reading rows", [0.05, 0.4], false);
    reading.tell(&cx.job.progress, 0);
    cx.job.reserve(memory::PACKAGE, most).await?;
    check_room(cx, Counted { images: 0, records: most.unwrap_or(0) })?;
    let request = Request {
        params: params.clone(),
        created_at: command.created_at,
        requested_by: command.requested_by.clone(),
    };
    let known = load(cx, range.clone(), places, calendar).await?;
    let first = First::new(known, request.clone(), &cx.job.scratch())?;
    let images = || catalog.photographs(range.clone());
    let records = || catalog.records(range.clone(), Repeats::With);
    let first = fold(cx, images(), records(), reading, first).await?;
    let Some((survey, counted)) = cx.job.blocking(move |_| first.finish()).await? else {
        return Err(
            nothing_found(cx, "No detections found in specified date range", command.created_at).await
        );
    };
    check_room(cx, counted)?;
    let (survey, far) = if survey.far.is_empty() {
        (survey, Bursts::default())
    } else {
        let again = step("reading rows", [0.4, 0.4], false);
        fold(cx, stream::empty().boxed(), records(), again, Gather::new(survey)).await?.finish()
    };
    let folder = cx.images.clone();
    let tables = cx.job.blocking(move |job| Tables::new(job, survey, far, folder, &request)).await?;
    let writing = step("writing tables", [0.4, 0.9], true);
    let tables = fold(cx, images(), records(), writing, tables).await?;
    cx.job.blocking(move |job| tables.finish(job)).await
}

/// Everything beside the rows.
async fn load(cx: &Cx, range: TimeRange, places: Vec<Place>, calendar: Calendar) -> Result<Known, JobError> {
    Ok(Known {
        left_out: cx.catalog.left_out_in(range.clone()).await?,
        individuals: cx.catalog.individuals().await?,
        deployments: deployments(cx, range).await?,
        sources: Sources::new(cx.catalog.datasets().await?),
        places,
        dataset: cx.catalog.dataset_name().await?,
        calendar,
    })
}

/// All deployments, with what their sources tell of them where the database keeps it.
async fn deployments(cx: &Cx, range: TimeRange) -> Result<Vec<ToldDeployment>, JobError> {
    let mut all = cx.catalog.told_deployments(range.clone()).await?;
    let told: HashSet<String> = all.iter().map(|told| told.deployment.id.clone()).collect();
    let others = cx.catalog.deployments(range).await?.into_iter();
    all.extend(others.filter(|other| !told.contains(&other.id)).map(|deployment| ToldDeployment {
        deployment,
        dataset_id: None,
        source_id: None,
        camera_id: None,
        start_offset_seconds: None,
        end_offset_seconds: None,
        clock_problem: None,
        failures: None,
        extra: None,
    }));
    Ok(all)
}

/// Whether the disk has room for the tables while they are written.
fn check_room(cx: &Cx, Counted { images, records }: Counted) -> Result<(), JobError> {
    let needed = images * BYTES_OF_AN_IMAGE + records * BYTES_OF_A_RECORD;
    let Some(lack) = cx.job.scratch().lacks(needed)? else { return Ok(()) };
    let of_images = if images == 0 { String::new() } else { format!(" in {} photographs", number(images)) };
    Err(JobError::Reject(format!(
        "The tables of up to {} detections{of_images} need {} of temporary room on the worker's disk, of which {} are \
         free: choose a shorter range or fewer places, or have an operator make room",
        number(records),
        megabytes(needed),
        megabytes(lack.free)
    )))
}
