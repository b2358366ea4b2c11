//! Times that cannot be true: a clock that was never set, or a year mistyped. They are named, and count for nothing.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Utc};

/// No camera of this kind took a digital photograph before; a clock that was never set shows 1970 or 1980.
const FIRST_YEAR: i32 = 1990;
/// How far ahead of ours a right clock may be: a day, for zones.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// What is wrong with the times of a deployment.
pub(super) fn of_deployment(
    start: DateTime<FixedOffset>,
    end: DateTime<FixedOffset>,
    now: DateTime<Utc>,
) -> Option<&'static str> {
    if start.year() < FIRST_YEAR {
        Some("starts too early")
    } else if start > now + AHEAD {
        Some("starts in the future")
    } else if end > now + AHEAD {
        Some("ends in the future")
    } else if start == end {
        Some("zero length")
    } else {
        None
    }
}

/// Whether something can have been seen then.
pub(super) fn is_possible(at: DateTime<FixedOffset>, now: DateTime<Utc>) -> bool {
    at.year() >= FIRST_YEAR && at <= now + AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_spans_are_told_by_what_is_wrong_with_them() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap();
        let now = at("2026-06-01T00:00:00Z").to_utc();
        let told = |start: &str, end: &str| of_deployment(at(start), at(end), now);
        let good = "2025-05-01T00:00:00Z";
        assert_eq!(told(good, "4999-04-27T11:41:00Z"), Some("ends in the future"));
        assert_eq!(told("1970-01-01T00:00:00Z", good), Some("starts too early"));
        assert_eq!(told("2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"), Some("starts in the future"));
        assert_eq!(told(good, good), Some("zero length"));
        assert_eq!(told(good, "2026-06-01T12:00:00+00:00"), None, "another zone may be half a day ahead");
    }
}
