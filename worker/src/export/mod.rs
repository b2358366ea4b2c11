//! One folder for each export kind: load, compute, draw. This file says what a kind may use and what it gives.

use std::num::NonZero;
use std::sync::Arc;

use async_trait::async_trait;
use chrono_tz::Tz;
use deertrack_catalog::Catalog;
use deertrack_schemas::{Command, Counts, Export};
use deertrack_stream::crash;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::JobError;
use crate::artifact::{Content, Draft, Drafts};

mod archive;
pub mod camtrap_dp;
mod coordinates;
mod images;
mod left_out;
pub mod pdf;
mod picture_size;
mod picture_time;
pub mod reid;
mod species;
pub mod table;
mod table_text;
mod team;
mod text;
mod words;
pub mod zip;

pub use images::ImagesFolder;

/// Makes the artifact of a command. The one of production is [`Kinds`]; tests of the supervision bring their own.
#[async_trait]
pub trait Exporter: Send + Sync {
    /// Runs `command` to its end, or until `job.stop`.
    ///
    /// # Errors
    /// See [`JobError`]: whether another try may help.
    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError>;
}

/// A finished export.
#[derive(Debug)]
pub struct Rendered {
    /// The file.
    pub content: Content,
    /// The main finding in one sentence.
    pub headline: Option<String>,
}

/// All kinds over one database.
pub struct Kinds {
    /// The platform's database.
    pub catalog: Arc<dyn Catalog>,
    /// The configured zone (`DEERTRACK_TIMEZONE`).
    pub zone: Tz,
    /// Where the photographs are (`DEERTRACK_IMAGES_DIR`).
    pub images: ImagesFolder,
}

#[async_trait]
impl Exporter for Kinds {
    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError> {
        // A platform changes its tables while workers run.
        self.catalog.refresh().await?;
        let cx = Cx {
            catalog: Arc::clone(&self.catalog),
            zone: self.zone,
            images: self.images.clone(),
            job: job.clone(),
        };
        match &command.export {
            Export::Pdf(params) => pdf::render(&cx, command, params).await,
            Export::Zip(params) => zip::render(&cx, command, params).await,
            Export::Table(params) => table::render(&cx, command, params).await,
            Export::CamtrapDp(params) => camtrap_dp::render(&cx, command, params).await,
            Export::Reid(params) => reid::render(&cx, command, params).await,
        }
    }
}

/// What an export of a kind may use.
#[derive(Clone)]
pub struct Cx {
    /// The platform's database.
    pub catalog: Arc<dyn Catalog>,
    /// The configured zone.
    pub zone: Tz,
    /// Where the photographs are.
    pub images: ImagesFolder,
    /// The job it runs in.
    pub job: Job,
}

/// The running job as its export sees it.
#[derive(Clone)]
pub struct Job {
    /// Tells how far it is.
    pub progress: Progress,
    /// Set when the job shall stop. Blocking work looks at it between steps.
    pub stop: CancellationToken,
    /// How many threads its blocking work may use.
    pub cores: NonZero<usize>,
    /// Where files are written that are too large for memory.
    drafts: Drafts,
    /// Held by blocking work until it truly ends, so that a stopped job does not free its core too early.
    #[expect(dead_code, reason = "held, not read: it frees the core when the last clone is dropped")]
    slot: Option<Arc<OwnedSemaphorePermit>>,
}

impl Job {
    pub(crate) fn new(
        progress: Progress,
        stop: CancellationToken,
        drafts: Drafts,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        Self { progress, stop, cores: team::permitted_cores(), drafts, slot: Some(Arc::new(slot)) }
    }

    /// A job outside a worker: the command line, tests. Its drafts lie in the system's folder of temporary files.
    pub fn alone(progress: Progress) -> Self {
        let id = "alone".parse().expect("five letters are an id");
        let drafts = Drafts::new(std::env::temp_dir(), id);
        let (stop, cores) = (CancellationToken::new(), team::permitted_cores());
        Self { progress, stop, cores, drafts, slot: None }
    }

    /// The same job with its drafts elsewhere.
    #[must_use]
    pub fn with_drafts(self, drafts: Drafts) -> Self {
        Self { drafts, ..self }
    }

    /// Begins a file that is too large for memory; for [`Content::OnDisk`].
    ///
    /// # Errors
    /// `Retry` when the folder cannot be written to.
    pub fn draft(&self) -> Result<Draft, JobError> {
        self.drafts.begin().map_err(|error| JobError::retry("the file could not be written", error))
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
