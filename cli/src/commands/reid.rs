//! `deertrack reid`: the re-identification analysis without Redis, straight from the database, which is only read.
//!
//! `analyze` leaves every file of the export kind `reid` in a folder; the others are parts of it. [`study`] runs the
//! steps and tells how far they are, [`terminal`] draws what a terminal can show.

mod study;
mod terminal;

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};
use deertrack_schemas::reid::{DEFAULT_CURRENT_THRESHOLD, DEFAULT_TARGET, DEFAULT_THRESHOLDS};
use deertrack_schemas::{Class, ReidParams};
use deertrack_worker::export::reid::{File, LabelSheet, Study};
use serde_json::{Value, json};

use self::study::Session;
use crate::args::{DatabaseArgs, ImagesArgs, ZoneArgs};
use crate::exit::{Code, Exit};
use crate::print;

const HELP: &str = "\
From a question to a threshold that can be trusted:

  deertrack reid analyze --database URL --output analysis
      what the scores look like and what each threshold would do
  deertrack reid sample --database URL --output analysis
      pairs of photographs to look at, and labels.csv to fill in: same, different or unsure
  deertrack reid estimate --database URL --labels analysis/sample/labels.csv
      how many assignments are wrong, and whether any threshold is safe

A threshold is called safe only if, with 95 % confidence, fewer assignments than the target are
wrong. No histogram can tell that; people who look can, and about 200 looks are enough for four
thresholds.";

/// `deertrack reid`
#[derive(Args, Debug)]
#[command(after_help = HELP)]
pub(crate) struct ReidArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand, Debug)]
enum Step {
    /// Report, pictures and tables: is any similarity threshold safe?
    Analyze(AnalyzeArgs),
    /// What each threshold would assign, as a table
    Thresholds(ThresholdsArgs),
    /// Draw assignments for a person to look at: contact sheets and labels.csv
    Sample(SampleArgs),
    /// Read labels.csv back: how many assignments are wrong, and is any threshold safe?
    Estimate(EstimateArgs),
}

#[derive(Args, Debug)]
struct AnalyzeArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Folder for the files
    #[arg(long, default_value = "reid-analysis", value_name = "DIR")]
    output: PathBuf,
    /// Also draw a sample of so many assignments to look at
    #[arg(long, default_value_t = 0, value_name = "N")]
    sample_size: u32,
}

#[derive(Args, Debug)]
struct ThresholdsArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Folder for thresholds.csv [default: none is written]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SampleArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    /// Folder for sample/
    #[arg(long, default_value = "reid-analysis", value_name = "DIR")]
    output: PathBuf,
    /// Assignments to look at, for all thresholds together
    #[arg(long, default_value_t = 200, value_name = "N")]
    sample_size: u32,
}

#[derive(Args, Debug)]
struct EstimateArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    /// The filled in labels.csv; its dates, classes and --same-sex must be those of the sample
    #[arg(long, value_name = "CSV")]
    labels: PathBuf,
    /// Folder for all files of the analysis, with this verdict [default: none are written]
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Which detections, and what to ask of them.
#[derive(Args, Debug)]
pub(crate) struct SubjectArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    images: ImagesArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    /// Thresholds to look at
    #[arg(long, value_delimiter = ',', default_values_t = DEFAULT_THRESHOLDS, allow_negative_numbers = true, value_name = "LIST")]
    thresholds: Vec<f64>,
    /// The threshold in use today
    #[arg(long, default_value_t = DEFAULT_CURRENT_THRESHOLD, allow_negative_numbers = true, value_name = "SCORE")]
    current_threshold: f64,
    /// Only detections of these classes [default: all]
    #[arg(long, value_delimiter = ',', value_enum, value_name = "LIST")]
    classifications: Vec<ClassArg>,
    /// Compare bucks with bucks, does with does, fawns with fawns; the unknown with all
    #[arg(long)]
    same_sex: bool,
    /// For every random choice; the same seed draws the same sample [default: 0, or that of the labels]
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// The bearable part of wrong assignments: 0.05 for 5 %
    #[arg(long, default_value_t = DEFAULT_TARGET, value_name = "PART")]
    target: f64,
    /// First local day, included [default: everything]
    #[arg(long, value_name = "YYYY-MM-DD")]
    start_date: Option<NaiveDate>,
    /// Last local day, included
    #[arg(long, value_name = "YYYY-MM-DD")]
    end_date: Option<NaiveDate>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ClassArg {
    Buck,
    Doe,
    Fawn,
    Unknown,
}

impl From<ClassArg> for Class {
    fn from(class: ClassArg) -> Self {
        match class {
            ClassArg::Buck => Self::Buck,
            ClassArg::Doe => Self::Doe,
            ClassArg::Fawn => Self::Fawn,
            ClassArg::Unknown => Self::Unknown,
        }
    }
}

impl SubjectArgs {
    fn params(&self, sample_size: u32) -> ReidParams {
        let usual = ReidParams::default();
        let classes: Vec<Class> = self.classifications.iter().map(|&class| class.into()).collect();
        ReidParams {
            thresholds: distinct(&self.thresholds),
            current_threshold: self.current_threshold,
            classifications: if classes.is_empty() { usual.classifications } else { classes },
            same_sex: self.same_sex,
            sample_size,
            seed: self.seed.unwrap_or(usual.seed),
            target: self.target,
            start_date: self.start_date,
            end_date: self.end_date,
        }
    }
}

/// Each once, in the order given, as the gateway takes them.
fn distinct(thresholds: &[f64]) -> Vec<f64> {
    let mut distinct: Vec<f64> = Vec::with_capacity(thresholds.len());
    for threshold in thresholds {
        if !distinct.contains(threshold) {
            distinct.push(*threshold);
        }
    }
    distinct
}

pub(crate) async fn run(args: ReidArgs, json: bool) -> Result<(), Exit> {
    match args.step {
        Step::Analyze(args) => analyze(args, json).await,
        Step::Thresholds(args) => thresholds(args, json).await,
        Step::Sample(args) => sample(args, json).await,
        Step::Estimate(args) => estimate(args, json).await,
    }
}

async fn analyze(args: AnalyzeArgs, json: bool) -> Result<(), Exit> {
    let session = Session::open(&args.subject, args.subject.params(args.sample_size), json).await?;
    let study = session.study(None).await?;
    session.tell_space(&study);
    session.tell_statistics(&study);
    session.info("Generating histogram...");
    let files = session.write_all(&study, &args.output).await?;
    session
        .info(&format!("Histogram saved to {}", args.output.join("similarity_distribution.png").display()));
    if json {
        print::json(&json!({ "analysis": analysis(&study)?, "files": files }));
        return Ok(());
    }
    print::line(&terminal::histogram(&study));
    print::line(&terminal::thresholds(&study));
    tell_verdict(&study);
    print::line(&format!("\n{} files in {}; begin with report.pdf", files.len(), args.output.display()));
    Ok(())
}

async fn thresholds(args: ThresholdsArgs, json: bool) -> Result<(), Exit> {
    let session = Session::open(&args.subject, args.subject.params(0), json).await?;
    let study = session.study(None).await?;
    if let Some(folder) = &args.output {
        write(folder, &File { path: "thresholds.csv".into(), bytes: study.thresholds_csv(), is_text: true })?;
    }
    if json {
        print::json(&json!({ "thresholds": study.analysis().thresholds }));
    } else {
        print::line(&terminal::thresholds(&study));
    }
    Ok(())
}

async fn sample(args: SampleArgs, json: bool) -> Result<(), Exit> {
    let session = Session::open(&args.subject, args.subject.params(args.sample_size), json).await?;
    let study = session.study(None).await?;
    let files = session.write_sample(&study, &args.output).await?;
    let pairs = study.analysis().sample.len();
    if json {
        print::json(&json!({ "pairs": pairs, "files": files }));
        return Ok(());
    }
    let folder = args.output.join("sample");
    print::line(&format!("{pairs} pairs to look at in {}; README.txt there says how", folder.display()));
    Ok(())
}

async fn estimate(args: EstimateArgs, json: bool) -> Result<(), Exit> {
    let labels = read_labels(&args.labels)?;
    if labels.answers.is_empty() {
        let text = format!(
            "{}: no pair is answered: write same, different or unsure into the column answer",
            args.labels.display()
        );
        return Err(Exit::text(Code::Refused, text));
    }
    let names_a_seed = labels.seed.or(args.subject.seed).is_some();
    let mut params = args.subject.params(0);
    params.seed = match (args.subject.seed, labels.seed) {
        (Some(asked), Some(drawn)) if asked != drawn => {
            let text = format!("the labels were drawn with seed {drawn}, not {asked}: leave --seed out");
            return Err(Exit::text(Code::Refused, text));
        }
        (asked, drawn) => asked.or(drawn).unwrap_or(params.seed),
    };
    let session = Session::open(&args.subject, params, json).await?;
    session.info(&format!("Read {} labels, {} left blank", labels.answers.len(), labels.blank));
    if !names_a_seed {
        session.info("The labels name no seed: they are taken for a sample drawn with seed 0 (--seed)");
    }
    let study = session.study(Some(labels)).await?;
    session.tell_space(&study);
    session.tell_labels(&study);
    let files = match &args.output {
        Some(folder) => session.write_all(&study, folder).await?,
        None => Vec::new(),
    };
    if json {
        let found = study.analysis();
        print::json(&json!({
            "verdict": found.verdict,
            "estimate": found.estimate,
            "labels_without_row": study.labels_without_row(),
            "files": files,
        }));
        return Ok(());
    }
    print::line(&terminal::thresholds(&study));
    tell_verdict(&study);
    Ok(())
}

fn read_labels(path: &Path) -> Result<LabelSheet, Exit> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    LabelSheet::read(&bytes)
        .map_err(|error| Exit::text(Code::Refused, format!("{}: {error}", path.display())))
}

fn tell_verdict(study: &Study) {
    let [title, reason, advice] = study.verdict();
    print::line(&format!(
        "\n{}\n{}\n{}",
        title.to_uppercase(),
        terminal::wrapped(&reason),
        terminal::wrapped(&advice)
    ));
}

fn analysis(study: &Study) -> Result<Value, Exit> {
    serde_json::from_slice(&study.json()).map_err(Exit::failed)
}

fn write(folder: &Path, file: &File) -> Result<(), Exit> {
    let path = folder.join(&file.path);
    let into = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(into).with_context(|| format!("cannot make {}", into.display()))?;
    std::fs::write(&path, &file.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}
