//! The command line: every flag with its variable, its default and what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::{
    bench, cancel, dead, demo, doctor, import, queue, reid, simulate, status, submit, up, watch,
};
use crate::exit;
use crate::logging::LogArgs;
use crate::otlp::OtlpArgs;

const EXAMPLES: &str = "\
Examples:
  deertrack demo                       a report of a simulated season, in a minute
  deertrack up                         everything in one process: gateway, worker, private Redis, SQLite
  deertrack submit pdf --start-date 2026-01-01 --end-date 2026-02-01 --group-by week --wait --output report.pdf
  deertrack doctor                     what is missing, and what to do about it
";

/// Exports of a trail-camera platform: submit, work, follow.
#[derive(Parser, Debug)]
#[command(name = "deertrack", version, max_term_width = 110, before_long_help = EXAMPLES, after_help = exit::HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print results as JSON, one value a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) otlp: OtlpArgs,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Simulate a season, export it over HTTP, leave the report in a folder
    Demo(demo::DemoArgs),
    /// Run gateway and worker in one process; without settings also a private Redis and a SQLite file
    Up(up::UpArgs),
    /// Run the HTTP gateway
    Serve(ServeArgs),
    /// Run a worker
    Work(WorkArgs),
    /// Ask for an export
    Submit(submit::SubmitArgs),
    /// Show where a job is
    Status(status::StatusArgs),
    /// Follow completions
    Watch(watch::WatchArgs),
    /// End a job that waits or runs
    Cancel(cancel::CancelArgs),
    /// Show what waits, runs and failed
    Queue(queue::QueueArgs),
    /// List, show, replay or drop jobs that were given up
    Dead(dead::DeadArgs),
    /// Let workers fetch nothing new; running jobs go on
    Pause(RedisArgs),
    /// Let workers fetch again
    Resume(RedisArgs),
    /// Fill a database from files
    Import(import::ImportArgs),
    /// Fill a database with a made-up season of known truth
    Simulate(simulate::SimulateArgs),
    /// Analyse how well detections are matched with known deer, and whether any threshold is safe
    Reid(reid::ReidArgs),
    /// Check Redis, database and export folder, and say what to do
    Doctor(doctor::DoctorArgs),
    /// Measure what a Redis carries, under keys of its own that are removed afterwards
    Bench(bench::BenchArgs),
}

impl Command {
    /// It runs until it is stopped, and its log is its output.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Serve(_) | Self::Work(_))
    }

    /// Who sends its spans, unless `OTEL_SERVICE_NAME` says otherwise.
    pub(crate) fn service_name(&self) -> &'static str {
        match self {
            Self::Serve(_) => "deertrack-gateway",
            Self::Work(_) => "deertrack-worker",
            _ => "deertrack",
        }
    }
}

/// Which Redis.
#[derive(Args, Clone, Debug)]
pub(crate) struct RedisArgs {
    /// Redis: redis://, rediss:// or redis+unix:///path
    #[arg(
        long,
        env = "REDIS_URL",
        hide_env_values = true,
        default_value = "redis://127.0.0.1:6379",
        value_name = "URL"
    )]
    pub(crate) redis_url: String,
}

/// When a request is accepted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AcceptanceArgs {
    /// Refuse (429) while so many jobs wait or run [default: no bound]
    #[arg(long, global = true, env = "DEERTRACK_MAX_BACKLOG", value_name = "JOBS")]
    pub(crate) max_backlog: Option<u64>,
    /// Answer when Redis has the job in memory (fast), on a replica (replicated), or on its disk (synced)
    #[arg(long, global = true, env = "DEERTRACK_DURABILITY", value_enum, default_value = "fast")]
    pub(crate) durability: DurabilityArg,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum DurabilityArg {
    /// In memory; a killed Redis may forget up to a second
    #[default]
    Fast,
    /// On one replica too; survives a failover to it
    Replicated,
    /// In the append-only file on the disk; needs Redis 7.2 and appendonly yes
    Synced,
}

/// Which database.
#[derive(Args, Clone, Debug)]
pub(crate) struct DatabaseArgs {
    /// Database of the platform: postgres://user@host/name or sqlite://path/to/file.db
    #[arg(long = "database", env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) url: String,
}

/// Where finished files lie.
#[derive(Args, Clone, Debug)]
pub(crate) struct ExportDirArgs {
    /// Folder of finished exports, shared by gateway and workers
    #[arg(long, env = "DEERTRACK_EXPORT_DIR", default_value = "exports", value_name = "DIR")]
    pub(crate) export_dir: PathBuf,
}

/// Where the photographs are.
#[derive(Args, Clone, Debug)]
pub(crate) struct ImagesArgs {
    /// Folder that relative image paths of the database start from [default: the folder of the SQLite file]
    #[arg(long, env = "DEERTRACK_IMAGES_DIR", value_name = "DIR")]
    pub(crate) images_dir: Option<PathBuf>,
}

/// In which zone days are told.
#[derive(Args, Clone, Debug)]
pub(crate) struct ZoneArgs {
    /// IANA zone of "today" and of local days: Europe/Brussels, America/Chicago
    #[arg(long, env = "DEERTRACK_TIMEZONE", default_value = "UTC", value_name = "ZONE", value_parser = zone)]
    pub(crate) timezone: Tz,
}

/// `deertrack serve`
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) redis: RedisArgs,
    #[command(flatten)]
    pub(crate) files: ExportDirArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) acceptance: AcceptanceArgs,
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
    /// Address to listen on
    #[arg(long, env = "DEERTRACK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: SocketAddr,
}

/// `deertrack work`
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    pub(crate) redis: RedisArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) files: ExportDirArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) images: ImagesArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    /// Serve Prometheus metrics on this address
    #[arg(long, env = "DEERTRACK_METRICS_LISTEN", value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Milliseconds after which a worker counts as gone, instead of 15,000; all workers must agree. For tests
    #[arg(long, env = "DEERTRACK_LEASE_MS", hide = true, value_parser = clap::value_parser!(u64).range(300..))]
    pub(crate) lease_ms: Option<u64>,
}

/// How a worker runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct PaceArgs {
    /// Jobs at a time; default: one for each core
    #[arg(long, env = "DEERTRACK_CONCURRENCY", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: Option<u16>,
    /// Seconds that running jobs may go on after a stop was asked
    #[arg(long, env = "DEERTRACK_GRACE_SECONDS", default_value_t = 30, value_name = "SECONDS")]
    pub(crate) grace_seconds: u64,
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
}

/// On which Redis a service starts.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SafetyArgs {
    /// Start even on a Redis that may evict jobs or is too old
    #[arg(long, env = "DEERTRACK_ALLOW_UNSAFE_REDIS")]
    pub(crate) allow_unsafe_redis: bool,
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("{text:?} is not an IANA zone; write it like Europe/Brussels"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
