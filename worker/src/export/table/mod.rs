//! Tables: rows are read, folded and written one after another.
//!
//! - [`basis`]: what is known before the first row.
//! - [`mod@fold`]: which rows were asked for and which count; what is known of them ([`facts`]), and what waits ([`window`](super::window)).
//! - [`detections`], [`visits`], [`effort`] (how long cameras stood: [`stood`]), [`individuals`]: the [`sheet::Cell`]s of
//!   each topic's rows.
//! - [`output`]: [`csv`] and [`xlsx`] write rows as they come. [`geojson`]: the topics counted by place.
//! - [`selected`]: what is said of all of it.
//!
//! A new topic is a file, its name in `schemas` and its lines in [`output`], [`mod@fold`] and [`geojson`].

mod basis;
mod csv;
mod detections;
mod effort;
mod facts;
mod fold;
mod geojson;
mod individuals;
mod output;
mod row;
mod selected;
mod sheet;
mod stood;
mod visits;
mod xlsx;

use std::sync::Arc;

use deertrack_catalog::{LeftOut, Repeats};
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{Command, Counts, TableParams};

use self::basis::Basis;
use self::fold::{Fold, Folded};
use self::output::Output;
use self::row::Row;
use self::selected::Selected;
use self::xlsx::About;
use super::rows::{self, Rows, Step};
use super::whole::nothing_found;
use super::{Cx, Job, Rendered, left_out, memory};
use crate::JobError;
use crate::artifact::Content;

/// Makes the table that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when there is nothing in the range or the disk has too little room for a workbook, `Retry` when the database
/// or the disk is away, `Stopped` when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &TableParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.02, "reading places");
    let basis = Arc::new(Basis::load(cx, params, command.created_at).await?);
    let (Folded { output, facts, .. }, left_out) = folded(cx, &basis).await?;
    let effort = stood::effort(cx, &basis, &facts).await?;
    let selected = Selected::of(cx, Arc::clone(&basis), facts, effort, left_out).await?;
    if selected.is_empty() {
        return Err(nothing_found(cx, &selected.nothing(), command.created_at).await);
    }
    cx.job.blocking(move |job| finish(job, output, &selected)).await
}

/// Reads the rows, in part where the file needs no more of them, and what is left out beside them.
async fn folded(cx: &Cx, basis: &Arc<Basis>) -> Result<(Folded, LeftOut), JobError> {
    let most = if basis.is_effort_alone() {
        None // which is about no detections
    } else {
        cx.catalog.count_detections(basis.days.clone()).await?
    };
    let step = Step {
        stage: "reading rows",
        span: [0.05, 0.9],
        before: 0,
        most: most.filter(|most| *most > 0),
        is_done: true,
    };
    step.tell(&cx.job.progress, 0);
    let memory = if basis.params.format == Format::Xlsx { memory::WORKBOOK } else { memory::TABLE };
    cx.job.reserve(memory, most).await?;
    if !basis.has_rows_of(Topic::Detections) {
        let (sightings, left_out) = left_out::apart(cx.catalog.detections(basis.days.clone()));
        let folded = fold(cx, basis, sightings, step).await?;
        if !folded.lacks_sizes {
            return Ok((folded, left_out.await.map_err(|_untold| JobError::Stopped)?));
        }
    }
    let records = cx.catalog.records(basis.days.clone(), Repeats::Without);
    let left_out = async { Ok(cx.catalog.left_out_in(basis.days.clone()).await?) };
    tokio::try_join!(fold(cx, basis, records, step), left_out)
}

async fn fold<R: Row>(
    cx: &Cx,
    basis: &Arc<Basis>,
    rows: Rows<'_, R>,
    step: Step,
) -> Result<Folded, JobError> {
    let basis = Arc::clone(basis);
    rows::read_seen(cx, rows, step, move |job, batches| {
        let output = Output::begin(job, &basis, step.most)?;
        let mut fold = Fold::begin(job, basis, output);
        while let Some(batch) = batches.next()? {
            fold.add(batch.seen)?;
        }
        fold.finish()
    })
    .await
}

/// Writes what is known only at the end.
fn finish(job: &Job, mut output: Output, selected: &Selected) -> Result<Rendered, JobError> {
    let (basis, detections) = (&*selected.basis, selected.facts.detections);
    let stage = "writing rows";
    match basis.is_effort_alone() {
        true => job.progress.at(0.95, stage),
        false => job.progress.counted(0.95, stage, Counts::new(detections, detections)),
    }
    if basis.has_rows_of(Topic::Effort) {
        for row in effort::rows(basis, &selected.effort) {
            output.row(basis, Topic::Effort, row)?;
        }
    }
    if basis.has_rows_of(Topic::Individuals) {
        for row in selected.individuals().rows(basis) {
            output.row(basis, Topic::Individuals, row)?;
        }
    }
    let further = output.further();
    let content = match output {
        Output::Geojson => Content::InMemory(geojson::file(selected)),
        Output::Csv(csv) => Content::OnDisk(csv.finish()?),
        Output::Xlsx(book) => Content::OnDisk(book.finish(&About::of(selected), job.draft()?)?),
    };
    Ok(Rendered { content, headline: Some(selected.headline(&further)) })
}
