//! The periods that a comparison is made with: the same calendar days of earlier years.
//!
//! Rates of other days would differ by the season and not by the year, so other days are refused.

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fields::Fields;
use crate::problem::{Broken, Loc, Problem};

/// How many earlier periods one comparison may have.
pub const MAX_COMPARED: usize = 4;
/// The longest name of a period, in characters.
pub const MAX_LABEL_CHARS: usize = 40;

/// An earlier period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparedPeriod {
    /// First local day, included: the day and month of the report's `start_date`, in an earlier year.
    pub start_date: NaiveDate,
    /// Last local day, included: the day and month of the report's `end_date`.
    pub end_date: NaiveDate,
    /// Its name in the report; usually its year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_LABEL_CHARS))]
    pub label: Option<String>,
}

pub(super) fn read(fields: &mut Fields<'_>) -> Option<ComparedPeriod> {
    let start_date = fields.date("start_date");
    let end_date = fields.date("end_date");
    let label = read_label(fields);
    Some(ComparedPeriod { start_date: start_date?, end_date: end_date?, label })
}

pub(super) fn read_label(fields: &mut Fields<'_>) -> Option<String> {
    let label = fields.optional_text("label", MAX_LABEL_CHARS);
    if label.as_deref() == Some("") {
        fields.note(Problem::empty_text("label"));
    }
    label
}

/// The limits of a name, for parameters that were not read from JSON.
pub(super) fn label_limits(label: Option<&str>) -> Option<Problem> {
    match label?.chars().count() {
        0 => Some(Problem::empty_text("label")),
        count if count > MAX_LABEL_CHARS => Some(Problem::too_long("label", MAX_LABEL_CHARS)),
        _ => None,
    }
}

/// The limits of the list, for parameters that were not read from JSON.
pub(super) fn limits(problems: &mut Vec<Problem>, periods: &[ComparedPeriod]) {
    if periods.is_empty() {
        problems.push(Problem::too_few("compare_with", 1));
    }
    if periods.len() > MAX_COMPARED {
        problems.push(Problem::too_many("compare_with", MAX_COMPARED));
    }
    for (index, period) in periods.iter().enumerate() {
        let wrong = label_limits(period.label.as_deref());
        let place = [Loc::Name("compare_with".into()), Loc::Index(index)];
        problems.extend(wrong.map(|problem| problem.within(&place)));
    }
}

/// What makes periods comparable.
pub(super) fn rules(start: NaiveDate, end: NaiveDate, periods: &[ComparedPeriod]) -> Result<(), Broken> {
    for (index, period) in periods.iter().enumerate() {
        let years = start.year() - period.start_date.year();
        if years <= 0 {
            return Err(Broken::Rule("compare_with must name earlier years"));
        }
        if !is_same_day(start, period.start_date)
            || !is_same_day(end, period.end_date)
            || end.year() - period.end_date.year() != years
        {
            return Err(Broken::Rule(
                "compare_with must cover the same calendar days as start_date to end_date",
            ));
        }
        if periods[..index].iter().any(|other| other.start_date.year() == period.start_date.year()) {
            return Err(Broken::Rule("compare_with must not name a year twice"));
        }
    }
    Ok(())
}

/// The 29th of February stands for the last of the month.
fn is_same_day(a: NaiveDate, b: NaiveDate) -> bool {
    let day = |date: NaiveDate| {
        let is_leap_day = (date.month(), date.day()) == (2, 29);
        (date.month(), if is_leap_day { 28 } else { date.day() })
    };
    day(a) == day(b)
}
