//! Templates and data in, PDF, PNG or SVG out: the embedded Typst compiler, closed to the outside.
//!
//! Whoever draws gives a [`Template`] and JSON. The data reach the template only as the virtual file `/data.json`, so
//! text of users is never markup; there is no disk, no network, no clock. Steps: [`printable`] replaces what the
//! fonts cannot show, [`world`] answers the compiler, [`interrupt`] stops it, and the PDF carries only what it was
//! given, so the same input gives the same bytes. Templates are in `worker/templates`, fonts in `worker/fonts`.

mod fonts;
mod interrupt;
mod picture;
mod printable;
mod world;

use std::time::Duration;

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde_json::Value;
use typst::diag::{SourceDiagnostic, Warned};
use typst::foundations::{Bytes, Datetime, Smart};
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

pub(crate) use self::interrupt::Bounds;
use self::interrupt::{Interrupt, Interrupted};
pub(crate) use self::picture::{png, svg};
pub(crate) use self::printable::{REPLACEMENT, make_printable};
use self::world::JobWorld;
pub(crate) use self::world::{MAX_PICTURES, Template};
use crate::JobError;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TypesettingError {
    /// The job was told to stop.
    #[error("stopped")]
    Stopped,
    /// The document is too large for its limit.
    #[error("typesetting took longer than {0:?}")]
    OutOfTime(Duration),
    /// The template is wrong, or does not fit its data: a bug of ours. The text is for engineers.
    #[error("the template failed: {0}")]
    Template(String),
}

/// What is told to the person who asked.
impl From<TypesettingError> for JobError {
    fn from(error: TypesettingError) -> Self {
        match error {
            TypesettingError::Stopped => Self::Stopped,
            TypesettingError::OutOfTime(limit) => Self::Reject(format!(
                "drawing took longer than {} s; ask for a shorter range or fewer rows",
                limit.as_secs()
            )),
            TypesettingError::Template(text) => {
                tracing::error!(error = text, "a document cannot be typeset; this is a bug");
                Self::Reject("internal error while drawing; it has been logged".into())
            }
        }
    }
}

/// What a PDF says of itself.
pub(crate) struct Stamp<'a> {
    /// Tells this document from all others, and stays when it is made again: the job id.
    pub(crate) ident: &'a str,
    /// Its creation date.
    pub(crate) created_at: DateTime<Utc>,
}

/// Typesets `data` with `template` as a tagged PDF after PDF/A-2a and PDF/UA-1. CPU-bound: call it off the runtime
/// threads. `data` must have gone through [`make_printable`], else a rare character makes both standards fail.
///
/// # Errors
/// See [`TypesettingError`].
pub(crate) fn pdf(
    template: Template,
    data: &Value,
    stamp: &Stamp<'_>,
    bounds: Bounds,
) -> Result<Vec<u8>, TypesettingError> {
    illustrated_pdf(template, data, Vec::new(), stamp, bounds)
}

/// As [`pdf`], with pictures (JPEG or PNG) that the template finds as `/picture/0`, `/picture/1` ...; at most
/// [`MAX_PICTURES`], further ones do not exist for it.
///
/// # Errors
/// See [`TypesettingError`].
pub(crate) fn illustrated_pdf(
    template: Template,
    data: &Value,
    pictures: Vec<Vec<u8>>,
    stamp: &Stamp<'_>,
    bounds: Bounds,
) -> Result<Vec<u8>, TypesettingError> {
    let write = |document: &PagedDocument| {
        typst_pdf::pdf(document, &options(stamp)).map_err(|errors| errors.to_vec())
    };
    typeset(template, data, pictures, bounds, write)
}

/// Typesets, and makes a file of it by `write`.
fn typeset<T>(
    template: Template,
    data: &Value,
    pictures: Vec<Vec<u8>>,
    bounds: Bounds,
    write: impl FnOnce(&PagedDocument) -> Result<T, Vec<SourceDiagnostic>>,
) -> Result<T, TypesettingError> {
    let limit = bounds.limit;
    let pictures = pictures.into_iter().map(Bytes::new).collect();
    let data = Bytes::from_string(data.to_string());
    let world = JobWorld::new(template, data, pictures, Interrupt::new(bounds));
    let result = world.interrupt().catch(|| {
        let document = compile(&world)?;
        world.interrupt().check();
        write(&document)
    });
    // Data never repeat, so what was memoised is of no use to the next job; kept, it is 4 MB a report, for ever.
    comemo::evict(0);
    match result {
        Ok(Ok(file)) => Ok(file),
        Ok(Err(diagnostics)) => Err(TypesettingError::Template(describe(&world, &diagnostics))),
        Err(Interrupted::Stopped) => Err(TypesettingError::Stopped),
        Err(Interrupted::OutOfTime) => Err(TypesettingError::OutOfTime(limit)),
    }
}

fn compile(world: &JobWorld) -> Result<PagedDocument, Vec<SourceDiagnostic>> {
    let Warned { output, warnings: _ } = typst::compile::<PagedDocument>(world);
    output.map_err(|errors| errors.to_vec())
}

fn options(stamp: &Stamp<'_>) -> PdfOptions {
    PdfOptions {
        ident: Smart::Custom(stamp.ident.to_owned()),
        creator: Smart::Custom(Some("Deertrack Exports".to_owned())),
        timestamp: timestamp(stamp.created_at),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            .expect("PDF/A-2a and PDF/UA-1 are both made of PDF 1.7"),
        tagged: true,
        ..PdfOptions::default()
    }
}

fn timestamp(at: DateTime<Utc>) -> Option<Timestamp> {
    let small = |part: u32| u8::try_from(part).ok();
    let datetime = Datetime::from_ymd_hms(
        at.year(),
        small(at.month())?,
        small(at.day())?,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )?;
    Some(Timestamp::new_utc(datetime))
}

/// `file:line: message (hint)` for each.
fn describe(world: &JobWorld, diagnostics: &[SourceDiagnostic]) -> String {
    let one = |diagnostic: &SourceDiagnostic| {
        let place = diagnostic.span.id().and_then(|id| {
            let line = world.source(id).ok()?.lines().byte_to_line(world.range(diagnostic.span)?.start)?;
            Some(format!("{}:{}: ", id.get().vpath().get_without_slash(), line + 1))
        });
        let hints: String = diagnostic.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
        format!("{}{}{hints}", place.unwrap_or_default(), diagnostic.message)
    };
    diagnostics.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests;
