//! How a job can fail, and the one decision that follows: wait, try again, or neither.

use std::any::Any;
use std::error::Error;
use std::io::{self, ErrorKind};

use deertrack_catalog::CatalogError;

/// Why a job did not make its artifact. Each text is for the person who asked; the source is for the log.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another try would end the same way: a broken rule, no data, a file that cannot be drawn.
    #[error("{0}")]
    Reject(String),
    /// Something went wrong that another try may mend. It counts as a try.
    #[error("{public}")]
    Retry {
        /// What to tell the person who asked.
        public: String,
        /// What went wrong, for the log.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Something is away that every job needs and that may come back: the database, the disk, the export folder. That is
    /// no fault of the job: it waits, for minutes, and no try is counted.
    #[error("{public}")]
    Away {
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
    /// A failure that another try may mend; `Away` when its cause is a disk or a folder that cannot be used.
    pub fn retry(public: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let source = source.into();
        if is_of_the_disk(source.as_ref()) {
            return Self::away(public, source);
        }
        Self::Retry { public: public.into(), source }
    }

    /// A failure of what every job needs.
    pub fn away(public: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Away { public: public.into(), source: source.into() }
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

/// A disk that is full, a folder that is gone, a server of files that is away: all but what the contents of a file bring
/// about, such as one that is too large or ends too early.
fn is_of_the_disk(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() != ErrorKind::Other
        {
            return !matches!(
                error.kind(),
                ErrorKind::InvalidData
                    | ErrorKind::InvalidInput
                    | ErrorKind::UnexpectedEof
                    | ErrorKind::WriteZero
                    | ErrorKind::Unsupported
                    | ErrorKind::FileTooLarge
            );
        }
        cause = error.source();
    }
    false
}

impl From<CatalogError> for JobError {
    fn from(error: CatalogError) -> Self {
        match error {
            error if error.is_away() => Self::away("the database cannot be reached", error),
            // It was reached and gave up: too slow a question, a lock that was not free.
            CatalogError::Unavailable(_) => Self::retry("the database did not answer in time", error),
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

#[cfg(test)]
mod tests {
    use object_store::local::LocalFileSystem;
    use object_store::{ObjectStoreExt, PutPayload};

    use super::*;

    fn is_away(source: impl Into<Box<dyn Error + Send + Sync>>) -> bool {
        matches!(JobError::retry("", source), JobError::Away { .. })
    }

    #[test]
    fn a_full_disk_and_a_folder_that_is_gone_are_waited_out_and_a_broken_file_is_not() {
        for code in [2, 5, 13, 28, 30, 116, 122] {
            assert!(is_away(io::Error::from_raw_os_error(code)), "{code}");
        }
        for kind in [ErrorKind::InvalidData, ErrorKind::UnexpectedEof, ErrorKind::Other] {
            assert!(!is_away(io::Error::from(kind)), "{kind}");
        }
        assert!(!is_away("connection refused"));
        let gone = tempfile::tempfile_in("/nowhere").unwrap_err();
        assert!(is_away(gone));
    }

    #[tokio::test]
    async fn what_lies_behind_the_store_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let store = LocalFileSystem::new_with_prefix(dir.path()).unwrap();
        // A file stands where a folder has to be.
        std::fs::write(dir.path().join("a"), "").unwrap();
        let put = store.put(&"a/b".into(), PutPayload::from_static(b"x")).await.unwrap_err();
        assert!(is_away(put));
    }
}
