//! What is to be measured, and what was.

use clap::Args;
use serde::Serialize;

use crate::flags::RedisArgs;

/// `deertrack bench`
#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(super) redis: RedisArgs,
    /// Jobs to submit in bulk and work off; each takes about 1 KB of Redis memory meanwhile
    #[arg(long, default_value_t = 50_000, value_name = "N", value_parser = clap::value_parser!(u64).range(100..=10_000_000))]
    pub(super) jobs: u64,
    /// Jobs at a time in the worker
    #[arg(long, default_value_t = 512, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) concurrency: u16,
    /// Smallest size of a command in bytes
    #[arg(long, default_value_t = 0, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(0..=60_000))]
    pub(super) payload: u32,
    /// Jobs a second while the latency is measured
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) rate: u32,
    /// Seconds for which the latency is measured
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub(super) seconds: u32,
}

/// What was measured. The names are part of the interface.
#[derive(Debug, Serialize)]
pub(super) struct Results {
    pub(super) redis_version: String,
    pub(super) append_only_file: bool,
    pub(super) jobs: u64,
    pub(super) payload_bytes: usize,
    pub(super) concurrency: u16,
    /// One after the other: what a caller that waits for each answer gets.
    pub(super) submit_jobs_per_s: f64,
    pub(super) submit_bulk_jobs_per_s: f64,
    /// Claim to finish, one worker process.
    pub(super) drain_jobs_per_s: f64,
    /// From the call of submit to the event at a watcher.
    pub(super) latency_ms: Latency,
    /// Processor time of Redis for one job, submitted in bulk and worked off.
    pub(super) redis_us_per_job: f64,
    /// Redis memory of one waiting job, with its status record.
    pub(super) redis_bytes_per_job: f64,
    pub(super) redis_mb: RedisMemory,
    /// Of this process, at the end.
    pub(super) rss_mb: Option<f64>,
    /// The same when a tenth of the jobs was worked off: it should not grow from there.
    pub(super) rss_mb_at_a_tenth: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

/// Memory of Redis in MB: before, with all jobs waiting, with all jobs done, with all traces removed.
#[derive(Debug, Serialize)]
pub(super) struct RedisMemory {
    pub(super) before: f64,
    pub(super) queued: f64,
    pub(super) drained: f64,
    /// Unknown until they are.
    pub(super) removed: Option<f64>,
}
