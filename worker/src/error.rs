//! How a job can fail, and the one decision that follows: try again, or not.

use std::error::Error;

/// Why a job did not make its artifact. Each text is for the person who asked; the source is for the log.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another try would end the same way: a broken rule, no data, a file that cannot be drawn.
    #[error("{0}")]
    Reject(String),
    /// Something is away that may come back: the database, the disk.
    #[error("{public}")]
    Retry {
        /// What to tell the person who asked.
        public: String,
        /// What went wrong, for the log.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The job was told to stop; whoever told it knows why.
    #[error("stopped")]
    Stopped,
}

impl JobError {
    /// A failure that another try may mend.
    pub fn retry(public: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry { public: public.into(), source: source.into() }
    }
}
