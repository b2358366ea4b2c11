//! `zip`: an archive of crops, one for each detection. Parameters, limits and rules; the pictures are the worker's.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selection::{
    self, MAX_DETECTION_IDS, MAX_FILTER_IDS, MAX_ID_CHARS, all_classes, filter_limits, ids_limits,
    range_rules,
};
use super::{Class, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// The smallest crop: pixels of its longest side.
pub const MIN_CROP_SIZE: u32 = 128;
/// The largest crop: pixels of its longest side.
pub const MAX_CROP_SIZE: u32 = 1024;
/// The size of crops when none is asked for.
pub const DEFAULT_CROP_SIZE: u32 = 512;
/// The longest range: days between `start_date` and `end_date`.
pub const MAX_DAYS_BETWEEN: i64 = 365;

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::Zip,
    name: "zip",
    title: "Crops (ZIP)",
    description: "A picture of each detection, cut out of its photograph, with its metadata as CSV and a manifest of hashes.",
    file_stem: "crops",
    extension: "zip",
    media_type: "application/zip",
    other_files: &[],
    time_limit_seconds: 1800,
    max_attempts: 3,
    retry_base_seconds: 10,
    retry_cap_seconds: 300,
};

/// Parameters of an archive of crops: either `detection_ids`, or `start_date` and `end_date`; the other lists narrow
/// the choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZipParams {
    /// Exactly these detections, also rejected ones and duplicates. What is not there is told in `problems.csv`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_DETECTION_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub detection_ids: Option<Vec<String>>,
    /// First local day, included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// Last local day, included; at most 365 days after the first, not in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// Only these classes.
    #[serde(default = "all_classes")]
    #[schemars(length(min = 1, max = 4))]
    pub classifications: Vec<Class>,
    /// Only these places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_FILTER_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub place_ids: Option<Vec<String>>,
    /// Only these known deer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_FILTER_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub deer_ids: Option<Vec<String>>,
    /// Pixels of the longest side of each crop.
    #[serde(default = "default_crop_size")]
    #[schemars(range(min = MIN_CROP_SIZE, max = MAX_CROP_SIZE))]
    pub crop_size: u32,
    /// The crops themselves; without them the archive holds the rows of `metadata.csv` alone.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schemars(extend("default" = true, "x-platform-name" = true))]
    pub include_crops: bool,
    /// The table `metadata.csv`; without it the archive holds the crops alone. Not false beside `include_crops`.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schemars(extend("default" = true, "x-platform-name" = true))]
    pub include_metadata_csv: bool,
}

fn yes() -> bool {
    true
}

/// What is not said is true: envelopes of those who never heard of it stay as they are.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

fn default_crop_size() -> u32 {
    DEFAULT_CROP_SIZE
}

impl ZipParams {
    /// Crops of these detections.
    pub fn of(detection_ids: Vec<String>) -> Self {
        Self { detection_ids: Some(detection_ids), ..Self::unchosen() }
    }

    /// Crops of all detections of these local days, both included.
    pub fn between(start_date: NaiveDate, end_date: NaiveDate) -> Self {
        Self { start_date: Some(start_date), end_date: Some(end_date), ..Self::unchosen() }
    }

    fn unchosen() -> Self {
        Self {
            detection_ids: None,
            start_date: None,
            end_date: None,
            classifications: all_classes(),
            place_ids: None,
            deer_ids: None,
            crop_size: DEFAULT_CROP_SIZE,
            include_crops: true,
            include_metadata_csv: true,
        }
    }

    /// Field problems first, then the first broken rule between fields.
    pub(crate) fn rules(&self, today: NaiveDate) -> Result<(), Broken> {
        self.limits()?;
        if !self.include_crops && !self.include_metadata_csv {
            return Err(Broken::Rule(
                "include_crops and include_metadata_csv cannot both be false: nothing would be left",
            ));
        }
        match (&self.detection_ids, self.start_date, self.end_date) {
            (Some(_), None, None) => Ok(()),
            (Some(_), _, _) => Err(Broken::Rule("detection_ids and a date range exclude each other")),
            (None, Some(start), Some(end)) => {
                range_rules(start, end, MAX_DAYS_BETWEEN, "Date range cannot exceed 1 year", today)
            }
            (None, _, _) => Err(Broken::Rule("detection_ids, or start_date and end_date are required")),
        }
    }

    fn limits(&self) -> Result<(), Broken> {
        let mut problems = Vec::new();
        ids_limits(&mut problems, "detection_ids", self.detection_ids.as_deref(), MAX_DETECTION_IDS);
        let (places, deer) = (self.place_ids.as_deref(), self.deer_ids.as_deref());
        filter_limits(&mut problems, &self.classifications, places, deer);
        problems.extend(Problem::outside("crop_size", self.crop_size.into(), SIZES));
        selection::fields(problems)
    }
}

const SIZES: std::ops::RangeInclusive<i64> = MIN_CROP_SIZE as i64..=MAX_CROP_SIZE as i64;

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<ZipParams> {
    Some(ZipParams {
        detection_ids: selection::read_ids(fields, "detection_ids", MAX_DETECTION_IDS),
        start_date: fields.optional_date("start_date"),
        end_date: fields.optional_date("end_date"),
        classifications: selection::read_classes(fields).unwrap_or_else(all_classes),
        place_ids: selection::read_ids(fields, "place_ids", MAX_FILTER_IDS),
        deer_ids: selection::read_ids(fields, "deer_ids", MAX_FILTER_IDS),
        crop_size: fields.optional_integer("crop_size", SIZES).unwrap_or(DEFAULT_CROP_SIZE),
        include_crops: fields.optional_bool("include_crops").unwrap_or(true),
        include_metadata_csv: fields.optional_bool("include_metadata_csv").unwrap_or(true),
    })
}
