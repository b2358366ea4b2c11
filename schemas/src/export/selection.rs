//! What several kinds choose by: a range of local days, and ids. One wording for all of them.

use chrono::NaiveDate;

use super::Class;
use crate::fields::Fields;
use crate::problem::{Broken, Problem};

/// The longest id that a request may name, in characters: 10,000 of them fit into one envelope.
pub const MAX_ID_CHARS: usize = 100;
/// How many places or deer one request may name.
pub const MAX_FILTER_IDS: usize = 1_000;
/// How many detections one request may name.
pub const MAX_DETECTION_IDS: usize = 10_000;

/// How long a gap between visits may be, in minutes.
pub(super) const VISIT_GAPS: std::ops::RangeInclusive<i64> = 1..=1440;

/// The field's usual gap between visits, in minutes.
pub(super) fn default_visit_gap() -> u32 {
    30
}

/// The rules of a range whose both days are included. `max_days` counts the days between them.
pub(super) fn range_rules(
    start: NaiveDate,
    end: NaiveDate,
    max_days: i64,
    too_long: &'static str,
    today: NaiveDate,
) -> Result<(), Broken> {
    if start > end {
        return Err(Broken::Rule("start_date must not be after end_date"));
    }
    if (end - start).num_days() > max_days {
        return Err(Broken::Rule(too_long));
    }
    if start > today {
        return Err(Broken::Rule("start_date cannot be in the future"));
    }
    if end > today {
        return Err(Broken::Rule("end_date cannot be in the future"));
    }
    Ok(())
}

/// The rules of kinds that take everything there is when no range is given.
pub(super) fn range_or_all_rules(
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    max_days: i64,
    too_long: &'static str,
    today: NaiveDate,
) -> Result<(), Broken> {
    match (start, end) {
        (None, None) => Ok(()),
        (Some(start), Some(end)) => range_rules(start, end, max_days, too_long, today),
        _ => Err(Broken::Rule("start_date and end_date go together")),
    }
}

/// The limits of what narrows the choice of most kinds, for parameters that were not read from JSON.
pub(super) fn filter_limits(
    problems: &mut Vec<Problem>,
    classes: &[Class],
    place_ids: Option<&[String]>,
    deer_ids: Option<&[String]>,
) {
    classes_limits(problems, classes);
    ids_limits(problems, "place_ids", place_ids, MAX_FILTER_IDS);
    ids_limits(problems, "deer_ids", deer_ids, MAX_FILTER_IDS);
}

/// The limits of a list of ids, for parameters that were not read from JSON.
pub(super) fn ids_limits(
    problems: &mut Vec<Problem>,
    name: &'static str,
    ids: Option<&[String]>,
    most: usize,
) {
    let Some(ids) = ids else { return };
    if ids.is_empty() {
        problems.push(Problem::too_few(name, 1));
    }
    if ids.len() > most {
        problems.push(Problem::too_many(name, most));
    }
    if let Some(index) = ids.iter().position(String::is_empty) {
        problems.push(Problem::empty_text(name).item(index));
    }
    if let Some(index) = ids.iter().position(|id| id.chars().count() > MAX_ID_CHARS) {
        problems.push(Problem::too_long(name, MAX_ID_CHARS).item(index));
    }
}

/// That at least one class is asked for.
pub(super) fn classes_limits(problems: &mut Vec<Problem>, classes: &[Class]) {
    if classes.is_empty() {
        problems.push(Problem::too_few("classifications", 1));
    }
}

/// The problems of single fields, if any.
pub(super) fn fields(problems: Vec<Problem>) -> Result<(), Broken> {
    if problems.is_empty() { Ok(()) } else { Err(Broken::Fields(problems)) }
}

/// Reads `classifications`; `None` when it is not given or wrong.
pub(super) fn read_classes(fields: &mut Fields<'_>) -> Option<Vec<Class>> {
    fields.optional_choices("classifications", &Class::ALL.map(|class| (class.name(), class)))
}

/// Reads a list of at most `most` ids; `None` when it is not given or wrong.
pub(super) fn read_ids(fields: &mut Fields<'_>, name: &'static str, most: usize) -> Option<Vec<String>> {
    fields.optional_ids(name, most, MAX_ID_CHARS)
}

/// Every class: the default of `classifications`.
pub(super) fn all_classes() -> Vec<Class> {
    Class::ALL.to_vec()
}
