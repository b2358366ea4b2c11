//! The end of a workbook: all of it is compressed into the draft, as long as nobody tells the job to stop.

use std::io::{self, Write};

use rust_xlsxwriter::{Workbook, XlsxError};

use crate::JobError;
use crate::artifact::Draft;
use crate::export::Job;

/// A draft that ends with its job.
struct Stoppable<'a> {
    draft: &'a mut Draft,
    job: &'a Job,
    /// It has said so; what the archive still writes to close itself is for nobody.
    is_stopped: bool,
}

impl Write for Stoppable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_stopped {
            return Ok(bytes.len());
        }
        if self.job.stop.is_cancelled() {
            self.is_stopped = true;
            return Err(io::Error::other("stopped"));
        }
        self.draft.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.flush()
    }
}

pub(super) fn to(mut draft: Draft, workbook: &mut Workbook, job: &Job) -> Result<Draft, JobError> {
    let saved = workbook.save_to_writer(Stoppable { draft: &mut draft, job, is_stopped: false });
    job.check_stop()?;
    match saved {
        Ok(()) => Ok(draft),
        Err(error @ (XlsxError::IoError(_) | XlsxError::ZipError(_))) => {
            Err(JobError::retry("the workbook could not be written", error))
        }
        Err(error) => Err(unwritable(error)),
    }
}

/// What the library does not write, it never will.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn unwritable(error: XlsxError) -> JobError {
    tracing::error!(%error, "a workbook could not be written");
    JobError::Reject("the rows do not fit into a workbook; ask for csv".to_owned())
}
