//! What was asked: the days, the earlier days that they are compared to, the classes, what makes a visit.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use deertrack_schemas::Class;
use deertrack_schemas::pdf::{PdfParams, ReportType};
use deertrack_survey::calendar::Period;
use deertrack_survey::visits::VisitRule;

/// What was asked, when and in which zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) params: &'a PdfParams,
    pub(super) zone: Tz,
    pub(super) created_at: DateTime<Utc>,
}

impl Asked<'_> {
    /// The days told about.
    pub(super) fn span(&self) -> Period {
        Period { first: self.params.start_date, last: self.params.end_date }
    }

    /// The earlier days that they are compared to: those that were named, else the year before.
    pub(super) fn earlier(&self) -> Vec<Period> {
        match &self.params.compare_with {
            Some(named) if self.params.report_type == ReportType::Comparison => named
                .iter()
                .map(|period| Period { first: period.start_date, last: period.end_date })
                .collect(),
            _ => vec![a_year_before(self.span())],
        }
    }
}

/// The same calendar days of the year before; a 29th of February becomes the last of the month.
fn a_year_before(span: Period) -> Period {
    let before = |day: NaiveDate| day.checked_sub_months(Months::new(12)).unwrap_or(day);
    let ends_with_february = (span.last.month(), span.last.day()) == (2, 28);
    let last = before(span.last);
    // A range up to the end of February ends with its last day in every year.
    let last = if ends_with_february { last.with_day(29).unwrap_or(last) } else { last };
    Period { first: before(span.first), last }
}

/// What makes a visit, as it was asked for.
pub(super) fn visit_rule(asked: &Asked<'_>) -> VisitRule {
    VisitRule::of(asked.params.visit_gap_minutes, asked.params.visit_gap_since)
}

/// The classes asked for, in the order of every table and legend.
pub(super) fn classes(asked: &Asked<'_>) -> Vec<Class> {
    Class::ALL.into_iter().filter(|class| asked.params.classifications.contains(class)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_before_has_the_same_calendar_days() {
        let span =
            |first: &str, last: &str| Period { first: first.parse().unwrap(), last: last.parse().unwrap() };
        assert_eq!(a_year_before(span("2025-09-01", "2026-01-31")), span("2024-09-01", "2025-01-31"));
        assert_eq!(a_year_before(span("2024-02-29", "2024-03-05")), span("2023-02-28", "2023-03-05"));
        assert_eq!(a_year_before(span("2024-11-01", "2025-02-28")), span("2023-11-01", "2024-02-29"));
    }
}
