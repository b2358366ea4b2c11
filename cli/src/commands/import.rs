//! `deertrack import`: other people's data into our tables.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use deertrack_worker::catalog::store::Store;
use deertrack_worker::import::ImportError;
use deertrack_worker::import::camtrap_dp::{self, Observations, Options};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::DatabaseArgs;
use crate::exit::{Code, Exit};
use crate::print;

/// `deertrack import`
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    source: Source,
}

#[derive(Subcommand, Debug)]
enum Source {
    /// A Camtrap DP 1.0 package: deployments.csv, observations.csv and, if present, media.csv
    CamtrapDp(CamtrapDpArgs),
}

#[derive(Args, Debug)]
struct CamtrapDpArgs {
    /// Folder of the package
    dir: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Take only this species, by its scientific name; can be repeated [default: every animal]
    #[arg(long, value_name = "NAME")]
    species: Vec<String>,
    /// Which level of observations to take; both together would count animals twice
    #[arg(long, value_enum, default_value = "auto")]
    observations: LevelArg,
    /// Leave out rows that cannot be used, instead of stopping at the first
    #[arg(long)]
    skip_invalid: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LevelArg {
    /// Events where there are any of the chosen species, else images
    Auto,
    /// Event-level rows
    Event,
    /// Media-level rows
    Media,
}

impl From<LevelArg> for Observations {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Auto => Self::Auto,
            LevelArg::Event => Self::Event,
            LevelArg::Media => Self::Media,
        }
    }
}

pub(crate) async fn run(args: ImportArgs, json: bool) -> Result<(), Exit> {
    match args.source {
        Source::CamtrapDp(args) => camtrap_dp(args, json).await,
    }
}

async fn camtrap_dp(args: CamtrapDpArgs, json: bool) -> Result<(), Exit> {
    let mut store = Store::open(&args.database.url).await.map_err(Exit::unavailable)?;
    let options = Options {
        species: args.species,
        observations: args.observations.into(),
        skip_invalid: args.skip_invalid,
    };
    let bar = rows_bar();
    let mut progress = |read: u64, of: u64| {
        bar.set_length(of);
        bar.set_position(read);
    };
    let imported = camtrap_dp::import(&args.dir, &mut store, &options, &mut progress).await;
    bar.finish_and_clear();
    store.close().await;
    let summary = imported.map_err(refused)?;
    if json {
        print::json(&serde_json::to_value(&summary).map_err(Exit::failed)?);
    } else {
        print::line(summary.to_string().trim_end());
    }
    Ok(())
}

fn refused(error: ImportError) -> Exit {
    match error {
        ImportError::Catalog(error) => Exit::unavailable(error),
        other => Exit::new(Code::Refused, other),
    }
}

pub(crate) fn rows_bar() -> ProgressBar {
    if !print::on_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows {elapsed}");
    ProgressBar::new(0).with_style(style.expect("a constant template"))
}
