//! The command line as a whole: its commands, and the flags that all of them take. Each command's own flags stand in its
//! file, what several share in `flags.rs`.

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    bench, bridge, cancel, dead, demo, doctor, import, keys, map, new_id, queue, reid, serve, simulate,
    status, submit, up, watch, work,
};
use crate::exit::{self, Code, Exit};
use crate::flags::RedisArgs;
use crate::logging::LogArgs;
use crate::otlp::OtlpArgs;
use crate::secrets;

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

impl Cli {
    /// The command line of this process, with the secrets that lie in files; ends the process where it is wrong, or
    /// where it asks for help.
    ///
    /// # Errors
    /// A file of a secret that cannot be used.
    pub(crate) fn read() -> Result<Self, Exit> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let command = secrets::taken(Self::command(), &variable).map_err(|text| {
            let help = Self::command()
                .try_get_matches()
                .err()
                .filter(|error| matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion));
            help.map_or_else(|| Exit::text(Code::Failed, text), |help| help.exit())
        })?;
        Ok(Self::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit()))
    }
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Simulate a season, export it over HTTP, leave the report in a folder
    Demo(demo::DemoArgs),
    /// Run gateway and worker in one process; without settings also a private Redis and a SQLite file
    Up(up::UpArgs),
    /// Run the HTTP gateway
    Serve(serve::ServeArgs),
    /// Run a worker
    Work(work::WorkArgs),
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
    Import(Box<import::ImportArgs>),
    /// Fill a database with a made-up season of known truth
    Simulate(simulate::SimulateArgs),
    /// Analyse how well detections are matched with known deer, and whether any threshold is safe
    Reid(reid::ReidArgs),
    /// Write a mapping file for a database of other names
    Map(map::MapArgs),
    /// Make keys for the gateway
    Keys(keys::KeysArgs),
    /// Make job ids for programs that put commands into Redis by themselves
    NewId(new_id::NewIdArgs),
    /// Check Redis, database and export folder, and say what to do
    Doctor(doctor::DoctorArgs),
    /// Take over the exports that services ask another system for
    Bridge(bridge::BridgeArgs),
    /// Measure what a Redis carries, under keys of its own that are removed afterwards
    Bench(bench::BenchArgs),
}

impl Command {
    /// It runs until it is stopped, and its log is its output.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Serve(_) | Self::Work(_) | Self::Bridge(_))
    }

    /// Who sends its spans, unless `OTEL_SERVICE_NAME` says otherwise.
    pub(crate) fn service_name(&self) -> &'static str {
        match self {
            Self::Serve(_) => "deertrack-gateway",
            Self::Work(_) => "deertrack-worker",
            Self::Bridge(_) => "deertrack-bridge",
            _ => "deertrack",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
