//! The run loop: a slot before a claim, a task for each job, and an orderly end.
//!
//! It never fetches more than can start at once: what waits in Redis can go to another worker, what waits here
//! cannot. One job is told in [`crate::job`]; how claims move is the stream's business.

use std::sync::Arc;
use std::time::Duration;

use deertrack_stream::{Consumer, ConsumerOptions, RetryPolicy, Stream, StreamError, WaitPolicy};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::artifact::Artifacts;
use crate::conditions::Conditions;
use crate::export::Exporter;
use crate::gate::Gate;
use crate::job::{self, Shared};
use crate::memory::Memory;

/// The most claims one fetch asks for.
const MAX_FETCH: usize = 64;

/// How long the end may take beyond the grace time. A Redis that answers needs milliseconds to take jobs back; for one
/// that is away nobody waits, because the leases of its entries end by themselves.
const HAND_BACK_WITHIN: Duration = Duration::from_secs(1);

/// How a worker runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many jobs run at a time; exports are CPU-bound, so one for each core.
    pub concurrency: usize,
    /// How long running jobs may go on after a shutdown was asked. 20 s: what is left is handed back at once, well before
    /// an orchestrator's SIGKILL at 30 s, which would cost each of them a delivery.
    pub grace: Duration,
    /// Instead of each kind's own time limit; a machine that is always slow may need a longer one.
    pub time_limit: Option<Duration>,
    /// Instead of each kind's own waits before another try; tests have no time.
    pub retry: Option<RetryPolicy>,
    /// How jobs wait for what is away.
    pub wait: WaitPolicy,
    /// Files older than this are removed: finished exports that nobody fetched, and what killed workers left.
    pub keep_files: Duration,
    /// How much memory its jobs may take.
    pub memory: Memory,
    /// Closed while nothing may be fetched; whoever serves `/readyz` looks at it.
    pub gate: Arc<Gate>,
}

impl Default for Settings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            concurrency: cores,
            grace: Duration::from_secs(20),
            time_limit: None,
            retry: None,
            wait: WaitPolicy::default(),
            keep_files: Duration::from_hours(7 * 24),
            memory: Memory::of_this_machine(),
            gate: Arc::default(),
        }
    }
}

/// Works until `shutdown`, while the gate is open; then lets running jobs end within the grace time and hands the rest back. When Redis is
/// away meanwhile it returns a second later all the same, and leaves to the leases what is not handed back.
///
/// # Errors
/// Redis cannot be reached at the start. Later failures are waited out.
pub async fn run(
    stream: &Stream,
    exporter: Arc<dyn Exporter>,
    artifacts: Artifacts,
    settings: &Settings,
    shutdown: CancellationToken,
) -> Result<(), StreamError> {
    let gate = Arc::clone(&settings.gate);
    let mut consumer = Consumer::start(stream, ConsumerOptions::default()).await?;
    let (concurrency, memory_limit) = (settings.concurrency, settings.memory.limit());
    tracing::info!(consumer = consumer.name(), concurrency, memory_limit, "worker is ready");
    let conditions = Conditions::new(stream.clone(), Arc::clone(&exporter), artifacts.clone());
    gate.tells_of(consumer.reading());
    let shared = Arc::new(Shared {
        exporter,
        artifacts,
        time_limit: settings.time_limit,
        retry: settings.retry,
        wait: settings.wait,
        gate: Arc::clone(&gate),
        memory: settings.memory.clone(),
        hand_back: CancellationToken::new(),
    });
    let _tidying = tidy_files(shared.artifacts.clone(), settings.keep_files);
    let _keeping = keep(Arc::clone(&gate), conditions);
    let slots = Arc::new(Semaphore::new(settings.concurrency));
    let jobs = TaskTracker::new();
    while let Some((claims, mut taken)) = next_claims(&mut consumer, &slots, &gate, &shutdown).await {
        for claim in claims {
            let slot =
                taken.split(1).expect("a fetch never gives more claims than the slots it was asked for");
            jobs.spawn(job::work(Arc::clone(&shared), claim, slot));
        }
    }
    let handed_back = async {
        // Both at once: with Redis away, the reader's end must not hold up the grace time.
        tokio::join!(consumer.stop_reading(), wind_down(&jobs, settings.grace, &shared.hand_back));
        consumer.stop().await;
    };
    let within = settings.grace.saturating_add(HAND_BACK_WITHIN);
    if tokio::time::timeout(within, handed_back).await.is_err() {
        tracing::warn!(running = jobs.len(), "Redis is away; what it still lists is left to its leases");
    }
    Ok(())
}

/// Removes old files now and every hour, until the handle is dropped.
fn tidy_files(artifacts: Artifacts, keep: Duration) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut hours = tokio::time::interval(Duration::from_hours(1));
        loop {
            hours.tick().await;
            match artifacts.remove_older_than(keep).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "old files were removed from the export folder"),
                Err(error) => tracing::warn!(%error, "the export folder cannot be tidied"),
            }
        }
    }))
}

/// Keeps the gate, until the handle is dropped.
fn keep(gate: Arc<Gate>, conditions: Conditions) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move { gate.keep(&conditions).await }))
}

/// Running jobs get the grace time; what still runs then is handed back, and another worker takes it at once.
async fn wind_down(jobs: &TaskTracker, grace: Duration, hand_back: &CancellationToken) {
    jobs.close();
    tracing::info!(running = jobs.len(), grace_seconds = grace.as_secs(), "worker is stopping");
    if tokio::time::timeout(grace, jobs.wait()).await.is_err() {
        tracing::warn!(running = jobs.len(), "the grace time is over; running jobs are handed back");
        hand_back.cancel();
        jobs.wait().await;
    }
}

/// An open gate and free slots first, then claims for them. `None` once the shutdown was asked.
async fn next_claims(
    consumer: &mut Consumer,
    slots: &Arc<Semaphore>,
    gate: &Gate,
    shutdown: &CancellationToken,
) -> Option<(Vec<deertrack_stream::Claim>, OwnedSemaphorePermit)> {
    let claimed = async {
        loop {
            let taken = free_slots(slots).await;
            gate.until_open().await;
            tokio::select! {
                biased;
                // What a read under way brings then is handed back, and no delivery is counted.
                () = gate.until_closed() => {}
                claims = consumer.next(taken.num_permits()) => return (claims, taken),
            }
        }
    };
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        claimed = claimed => Some(claimed),
    }
}

/// At least one slot, and as many more as are free.
async fn free_slots(slots: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    let first = Arc::clone(slots).acquire_owned().await;
    let mut taken = first.expect("the semaphore lives as long as the loop and is never closed");
    let more = slots.available_permits().min(MAX_FETCH - 1);
    let more = u32::try_from(more).expect("at most 63");
    if let Ok(rest) = Arc::clone(slots).try_acquire_many_owned(more) {
        taken.merge(rest);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_a_worker_has_stopped_long_before_an_orchestrator_kills_it() {
        let killed_after = Duration::from_secs(30); // Kubernetes' terminationGracePeriodSeconds
        let stopped = Settings::default().grace + HAND_BACK_WITHIN;
        assert!(stopped + Duration::from_secs(5) < killed_after, "{stopped:?}");
    }
}
