//! Names of all metrics of this crate, unit last. One name for one thing in code, logs and dashboards.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{KINDS, StatusRecord};
use metrics::Histogram;

/// Counter, label `move`: submit, finish, dead, discard, release, sweep, stray, beat, ...
pub const MOVES: &str = "deertrack_stream_moves_total";
/// Counter, label `move`: the fence refused a move because somebody else owns the entry.
pub const LOST: &str = "deertrack_stream_lost_total";
/// Counter, label `move`: a move had to be tried again because its reply was lost or Redis could not be used.
pub const RETRIED: &str = "deertrack_stream_retried_moves_total";
/// Counter, label `move`: Redis refused a move again and again, and the claim was let go.
pub const ABANDONED: &str = "deertrack_stream_abandoned_moves_total";
/// Counter: the consumer group was gone and was made again.
pub const NO_GROUP: &str = "deertrack_stream_nogroup_total";
/// Counter, label `connection`: shared, reader, watch.
pub const RECONNECTS: &str = "deertrack_stream_reconnects_total";
/// Counter, label `outcome`: the append-only file of a Redis that has started was healed or not: done, waits, refused.
pub const HEALED: &str = "deertrack_stream_healed_redis_total";
/// Counter: watchers that missed events.
pub const GAPS: &str = "deertrack_stream_watch_gaps_total";
/// Gauge: commands that wait or run.
pub const BACKLOG: &str = "deertrack_stream_backlog";
/// Gauge: commands that a worker holds.
pub const PENDING: &str = "deertrack_stream_pending";
/// Gauge: commands that no worker was given yet, the lag of the consumer group.
pub const LAG: &str = "deertrack_stream_lag";
/// Gauge: retries that wait for their time.
pub const DELAYED: &str = "deertrack_stream_delayed";
/// Gauge: dead letters.
pub const DEAD: &str = "deertrack_stream_dead_letters";
/// Gauge: what the dead letters take of Redis' memory.
pub const DEAD_BYTES: &str = "deertrack_stream_dead_letters_bytes";
/// Counter: dead letters that were dropped because there were too many, too large or too old ones.
pub const DEAD_DROPPED: &str = "deertrack_stream_dropped_dead_letters_total";
/// Gauge: members of the consumer group.
pub const CONSUMERS: &str = "deertrack_stream_consumers";
/// Gauge: age of the oldest command that waits or runs.
pub const OLDEST: &str = "deertrack_stream_oldest_seconds";
/// Histogram, label `kind`: from the entry in the stream to the claim.
pub const WAIT: &str = "deertrack_job_wait_seconds";
/// Histogram, label `kind`: from the claim to the call of finish.
pub const RUN: &str = "deertrack_job_run_seconds";
/// Histogram, label `kind`: from the call of finish to its reply.
pub const FINISH: &str = "deertrack_job_finish_seconds";
/// Histogram, label `kind`: from the accepted request to the end.
pub const END_TO_END: &str = "deertrack_job_end_to_end_seconds";

/// How long the parts of the jobs' ways take, by kind. The histograms are looked up once: doing so for every job
/// would cost more than recording it.
pub(crate) struct Times(Vec<OfKind>);

struct OfKind {
    kind: &'static str,
    wait: Histogram,
    run: Histogram,
    finish: Histogram,
    end_to_end: Histogram,
}

impl Times {
    /// For every kind there is. The recorder must have been installed before.
    pub(crate) fn new() -> Self {
        let of_kind = |kind| OfKind {
            kind,
            wait: metrics::histogram!(WAIT, "kind" => kind),
            run: metrics::histogram!(RUN, "kind" => kind),
            finish: metrics::histogram!(FINISH, "kind" => kind),
            end_to_end: metrics::histogram!(END_TO_END, "kind" => kind),
        };
        Self(KINDS.iter().map(|info| info.name).map(of_kind).collect())
    }

    /// One job has ended.
    pub(crate) fn record(&self, record: &StatusRecord, wait: Duration, run: Duration, finish: Duration) {
        let Some(times) = self.0.iter().find(|times| times.kind == record.kind) else { return };
        times.wait.record(wait);
        times.run.record(run);
        times.finish.record(finish);
        if let Some(took) = record.created_at.and_then(|created| (Utc::now() - created).to_std().ok()) {
            times.end_to_end.record(took);
        }
    }
}

/// Counts `count` jobs moved.
pub(crate) fn moved(name: &'static str, count: usize) {
    if count > 0 {
        metrics::counter!(MOVES, "move" => name).increment(count as u64);
    }
}

/// Counts `count` refusals of the fence.
pub(crate) fn lost(name: &'static str, count: usize) {
    if count > 0 {
        metrics::counter!(LOST, "move" => name).increment(count as u64);
    }
}
