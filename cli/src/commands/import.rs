//! `deertrack import`: other people's data into our tables. What a source is called and what is said of it stands in the
//! list of sources; here are its flags.

mod next;

use std::fmt::Display;
use std::path::PathBuf;

use chrono::Utc;
use clap::{Args, Subcommand, ValueEnum};
use deertrack_catalog::corrections::{NoShift, Shift};
use deertrack_catalog::store::Store;
use deertrack_sources::camtrap_dp::{self, Observations, Options};
use deertrack_sources::{Clock, DateOrder, Hints, ImportError, dry_run, embeddings, import};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::exit::{Code, Exit};
use crate::flags::DatabaseArgs;
use crate::print;

/// `deertrack import`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ImportArgs {
    #[command(subcommand)]
    source: Option<Source>,
    #[command(flatten)]
    any: AnyArgs,
}

#[derive(Subcommand, Debug)]
enum Source {
    #[command(name = camtrap_dp::INFO.name, about = camtrap_dp::INFO.about)]
    CamtrapDp(AnyArgs),
    #[command(name = embeddings::INFO.name, about = embeddings::INFO.about)]
    Embeddings(EmbeddingsArgs),
}

#[derive(Args, Debug)]
struct EmbeddingsArgs {
    /// NumPy's .npy or .npz (float16, float32 or float64), a CSV of numbers, or raw little-endian float32 rows
    vectors: PathBuf,
    /// Name of the array, where an .npz has several
    #[arg(long, value_name = "NAME")]
    array: Option<String>,
    /// Numbers in a vector of raw rows
    #[arg(long, default_value_t = 512, value_name = "N")]
    dim: usize,
    /// CSV with the column `individual`, and `row` (from 0) unless it is in the order of the vectors; `split` and `file`
    /// (the photograph) if present [default: the vectors, where they are a CSV]
    #[arg(long, value_name = "CSV")]
    labels: Option<PathBuf>,
    /// Take only rows of this split as detections
    #[arg(long, value_name = "NAME")]
    split: Option<String>,
    /// Rows that become known deer, one for each animal: 0,6,109
    #[arg(long, value_delimiter = ',', value_name = "ROWS")]
    gallery_rows: Vec<usize>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Whatever is known again.
#[derive(Args, Debug)]
struct AnyArgs {
    /// Folder, ZIP or file; what it is, is told by itself
    #[arg(value_name = "PATH", required = true)]
    path: Option<PathBuf>,
    /// Database of the platform: postgres://user@host/name or sqlite://path/to/file.db
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// Store nothing: say what would be taken, as what, and what would be left out
    #[arg(long)]
    dry_run: bool,
    /// What it is, where that is not plain: camtrap-dp, wildlife-insights ... (docs/sources.md)
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    #[command(flatten)]
    hints: HintArgs,
    /// Take only this species, by its scientific name; can be repeated; * takes every animal
    /// [default: deer, Cervidae]
    #[arg(long, value_name = "NAME")]
    species: Vec<String>,
    /// Which level of observations to take
    #[arg(long, value_enum, default_value = "auto")]
    observations: LevelArg,
    /// Leave out rows that cannot be used, instead of stopping at the first
    #[arg(long)]
    skip_invalid: bool,
    /// Remove the data set of the same name and other content that the database has
    #[arg(long, conflicts_with = "name")]
    replace: bool,
    /// CSV that corrects places, one a row: location_id (or location_name, or deployment_id for one deployment alone),
    /// and what is otherwise: latitude and longitude, coordinate_uncertainty (metres), name, timezone (as
    /// Europe/Brussels). Example: "location_id,latitude,longitude" in the first line, "L1,50.8281,4.6512" in the second
    #[arg(long, value_name = "CSV")]
    places: Option<PathBuf>,
    /// Mend a deployment's clock: what to add to the times of its photographs and events, as d1=+01:00, d1=-00:07:30,
    /// d1=+365d or d1=+365d01:00; can be repeated. Its start and end move too if they were told by that clock
    #[arg(long = "shift", value_name = "DEPLOYMENT=SHIFT", value_parser = shift)]
    shifts: Vec<(String, Shift)>,
    /// CSV that tells when cameras did not work, which is no effort: deployment_id, start, end (times with an offset, as
    /// 2025-05-03T00:00:00+02:00), reason
    #[arg(long, value_name = "CSV")]
    failures: Option<PathBuf>,
    /// Import beside others under this name
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// What the files of a tool do not tell.
#[derive(Args, Debug)]
struct HintArgs {
    /// What clocks were set to whose times have no offset: a zone, as America/Chicago, or an offset all year, as -06:00
    /// [default: the local time of the coordinates]
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    zone: Option<Clock>,
    /// Which of 5/4/2019 is the month, where no date of a file tells
    #[arg(long, value_enum, value_name = "ORDER")]
    dates: Option<DatesArg>,
    /// CSV that tells what labels mean: name, kind (animal, human, vehicle, blank or unknown), scientific_name, sex,
    /// life_stage
    #[arg(long, value_name = "CSV")]
    names: Option<PathBuf>,
    /// CSV that tells where and when cameras stood, for tools that know photographs alone: deployment_id (the folder or
    /// the name that the tool has for it), start, end, latitude, longitude, location_id, location_name, camera_id, timezone
    #[arg(long, value_name = "CSV")]
    deployments: Option<PathBuf>,
    /// CSV that tells when photographs or videos were taken that do not tell it themselves: file, time
    #[arg(long, value_name = "CSV")]
    times: Option<PathBuf>,
    /// File (TOML) that says which column of a project's own table tells what; without it one is proposed
    #[arg(long, value_name = "TOML")]
    mapping: Option<PathBuf>,
    /// Folder of the photographs [default: that of the file]
    #[arg(long, value_name = "DIR")]
    photographs: Option<PathBuf>,
    /// Leave out what a detector is less sure of, 0 to 1 [default: what its file recommends, else 0.2]
    #[arg(long, value_name = "CONFIDENCE", value_parser = share)]
    threshold: Option<f64>,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{text:?} is not a number of 0 to 1"))
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DatesArg {
    /// 4 May is 5/4/2019
    MonthFirst,
    /// 4 May is 4/5/2019
    DayFirst,
}

impl From<HintArgs> for Hints {
    fn from(args: HintArgs) -> Self {
        let order = |dates| match dates {
            DatesArg::MonthFirst => DateOrder::MonthFirst,
            DatesArg::DayFirst => DateOrder::DayFirst,
        };
        Self {
            zone: args.zone,
            dates: args.dates.map(order),
            names: args.names,
            deployments: args.deployments,
            times: args.times,
            photographs: args.photographs,
            threshold: args.threshold,
            mapping: args.mapping,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LevelArg {
    /// Both; what both tell is counted once
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

/// `DEPLOYMENT=SHIFT`; an id may have signs of equality of its own.
fn shift(text: &str) -> Result<(String, Shift), String> {
    let (deployment, shift) = text
        .rsplit_once('=')
        .filter(|(deployment, _)| !deployment.is_empty())
        .ok_or("write DEPLOYMENT=+01:00")?;
    let shift = shift.parse().map_err(|error: NoShift| format!("{shift:?} is {error}"))?;
    Ok((deployment.to_owned(), shift))
}

pub(crate) async fn run(args: ImportArgs, json: bool) -> Result<(), Exit> {
    match args.source {
        Some(Source::CamtrapDp(args)) => any(args, Some(camtrap_dp::INFO.name), json).await,
        Some(Source::Embeddings(args)) => embeddings(args, json).await,
        None => any(args.any, None, json).await,
    }
}

async fn any(args: AnyArgs, source: Option<&str>, json: bool) -> Result<(), Exit> {
    let path = args.path.unwrap_or_default(); // the command line demands one
    let source = source.map(str::to_owned).or(args.source);
    let options = Options {
        species: args.species,
        observations: args.observations.into(),
        skip_invalid: args.skip_invalid,
        replace: args.replace,
        name: args.name,
        places: args.places,
        shifts: args.shifts,
        failures: args.failures,
        ..Options::default()
    };
    let hints = Hints::from(args.hints);
    let bar = rows_bar();
    if args.dry_run {
        let told = dry_run(&path, source.as_deref(), &options, &hints, &mut on(&bar)).await;
        bar.finish_and_clear();
        tell(&told.map_err(refused)?, json)?;
        if !json {
            print::line("dry run: nothing was stored");
        }
        return Ok(());
    }
    let url = args.database.ok_or_else(no_database)?;
    let mut store = Store::open(&url).await.map_err(Exit::unavailable)?;
    let imported = import(&path, source.as_deref(), &mut store, &options, &hints, &mut on(&bar)).await;
    bar.finish_and_clear();
    tell(&closed(store, imported).await?, json)?;
    if !json && let Some(commands) = next::commands(&url, Utc::now()).await.map_err(Exit::unavailable)? {
        print::line(&commands);
    }
    Ok(())
}

/// Not asked by the command line's own rules: for these, one that lies in a file is not given.
fn no_database() -> Exit {
    let text =
        "an import needs --database (DATABASE_URL, or DATABASE_URL_FILE); with --dry-run it stores nothing";
    Exit::text(Code::Failed, text)
}

async fn embeddings(args: EmbeddingsArgs, json: bool) -> Result<(), Exit> {
    let mut store = Store::open(&args.database.url).await.map_err(Exit::unavailable)?;
    let options = embeddings::Options {
        dimensions: args.dim,
        array: args.array,
        split: args.split,
        gallery_rows: args.gallery_rows,
    };
    let labels = args.labels.as_deref().unwrap_or(&args.vectors);
    let bar = rows_bar();
    let imported = embeddings::import(&args.vectors, labels, &mut store, &options, &mut on(&bar)).await;
    bar.finish_and_clear();
    tell(&closed(store, imported).await?, json)
}

/// Closes the database; after a refused import nothing is left of it, not even an empty file.
async fn closed<T>(store: Store, imported: Result<T, ImportError>) -> Result<T, Exit> {
    match imported {
        Ok(summary) => {
            store.close().await;
            Ok(summary)
        }
        Err(error) => {
            store.discard().await.map_err(Exit::failed)?;
            Err(refused(error))
        }
    }
}

/// Moves the bar.
fn on(bar: &ProgressBar) -> impl FnMut(u64, u64) + Send {
    move |read, of| {
        bar.set_length(of);
        bar.set_position(read);
    }
}

fn tell(summary: &(impl Serialize + Display), json: bool) -> Result<(), Exit> {
    if json {
        print::json(&serde_json::to_value(summary).map_err(Exit::failed)?);
    } else {
        print::line(summary.to_string().trim_end());
    }
    Ok(())
}

fn refused(error: ImportError) -> Exit {
    match error {
        ImportError::Catalog(error) => Exit::unavailable(error),
        // Its words hold those of its cause.
        other => Exit::new(Code::Refused, anyhow::Error::msg(other.to_string())),
    }
}

fn rows_bar() -> ProgressBar {
    if !print::on_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows {elapsed}");
    ProgressBar::new(0).with_style(style.expect("a constant template"))
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches};
    use deertrack_sources::SOURCES;

    use super::*;

    #[test]
    fn a_shift_names_its_deployment_and_what_is_wrong_with_it() {
        assert_eq!(
            shift("a=b=+365d").map(|(id, shift)| (id, shift.to_string())),
            Ok(("a=b".into(), "+365d".into()))
        );
        assert_eq!(shift("+01:00"), Err("write DEPLOYMENT=+01:00".into()));
        assert!(shift("d1=1h").is_err_and(|error| error.starts_with(r#""1h" is not a shift: write a sign"#)));
    }

    #[test]
    fn what_has_a_command_of_its_own_is_in_the_list_of_sources() {
        let import = ImportArgs::augment_args(Command::new("import"));
        for command in import.get_subcommands().map(Command::get_name) {
            assert!(SOURCES.iter().any(|source| source.info.name == command), "{command}");
        }
    }

    #[test]
    fn a_path_is_taken_with_and_without_the_name_of_its_source() {
        let path = |args: &[&str]| {
            let import = ImportArgs::augment_args(Command::new("import"));
            let matches = import.get_matches_from([&["import"], args, &["--dry-run"]].concat());
            let args = ImportArgs::from_arg_matches(&matches).expect("they match");
            match args.source {
                Some(Source::CamtrapDp(args)) => args.path,
                _ => args.any.path,
            }
        };
        assert_eq!(path(&["season.zip"]), Some(PathBuf::from("season.zip")));
        assert_eq!(path(&["camtrap-dp", "season.zip"]), Some(PathBuf::from("season.zip")));
    }

    #[test]
    fn a_path_alone_is_enough_and_a_dry_run_needs_no_database() {
        let import = || ImportArgs::augment_args(Command::new("import"));
        let taken = |args: &[&str]| import().try_get_matches_from([&["import"], args].concat()).is_ok();
        assert!(taken(&["season.zip", "--database", "sqlite://deer.db"]));
        assert!(taken(&["season.zip", "--dry-run", "--zone", "-06:00", "--dates", "month-first"]));
        assert!(taken(&["camtrap-dp", "season.zip", "--database", "sqlite://deer.db"]));
        assert!(!taken(&["season.zip", "--dry-run", "--zone", "Chicago"]));
    }
}
