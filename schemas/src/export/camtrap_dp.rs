//! `camtrap-dp`: a package in the exchange format of camera-trap data, <https://camtrap-dp.tdwg.org>, with a detection
//! history for occupancy models. Parameters, limits and rules; the rows are the worker's.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selection::{self, MAX_FILTER_IDS, MAX_ID_CHARS, all_classes, filter_limits, range_or_all_rules};
use super::{Class, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// The longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 200;
/// The longest range: days between `start_date` and `end_date`; a century is every range.
pub const MAX_DAYS_BETWEEN: i64 = 36_525;
/// The occasions of a detection history are days in a row.
const OCCASIONS: std::ops::RangeInclusive<i64> = 1..=90;

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::CamtrapDp,
    name: "camtrap-dp",
    title: "Camtrap DP package",
    description: "Deployments, media and observations as a Camtrap DP 1.0.2 package, with a detection history for occupancy models.",
    file_stem: "camtrap_dp",
    extension: "zip",
    media_type: "application/zip",
    other_files: &[],
    time_limit_seconds: 3600,
    max_attempts: 3,
    retry_base_seconds: 10,
    retry_cap_seconds: 300,
};

/// Parameters of a Camtrap DP package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CamtrapDpParams {
    /// First local day, included; without it and the last, everything there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Last local day, included; not in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// Only observations of these classes; media are those of all.
    #[serde(default = "all_classes")]
    #[schemars(length(min = 1, max = 4))]
    pub classifications: Vec<Class>,
    /// Only these places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_FILTER_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub place_ids: Option<Vec<String>>,
    /// Of the package; without it, the name of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    pub title: Option<String>,
    /// The person or organization to ask about the data; without it, who asked for the export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_TEXT_CHARS))]
    pub contributor: Option<String>,
    /// Of the species, for observations that do not tell it themselves.
    #[serde(default = "any_deer")]
    #[schemars(length(min = 1, max = MAX_TEXT_CHARS))]
    pub scientific_name: String,
    /// How the camera places were chosen.
    #[serde(default)]
    pub sampling_design: SamplingDesign,
    /// Coordinates as they are, instead of rounded to 0.01 degrees with their uncertainty told.
    #[serde(default)]
    pub exact_coordinates: bool,
    /// Days of one occasion of the detection history.
    #[serde(default = "a_week")]
    #[schemars(range(min = 1, max = 90))]
    pub occasion_days: u32,
}

/// How camera places were chosen (Camtrap DP, `project.samplingDesign`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SamplingDesign {
    /// At random.
    SimpleRandom,
    /// At random, in a regular pattern.
    SystematicRandom,
    /// At random, in clusters.
    ClusteredRandom,
    /// To study an effect.
    Experimental,
    /// Where the species is expected.
    Targeted,
    /// Where it was possible.
    #[default]
    Opportunistic,
}

impl SamplingDesign {
    const CHOICES: [(&'static str, Self); 6] = [
        ("simple_random", Self::SimpleRandom),
        ("systematic_random", Self::SystematicRandom),
        ("clustered_random", Self::ClusteredRandom),
        ("experimental", Self::Experimental),
        ("targeted", Self::Targeted),
        ("opportunistic", Self::Opportunistic),
    ];

    /// As the standard spells it.
    pub fn in_standard(self) -> &'static str {
        match self {
            Self::SimpleRandom => "simpleRandom",
            Self::SystematicRandom => "systematicRandom",
            Self::ClusteredRandom => "clusteredRandom",
            Self::Experimental => "experimental",
            Self::Targeted => "targeted",
            Self::Opportunistic => "opportunistic",
        }
    }
}

/// True of every deer, whatever the species.
fn any_deer() -> String {
    "Cervidae".to_owned()
}

fn a_week() -> u32 {
    7
}

impl Default for CamtrapDpParams {
    /// Everything there is, coordinates rounded.
    fn default() -> Self {
        Self {
            start_date: None,
            end_date: None,
            classifications: all_classes(),
            place_ids: None,
            title: None,
            contributor: None,
            scientific_name: any_deer(),
            sampling_design: SamplingDesign::default(),
            exact_coordinates: false,
            occasion_days: a_week(),
        }
    }
}

impl CamtrapDpParams {
    /// Field problems first, then the first broken rule of the dates.
    pub(crate) fn rules(&self, today: NaiveDate) -> Result<(), Broken> {
        self.limits()?;
        let too_long = "Date range cannot exceed 100 years";
        range_or_all_rules(self.start_date, self.end_date, MAX_DAYS_BETWEEN, too_long, today)
    }

    fn limits(&self) -> Result<(), Broken> {
        let mut problems = Vec::new();
        filter_limits(&mut problems, &self.classifications, self.place_ids.as_deref(), None);
        let texts = [
            ("title", self.title.as_deref()),
            ("contributor", self.contributor.as_deref()),
            ("scientific_name", Some(self.scientific_name.as_str())),
        ];
        for (name, text) in texts {
            if text.is_some_and(|text| text.chars().count() > MAX_TEXT_CHARS) {
                problems.push(Problem::too_long(name, MAX_TEXT_CHARS));
            }
        }
        if self.scientific_name.trim().is_empty() {
            problems.push(Problem::empty_text("scientific_name"));
        }
        problems.extend(Problem::outside("occasion_days", self.occasion_days.into(), OCCASIONS));
        selection::fields(problems)
    }
}

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<CamtrapDpParams> {
    let usual = CamtrapDpParams::default();
    Some(CamtrapDpParams {
        start_date: fields.optional_date("start_date"),
        end_date: fields.optional_date("end_date"),
        classifications: selection::read_classes(fields).unwrap_or(usual.classifications),
        place_ids: selection::read_ids(fields, "place_ids", MAX_FILTER_IDS),
        title: fields.optional_text("title", MAX_TEXT_CHARS),
        contributor: fields.optional_text("contributor", MAX_TEXT_CHARS),
        scientific_name: fields
            .optional_text("scientific_name", MAX_TEXT_CHARS)
            .unwrap_or(usual.scientific_name),
        sampling_design: fields
            .optional_choice("sampling_design", &SamplingDesign::CHOICES)
            .unwrap_or_default(),
        exact_coordinates: fields.optional_bool("exact_coordinates").unwrap_or_default(),
        occasion_days: fields.optional_integer("occasion_days", OCCASIONS).unwrap_or(usual.occasion_days),
    })
}
