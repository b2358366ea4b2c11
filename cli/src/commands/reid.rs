//! `deertrack reid`: the re-identification analysis without Redis, straight from the database, which is only read.
//!
//! `analyze` leaves every file of the export kind `reid` in a folder; the others are parts of it. [`study`] runs the
//! steps and tells how far they are, [`terminal`] draws what a terminal can show.

mod files;
mod study;
mod subject;
mod terminal;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use deertrack_worker::export::reid::{File, FileContent, LabelSheet, Study};
use serde_json::{Value, json};

use self::files::write;
use self::study::Session;
use self::subject::SubjectArgs;
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
        let content = FileContent::Text(study.thresholds_csv());
        write(folder, File { path: "thresholds.csv".into(), content })?.map_err(Exit::failed)?;
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
