//! Parking a job until its next try: one script, whatever the reason. Why and for how long: [`crate::retry`],
//! [`crate::wait`].

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_schemas::{JobId, Keys, State, StatusRecord};
use redis::Cmd;

use crate::claim::Claim;
use crate::finish::Finished;
use crate::member::Settled;
use crate::{crash, meters, script};

/// What became of a job that asked for another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// Parked.
    Later {
        /// When the next try is due (UTC).
        at: DateTime<Utc>,
        /// Its number.
        attempt: u32,
    },
    /// It has had all its tries, or has waited for as long as it may; it lies in the dead letters.
    Dead,
    /// Somebody asked to cancel it: it has ended as cancelled.
    Cancelled,
    /// Not written by this claim: somebody else owns the entry now, or Redis refused the move again and again.
    Lost,
}

/// What becomes the next entry of a job, and what is told of it.
pub(crate) struct Parking {
    pub(crate) job_id: JobId,
    pub(crate) tenant: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    /// Number of the next try.
    pub(crate) attempt: u32,
    pub(crate) body: Vec<u8>,
    /// The status when it is back.
    pub(crate) queued: StatusRecord,
}

impl Claim {
    pub(crate) async fn give_up(self, reason: &str, record: StatusRecord) -> Retried {
        match self.dead(reason, record).await {
            Finished::Done => Retried::Dead,
            Finished::Lost => Retried::Lost,
        }
    }

    /// Parks the job for `delay`. Tries until it works or the lease is lost.
    pub(crate) async fn park(mut self, record: StatusRecord, parking: Parking, delay: Duration) -> Retried {
        let attempt = parking.attempt;
        let call = self.park_call(&record, parking, delay);
        crash::point("retry.before");
        let settled: Option<Settled<i64>> = self.member.settle("retry", &call).await;
        let Some(Settled { reply: due, tried_before }) = settled else { return Retried::Lost };
        crash::point("retry.after");
        let at = match due {
            -1 => {
                let record = StatusRecord { error: Some("cancelled".into()), ..record };
                return match self.finish(record.with_state(State::Cancelled)).await {
                    Finished::Done => Retried::Cancelled,
                    Finished::Lost => Retried::Lost,
                };
            }
            // The reply to an earlier call may have been lost. Then the job is parked, or has gone on from there:
            // either way it is not this claim's any more, and nothing is to be done.
            0 => None,
            due => DateTime::from_timestamp_millis(due),
        };
        self.forget();
        match at {
            Some(at) => {
                meters::moved("retry", 1);
                self.member.parked.notify_one();
                Retried::Later { at, attempt }
            }
            None => {
                tracing::debug!(tried_before, "a retry was refused: the claim is not held");
                meters::lost("retry", 1);
                Retried::Lost
            }
        }
    }

    fn park_call(&self, record: &StatusRecord, parking: Parking, delay: Duration) -> Cmd {
        let (member, keys) = (&self.member, &self.member.settings.keys);
        let at = Utc::now() + TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
        let waiting = StatusRecord {
            entry_id: None,
            next_attempt_at: Some(at),
            completed_at: None,
            attempt: parking.attempt,
            ..record.clone().with_state(State::Retrying)
        };
        let mut call = script::call(&script::RETRY, 6, 12, 4096);
        let job = parking.job_id.as_str();
        let status = keys.status(job);
        call.arg(keys.commands())
            .arg(keys.delayed())
            .arg(keys.parked())
            .arg(&status)
            .arg(keys.cancel(job))
            .arg(parking.idempotency_key.map_or(status, |key| keys.dedupe(&key)))
            .arg(Keys::GROUP)
            .arg(&member.name)
            .arg(member.settings.status_ttl.as_secs())
            .arg(&*self.entry.id)
            .arg(self.entry.delivery)
            .arg(job)
            .arg(delay.as_millis() as u64)
            .arg(waiting.to_json())
            .arg(parking.tenant.as_deref().unwrap_or(""))
            .arg(parking.body)
            .arg(&self.entry.errors)
            .arg(parking.queued.to_json());
        call
    }
}
