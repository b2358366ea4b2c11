//! `pdf`: a seasonal activity report. Parameters, limits and rules; the drawing is the worker's.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Class, Kind, KindInfo};
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// The longest title, in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// The longest range: days between `start_date` and `end_date`.
pub const MAX_DAYS_BETWEEN: i64 = 365;

/// What callers may know of this kind.
pub const INFO: KindInfo = KindInfo {
    kind: Kind::Pdf,
    name: "pdf",
    title: "PDF report",
    description: "Detections by period, class, place and hour, with camera effort, as a printable report.",
    file_stem: "report",
    extension: "pdf",
    media_type: "application/pdf",
    other_files: &[],
    time_limit_seconds: 120,
    max_attempts: 3,
};

/// Parameters of a PDF report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
}

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
    /// Activity by period, class, place and hour.
    #[default]
    SeasonalActivity,
}

impl ReportType {
    const CHOICES: [(&'static str, Self); 1] = [("seasonal_activity", Self::SeasonalActivity)];
}

fn all_classes() -> Vec<Class> {
    Class::ALL.to_vec()
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
        Ok(())
    }

    fn limits(&self) -> Result<(), Broken> {
        let mut problems = Vec::new();
        if self.title.as_ref().is_some_and(|t| t.chars().count() > MAX_TITLE_CHARS) {
            problems.push(Problem::too_long("title", MAX_TITLE_CHARS));
        }
        if self.classifications.is_empty() {
            problems.push(Problem::too_few("classifications", 1));
        }
        if problems.is_empty() { Ok(()) } else { Err(Broken::Fields(problems)) }
    }
}

/// Reads the parameters out of a request body.
pub(crate) fn read(fields: &mut Fields<'_>) -> Option<PdfParams> {
    let classes: Vec<(&'static str, Class)> = Class::ALL.map(|class| (class.name(), class)).to_vec();
    // Every field is read before any `?`: one answer names all problems.
    let start_date = fields.date("start_date");
    let end_date = fields.date("end_date");
    let group_by = fields.choice("group_by", &GroupBy::CHOICES);
    let title = fields.optional_text("title", MAX_TITLE_CHARS);
    let report_type = fields.optional_choice("report_type", &ReportType::CHOICES);
    let classifications = fields.optional_choices("classifications", &classes);
    let include_charts = fields.optional_bool("include_charts");
    let include_tables = fields.optional_bool("include_tables");
    let include_insights = fields.optional_bool("include_insights");
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
    })
}
