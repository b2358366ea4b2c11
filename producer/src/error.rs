//! What can go wrong on the way in. The gateway turns these into answers in `http/refusal.rs`.

use deertrack_schemas::Rejection;
use deertrack_stream::StreamError;

/// Why an export could not be submitted or followed.
#[derive(Debug, thiserror::Error)]
pub enum ExportsError {
    /// The request breaks a rule. Nothing was enqueued.
    #[error("{0}")]
    Rejected(#[from] Rejection),
    /// Redis is away or full, or refused the command.
    #[error("{0}")]
    Stream(#[from] StreamError),
    /// What lies under the job's status key is not a JSON object; another program wrote it.
    #[error("the status of job {job_id:?} is not a JSON object: {source}")]
    InvalidStatus {
        /// The job that was asked for.
        job_id: String,
        /// What the JSON reader said.
        source: serde_json::Error,
    },
}

impl ExportsError {
    /// Redis is away or full: the same call may work later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Stream(error) if error.is_unavailable())
    }
}
