//! Local days as instants.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::catalog::TimeRange;

/// The instants of the local days from `first` to `last`, both included.
pub(crate) fn local_days(first: NaiveDate, last: NaiveDate, zone: Tz) -> TimeRange {
    let behind = last.checked_add_days(Days::new(1)).unwrap_or(last);
    begin(first, zone)..begin(behind, zone)
}

/// The first instant of a day. Some zones skip midnight when their summer time begins, one has skipped a whole day.
fn begin(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=96)
        .find_map(|quarter| {
            zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarter))).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str, zone: Tz) -> [String; 2] {
        let range = local_days(first.parse().unwrap(), last.parse().unwrap(), zone);
        [range.start, range.end].map(|instant| instant.format("%F %R").to_string())
    }

    #[test]
    fn the_last_day_is_included_also_when_clocks_change() {
        let zone = Tz::Europe__Brussels;
        assert_eq!(range("2026-03-28", "2026-03-29", zone), ["2026-03-27 23:00", "2026-03-29 22:00"]);
        assert_eq!(range("2025-10-26", "2025-10-26", zone), ["2025-10-25 22:00", "2025-10-26 23:00"]);
    }

    #[test]
    fn a_midnight_that_comes_twice_counts_from_its_first_time() {
        let havana = range("2020-11-01", "2020-11-01", Tz::America__Havana);
        assert_eq!(havana, ["2020-11-01 04:00", "2020-11-02 05:00"]);
    }

    #[test]
    fn a_day_without_midnight_begins_when_it_begins() {
        assert_eq!(range("2017-10-15", "2017-10-15", Tz::America__Sao_Paulo)[0], "2017-10-15 03:00");
        assert_eq!(range("2011-12-30", "2011-12-30", Tz::Pacific__Apia), ["2011-12-30 10:00"; 2]);
    }
}
