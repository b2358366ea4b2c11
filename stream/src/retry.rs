//! Another try, later: the job is parked until its time comes, and then put back into the stream.
//!
//! Which errors deserve one is decided by the worker. Putting back is the work of every worker alike
//! ([`Member::promote`]): no leader, no lock.

use std::collections::BTreeSet;
use std::time::Duration;

use deertrack_schemas::{Command, Kind, StatusRecord, wire};
use rand::Rng;
use redis::RedisResult;

use crate::backoff::jittered;
use crate::claim::Claim;
use crate::member::Member;
use crate::park::{Parking, Retried};
use crate::{crash, history, meters, script};

/// How many parked jobs one script puts back.
const BATCH: usize = 64;
/// Longer than any job waits for its next try.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);

/// How long to wait before the next try: a random time up to a bound that doubles with each try ("full jitter",
/// AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Bound after the first try.
    pub base: Duration,
    /// The bound grows no further.
    pub cap: Duration,
}

impl RetryPolicy {
    /// What the kind says of itself.
    pub fn of(kind: Kind) -> Self {
        let info = kind.info();
        let [base, cap] = [info.retry_base_seconds, info.retry_cap_seconds].map(Duration::from_secs);
        Self { base, cap }
    }

    /// The bound of the wait after try number `attempt`, from 1.
    fn bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    fn delay(&self, attempt: u32) -> Duration {
        self.bound(attempt).mul_f64(rand::rng().random_range(0.0..=1.0))
    }
}

impl Claim {
    /// Parks the job for another try, or gives it up when it has had all its tries. `error` is for operators;
    /// `record` (its `error` field) is what the asker sees meanwhile. Tries until it works or the lease is lost.
    pub async fn retry(mut self, record: StatusRecord, error: &str, policy: &RetryPolicy) -> Retried {
        let Ok(command) = self.decode() else { return self.give_up("it cannot be read", record).await };
        let _token = self.member.moves.token();
        self.entry.errors = history::with_failure(&self.entry.errors, command.attempt, error);
        if command.attempt >= command.max_attempts {
            let reason = format!("{} of {} tries failed: {error}", command.attempt, command.max_attempts);
            return self.give_up(&reason, record).await;
        }
        let delay = policy.delay(command.attempt);
        let next = Command { attempt: command.attempt + 1, ..command };
        let body = match wire::encode(&next) {
            Ok(body) => body,
            // Another program may have written it shorter than we do, without the fields that have a default.
            Err(why) => {
                return self.give_up(&format!("it cannot be tried again: {why}: {error}"), record).await;
            }
        };
        let parking = Parking {
            job_id: next.job_id.clone(),
            tenant: next.tenant.clone(),
            idempotency_key: next.idempotency_key.clone(),
            attempt: next.attempt,
            body,
            queued: StatusRecord::queued(&next),
        };
        self.park(record, parking, delay).await
    }
}

impl Member {
    /// Puts parked jobs back when their time comes, for ever.
    pub(crate) async fn promote(&self) {
        loop {
            let wait = match self.promote_due().await {
                Ok(Some(next)) => next.min(self.settings.sweep_every),
                // Others park jobs too, and may be gone when those are due.
                Ok(None) => jittered(self.settings.sweep_every),
                Err(error) => {
                    tracing::debug!(%error, "parked jobs cannot be looked at; trying again");
                    jittered(self.settings.sweep_every.min(Duration::from_secs(1)))
                }
            };
            let _ = tokio::time::timeout(wait, self.parked.notified()).await;
        }
    }

    /// Puts back what is due. How long until the next is, if there is one.
    async fn promote_due(&self) -> RedisResult<Option<Duration>> {
        let keys = &self.settings.keys;
        let mut look = redis::pipe();
        look.cmd("TIME");
        look.cmd("ZRANGE").arg(keys.delayed()).arg(0).arg(BATCH - 1).arg("WITHSCORES");
        look.cmd("ZRANGE").arg(keys.delayed()).arg(0).arg(0).arg("REV").arg("WITHSCORES");
        type Parked = Vec<(String, f64)>;
        loop {
            let ((seconds, micros), parked, last): ((u64, u64), Parked, Parked) =
                self.link.pipe(&look).await?;
            let now = (seconds * 1000 + micros / 1000) as f64; // scores are floats; these are exact until the year 287396
            // Redis' clock was set back since they were parked: they would wait for as long as it was ahead.
            let longest = LONGEST_WAIT.as_millis() as f64;
            let is_due = |(_, at): &&(String, f64)| *at <= now || *at > now + longest;
            let due: BTreeSet<&str> =
                parked.iter().chain(&last).filter(is_due).map(|(job, _)| job.as_str()).collect();
            if due.is_empty() {
                return Ok(parked.first().map(|(_, at)| Duration::from_secs_f64((at - now) / 1000.0)));
            }
            let mut call = script::call(&script::PROMOTE, 3 + due.len(), 2 + due.len(), 64 * due.len());
            call.arg(keys.commands()).arg(keys.delayed()).arg(keys.parked());
            for job in &due {
                call.arg(keys.status(job));
            }
            call.arg(self.settings.status_ttl.as_secs()).arg(LONGEST_WAIT.as_millis() as u64).arg(&due);
            crash::point("promote.before");
            let promoted = self.link.run(&call).await?;
            crash::point("promote.after");
            meters::moved("promote", promoted);
        }
    }
}

#[cfg(test)]
mod tests {
    use deertrack_schemas::KINDS;

    use super::*;

    #[test]
    fn each_kind_says_how_long_it_waits_for_another_try() {
        for info in KINDS {
            let policy = RetryPolicy::of(info.kind);
            assert!(policy.base >= Duration::from_secs(1) && policy.cap > policy.base, "{}", info.name);
            assert_eq!(policy.bound(1), policy.base);
        }
        // A report is cheap to try again, an archive of thousands of pictures is not.
        assert!(RetryPolicy::of(Kind::Pdf).base < RetryPolicy::of(Kind::Zip).base);
    }

    #[test]
    fn waits_are_drawn_below_a_bound_that_doubles_up_to_its_cap() {
        let policy = RetryPolicy { base: Duration::from_secs(1), cap: Duration::from_secs(10) };
        let bounds = [1, 2, 3, 4, 5, 500].map(|attempt| policy.bound(attempt).as_secs());
        assert_eq!(bounds, [1, 2, 4, 8, 10, 10]);
        let delays: Vec<Duration> = (0..200).map(|_| policy.delay(2)).collect();
        assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(2)));
        assert!(delays.iter().any(|delay| *delay < Duration::from_secs(1)), "full jitter reaches down to 0");
        assert!(delays.iter().any(|delay| *delay > Duration::from_secs(1)));
    }
}
