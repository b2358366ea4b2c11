//! A Camtrap DP 1.0.2 package (<https://camtrap-dp.tdwg.org>) in a ZIP: load -> survey -> write -> check -> pack.
//!
//! - `load` (here): all rows of the range.
//! - [`wanted`]: which places and days were asked for.
//! - [`survey`]: which deployment each image belongs to; a package knows no image without one.
//! - [`source`]: what a source told of its rows, so that a package that came in goes out as it was.
//! - [`mod@deployments`], [`media`], [`observations`] (with [`links`]), [`metadata`]: the four files of the standard.
//! - [`history`]: the detection history beside them.
//! - [`standard`] and [`check`]: the standard's rules, and the finished files against them. A package that breaks one
//!   is refused, never offered.
//!
//! The photographs themselves are not in the package; their local paths become relative ones. Free text that looks like a
//! formula is marked as in every CSV (see `export::text`); keys never are. `deertrack-sources` reads the package back.

mod check;
mod deployments;
mod history;
mod links;
mod media;
mod metadata;
mod observations;
mod seen;
mod source;
mod standard;
mod survey;
mod wanted;
mod writer;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Record, ToldDeployment};
use deertrack_schemas::{CamtrapDpParams, Command, Counts};
use deertrack_survey::TimeRange;
use deertrack_survey::calendar::Calendar;

use self::check::Files;
use self::source::Sources;
use self::survey::{Loaded, Survey};
use self::wanted::{Request, days_of, ever};
use super::archive::Archive;
use super::picture_size::size_boxes;
use super::whole::nothing_found;
use super::{Cx, ImagesFolder, Job, Rendered};
use crate::JobError;
use crate::artifact::Content;

/// Makes the package that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when nothing was detected, a place has no coordinates, or the package would break the standard; `Retry`
/// when the database is away or the disk is full; `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &CamtrapDpParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.05, "reading rows");
    let loaded = load(cx, params).await?;
    let request = Request {
        params: params.clone(),
        created_at: command.created_at,
        requested_by: command.requested_by.clone(),
    };
    let images = cx.images.clone();
    match cx.job.blocking(move |job| make(job, loaded, &request, &images)).await? {
        Some(rendered) => Ok(rendered),
        None => {
            Err(nothing_found(cx, "No detections found in specified date range", command.created_at).await)
        }
    }
}

async fn load(cx: &Cx, params: &CamtrapDpParams) -> Result<Loaded, JobError> {
    let places = cx.catalog.places().await?;
    let calendar = Calendar::of(&places, cx.zone);
    let range = days_of(params).map_or_else(ever, |days| calendar.widest(days.first, days.last));
    let mut records = cx.catalog.records_in(range.clone()).await?;
    records.extend(cx.catalog.repeats_in(range.clone()).await?);
    records.sort_by(|a, b| in_order(a).cmp(&in_order(b)));
    Ok(Loaded {
        records,
        left_out: cx.catalog.left_out_in(range.clone()).await?,
        individuals: cx.catalog.individuals().await?,
        images: cx.catalog.images(range.clone()).await?,
        deployments: deployments(cx, range).await?,
        sources: Sources::new(cx.catalog.datasets().await?),
        places,
        dataset: cx.catalog.dataset_name().await?,
        calendar,
    })
}

/// The catalog's own order.
fn in_order(record: &Record) -> (Option<DateTime<Utc>>, &str, &str) {
    (record.image.taken_at, &record.image.id, &record.id)
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

/// `None` where nothing was detected.
fn make(
    job: &Job,
    mut loaded: Loaded,
    request: &Request,
    images: &ImagesFolder,
) -> Result<Option<Rendered>, JobError> {
    size_boxes(job, &mut loaded.records, images)?;
    job.progress.at(0.3, "assigning images to deployments");
    let Some(survey) = Survey::of(loaded, request)? else { return Ok(None) };
    job.check_stop()?;
    let detections = survey.records.len() as u64;
    job.progress.counted(0.4, "writing tables", Counts::new(0, detections));
    let files = Files {
        datapackage: metadata::file(&survey, request),
        deployments: deployments::table(&survey, request.params.exact_coordinates),
        media: media::table(&survey),
        observations: observations::table(&survey, &request.params.scientific_name),
    };
    job.check_stop()?;
    job.progress.counted(0.6, "checking the package", Counts::new(detections, detections));
    check::refuse_broken(&files)?;
    job.check_stop()?;
    job.progress.at(0.7, "packing");
    let mut archive = Archive::new(job.draft()?);
    for (path, bytes) in [
        ("datapackage.json", &files.datapackage),
        ("deployments.csv", &files.deployments),
        ("media.csv", &files.media),
        ("observations.csv", &files.observations),
        (history::FILE, &history::matrix(&survey, request.params.occasion_days)),
        (history::OCCASIONS_FILE, &history::occasions(&survey, request.params.occasion_days)),
    ] {
        job.check_stop()?;
        archive.deflate(path, bytes)?;
    }
    let occasions = history::remark(&survey, request.params.occasion_days);
    let headline = [survey.headline()].into_iter().chain(occasions).collect::<Vec<_>>().join("; ");
    Ok(Some(Rendered { content: Content::OnDisk(archive.finish()?), headline: Some(headline) }))
}
