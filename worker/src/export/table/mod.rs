//! Tables: load -> rows -> file.
//!
//! - `load` (here): everything about the chosen days, and [`selected`]: which rows of it were asked for.
//! - [`detections`], [`visits`], [`effort`], [`individuals`]: each topic as a [`sheet::Sheet`] of typed cells.
//! - [`csv`], [`xlsx`]: a sheet or several as a file. [`geojson`]: the topics counted by place.
//!
//! A new topic is a file, its name in `schemas` and its lines in [`sheet_of`] and [`geojson`].

mod csv;
mod detections;
mod effort;
mod geojson;
mod individuals;
mod selected;
mod sheet;
mod visits;
mod xlsx;

use chrono::{DateTime, Utc};
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{Command, Counts, TableParams};

use self::selected::{Found, Selected};
use self::sheet::Sheet;
use self::xlsx::About;
use super::picture_size::size_boxes;
use super::whole::nothing_found;
use super::{Cx, ImagesFolder, Job, Rendered};
use crate::JobError;
use crate::artifact::Content;

/// Makes the table that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when there is nothing in the range or too much for one sheet, `Retry` when the database is away,
/// `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &TableParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.05, "reading rows");
    let found = Found::load(cx, params, command.created_at).await?;
    let nothing = found.nothing(params.topics());
    let (created_at, params) = (command.created_at, params.clone());
    let images = cx.images.clone();
    match cx.job.blocking(move |job| make(job, found, created_at, &params, &images)).await? {
        Some(rendered) => Ok(rendered),
        None => Err(nothing_found(cx, &nothing, created_at).await),
    }
}

/// `None` where there is not one row.
fn make(
    job: &Job,
    mut found: Found,
    created_at: DateTime<Utc>,
    params: &TableParams,
    images: &ImagesFolder,
) -> Result<Option<Rendered>, JobError> {
    if params.topics().contains(&Topic::Detections) {
        size_boxes(job, &mut found.records, images)?;
    }
    job.progress.at(0.3, "choosing rows");
    let selected = Selected::new(found, params);
    if selected.is_empty(params.topics()) {
        return Ok(None);
    }
    job.check_stop()?;
    let detections = selected.records.len() as u64;
    let tell = |done| match params.topics() {
        [Topic::Effort] => job.progress.at(0.5, "writing rows"), // which is about no detections
        _ => job.progress.counted(0.5, "writing rows", Counts::new(done, detections)),
    };
    tell(0);
    let headline = selected.headline(params.topics());
    let bytes = match params.format {
        Format::Geojson => geojson::file(&selected, params),
        Format::Csv => csv::file(&sheets(&selected, params)),
        Format::Xlsx => xlsx::file(job, &sheets(&selected, params), &About::of(&selected, created_at))?,
    };
    tell(detections);
    Ok(Some(Rendered { content: Content::InMemory(bytes), headline: Some(headline) }))
}

fn sheets(selected: &Selected, params: &TableParams) -> Vec<Sheet> {
    params.topics().iter().map(|topic| sheet_of(*topic, selected)).collect()
}

fn sheet_of(topic: Topic, selected: &Selected) -> Sheet {
    match topic {
        Topic::Detections => detections::sheet(selected),
        Topic::Visits => visits::sheet(selected),
        Topic::Effort => effort::sheet(selected),
        Topic::Individuals => individuals::sheet(selected),
    }
}
