//! `reid`: the similarity analysis of re-identification. Parameters, limits and rules; the numbers are the worker's.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selection::{self, all_classes, range_or_all_rules};
use super::{Class, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// How many thresholds one analysis may look at.
pub const MAX_THRESHOLDS: usize = 20;
/// The largest sample to look at.
pub const MAX_SAMPLE_SIZE: u32 = 1_000;
/// The thresholds that are looked at unless others are asked for.
pub const DEFAULT_THRESHOLDS: [f64; 4] = [0.70, 0.65, 0.60, 0.55];
/// The threshold that platforms use unless another is told.
pub const DEFAULT_CURRENT_THRESHOLD: f64 = 0.70;
/// The bearable part of wrong assignments unless another is told.
pub const DEFAULT_TARGET: f64 = 0.05;
/// The longest range: days between `start_date` and `end_date`.
pub const MAX_DAYS_BETWEEN: i64 = 36_600;

/// Cosines.
const SCORES: RangeInclusive<f64> = -1.0..=1.0;
const SAMPLE_SIZES: RangeInclusive<i64> = 0..=MAX_SAMPLE_SIZE as i64;
const SEEDS: RangeInclusive<i64> = 0..=u32::MAX as i64;
/// Below it no sample that people can look at is large enough; above it half of the names are wrong.
const TARGETS: RangeInclusive<f64> = 0.001..=0.5;

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::Reid,
    name: "reid",
    title: "Re-identification analysis (ZIP)",
    description: "Whether any similarity threshold is safe to assign detections to known deer, and what each would do: a report, pictures, tables and a sample to look at.",
    file_stem: "reid",
    extension: "zip",
    media_type: "application/zip",
    other_files: &[],
    time_limit_seconds: 3600,
    max_attempts: 3,
    retry_base_seconds: 10,
    retry_cap_seconds: 300,
};

/// Parameters of a similarity analysis. Without dates it takes every embedded detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReidParams {
    /// Thresholds to look at, each a cosine similarity.
    #[serde(default = "default_thresholds")]
    #[schemars(length(min = 1, max = MAX_THRESHOLDS), inner(range(min = -1.0, max = 1.0)))]
    pub thresholds: Vec<f64>,
    /// The threshold in use today.
    #[serde(default = "default_current_threshold")]
    #[schemars(range(min = -1.0, max = 1.0))]
    pub current_threshold: f64,
    /// Only detections of these classes.
    #[serde(default = "all_classes")]
    #[schemars(length(min = 1, max = 4))]
    pub classifications: Vec<Class>,
    /// Compare bucks with bucks, does with does, fawns with fawns; the unknown with all.
    #[serde(default)]
    pub same_sex: bool,
    /// How many assignments to draw for a person to look at; 0 draws none, 200 are enough for four thresholds.
    #[serde(default)]
    #[schemars(range(min = 0, max = MAX_SAMPLE_SIZE))]
    pub sample_size: u32,
    /// For every random choice: the same seed draws the same sample.
    #[serde(default)]
    pub seed: u32,
    /// The bearable part of wrong assignments, 0.05 for 5 %.
    #[serde(default = "default_target")]
    #[schemars(range(min = 0.001, max = 0.5))]
    pub target: f64,
    /// First local day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Last local day, included; not in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
}

fn default_thresholds() -> Vec<f64> {
    DEFAULT_THRESHOLDS.to_vec()
}

fn default_current_threshold() -> f64 {
    DEFAULT_CURRENT_THRESHOLD
}

fn default_target() -> f64 {
    DEFAULT_TARGET
}

impl Default for ReidParams {
    /// Every embedded detection, the usual thresholds, no sample.
    fn default() -> Self {
        Self {
            thresholds: default_thresholds(),
            current_threshold: DEFAULT_CURRENT_THRESHOLD,
            classifications: all_classes(),
            same_sex: false,
            sample_size: 0,
            seed: 0,
            target: DEFAULT_TARGET,
            start_date: None,
            end_date: None,
        }
    }
}

impl ReidParams {
    /// Checks the parameters outside of a command, for programs that run the analysis themselves. `today` is the date
    /// in the configured zone.
    ///
    /// # Errors
    /// As for a command of this kind.
    pub fn check(&self, today: NaiveDate) -> Result<(), crate::Rejection> {
        self.rules(today).map_err(Into::into)
    }

    /// Field problems first, then the first broken rule of the dates.
    pub(crate) fn rules(&self, today: NaiveDate) -> Result<(), Broken> {
        self.limits()?;
        let too_long = "Date range cannot exceed 100 years";
        range_or_all_rules(self.start_date, self.end_date, MAX_DAYS_BETWEEN, too_long, today)
    }

    fn limits(&self) -> Result<(), Broken> {
        let mut problems = Vec::new();
        match self.thresholds.len() {
            0 => problems.push(Problem::too_few("thresholds", 1)),
            count if count > MAX_THRESHOLDS => problems.push(Problem::too_many("thresholds", MAX_THRESHOLDS)),
            _ => {}
        }
        for (index, threshold) in self.thresholds.iter().enumerate() {
            let problem = Problem::outside("thresholds", *threshold, SCORES);
            problems.extend(problem.map(|problem| problem.item(index)));
        }
        problems.extend(Problem::outside("current_threshold", self.current_threshold, SCORES));
        selection::classes_limits(&mut problems, &self.classifications);
        problems.extend(Problem::outside("sample_size", self.sample_size.into(), SAMPLE_SIZES));
        problems.extend(Problem::outside("target", self.target, TARGETS));
        selection::fields(problems)
    }
}

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<ReidParams> {
    let usual = ReidParams::default();
    Some(ReidParams {
        thresholds: fields.optional_numbers("thresholds", MAX_THRESHOLDS, SCORES).unwrap_or(usual.thresholds),
        current_threshold: fields
            .optional_number("current_threshold", SCORES)
            .unwrap_or(usual.current_threshold),
        classifications: selection::read_classes(fields).unwrap_or(usual.classifications),
        same_sex: fields.optional_bool("same_sex").unwrap_or(usual.same_sex),
        sample_size: fields.optional_integer("sample_size", SAMPLE_SIZES).unwrap_or(usual.sample_size),
        seed: fields.optional_integer("seed", SEEDS).unwrap_or(usual.seed),
        target: fields.optional_number("target", TARGETS).unwrap_or(usual.target),
        start_date: fields.optional_date("start_date"),
        end_date: fields.optional_date("end_date"),
    })
}
