//! Names of all metrics of this crate, unit last. One name for one thing in code, logs and dashboards.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::StatusRecord;

/// Counter, label `move`: submit, finish, dead, discard, release, sweep, stray, beat, ...
pub const MOVES: &str = "deertrack_stream_moves_total";
/// Counter, label `move`: the fence refused a move because somebody else owns the entry.
pub const LOST: &str = "deertrack_stream_lost_total";
/// Counter, label `move`: a move had to be tried again because its reply was lost or Redis could not be used.
pub const RETRIED: &str = "deertrack_stream_retried_moves_total";
/// Counter: the consumer group was gone and was made again.
pub const NO_GROUP: &str = "deertrack_stream_nogroup_total";
/// Counter, label `connection`: shared, reader, watch.
pub const RECONNECTS: &str = "deertrack_stream_reconnects_total";
/// Counter: watchers that missed events.
pub const GAPS: &str = "deertrack_stream_watch_gaps_total";
/// Histogram, label `kind`: from the entry in the stream to the claim.
pub const WAIT: &str = "deertrack_job_wait_seconds";
/// Histogram, label `kind`: from the claim to the call of finish.
pub const RUN: &str = "deertrack_job_run_seconds";
/// Histogram, label `kind`: from the call of finish to its reply.
pub const FINISH: &str = "deertrack_job_finish_seconds";
/// Histogram, label `kind`: from the accepted request to the end.
pub const END_TO_END: &str = "deertrack_job_end_to_end_seconds";

/// How long the parts of a job's way took.
pub(crate) fn ended(record: &StatusRecord, wait: Duration, run: Duration, finish: Duration) {
    let observe = |name, took: Duration| {
        metrics::histogram!(name, "kind" => record.kind.clone()).record(took);
    };
    observe(WAIT, wait);
    observe(RUN, run);
    observe(FINISH, finish);
    if let Some(created) = record.created_at
        && let Ok(took) = (Utc::now() - created).to_std()
    {
        observe(END_TO_END, took);
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
