//! How the pure analysis fails, as a job sees it.

use deertrack_reid::Error;

use crate::JobError;

/// What the analysis says went wrong, for the person who asked. What is wrong with the input stays wrong.
pub(super) fn failed(error: Error) -> JobError {
    match error {
        Error::Storage { .. } => JobError::retry("the temporary files of the analysis cannot be used", error),
        Error::Stopped => JobError::Stopped,
        other => JobError::Reject(other.to_string()),
    }
}
