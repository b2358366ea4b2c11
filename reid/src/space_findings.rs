//! What a look at the space of the vectors finds: numbers, and alarms. [`crate::space`] takes the numbers,
//! [`crate::space_alarms`] raises the alarms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was seen, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpaceCheck {
    /// No alarm.
    pub ok: bool,
    /// What is wrong, worst first.
    pub alarms: Vec<Alarm>,
    /// Values in a vector.
    pub dimensions: usize,
    /// The detections' vectors.
    pub detections: SetCheck,
    /// The profiles' vectors.
    pub profiles: SetCheck,
    /// Scores of random detections with random profiles; none if no pair may be compared.
    pub strangers: Option<Spread>,
    /// The 99th percentile of the best scores; none without matches.
    pub best_q99: Option<f64>,
    /// Scores of profiles with the detection they were made of; none if that is not known.
    pub founders: Option<Spread>,
    /// Burst mates against strangers; none without bursts.
    pub burst_mates: Option<BurstMates>,
}

/// One set of vectors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SetCheck {
    /// How many vectors.
    pub rows: usize,
    /// Vectors of zeros only; they match nothing.
    pub zero_vectors: usize,
    /// Vectors equal to an earlier one in every value.
    pub duplicates: usize,
    /// Least length.
    pub norm_min: f64,
    /// Mean length.
    pub norm_mean: f64,
    /// Greatest length.
    pub norm_max: f64,
    /// Different embedding versions stated.
    pub versions: usize,
}

/// Scores of a kind of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// How many pairs were looked at.
    pub pairs: usize,
    /// Mean score.
    pub mean: f64,
    /// Standard deviation; 0 for one pair.
    pub std: f64,
    /// Median score.
    pub median: f64,
}

/// Detections of one burst show mostly the same animal seconds apart, so their scores must stand far above others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BurstMates {
    /// Scores within bursts.
    pub mates: Spread,
    /// Scores of random detections of different bursts.
    pub strangers: Spread,
    /// Chance that a pair of mates scores above a pair of strangers.
    pub area: f64,
}

/// Something is wrong with the space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// What.
    pub kind: AlarmKind,
    /// What was seen, what it means and what to do.
    pub message: String,
}

/// What can be wrong with the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmKind {
    /// Detections and profiles look like unrelated random projections.
    UnrelatedSpaces,
    /// More than one embedding version.
    MixedVersions,
    /// Profiles are far from the detection they were made of.
    FoundersFar,
    /// Burst mates are hardly more alike than strangers.
    BurstMatesNotAlike,
    /// Vectors of zeros.
    ZeroVectors,
    /// The same vector many times.
    Duplicates,
}

impl AlarmKind {
    /// No score can be trusted, so no threshold either.
    #[must_use]
    pub fn forbids_threshold(self) -> bool {
        matches!(self, Self::UnrelatedSpaces | Self::MixedVersions)
    }
}
