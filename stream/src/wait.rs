//! Waiting for what is away and is no fault of the job: a database, a disk, a worker of a newer version. The job is parked
//! as for another try, but none is counted, and its command goes on byte for byte.

use std::time::Duration;

use deertrack_schemas::{Command, JobId, Outline, State, StatusRecord, wire};
use rand::Rng;

use crate::claim::{Claim, unreadable};
use crate::history;
use crate::park::{Parking, Retried};

/// How a job waits: twice as long each time up to `cap`, and no more once it has waited for `most` in all. Each wait is
/// drawn between half of its bound and all of it, so that many do not come back in step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitPolicy {
    /// Bound of the first wait. 2 s.
    pub base: Duration,
    /// The bound grows no further. 2 min.
    pub cap: Duration,
    /// A job that has waited for so long in one try, and still cannot run, is given up. 15 min: the waits alone, without
    /// the time that it spent running or behind others.
    pub most: Duration,
}

impl Default for WaitPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(2),
            cap: Duration::from_secs(120),
            most: Duration::from_secs(15 * 60),
        }
    }
}

impl WaitPolicy {
    /// The bound of the wait behind so many others.
    fn bound(&self, times: u32) -> Duration {
        self.base.saturating_mul(1 << times.min(31)).min(self.cap)
    }

    fn delay(&self, times: u32) -> Duration {
        self.bound(times).mul_f64(rand::rng().random_range(0.5..=1.0))
    }
}

impl Claim {
    /// Parks the job because something is away that it needs, or gives it up when it has waited for as long as it may. No
    /// try is counted. `error` is for operators; `record` (its `error` field) is what the asker sees meanwhile. Tries
    /// until it works or the lease is lost.
    pub async fn wait(mut self, record: StatusRecord, error: &str, policy: &WaitPolicy) -> Retried {
        let Some(mut parking) = self.same_again() else {
            return self.give_up("it cannot be read", record).await;
        };
        // Until somebody fetches it again, which may be long while the outage lasts.
        parking.queued.error.clone_from(&record.error);
        let _token = self.member.moves.token();
        let waited = history::waited(&self.entry.errors, parking.attempt);
        if waited.whole() >= policy.most {
            self.entry.errors = history::with_failure(&self.entry.errors, parking.attempt, error);
            let reason = format!("{} s were waited for: {error}", waited.whole().as_secs());
            return self.give_up(&reason, record).await;
        }
        let delay = policy.delay(waited.times);
        self.entry.errors = history::with_wait(&self.entry.errors, parking.attempt, error, delay);
        self.park(record, parking, delay).await
    }

    /// What can be told of a command that this version cannot read and a newer one may: its record says so. `None` when
    /// its bytes have not the outline of a command.
    pub fn newer(&self) -> Option<StatusRecord> {
        let outline = wire::outline(&self.entry.body)?;
        Some(StatusRecord {
            deliveries: self.entry.delivery,
            entry_id: Some(self.entry.id.to_string()),
            ..told_of(self.entry.job.clone(), &outline)
        })
    }

    /// The same command once more.
    fn same_again(&self) -> Option<Parking> {
        let body = self.entry.body.clone();
        if let Ok(command) = self.decode() {
            let Command { ref job_id, ref tenant, ref idempotency_key, attempt, .. } = command;
            let (job_id, tenant, key) = (job_id.clone(), tenant.clone(), idempotency_key.clone());
            let queued = StatusRecord::queued(&command);
            return Some(Parking { job_id, tenant, idempotency_key: key, attempt, body, queued });
        }
        let outline = wire::outline(&body)?;
        let job_id = self.entry.job.clone();
        let queued = told_of(job_id.clone(), &outline);
        let tenant = outline.tenant;
        Some(Parking { job_id, tenant, idempotency_key: None, attempt: 1, body, queued })
    }
}

/// The status of a command that is known in outline.
pub(crate) fn told_of(job_id: JobId, outline: &Outline) -> StatusRecord {
    StatusRecord {
        kind: outline.kind.clone(),
        requested_by: outline.requested_by.clone(),
        tenant: outline.tenant.clone(),
        ..unreadable(job_id, State::Queued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_an_outage_of_a_quarter_of_an_hour_is_waited_out_with_growing_waits() {
        let policy = WaitPolicy::default();
        let bounds: Vec<u64> = (0..9).map(|times| policy.bound(times).as_secs()).collect();
        assert_eq!(bounds, [2, 4, 8, 16, 32, 64, 120, 120, 120]);
        assert!(policy.most >= Duration::from_secs(900));
        for times in [0, 3, 500] {
            let delay = policy.delay(times);
            assert!(delay <= policy.bound(times) && 2 * delay >= policy.bound(times));
        }
    }
}
