//! The platform's names in the request of a report: `comparison_periods` for `compare_with`, and the type `custom`.
//!
//! They are read into the parameters that the product has for them, so nothing behind the border knows them. What they
//! cannot say is refused in their own name. Their place in the contract is told in [`crate::platform`].

use chrono::NaiveDate;

use super::compared::{self, ComparedPeriod, MAX_COMPARED};
use super::options::ReportType;
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// All periods of a comparison, the report's own among them.
pub(crate) const PERIODS: &str = "comparison_periods";
/// How many they are.
pub(crate) const MIN_PERIODS: usize = 2;
/// How many they are at most.
pub(crate) const MAX_PERIODS: usize = MAX_COMPARED + 1;

/// `label` and `compare_with`, whichever names the request uses for them. `own` is the report's own period.
pub(super) fn read_comparison(
    fields: &mut Fields<'_>,
    own: Option<(NaiveDate, NaiveDate)>,
    report_type: Option<ReportType>,
) -> (Option<String>, Option<Vec<ComparedPeriod>>) {
    let label = compared::read_label(fields);
    let compare_with = fields.optional_objects("compare_with", 1..=MAX_COMPARED, compared::read);
    let periods = fields.optional_objects(PERIODS, MIN_PERIODS..=MAX_PERIODS, compared::read);
    let (Some(periods), Some(own)) = (periods, own) else { return (label, compare_with) };
    if compare_with.is_some() {
        fields.note(wrong("compare_with and comparison_periods say the same thing; send one of them"));
    }
    if report_type != Some(ReportType::Comparison) {
        fields.note(wrong("comparison_periods needs report_type comparison"));
    }
    match divided(periods, own) {
        Ok((own_label, earlier)) => {
            if label.is_some() && own_label.is_some() && label != own_label {
                fields.note(wrong(
                    "the report's own period has another label than the field label; send one of them",
                ));
            }
            (label.or(own_label), Some(earlier))
        }
        Err(problem) => {
            fields.note(problem);
            (label, compare_with)
        }
    }
}

/// The label of the report's own period, and the others in the order in which they were named.
fn divided(
    mut periods: Vec<ComparedPeriod>,
    (start, end): (NaiveDate, NaiveDate),
) -> Result<(Option<String>, Vec<ComparedPeriod>), Problem> {
    let is_own = |period: &ComparedPeriod| (period.start_date, period.end_date) == (start, end);
    let Some(at) = periods.iter().position(is_own) else {
        return Err(wrong("one of comparison_periods must be the report's own: start_date to end_date"));
    };
    let own = periods.remove(at);
    if periods.iter().any(is_own) {
        return Err(wrong("comparison_periods must not name the report's own period twice"));
    }
    match compared::rules(start, end, &periods) {
        Ok(()) => Ok((own.label, periods)),
        Err(Broken::Rule(rule)) => Err(wrong(rule.replace("compare_with", PERIODS))),
        Err(Broken::Fields(_)) => unreachable!("the rules between periods are about no single field"),
    }
}

fn wrong(msg: impl Into<String>) -> Problem {
    Problem::at(PERIODS, msg, "value_error")
}
