//! What a run can be told.

use clap::Args;

use crate::plan::Disturbance;
use crate::server::Fsync;
use crate::topology::Topology;

/// `deertrack-chaos run`
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// Seconds of disturbances; it goes on to the end of the plan's first round in any case
    #[arg(long, default_value_t = 90)]
    pub(crate) duration: u64,
    /// Repeats the plan of a run; drawn from the clock when it is not given
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) world: World,
}

/// What all runs of a row have in common.
#[derive(Args, Clone, Debug)]
pub(crate) struct World {
    /// What stands in for Redis
    #[arg(long, value_enum, default_value = "alone")]
    pub(crate) topology: Topology,
    /// Submits answer only when a replica has the job: then a change of master may forget none
    #[arg(long)]
    pub(crate) replicated: bool,
    /// When Redis forces its file to the disk
    #[arg(long, value_enum, default_value = "everysec")]
    pub(crate) fsync: Fsync,
    /// Jobs a second
    #[arg(long, default_value_t = 60.0)]
    pub(crate) rate: f64,
    /// How many of 1,000 jobs end the process that runs them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=40))]
    pub(crate) poison: u32,
    /// Worker processes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..=64))]
    pub(crate) workers: u64,
    /// Milliseconds after which a silent worker counts as gone; 15,000 in production
    #[arg(long, default_value_t = 3000)]
    pub(crate) lease_ms: u64,
    /// Only these disturbances; may be given several times
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Disturbance>,
    /// Seconds of quiet between disturbances, besides the 0.5 to 3 s of the plan
    #[arg(long, default_value_t = 0)]
    pub(crate) calm: u64,
    /// Write and sync another file beside Redis' all the time, up to 128 MB of it
    #[arg(long)]
    pub(crate) busy_disk: bool,
    /// Connections do not heal the file of a server that has started: broken on purpose
    #[arg(long)]
    pub(crate) no_healing: bool,
    /// A fifth of the plan's quiet, and a lease of at most a second: its first round in some 20 s
    #[arg(long)]
    pub(crate) quick: bool,
}

/// `deertrack-chaos repeat`
#[derive(Args, Clone, Debug)]
pub(crate) struct RepeatArgs {
    /// How many runs
    #[arg(long, default_value_t = 50)]
    pub(crate) runs: u64,
    /// Seed of the first run, the next ones count on; drawn from the clock when it is not given
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Seconds of disturbances; each run goes on to the end of the plan's first round in any case
    #[arg(long, default_value_t = 0)]
    pub(crate) duration: u64,
    #[command(flatten)]
    pub(crate) world: World,
}
