//! The re-identification analysis: load -> analyse -> files.
//!
//! - [`load()`]: the rows of the database as the input of the pure analysis (`deertrack-reid`), with [`codes`] for names;
//!   [`names`] keeps the names for the tables. Both lie in temporary files where they are many.
//! - [`Study::of`]: the analysis; what it found and whom it is about.
//! - [`Study::files`]: [`document`] (`analysis.json`), [`tables`] (CSV), [`pictures`] (PNG, SVG), [`report`] (PDF, in the
//!   words of [`wording`]) and [`sample`] (what a person should look at).
//!
//! [`render`] makes an archive of them for a job; the command line calls the steps itself and writes a folder.
//! Nothing here writes to the database.

mod axis;
mod codes;
mod document;
mod failure;
mod file;
mod files;
mod herd;
mod labels;
mod load;
mod loading;
mod names;
mod pictures;
mod report;
mod rows;
mod sample;
mod sampled;
mod status;
mod study;
mod tables;
mod wording;

use deertrack_schemas::{Command, Counts, ReidParams};

use super::archive::Archive;
use super::{Cx, Job, Rendered};
use crate::JobError;
use crate::artifact::Content;

pub use document::document_schema;
pub use file::{File, FileContent, Writing};
pub use herd::Herd;
pub use labels::{BadLabels, LabelSheet};
pub use load::load;
pub use sample::Photographs;
pub use study::Study;

/// Makes the archive that `command` asks for. The same command over the same rows gives the same bytes.
///
/// # Errors
/// `Reject` when there is nothing to compare or a vector cannot be used, `Retry` when the database is away, `Stopped`
/// when told to stop.
pub async fn render(cx: &Cx, command: &Command, params: &ReidParams) -> Result<Rendered, JobError> {
    cx.job.progress.at(0.02, "reading vectors");
    let herd = load(cx, params).await?;
    let (params, created_at, zone) = (params.clone(), command.created_at, cx.zone);
    let analysed = move |job: &Job| {
        job.progress.counted(0.4, "comparing", Counts::new(0, herd.detections() as u64));
        Study::of(job, herd, &params, None, created_at, zone)
    };
    let study = cx.job.blocking(analysed).await?;
    let photographs = Photographs::of(cx, &study).await?;
    let ident = command.job_id.clone();
    cx.job.blocking(move |job| archive(job, &study, ident.as_str(), &photographs)).await
}

fn archive(job: &Job, study: &Study, ident: &str, photographs: &Photographs) -> Result<Rendered, JobError> {
    let mut archive = Archive::new(job.draft()?);
    study.files(job, ident, photographs, &mut |file| match file.content {
        FileContent::Text(bytes) => archive.deflate(&file.path, &bytes),
        FileContent::Binary(bytes) => archive.store(&file.path, &bytes),
        FileContent::LongText(write) => archive.deflate_from(&file.path, job.scratch().file()?, write),
    })?;
    job.check_stop()?;
    Ok(Rendered { content: Content::OnDisk(archive.finish()?), headline: Some(study.told()) })
}
