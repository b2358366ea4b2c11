//! What the rows of a package are folded into, a pass at a time.

use deertrack_catalog::{Image, Record};

use crate::JobError;
use crate::export::rows::{self, Rows, Step};
use crate::export::{Cx, Job};

/// Rows on their way.
pub(super) type Batch = rows::Batch<Image, Record>;

/// What the rows are folded into.
pub(super) trait Fold: Send + 'static {
    /// Adds the next rows.
    fn add(&mut self, job: &Job, batch: &mut Batch) -> Result<(), JobError>;
}

/// Reads both streams to their ends.
///
/// # Errors
/// Those of `fold` and of the catalog; `Stopped` when told to stop.
pub(super) async fn fold<F: Fold>(
    cx: &Cx,
    images: Rows<'_, Image>,
    records: Rows<'_, Record>,
    step: Step,
    mut fold: F,
) -> Result<F, JobError> {
    rows::read(cx, images, records, step, move |job, batches| {
        while let Some(mut batch) = batches.next()? {
            fold.add(job, &mut batch)?;
        }
        Ok(fold)
    })
    .await
}
