//! When the animals of a row were seen: one of an event from its begin to its end, whichever photograph stands for it;
//! any other when its photograph was taken.

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_survey::TimeRange;

use crate::record::{Level, Record, Sighting};

/// The longest event, and the farthest that a photograph is from the begin of the event that it shows. Beyond a day one
/// of two clocks is wrong; then the photograph's time is taken, and an end that far away is none.
pub const LONGEST_EVENT: TimeDelta = TimeDelta::days(1);

/// A row with a time.
pub(crate) trait Seen {
    /// When its animals were seen first; `None`: not known.
    fn seen_at(&self) -> Option<DateTime<Utc>>;
}

impl Record {
    /// When its animals were seen first: when its event began, or its photograph was taken. `None`: not known.
    pub fn seen_at(&self) -> Option<DateTime<Utc>> {
        first(self.level, self.image.taken_at, self.starts_at)
    }

    /// When its event ended; `seen_at` where no end is told.
    pub fn seen_until(&self) -> Option<DateTime<Utc>> {
        self.seen_at().map(|at| last(at, self.ends_at))
    }
}

impl Sighting {
    /// As [`Record::seen_at`].
    pub fn seen_at(&self) -> Option<DateTime<Utc>> {
        first(self.level, self.taken_at, self.starts_at)
    }

    /// As [`Record::seen_until`].
    pub fn seen_until(&self) -> Option<DateTime<Utc>> {
        self.seen_at().map(|at| last(at, self.ends_at))
    }
}

impl Seen for Record {
    fn seen_at(&self) -> Option<DateTime<Utc>> {
        self.seen_at()
    }
}

impl Seen for Sighting {
    fn seen_at(&self) -> Option<DateTime<Utc>> {
        self.seen_at()
    }
}

fn first(
    level: Level,
    taken_at: Option<DateTime<Utc>>,
    starts_at: Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    let taken_at = taken_at?;
    let begin = starts_at.filter(|begin| level == Level::Event && (taken_at - *begin).abs() <= LONGEST_EVENT);
    Some(begin.unwrap_or(taken_at))
}

fn last(first: DateTime<Utc>, ends_at: Option<DateTime<Utc>>) -> DateTime<Utc> {
    ends_at.filter(|end| (TimeDelta::zero()..=LONGEST_EVENT).contains(&(*end - first))).unwrap_or(first)
}

/// The times of all photographs that can stand for something that was seen in `range`.
pub(crate) fn of_photographs(range: &TimeRange) -> TimeRange {
    let start = range.start.checked_sub_signed(LONGEST_EVENT).unwrap_or(range.start);
    start..range.end.checked_add_signed(LONGEST_EVENT).unwrap_or(range.end)
}

/// What was seen in `range`, by time; rows of one time stay as they were.
pub(crate) fn seen_in<T: Seen>(mut rows: Vec<T>, range: &TimeRange) -> Vec<T> {
    rows.retain(|row| is_seen_in(row, range));
    rows.sort_by_key(Seen::seen_at);
    rows
}

/// Whether the row was seen in `range`.
pub(crate) fn is_seen_in<T: Seen>(row: &T, range: &TimeRange) -> bool {
    row.seen_at().is_some_and(|at| range.contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn an_event_was_seen_from_its_begin_to_its_end_and_a_photograph_when_it_was_taken() {
        let (begin, photograph) = (at("2025-05-01T23:59:00Z"), at("2025-05-02T00:00:05Z"));
        let seen = |level, taken_at, begin| first(level, taken_at, begin);
        assert_eq!(seen(Level::Event, Some(photograph), Some(begin)), Some(begin));
        assert_eq!(seen(Level::Media, Some(photograph), Some(begin)), Some(photograph));
        assert_eq!(seen(Level::Event, Some(photograph), None), Some(photograph));
        assert_eq!(seen(Level::Event, None, Some(begin)), None);
        assert_eq!(last(begin, Some(photograph)), photograph);
        assert_eq!(last(begin, None), begin);
    }

    #[test]
    fn clocks_that_are_days_apart_are_not_believed() {
        let photograph = at("2025-05-02T00:00:05Z");
        assert_eq!(first(Level::Event, Some(photograph), Some(at("1970-01-01T00:00:00Z"))), Some(photograph));
        assert_eq!(last(photograph, Some(at("4999-01-01T00:00:00Z"))), photograph);
        assert_eq!(
            last(photograph, Some(at("2025-05-01T00:00:00Z"))),
            photograph,
            "it ends before it begins"
        );
        assert_eq!(last(photograph, Some(photograph + LONGEST_EVENT)), photograph + LONGEST_EVENT);
    }
}
