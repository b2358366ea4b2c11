//! From when to when events were, to tell which media were taken in them.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use deertrack_catalog::{LONGEST_EVENT, Record};

/// From when to when an event was, as told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    /// Its name in the database.
    pub(super) burst: Option<String>,
}

impl Span {
    pub(super) fn of(record: &Record, taken_at: DateTime<Utc>) -> Self {
        let start = record.starts_at.unwrap_or(taken_at);
        Self { start, end: record.ends_at.unwrap_or(start), burst: record.burst_id.clone() }
    }

    /// Whether it has begun by then.
    pub(super) fn has_begun(&self, at: DateTime<Utc>) -> bool {
        second(self.start) <= at
    }

    /// Whether it is over by then. Events are often told in whole seconds and photographs in milliseconds, so seconds count, as they do when a package
    /// is read.
    pub(super) fn is_over(&self, at: DateTime<Utc>) -> bool {
        second(self.end) + TimeDelta::seconds(1) <= at
    }
}

/// Whether an event is longer than any can be, or farther from its photograph: a medium of its time may be read long
/// before it or after it.
pub(super) fn is_long(span: &Span, taken_at: DateTime<Utc>) -> bool {
    let is_near = (taken_at - span.start).abs() <= LONGEST_EVENT;
    !is_near || !(TimeDelta::zero()..=LONGEST_EVENT).contains(&(span.end - span.start))
}

fn second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}
