//! The closed lists of a report's options. What they mean together is the duty of the parameters beside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The platform's name for a season with the sections asked for.
pub(crate) const CUSTOM: &str = "custom";

/// How the report is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Local calendar days.
    Day,
    /// ISO 8601 weeks, Monday to Sunday.
    Week,
    /// Calendar months.
    Month,
}

impl GroupBy {
    /// The names with their values, in the order of error messages.
    pub const CHOICES: [(&'static str, Self); 3] =
        [("day", Self::Day), ("week", Self::Week), ("month", Self::Month)];
}

/// Which report to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportType {
    /// Activity by period, class, place and hour of one season.
    #[default]
    SeasonalActivity,
    /// One season against the same calendar days of earlier years, by rates.
    Comparison,
}

impl ReportType {
    /// The last is the platform's name for a season with the sections asked for, which every season is.
    pub(super) const CHOICES: [(&'static str, Self); 3] = [
        ("seasonal_activity", Self::SeasonalActivity),
        ("comparison", Self::Comparison),
        (CUSTOM, Self::SeasonalActivity),
    ];
}

/// Size of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    /// 210 by 297 mm.
    #[default]
    A4,
    /// 8.5 by 11 inches.
    Letter,
}

impl Paper {
    pub(super) const CHOICES: [(&'static str, Self); 2] = [("a4", Self::A4), ("letter", Self::Letter)];
}

/// Units of length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Units {
    /// Metres and kilometres.
    #[default]
    Metric,
    /// Yards and miles.
    Us,
}

impl Units {
    pub(super) const CHOICES: [(&'static str, Self); 2] = [("metric", Self::Metric), ("us", Self::Us)];
}
