//! The running job as its export sees it: how it tells how far it is, learns that it shall stop, and gets cores and room.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use deertrack_schemas::Counts;
use deertrack_stream::crash;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::scratch::{Room, ScratchFolder};
use super::team;
use super::words::{counted, megabytes};
use crate::JobError;
use crate::artifact::{Draft, Drafts};
use crate::memory::{Memory, Reserved, TooMuch};

/// The running job as its export sees it.
#[derive(Clone)]
pub struct Job {
    /// Tells how far it is.
    pub progress: Progress,
    /// Set when the job shall stop. Blocking work looks at it between steps.
    pub stop: CancellationToken,
    /// How many threads its blocking work may use.
    pub cores: NonZero<usize>,
    /// How much room it has for what is neither its input nor its file.
    pub room: Room,
    /// Where files are written that are too large for memory.
    drafts: Drafts,
    /// Held by blocking work until it truly ends, so that a stopped job does not free its core too early.
    #[expect(dead_code, reason = "held, not read: it frees the core when the last clone is dropped")]
    slot: Option<Arc<OwnedSemaphorePermit>>,
    memory: Memory,
    /// What it has of it, as long as any of its work goes on.
    reserved: Arc<Mutex<Vec<Reserved>>>,
}

impl Job {
    pub(crate) fn new(
        progress: Progress,
        stop: CancellationToken,
        drafts: Drafts,
        slot: OwnedSemaphorePermit,
        memory: Memory,
    ) -> Self {
        let (cores, slot) = (team::permitted_cores(), Some(Arc::new(slot)));
        Self { progress, stop, cores, room: Room::default(), drafts, slot, memory, reserved: Arc::default() }
    }

    /// A job outside a worker: the command line, tests. Its drafts lie in the system's folder of temporary files.
    pub fn alone(progress: Progress) -> Self {
        let id = "alone".parse().expect("five letters are an id");
        let drafts = Drafts::new(std::env::temp_dir(), id);
        Self {
            progress,
            stop: CancellationToken::new(),
            cores: team::permitted_cores(),
            room: Room::default(),
            drafts,
            slot: None,
            memory: Memory::unlimited(),
            reserved: Arc::default(),
        }
    }

    /// The same job with so much memory.
    #[must_use]
    pub fn with_memory(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// The same job with its drafts elsewhere.
    #[must_use]
    pub fn with_drafts(self, drafts: Drafts) -> Self {
        Self { drafts, ..self }
    }

    /// Begins a file that is too large for memory; for [`Content::OnDisk`](crate::artifact::Content::OnDisk).
    ///
    /// # Errors
    /// `Retry` when the folder cannot be written to.
    pub fn draft(&self) -> Result<Draft, JobError> {
        self.drafts.begin().map_err(|error| JobError::retry("the file could not be written", error))
    }

    /// Where its temporary files lie.
    pub(crate) fn scratch(&self) -> ScratchFolder {
        ScratchFolder::new(self.drafts.dir(), self.room)
    }

    /// Takes so many bytes of the worker's memory for this job, for as long as any of its work goes on; where others have
    /// them, it waits. `rows` need them, where that is known: for the refusal.
    ///
    /// # Errors
    /// `Reject` when the worker could never give them.
    pub async fn reserve(&self, bytes: u64, rows: Option<u64>) -> Result<(), JobError> {
        let reserved = self.memory.reserve(bytes).await.map_err(|too_much| refusal(too_much, rows))?;
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).push(reserved);
        Ok(())
    }

    /// Called between steps of blocking work.
    ///
    /// # Errors
    /// `Stopped` when the job shall stop.
    pub fn check_stop(&self) -> Result<(), JobError> {
        if self.stop.is_cancelled() { Err(JobError::Stopped) } else { Ok(()) }
    }

    /// Runs CPU-bound work off the runtime threads. The slot stays taken until `work` returns, even if nobody waits.
    ///
    /// # Errors
    /// Those of `work`. A panic in it is an error of this job alone.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        let job = self.clone();
        let work = move || {
            crash::point("job.working");
            work(&job)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(join) => match join.try_into_panic() {
                Ok(panic) => Err(JobError::from_panic(&*panic)),
                Err(_cancelled_by_a_runtime_that_ends) => Err(JobError::Stopped),
            },
        }
    }
}

fn refusal(TooMuch { needed, most, limit }: TooMuch, rows: Option<u64>) -> JobError {
    let of = rows.map(|rows| format!(" of {}", counted(rows, "detection", "detections"))).unwrap_or_default();
    JobError::Reject(format!(
        "This export{of} takes up to {} of memory, and a job of this worker may have {} of its {} \
         (--memory-limit): choose a shorter range, or have an operator give it more",
        megabytes(needed),
        megabytes(most),
        megabytes(limit)
    ))
}

/// Where an export tells how far it is.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&Step<'_>) + Send + Sync>);

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a> {
    /// Of the whole job, 0 to 1.
    pub fraction: f64,
    /// What it does now, for people.
    pub stage: &'a str,
    /// How many items are done, where they are counted.
    pub counts: Option<Counts>,
}

impl Progress {
    /// Calls `tell` at each step.
    pub fn new(tell: impl Fn(&Step<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_| ())
    }

    /// At `fraction` (0 to 1), doing `stage`.
    pub fn at(&self, fraction: f64, stage: &str) {
        (self.0)(&Step { fraction, stage, counts: None });
    }

    /// At `fraction` (0 to 1), doing `stage`, with so many items done.
    pub fn counted(&self, fraction: f64, stage: &str, counts: Counts) {
        (self.0)(&Step { fraction, stage, counts: Some(counts) });
    }
}
