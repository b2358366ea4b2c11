//! The PDF report: load -> compute -> draw.
//!
//! - `load` (here): three short queries.
//! - [`compute`]: rows to numbers and sentences, pure; with [`period`] (local time), [`effort`] (trap nights),
//!   [`findings`] and [`notes`] (plain words).
//! - [`draw`]: the [`report::Report`] into the template `templates/report.typ`.
//!
//! A new part of the report is a field of `Report`, the function that computes it and its place in the template.

mod compute;
mod draw;
mod effort;
mod findings;
mod notes;
mod period;
mod report;
mod wording;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod compute_tests;

use chrono_tz::Tz;
use deertrack_schemas::{Command, PdfParams};

use self::compute::{Asked, Rows};
use super::{Cx, Job, Rendered};
use crate::JobError;
use crate::artifact::Content;

/// Makes the report that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when nothing was detected in the range, `Retry` when the database is away, `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &PdfParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.05, "reading detections");
    let rows = load(cx, command, params).await?;
    let (command, params, zone) = (command.clone(), params.clone(), cx.zone);
    cx.job.blocking(move |job| make(job, &rows, &command, &params, zone)).await
}

async fn load(cx: &Cx, command: &Command, params: &PdfParams) -> Result<Rows, JobError> {
    let asked = Asked { params, zone: cx.zone, created_at: command.created_at };
    let range = asked.range();
    Ok(Rows {
        detections: cx.catalog.detections(range.clone(), &asked.classes()).await?,
        places: cx.catalog.places().await?,
        deployments: cx.catalog.deployments(range).await?,
        dataset: cx.catalog.dataset_name().await?,
    })
}

fn make(
    job: &Job,
    rows: &Rows,
    command: &Command,
    params: &PdfParams,
    zone: Tz,
) -> Result<Rendered, JobError> {
    job.progress.at(0.3, "counting");
    let asked = Asked { params, zone, created_at: command.created_at };
    let report = compute::report(rows, &asked)
        .ok_or_else(|| JobError::Reject("No detections found in specified date range".into()))?;
    job.check_stop()?;
    job.progress.at(0.5, "drawing pages");
    let bytes = draw::pdf(&report, command, &job.stop)?;
    Ok(Rendered { content: Content::InMemory(bytes), headline: Some(report.headline) })
}
