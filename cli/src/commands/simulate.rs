//! `deertrack simulate`: a made-up season of known truth.

use std::path::{Path, PathBuf};

use chrono::{Datelike, Days, NaiveDate, Utc};
use clap::Args;
use deertrack_catalog::{self as catalog, store::Store};
use deertrack_sources::simulate::{self, Options, SimulateError, Summary};

use super::services;
use crate::exit::{Code, Exit};
use crate::flags::{CatalogMapArgs, DatabaseArgs};
use crate::print;

/// The seed of the demo.
const DEMO_SEED: u64 = 7;

/// `deertrack simulate`
#[derive(Args, Debug)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// The same seed and options give the same season
    #[arg(long, default_value_t = DEMO_SEED, value_name = "N")]
    seed: u64,
    /// Last day, included [default: the last 31 December]
    #[arg(long, value_name = "YYYY-MM-DD")]
    end: Option<NaiveDate>,
    /// Days of the season
    #[arg(long, default_value_t = 120, value_name = "N")]
    days: u32,
    /// Camera places
    #[arg(long, default_value_t = 6, value_name = "N")]
    places: usize,
    /// About how many detections a day, over all places
    #[arg(long, default_value_t = 25.0, value_name = "N")]
    per_day: f64,
    /// Folder of the photographs [default: frames, beside the SQLite file]
    #[arg(long, value_name = "DIR")]
    frames_dir: Option<PathBuf>,
    /// Draw no photographs
    #[arg(long)]
    no_frames: bool,
    /// Make no embeddings: a tenth of the space, and nothing for `reid`
    #[arg(long)]
    no_vectors: bool,
}

/// The days that a simulated season covers.
#[derive(Debug)]
pub(crate) struct Season {
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    /// The day on which bucks move most.
    pub(crate) rut_peak: NaiveDate,
}

pub(crate) async fn run(args: SimulateArgs, json: bool) -> Result<(), Exit> {
    let mut options = Options {
        days: args.days,
        places: args.places,
        vectors: !args.no_vectors,
        detections_per_day: args.per_day,
        ..Options::ending(args.end.unwrap_or_else(last_new_years_eve))
    };
    if args.no_frames {
        options.frames = 0;
    }
    let url = &args.database.url;
    let frames_dir = args.frames_dir.unwrap_or_else(|| beside(url).join("frames"));
    let summary = fill(url, args.seed, &options, &frames_dir).await?;
    if json {
        print::json(&serde_json::to_value(&summary).map_err(Exit::failed)?);
    } else {
        print::line(summary.to_string().trim_end());
    }
    Ok(())
}

/// The folder of a SQLite file; of another database, the current one.
fn beside(database_url: &str) -> PathBuf {
    let folder = catalog::sqlite_file(database_url).and_then(|file| Some(file.parent()?.to_owned()));
    folder.unwrap_or_default()
}

/// The demo's season, unless the database holds something already.
pub(crate) async fn fill_if_empty(database_url: &str, data_dir: &Path) -> Result<Season, Exit> {
    let options = Options::ending(last_new_years_eve());
    let known = services::database(database_url, &CatalogMapArgs::default())
        .await?
        .places()
        .await
        .map_err(Exit::failed)?;
    if known.is_empty() {
        let summary = fill(database_url, DEMO_SEED, &options, &data_dir.join("frames")).await?;
        print::note(summary.to_string().trim_end());
    }
    let start = options.end.checked_sub_days(Days::new(u64::from(options.days) - 1));
    Ok(Season { start: start.unwrap_or(options.end), end: options.end, rut_peak: options.rut_peak })
}

async fn fill(database_url: &str, seed: u64, options: &Options, frames: &Path) -> Result<Summary, Exit> {
    let mut store = Store::open(database_url).await.map_err(Exit::unavailable)?;
    // Found from wherever a worker starts.
    let frames = std::path::absolute(frames).map_err(Exit::failed)?;
    let simulated = simulate::simulate(seed, options, &mut store, &frames).await;
    store.close().await;
    simulated.map_err(|error| match error {
        SimulateError::Options(_) => Exit::new(Code::Refused, error),
        SimulateError::Catalog(error) => Exit::unavailable(error),
        other => Exit::failed(other),
    })
}

/// A season that ends with the year has its rut in it.
fn last_new_years_eve() -> NaiveDate {
    let last_year = Utc::now().date_naive().year() - 1;
    NaiveDate::from_ymd_opt(last_year, 12, 31).expect("every year has a 31 December")
}
