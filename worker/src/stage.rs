//! The stages of a job as spans: each lasts from the first word of it to the first word of another.
//!
//! An export tells its stages anyway, for the status record; so no kind needs a line for its spans.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::Span;

/// The stages of one try of a job. The last one ends when this is dropped, whoever still talks then.
pub(crate) struct Stages(Now);

/// The present stage; `None` when the try is over.
type Now = Arc<Mutex<Option<Stage>>>;

struct Stage {
    job: Span,
    name: String,
    /// Ends when it is dropped.
    span: Span,
}

impl Stages {
    /// Of the job whose span is `job`.
    pub(crate) fn of(job: Span) -> Self {
        Self(Arc::new(Mutex::new(Some(Stage { job, name: String::new(), span: Span::none() }))))
    }

    /// Takes the name of the present stage, from any thread and as often as one likes.
    pub(crate) fn listener(&self) -> impl Fn(&str) + Send + Sync + use<> {
        let now = Arc::clone(&self.0);
        move |name| {
            let mut now = lock(&now);
            let Some(stage) = now.as_mut().filter(|stage| stage.name != name) else { return };
            // One ends before the next begins: an assignment alone would let both stand for a moment.
            stage.span = Span::none();
            stage.span = tracing::info_span!(parent: &stage.job, "stage", stage = name);
            name.clone_into(&mut stage.name);
        }
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        *lock(&self.0) = None;
    }
}

fn lock(now: &Now) -> MutexGuard<'_, Option<Stage>> {
    // A stage is replaced as a whole: what a panic left is a stage too.
    now.lock().unwrap_or_else(PoisonError::into_inner)
}
