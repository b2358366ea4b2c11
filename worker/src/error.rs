//! How a job can fail, and the one decision that follows: try again, or not.

use std::any::Any;
use std::error::Error;

use deertrack_catalog::CatalogError;

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

    /// Whether another try may end otherwise. The one place that decides it.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Retry { .. })
    }

    /// A panic is a failure of its job alone. Its text stays out of the status: it was written for engineers.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let text =
            panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
        tracing::error!(panic = text.unwrap_or("no text"), "an export panicked; this is a bug");
        Self::Reject("internal error while making the export; it has been logged".to_owned())
    }

    /// Everything that is known, causes included.
    pub(crate) fn for_the_log(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl From<CatalogError> for JobError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Unavailable(_) => Self::retry("the database cannot be reached", error),
            // The person who asked can see to these.
            CatalogError::Vector { .. } | CatalogError::VectorType { .. } => Self::Reject(error.to_string()),
            // A missing table or a wrong type stays wrong; an operator must look.
            _ => {
                tracing::error!(%error, "the database does not answer as expected");
                Self::Reject("the database does not answer as expected; an operator must look".to_owned())
            }
        }
    }
}
