//! One claim from decoding to its end.
//!
//! The ways a job can end stand in one `select!`. Whoever owns the claim at the end writes the result; a job that
//! lost its claim writes nothing. How a result is written is the stream's business.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{Command, Kind, State, StatusRecord, Valid};
use deertrack_stream::{Claim, Finished, Retried, RetryPolicy, Running, WaitPolicy, crash};
use futures::FutureExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::JobError;
use crate::artifact::{self, Artifacts, Drafts, StoreError};
use crate::export::{Exporter, Job, Progress, Rendered};
use crate::gate::Gate;
use crate::memory::Memory;
use crate::stage::Stages;

/// The `outcome` on the last log line of a try that wrote nothing: another worker has the job. Other outcomes are the
/// state that was written, or why none was. A line and not the span carries it: an addition to a span's fields is
/// dear where these are written as JSON.
const LOST: &str = "lost";

/// What all jobs of a worker share.
pub(crate) struct Shared {
    pub(crate) exporter: Arc<dyn Exporter>,
    pub(crate) artifacts: Artifacts,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) wait: WaitPolicy,
    /// Closed by jobs that meet an outage.
    pub(crate) gate: Arc<Gate>,
    pub(crate) memory: Memory,
    /// Set when the grace time of a shutdown is over.
    pub(crate) hand_back: CancellationToken,
}

/// How one try of a job ended.
enum Ending {
    Done(Box<deertrack_schemas::Artifact>),
    Failed(JobError),
    TimedOut(Duration),
    Cancelled,
    /// The worker stops; another one shall do it.
    HandedBack,
    Lost,
}

/// Works one claim to its end. `slot` is held until the last of its blocking work has ended.
pub(crate) async fn work(shared: Arc<Shared>, claim: Claim, slot: OwnedSemaphorePermit) {
    crash::point("job.claimed");
    let command = match claim.decode() {
        Ok(command) => command,
        Err(error) => return set_aside(&shared, claim, &error.to_string()).await,
    };
    let span = claim.span(&command);
    supervise(shared, claim, command, slot).instrument(span).await;
}

async fn supervise(shared: Arc<Shared>, mut claim: Claim, command: Command, slot: OwnedSemaphorePermit) {
    if ended_before(&claim).await {
        tracing::info!(outcome = "ended_before", "the job has ended before; its entry is dropped");
        claim.discard().await;
        return;
    }
    let record = StatusRecord {
        started_at: Some(Utc::now()),
        deliveries: claim.delivery(),
        entry_id: Some(claim.entry_id().to_owned()),
        ..StatusRecord::queued(&command).with_state(State::Running)
    };
    if let Some(refused) = refuse(&command, &record) {
        return finish(claim, refused).await;
    }
    if let Some(refused) = refuse_second(&claim, &command, &record).await {
        return finish(claim, refused).await;
    }
    let running = claim.run(record.clone());
    crash::point_of("job.running", command.job_id.as_str());
    let kind = command.export.kind();
    let ending = run_to_end(&shared, command, &record, &running, slot).await;
    let record = StatusRecord { counts: running.counts(), ..record };
    settle(&shared, kind, claim, record, ending).await;
}

/// A re-delivered entry may have been finished by its former owner, whose acknowledgement was lost.
async fn ended_before(claim: &Claim) -> bool {
    if claim.delivery() < 2 {
        return false;
    }
    match claim.already_ended().await {
        Ok(ended) => ended.is_some(),
        Err(error) => {
            // Running it again is what at-least-once means; not running it could lose it.
            tracing::warn!(%error, "cannot read the status of a re-delivered job; it runs again");
            false
        }
    }
}

/// The end of a command that must not run: its deadline has passed or it breaks a rule.
fn refuse(command: &Command, record: &StatusRecord) -> Option<StatusRecord> {
    let now = Utc::now();
    if command.deadline.is_some_and(|deadline| deadline < now) {
        return Some(ended(record.clone(), State::Expired, "its deadline passed before a worker was free"));
    }
    let broken = Valid::check_accepted(command.clone()).err()?;
    Some(ended(record.clone(), State::Failed, &broken.to_string()))
}

/// The end of a command whose idempotency key is another job's: another program has put both into the stream.
async fn refuse_second(claim: &Claim, command: &Command, record: &StatusRecord) -> Option<StatusRecord> {
    match claim.key_belongs_to(command).await {
        Ok(other) => {
            let why = format!("its idempotency key belongs to job {}; ask for that one", other?);
            Some(ended(record.clone(), State::Failed, &why))
        }
        Err(error) => {
            // What one of two does twice is seen by whoever asked; what nobody does is lost.
            tracing::warn!(%error, "cannot see whose the idempotency key is; the job runs");
            None
        }
    }
}

/// Every way a running job can end, in order of precedence.
async fn run_to_end(
    shared: &Arc<Shared>,
    command: Command,
    record: &StatusRecord,
    running: &Running,
    slot: OwnedSemaphorePermit,
) -> Ending {
    let own_limit = Duration::from_secs(command.export.kind().info().time_limit_seconds);
    let limit = shared.time_limit.unwrap_or(own_limit);
    let stop = CancellationToken::new();
    let _stop_blocking_work_too = stop.clone().drop_guard();
    let (lost, cancelled) = (running.lost(), running.cancelled());
    let export = AssertUnwindSafe(export(shared, command, record, running, stop, slot)).catch_unwind();
    tokio::select! {
        biased;
        () = lost.cancelled() => Ending::Lost,
        () = cancelled.cancelled() => Ending::Cancelled,
        () = shared.hand_back.cancelled() => Ending::HandedBack,
        done = export => done.unwrap_or_else(|panic| Ending::Failed(JobError::from_panic(&*panic))),
        () = tokio::time::sleep(limit) => Ending::TimedOut(limit),
    }
}

/// Makes the artifact and publishes its file.
async fn export(
    shared: &Arc<Shared>,
    command: Command,
    record: &StatusRecord,
    running: &Running,
    stop: CancellationToken,
    slot: OwnedSemaphorePermit,
) -> Ending {
    let try_began = record.started_at.unwrap_or(command.created_at);
    let name = artifact::file_name(&command, try_began);
    let stages = Stages::of(Span::current());
    let (tell, enter) = (running.clone(), stages.listener());
    let progress = Progress::new(move |step| {
        enter(step.stage);
        match step.counts {
            Some(counts) => tell.counted(step.fraction, step.stage, counts),
            None => tell.progress(step.fraction, step.stage),
        }
    });
    let drafts = Drafts::new(shared.artifacts.dir(), command.job_id.clone());
    let job = Job::new(progress, stop, drafts, slot, shared.memory.clone());
    let made = async {
        let Rendered { content, headline } = shared.exporter.export(&job, &command).await?;
        crash::point("artifact.rendered");
        job.progress.at(0.98, "storing the file");
        let stored = shared.artifacts.publish(&name, content).await.map_err(JobError::from)?;
        crash::point("artifact.published");
        Ok(Box::new(stored.describe(&name, command.export.file().media_type, headline)))
    };
    made.await.map_or_else(Ending::Failed, Ending::Done)
}

/// Ends the claim as the job ended.
async fn settle(shared: &Shared, kind: Kind, claim: Claim, record: StatusRecord, ending: Ending) {
    let last = match ending {
        Ending::Lost => {
            return tracing::warn!(
                outcome = LOST,
                "another worker owns the job now; this result is thrown away"
            );
        }
        Ending::HandedBack => {
            tracing::info!(outcome = "handed_back", "the worker stops; the job is handed back");
            claim.release().await;
            return;
        }
        Ending::Done(artifact) => StatusRecord {
            artifact: Some(*artifact),
            completed_at: Some(Utc::now()),
            progress: 1.0,
            ..record.with_state(State::Completed)
        },
        Ending::Failed(error @ JobError::Retry { .. }) => {
            let policy = shared.retry.unwrap_or_else(|| RetryPolicy::of(kind));
            return try_again(claim, record, &error, &policy).await;
        }
        Ending::Failed(error @ JobError::Away { .. }) => return wait(shared, claim, record, &error).await,
        Ending::Failed(error) => {
            tracing::warn!(error = %error.for_the_log(), "the export failed");
            ended(record, State::Failed, &error.to_string())
        }
        Ending::TimedOut(limit) => {
            tracing::warn!(limit_seconds = limit.as_secs(), "the export ran into its time limit");
            let text = format!("took longer than {} s; ask for a shorter range", limit.as_secs());
            ended(record, State::Failed, &text)
        }
        Ending::Cancelled => ended(record, State::Cancelled, "cancelled"),
    };
    finish(claim, last).await;
}

/// Another try may mend it: later, or never again when the tries are used up.
async fn try_again(claim: Claim, record: StatusRecord, error: &JobError, policy: &RetryPolicy) {
    let why = error.for_the_log();
    let record = StatusRecord { error: Some(error.to_string()), ..record };
    let retried = claim.retry(record, &why, policy).await;
    tell_retried(retried, &why, "the export failed; it is tried again");
}

/// Something is away that every job needs: nothing is fetched until it is back, and this job waits for it.
async fn wait(shared: &Shared, claim: Claim, record: StatusRecord, error: &JobError) {
    let why = error.for_the_log();
    shared.gate.doubt(&why);
    let record = StatusRecord { error: Some(error.to_string()), ..record };
    let retried = claim.wait(record, &why, &shared.wait).await;
    tell_retried(retried, &why, "something is away; the job waits for it, and no try is counted");
}

fn tell_retried(retried: Retried, why: &str, later: &str) {
    match retried {
        Retried::Later { at, attempt } => {
            let outcome = State::Retrying.name();
            tracing::warn!(outcome, error = why, next_attempt = attempt, next_attempt_at = %at, "{later}");
        }
        Retried::Dead => {
            let outcome = State::Dead.name();
            tracing::error!(outcome, error = why, "the job is given up; it lies in the dead letters");
        }
        Retried::Cancelled => {
            tracing::info!(outcome = State::Cancelled.name(), "the job was cancelled between two tries");
        }
        Retried::Lost => {
            tracing::warn!(outcome = LOST, "another worker owns the job now; nothing was written");
        }
    }
}

fn ended(record: StatusRecord, state: State, error: &str) -> StatusRecord {
    StatusRecord { error: Some(error.to_owned()), completed_at: Some(Utc::now()), ..record.with_state(state) }
}

/// An entry that this version cannot read: it waits for a newer worker if one may read it, or goes to the dead letters,
/// alone, with its bytes.
async fn set_aside(shared: &Shared, claim: Claim, reason: &str) {
    let Some(record) = claim.newer() else { return bury(claim, reason).await };
    let why = format!("a newer worker is needed, this one does not understand the command: {reason}");
    let record = StatusRecord { error: Some(why.clone()), ..record };
    let retried = claim.wait(record, &why, &shared.wait).await;
    tell_retried(retried, &why, "a command waits for a newer worker");
}

async fn bury(claim: Claim, reason: &str) {
    tracing::warn!(
        entry.id = claim.entry_id(),
        reason,
        "an entry cannot be read; it goes to the dead letters"
    );
    let record = StatusRecord { error: Some(reason.to_owned()), ..claim.unreadable() };
    claim.dead(reason, record).await;
}

async fn finish(claim: Claim, last: StatusRecord) {
    let state = last.state;
    match claim.finish(last).await {
        Finished::Done => {
            tracing::info!(outcome = state.name(), "the job has ended");
        }
        Finished::Lost => {
            tracing::warn!(outcome = LOST, "another worker owns the job now; nothing was written");
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::retry("the finished file could not be stored", error)
    }
}
