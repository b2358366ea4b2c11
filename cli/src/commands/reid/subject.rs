//! Which detections an analysis is about and what it asks: the flags that all steps of `deertrack reid` share.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use deertrack_schemas::reid::{DEFAULT_CURRENT_THRESHOLD, DEFAULT_TARGET, DEFAULT_THRESHOLDS};
use deertrack_schemas::{Class, ReidParams};

use crate::flags::{CatalogMapArgs, DatabaseArgs, ImagesArgs, ZoneArgs};

/// Which detections, and what to ask of them.
#[derive(Args, Debug)]
pub(super) struct SubjectArgs {
    #[command(flatten)]
    pub(super) database: DatabaseArgs,
    #[command(flatten)]
    pub(super) map: CatalogMapArgs,
    #[command(flatten)]
    pub(super) images: ImagesArgs,
    #[command(flatten)]
    pub(super) zone: ZoneArgs,
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
    pub(super) seed: Option<u32>,
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
    /// The parameters of an export of this kind that asks the same.
    pub(super) fn params(&self, sample_size: u32) -> ReidParams {
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
