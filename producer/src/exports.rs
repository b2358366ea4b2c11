//! [`Exports`]: what a Rust service needs to ask for exports and follow them.
//!
//! It holds no rules (`deertrack-schemas` does) and no Redis commands (`deertrack-stream` does).
//! What it adds is a clock, a time zone and new job ids.

use std::time::{Duration, Instant};

use chrono::Utc;
use chrono_tz::Tz;
use deertrack_schemas::{Command, Rejection, Request, Valid};
use deertrack_stream::{Cancelled, CatchUp, Settings, Stream, StreamError, Submitted, Watch, WatchFrom};

use crate::{ExportsError, JobStatus};

/// A call that failed within this time did not wait for Redis.
const PROMPT: Duration = Duration::from_secs(1);

/// The way in. Cheap to clone; all clones share one connection, which reconnects by itself.
#[derive(Clone)]
pub struct Exports {
    stream: Stream,
    zone: Tz,
}

impl Exports {
    /// Connects to `redis://`, `rediss://`, `redis-sentinel://` or `redis+unix:///path` with default settings. Days are UTC days.
    ///
    /// # Errors
    /// The address is malformed, or Redis does not answer.
    pub async fn connect(url: &str) -> Result<Self, ExportsError> {
        let stream = Stream::connect(Settings::new(url)).await?;
        Ok(Self::new(stream, Tz::UTC))
    }

    /// Uses a stream that is connected already. `zone` says which day is today for the date rules
    /// (`DEERTRACK_TIMEZONE`).
    pub fn new(stream: Stream, zone: Tz) -> Self {
        Self { stream, zone }
    }

    /// The stream underneath.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Gives `request` a job id and a creation time, and checks every rule.
    ///
    /// # Errors
    /// All problems of single fields, or the first broken rule between fields.
    pub fn check(&self, request: Request) -> Result<Valid<Command>, Rejection> {
        self.check_command(self.command(request))
    }

    /// A command that carries `request`, with a new job id and the present as creation time; for callers that
    /// set a deadline, a tenant or a trace context before [`Exports::check_command`].
    pub fn command(&self, request: Request) -> Command {
        request.into_command(self.stream.new_job_id(), Utc::now())
    }

    /// Checks every rule. Today is the present date in the zone, whatever the command's creation time.
    ///
    /// # Errors
    /// All problems of single fields, or the first broken rule between fields.
    pub fn check_command(&self, command: Command) -> Result<Valid<Command>, Rejection> {
        Valid::check(command, Utc::now().with_timezone(&self.zone).date_naive())
    }

    /// Enqueues a command. Safe to call again with the same command after an error: its job id was chosen
    /// before, so it is enqueued once.
    ///
    /// # Errors
    /// Redis is away, full or refused.
    pub async fn submit(&self, command: &Valid<Command>) -> Result<Submitted, ExportsError> {
        again(|| self.stream.submit(command)).await
    }

    /// Enqueues many commands in few round trips. The answers stand in the order of `commands`.
    ///
    /// # Errors
    /// Redis is away, full or refused; some of the commands may be enqueued, and calling again is safe.
    pub async fn submit_many(&self, commands: &[Valid<Command>]) -> Result<Vec<Submitted>, ExportsError> {
        again(|| self.stream.submit_many(commands)).await
    }

    /// What is known of a job, whoever wrote it; `None` when there is no such job or it ended over an hour ago.
    ///
    /// # Errors
    /// Redis is away, or [`ExportsError::InvalidStatus`].
    pub async fn status(&self, job_id: &str) -> Result<Option<JobStatus>, ExportsError> {
        let Some(text) = again(|| self.stream.status_text(job_id)).await? else { return Ok(None) };
        let invalid = |source| ExportsError::InvalidStatus { job_id: job_id.to_owned(), source };
        JobStatus::parse(job_id, &text).map(Some).map_err(invalid)
    }

    /// Cancels a job that waits, waits for its next try, or runs; calling it again is harmless. A running job ends
    /// within one beat plus the step it is in.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn cancel(&self, job_id: &str) -> Result<Cancelled, ExportsError> {
        again(|| self.stream.cancel(job_id)).await
    }

    /// Completion events behind `from`, for ever.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn watch(&self, from: WatchFrom) -> Result<Watch, ExportsError> {
        again(|| self.stream.watch(from)).await
    }

    /// Completion events behind `from` that are there already.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn catch_up(&self, from: WatchFrom) -> Result<CatchUp, ExportsError> {
        again(|| self.stream.catch_up(from)).await
    }
}

/// Repeats a call that failed at once because Redis had closed the connection since the last one (a restart, its
/// idle timeout): that is found out only by using it. Every call of the stream may be repeated. One that failed
/// slowly is not: Redis hangs, and the caller has waited long enough.
async fn again<T, F>(call: impl Fn() -> F) -> Result<T, ExportsError>
where
    F: Future<Output = Result<T, StreamError>>,
{
    let start = Instant::now();
    match call().await {
        Err(StreamError::Unreachable(_)) if start.elapsed() < PROMPT => Ok(call().await?),
        result => Ok(result?),
    }
}
