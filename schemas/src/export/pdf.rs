//! `pdf`: a report of one season, or of one season against earlier ones. Parameters, limits and rules; the drawing is
//! the worker's. The closed lists are in `options`, the periods of a comparison in `compared`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod compared;
pub(crate) mod options;
pub(crate) mod platform;

use super::selection::{self, all_classes, default_visit_gap};
use super::table::GapSince;
use super::{Class, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

pub use compared::{ComparedPeriod, MAX_COMPARED, MAX_LABEL_CHARS};
pub use options::{GroupBy, Paper, ReportType, Units};

/// The longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// The longest range: days between `start_date` and `end_date`.
pub const MAX_DAYS_BETWEEN: i64 = 365;
/// The longest peak of the rut: days between `rut_start` and `rut_end`.
pub const MAX_RUT_DAYS_BETWEEN: i64 = 120;

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::Pdf,
    name: "pdf",
    title: "PDF report",
    description: "A season in print: visits per 100 trap nights, ratios, activity, rut, known bucks, map and data \
                  status; or one season against earlier ones.",
    file_stem: "report",
    extension: "pdf",
    media_type: "application/pdf",
    other_files: &[],
    time_limit_seconds: 1800,
    max_attempts: 3,
    retry_base_seconds: 2,
    retry_cap_seconds: 300,
};

/// Parameters of a PDF report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PdfParams {
    /// First local day, included.
    pub start_date: NaiveDate,
    /// Last local day, included. After `start_date`, at most 365 days later, not in the future.
    pub end_date: NaiveDate,
    /// One row and one bar for each day, ISO week or month.
    pub group_by: GroupBy,
    /// Printed on top of the report; without it the report names its type and period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_TITLE_CHARS))]
    pub title: Option<String>,
    /// Which report.
    #[serde(default)]
    pub report_type: ReportType,
    /// Count only these classes.
    #[serde(default = "all_classes")]
    #[schemars(length(min = 1, max = 4))]
    pub classifications: Vec<Class>,
    /// Draw the charts.
    #[serde(default = "yes")]
    pub include_charts: bool,
    /// Print the tables.
    #[serde(default = "yes")]
    pub include_tables: bool,
    /// Print the paragraph of main findings.
    #[serde(default = "yes")]
    pub include_insights: bool,
    /// Print a card for each known buck.
    #[serde(default = "yes")]
    pub include_individuals: bool,
    /// Put a photograph on each card.
    #[serde(default = "yes")]
    pub include_photos: bool,
    /// Draw the map of places.
    #[serde(default = "yes")]
    pub include_map: bool,
    /// Coordinates as they are on the map, instead of rounded to 0.01 degrees (about a kilometre).
    #[serde(default)]
    pub exact_coordinates: bool,
    /// Size of the pages.
    #[serde(default)]
    pub paper: Paper,
    /// Units of length.
    #[serde(default)]
    pub units: Units,
    /// Minutes after which a record begins a new visit.
    #[serde(default = "default_visit_gap")]
    #[schemars(range(min = 1, max = 1440))]
    pub visit_gap_minutes: u32,
    /// From which record those minutes run.
    #[serde(default)]
    pub visit_gap_since: GapSince,
    /// First local day of the peak of the rut; with `rut_end`. Without both, the usual days of the species.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rut_start: Option<NaiveDate>,
    /// Last local day of the peak of the rut, included; at most 120 days after `rut_start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rut_end: Option<NaiveDate>,
    /// The name of this period in a comparison; usually its year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_LABEL_CHARS))]
    pub label: Option<String>,
    /// The earlier periods of a comparison. Without them it is made with the year before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_COMPARED))]
    pub compare_with: Option<Vec<ComparedPeriod>>,
}

fn yes() -> bool {
    true
}

impl PdfParams {
    /// A report of all classes with charts, tables and insights.
    pub fn new(start_date: NaiveDate, end_date: NaiveDate, group_by: GroupBy) -> Self {
        Self {
            start_date,
            end_date,
            group_by,
            title: None,
            report_type: ReportType::default(),
            classifications: all_classes(),
            include_charts: true,
            include_tables: true,
            include_insights: true,
            include_individuals: true,
            include_photos: true,
            include_map: true,
            exact_coordinates: false,
            paper: Paper::default(),
            units: Units::default(),
            visit_gap_minutes: default_visit_gap(),
            visit_gap_since: GapSince::default(),
            rut_start: None,
            rut_end: None,
            label: None,
            compare_with: None,
        }
    }

    /// Field problems first, then the dates; the first broken date rule is the answer, in this order.
    pub(crate) fn rules(&self, today: NaiveDate) -> Result<(), Broken> {
        self.limits()?;
        if self.start_date >= self.end_date {
            return Err(Broken::Rule("start_date must be before end_date"));
        }
        if (self.end_date - self.start_date).num_days() > MAX_DAYS_BETWEEN {
            return Err(Broken::Rule("Date range cannot exceed 1 year"));
        }
        if self.start_date > today {
            return Err(Broken::Rule("start_date cannot be in the future"));
        }
        if self.end_date > today {
            return Err(Broken::Rule("end_date cannot be in the future"));
        }
        self.rut_rules()?;
        self.comparison_rules()
    }

    fn rut_rules(&self) -> Result<(), Broken> {
        match (self.rut_start, self.rut_end) {
            (None, None) => Ok(()),
            (Some(start), Some(end)) if start > end => {
                Err(Broken::Rule("rut_start must not be after rut_end"))
            }
            (Some(start), Some(end)) if (end - start).num_days() > MAX_RUT_DAYS_BETWEEN => {
                Err(Broken::Rule("The peak of the rut cannot exceed 120 days"))
            }
            (Some(_), Some(_)) => Ok(()),
            _ => Err(Broken::Rule("rut_start and rut_end are given together")),
        }
    }

    fn comparison_rules(&self) -> Result<(), Broken> {
        let Some(periods) = &self.compare_with else { return Ok(()) };
        if self.report_type != ReportType::Comparison {
            return Err(Broken::Rule("compare_with needs report_type comparison"));
        }
        compared::rules(self.start_date, self.end_date, periods)
    }

    fn limits(&self) -> Result<(), Broken> {
        let mut problems = Vec::new();
        if self.title.as_ref().is_some_and(|t| t.chars().count() > MAX_TITLE_CHARS) {
            problems.push(Problem::too_long("title", MAX_TITLE_CHARS));
        }
        selection::classes_limits(&mut problems, &self.classifications);
        let gap = self.visit_gap_minutes.into();
        problems.extend(Problem::outside("visit_gap_minutes", gap, selection::VISIT_GAPS));
        problems.extend(compared::label_limits(self.label.as_deref()));
        if let Some(periods) = &self.compare_with {
            compared::limits(&mut problems, periods);
        }
        selection::fields(problems)
    }
}

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<PdfParams> {
    // Every field is read before any `?`: one answer names all problems.
    let start_date = fields.date("start_date");
    let end_date = fields.date("end_date");
    let group_by = fields.choice("group_by", &GroupBy::CHOICES);
    let title = fields.optional_text("title", MAX_TITLE_CHARS);
    let report_type = fields.optional_choice("report_type", &ReportType::CHOICES);
    let classifications = selection::read_classes(fields);
    let include_charts = fields.optional_bool("include_charts");
    let include_tables = fields.optional_bool("include_tables");
    let include_insights = fields.optional_bool("include_insights");
    let include_individuals = fields.optional_bool("include_individuals");
    let include_photos = fields.optional_bool("include_photos");
    let include_map = fields.optional_bool("include_map");
    let exact_coordinates = fields.optional_bool("exact_coordinates");
    let paper = fields.optional_choice("paper", &Paper::CHOICES);
    let units = fields.optional_choice("units", &Units::CHOICES);
    let visit_gap_minutes = fields.optional_integer("visit_gap_minutes", selection::VISIT_GAPS);
    let visit_gap_since = fields.optional_choice("visit_gap_since", &GapSince::CHOICES);
    let rut_start = fields.optional_date("rut_start");
    let rut_end = fields.optional_date("rut_end");
    let own = start_date.zip(end_date);
    let (label, compare_with) = platform::read_comparison(fields, own, report_type);
    Some(PdfParams {
        start_date: start_date?,
        end_date: end_date?,
        group_by: group_by?,
        title,
        report_type: report_type.unwrap_or_default(),
        classifications: classifications.unwrap_or_else(all_classes),
        include_charts: include_charts.unwrap_or(true),
        include_tables: include_tables.unwrap_or(true),
        include_insights: include_insights.unwrap_or(true),
        include_individuals: include_individuals.unwrap_or(true),
        include_photos: include_photos.unwrap_or(true),
        include_map: include_map.unwrap_or(true),
        exact_coordinates: exact_coordinates.unwrap_or_default(),
        paper: paper.unwrap_or_default(),
        units: units.unwrap_or_default(),
        visit_gap_minutes: visit_gap_minutes.unwrap_or_else(default_visit_gap),
        visit_gap_since: visit_gap_since.unwrap_or_default(),
        rut_start,
        rut_end,
        label,
        compare_with,
    })
}
