//! The beat: running jobs renew their leases, all in one script call, and learn whether they are still the owner
//! and whether somebody asked to cancel them.
//!
//! It runs on the runtime, so the work must not: whoever blocks the runtime's threads for longer than a lease
//! loses its jobs.

use std::sync::Arc;
use std::time::Duration;

use deertrack_schemas::{Counts, Keys, StatusRecord};
use redis::{Cmd, RedisResult};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::StreamError;
use crate::member::Member;
use crate::run::Run;
use crate::{Settings, Stream, crash, meters, script};

/// How many jobs one script takes.
const BATCH: usize = 64;

/// What a running job sees of its claim; cheap to clone into blocking threads.
#[derive(Clone)]
pub struct Running {
    run: Arc<Run>,
    member: Arc<Member>,
}

impl Running {
    /// How far the job is, 0 to 1, and what it does now, for people. Sent with the next beat, at most once a second.
    pub fn progress(&self, fraction: f64, stage: &str) {
        self.tell(fraction, stage, None);
    }

    /// The same with how many items are done, for kinds that count them.
    pub fn counted(&self, fraction: f64, stage: &str, counts: Counts) {
        self.tell(fraction, stage, Some(counts));
    }

    /// What was told last of how many items are done: it stands in the last record, too.
    pub fn counts(&self) -> Option<Counts> {
        self.run.counts()
    }

    fn tell(&self, fraction: f64, stage: &str, counts: Option<Counts>) {
        if !self.run.tell(fraction, stage, counts) {
            self.member.in_flight.hasten(&self.run, self.member.settings.progress_every);
        }
    }

    /// Fires when the lease is lost: stop, write nothing.
    pub fn lost(&self) -> CancellationToken {
        self.run.lost.clone()
    }

    /// Fires when somebody asked to cancel.
    pub fn cancelled(&self) -> CancellationToken {
        self.run.cancelled.clone()
    }
}

impl Member {
    /// From now on the claim is renewed; after the first beat its status says `running`.
    pub(crate) fn start_beat(
        self: &Arc<Self>,
        id: &Arc<str>,
        delivery: u64,
        record: StatusRecord,
    ) -> Running {
        let run = Arc::new(Run::new(id, delivery, record));
        self.in_flight.start(Arc::clone(&run), Instant::now() + self.settings.first_beat);
        Running { run, member: Arc::clone(self) }
    }

    /// Beats for ever.
    pub(crate) async fn beat(&self) {
        let start = Instant::now();
        loop {
            let every = self.settings.beat_every;
            let due = self.in_flight.due(|now| next_tick(start, now, every)).await;
            for runs in due.chunks(BATCH) {
                if let Err(error) = self.beat_batch(runs).await {
                    tracing::warn!(%error, jobs = runs.len(), "leases could not be renewed; trying again");
                    metrics::counter!(meters::RETRIED, "move" => "beat").increment(1);
                    self.in_flight.again(runs, Instant::now() + every / 5);
                }
            }
        }
    }

    async fn beat_batch(&self, runs: &[Arc<Run>]) -> RedisResult<()> {
        crash::point("beat.before");
        let results: Vec<u8> = self.link.run(&self.beat_call(runs)).await?;
        crash::point("beat.after");
        let lost = results.iter().filter(|result| **result == 0).count();
        meters::moved("beat", results.len() - lost);
        meters::lost("beat", lost);
        for (run, result) in runs.iter().zip(results) {
            match result {
                0 => {
                    // Quiet first: a claim that ended while this beat was under way is "lost" as well.
                    self.in_flight.quiet(&run.id, run.delivery);
                    run.lost.cancel();
                }
                1 => {}
                _ => run.cancelled.cancel(),
            }
        }
        Ok(())
    }

    fn beat_call(&self, runs: &[Arc<Run>]) -> Cmd {
        beat_call(&self.settings, &self.name, runs)
    }
}

impl Stream {
    /// A beat for nobody: it writes nothing, and fails where a beat would, and with it each end of a job.
    pub(crate) async fn try_beat(&self) -> Result<(), StreamError> {
        let _none: Vec<u8> = self.link().run(&beat_call(self.settings(), "", &[])).await?;
        Ok(())
    }
}

fn beat_call(settings: &Settings, consumer: &str, runs: &[Arc<Run>]) -> Cmd {
    let keys = &settings.keys;
    let mut call = script::call(&script::BEAT, 1 + 2 * runs.len(), 3 + 3 * runs.len(), 512 * runs.len());
    call.arg(keys.commands());
    for run in runs {
        let job = run.job_id();
        call.arg(keys.status(job)).arg(keys.cancel(job));
    }
    call.arg(Keys::GROUP).arg(consumer).arg(settings.status_ttl.as_secs());
    for run in runs {
        call.arg(&*run.id).arg(run.delivery).arg(run.record().to_json());
    }
    call
}

/// All jobs of a process beat together, whenever they began: one script call instead of one for each.
fn next_tick(start: Instant, now: Instant, every: Duration) -> Instant {
    let ticks = (now - start).as_nanos() / every.as_nanos().max(1) + 1;
    start + every * u32::try_from(ticks).unwrap_or(u32::MAX)
}
