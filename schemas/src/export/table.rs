//! `table`: rows for spreadsheets, statistics and maps. Parameters, limits and rules; the rows are the worker's.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::selection::{
    self, MAX_FILTER_IDS, MAX_ID_CHARS, all_classes, default_visit_gap, filter_limits, range_rules,
};
use super::{Class, FileType, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// The longest range: days between `start_date` and `end_date`.
pub const MAX_DAYS_BETWEEN: i64 = 3660;

const CSV: FileType = FileType { extension: "csv", media_type: "text/csv" };
const XLSX: FileType = FileType {
    extension: "xlsx",
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};
const GEOJSON: FileType = FileType { extension: "geojson", media_type: "application/geo+json" };

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::Table,
    name: "table",
    title: "Tables (CSV, XLSX, GeoJSON)",
    description: "Detections, visits, effort and individuals as rows, or counted by place as points on a map.",
    file_stem: "table",
    extension: CSV.extension,
    media_type: CSV.media_type,
    other_files: &[XLSX, GEOJSON],
    time_limit_seconds: 1800,
    max_attempts: 3,
    retry_base_seconds: 2,
    retry_cap_seconds: 300,
};

/// Parameters of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableParams {
    /// Of the file.
    pub format: Format,
    /// What the rows are. Without it: detections as CSV, every topic as a sheet of XLSX, all counts as GeoJSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// First local day, included.
    pub start_date: NaiveDate,
    /// Last local day, included; at most ten years after the first, not in the future.
    pub end_date: NaiveDate,
    /// Only these classes; effort is that of all.
    #[serde(default = "all_classes")]
    #[schemars(length(min = 1, max = 4))]
    pub classifications: Vec<Class>,
    /// Only these places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_FILTER_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub place_ids: Option<Vec<String>>,
    /// Only these known deer; effort is that of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_FILTER_IDS), inner(length(min = 1, max = MAX_ID_CHARS)))]
    pub deer_ids: Option<Vec<String>>,
    /// Minutes after which a record begins a new visit.
    #[serde(default = "default_visit_gap")]
    #[schemars(range(min = 1, max = 1440))]
    pub visit_gap_minutes: u32,
    /// From which record those minutes run.
    #[serde(default)]
    pub visit_gap_since: GapSince,
    /// Coordinates as they are, instead of rounded to 0.01 degrees (about a kilometre).
    #[serde(default)]
    pub exact_coordinates: bool,
}

/// The format of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One table, RFC 4180, UTF-8.
    Csv,
    /// A workbook with a sheet for each topic.
    Xlsx,
    /// A point for each place, RFC 7946.
    Geojson,
}

impl Format {
    const CHOICES: [(&'static str, Self); 3] =
        [("csv", Self::Csv), ("xlsx", Self::Xlsx), ("geojson", Self::Geojson)];

    pub(crate) fn file(self) -> FileType {
        match self {
            Self::Csv => CSV,
            Self::Xlsx => XLSX,
            Self::Geojson => GEOJSON,
        }
    }
}

/// What the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Each detection.
    Detections,
    /// Independent events of each class at each place.
    Visits,
    /// When which camera stood.
    Effort,
    /// Each known deer.
    Individuals,
}

impl Topic {
    /// Every topic, in the order of sheets.
    pub const ALL: [Self; 4] = [Self::Detections, Self::Visits, Self::Effort, Self::Individuals];

    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detections => "detections",
            Self::Visits => "visits",
            Self::Effort => "effort",
            Self::Individuals => "individuals",
        }
    }
}

/// The record from which the gap between visits runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapSince {
    /// The last record of the visit: an animal that stays is one visit.
    LastRecord,
    /// The first record of the visit: an animal that stays is a visit every so many minutes.
    #[default]
    LastIndependentRecord,
}

impl GapSince {
    pub(super) const CHOICES: [(&'static str, Self); 2] =
        [("last_record", Self::LastRecord), ("last_independent_record", Self::LastIndependentRecord)];

    /// Its name in R camtrapR (`deltaTimeComparedTo` of `recordTable`) and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastRecord => "lastRecord",
            Self::LastIndependentRecord => "lastIndependentRecord",
        }
    }
}

impl TableParams {
    /// All rows of these local days, both included.
    pub fn new(format: Format, start_date: NaiveDate, end_date: NaiveDate) -> Self {
        Self {
            format,
            topic: None,
            start_date,
            end_date,
            classifications: all_classes(),
            place_ids: None,
            deer_ids: None,
            visit_gap_minutes: default_visit_gap(),
            visit_gap_since: GapSince::default(),
            exact_coordinates: false,
        }
    }

    /// What goes into the file.
    pub fn topics(&self) -> &[Topic] {
        match (&self.topic, self.format) {
            (Some(topic), _) => std::slice::from_ref(topic),
            (None, Format::Csv) => &[Topic::Detections],
            (None, Format::Xlsx | Format::Geojson) => &Topic::ALL,
        }
    }

    /// Field problems first, then the first broken rule of the dates.
    pub(crate) fn rules(&self, today: NaiveDate) -> Result<(), Broken> {
        let mut problems = Vec::new();
        let (places, deer) = (self.place_ids.as_deref(), self.deer_ids.as_deref());
        filter_limits(&mut problems, &self.classifications, places, deer);
        let gap = self.visit_gap_minutes.into();
        problems.extend(Problem::outside("visit_gap_minutes", gap, selection::VISIT_GAPS));
        selection::fields(problems)?;
        let too_long = "Date range cannot exceed 10 years";
        range_rules(self.start_date, self.end_date, MAX_DAYS_BETWEEN, too_long, today)
    }
}

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<TableParams> {
    // Every field is read before any `?`: one answer names all problems.
    let format = fields.choice("format", &Format::CHOICES);
    let topic = fields.optional_choice("topic", &Topic::ALL.map(|topic| (topic.name(), topic)));
    let start_date = fields.date("start_date");
    let end_date = fields.date("end_date");
    let classifications = selection::read_classes(fields);
    let place_ids = selection::read_ids(fields, "place_ids", MAX_FILTER_IDS);
    let deer_ids = selection::read_ids(fields, "deer_ids", MAX_FILTER_IDS);
    let visit_gap_minutes = fields.optional_integer("visit_gap_minutes", selection::VISIT_GAPS);
    let visit_gap_since = fields.optional_choice("visit_gap_since", &GapSince::CHOICES);
    let exact_coordinates = fields.optional_bool("exact_coordinates");
    Some(TableParams {
        format: format?,
        topic,
        start_date: start_date?,
        end_date: end_date?,
        classifications: classifications.unwrap_or_else(all_classes),
        place_ids,
        deer_ids,
        visit_gap_minutes: visit_gap_minutes.unwrap_or_else(default_visit_gap),
        visit_gap_since: visit_gap_since.unwrap_or_default(),
        exact_coordinates: exact_coordinates.unwrap_or_default(),
    })
}
