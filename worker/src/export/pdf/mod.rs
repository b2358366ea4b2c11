//! The PDF reports: load -> compute -> draw.
//!
//! - [`found`]: what the catalog knows of the days told about and of earlier ones.
//! - [`told`]: which classes and individuals are told apart in the whole data set.
//! - [`survey`]: which rows count, the visits they make, how long cameras stood.
//! - [`season`]: the seasonal report, part by part: [`counts`], [`rates`], [`ratios`], [`strip`], [`activity`], [`sky`],
//!   [`rut`], [`bucks`], [`map`], and in words [`lead`], [`findings`], [`status`], [`definitions`]. All pure.
//! - [`mod@comparison`]: the other report, rates of one season against earlier ones.
//! - [`photos`] and [`files`]: what lies on disk; [`file_clocks`]: what its times say.
//! - [`draw`]: the [`report::Report`] into the template `templates/report.typ`, the comparison into `comparison.typ`.
//!
//! A new part of a report is a field of its data, the file that computes it and its place in the template.

mod activity;
mod asked;
mod best;
mod bucks;
mod comparison;
mod corrected;
mod counts;
mod definitions;
mod draw;
mod estimate;
mod facts;
mod file_clocks;
mod file_sample;
mod files;
mod findings;
mod fold;
mod found;
mod lead;
mod map;
mod period;
mod photos;
mod rates;
mod ratios;
mod report;
mod rut;
mod season;
mod sky;
mod span;
mod status;
mod strip;
mod survey;
mod told;
mod wording;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod comparison_tests;
#[cfg(test)]
mod lead_tests;
#[cfg(test)]
mod season_tests;
#[cfg(test)]
mod sentence_tests;

use chrono_tz::Tz;
use deertrack_schemas::pdf::ReportType;
use deertrack_schemas::{Command, PdfParams};
use deertrack_survey::calendar::Calendar;

use self::asked::Asked;
use self::found::Found;
use self::photos::Photos;
use self::report::Report;
use super::whole::nothing_found;
use super::{Cx, ImagesFolder, Job, Rendered};
use crate::JobError;
use crate::artifact::Content;
use crate::typesetting::Template;

/// Makes the report that `command` asks for. The same command over the same rows and files gives the same bytes.
///
/// # Errors
/// `Reject` when nothing was detected in the range, `Retry` when the database is away, `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &PdfParams) -> Result<Rendered, JobError> {
    let asked = Asked { params, zone: cx.zone, created_at: command.created_at };
    let found = Found::load(cx, &asked).await?;
    let (command, params, zone, images) = (command.clone(), params.clone(), cx.zone, cx.images.clone());
    let created_at = command.created_at;
    let made = cx.job.blocking(move |job| make(job, &found, &command, &params, zone, &images)).await?;
    match made {
        Some(rendered) => Ok(rendered),
        None => Err(nothing_found(cx, "No detections found in specified date range", created_at).await),
    }
}

/// `None` where there is nothing to tell about.
fn make(
    job: &Job,
    found: &Found,
    command: &Command,
    params: &PdfParams,
    zone: Tz,
    images: &ImagesFolder,
) -> Result<Option<Rendered>, JobError> {
    job.progress.at(0.3, "counting");
    let asked = Asked { params, zone, created_at: command.created_at };
    let made = match params.report_type {
        ReportType::SeasonalActivity => a_season(job, found, command, &asked, images)?,
        ReportType::Comparison => a_comparison(job, found, command, &asked)?,
    };
    Ok(made.map(|(bytes, headline)| Rendered { content: Content::InMemory(bytes), headline: Some(headline) }))
}

fn a_season(
    job: &Job,
    found: &Found,
    command: &Command,
    asked: &Asked<'_>,
    images: &ImagesFolder,
) -> Result<Option<(Vec<u8>, String)>, JobError> {
    let Some(mut report) = season::report(found, asked) else { return Ok(None) };
    job.check_stop()?;
    job.progress.at(0.5, "reading photographs");
    let photos = illustrate(job, &mut report, found, asked, images)?;
    job.progress.at(0.6, "drawing pages");
    let bytes = draw::pdf(Template::Report, &report, photos.jpegs, command, &job.stop)?;
    Ok(Some((bytes, report.headline)))
}

fn a_comparison(
    job: &Job,
    found: &Found,
    command: &Command,
    asked: &Asked<'_>,
) -> Result<Option<(Vec<u8>, String)>, JobError> {
    let Some(comparison) = comparison::comparison(found, asked) else { return Ok(None) };
    job.check_stop()?;
    job.progress.at(0.5, "drawing pages");
    let bytes = draw::pdf(Template::Comparison, &comparison, Vec::new(), command, &job.stop)?;
    Ok(Some((bytes, comparison.headline)))
}

/// Adds what the files tell: photographs for the cards, whether images are missing, and what times they have.
fn illustrate(
    job: &Job,
    report: &mut Report,
    found: &Found,
    asked: &Asked<'_>,
    images: &ImagesFolder,
) -> Result<Photos, JobError> {
    let calendar = Calendar::of(&found.places, asked.zone);
    report.frame.status.extend(files::status(job, found, &calendar, images)?);
    let photos = match &mut report.bucks {
        Some(bucks) if asked.params.include_photos => {
            photos::add(job, &mut bucks.cards, &found.now.best, images)?
        }
        _ => Photos::default(),
    };
    report.frame.status.extend(photos.status());
    report.frame.status.extend(photos::kept_back(found.now.kept_back));
    Ok(photos)
}
