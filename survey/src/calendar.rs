//! Local time: which day, week and month an instant belongs to, where its camera stands.
//!
//! Every day is a local day of its place, from its first instant to the next day's, so it has 23 or 25 hours when
//! the clocks change. Which zone that is, and how it is known, is decided here: [`Calendar::of`]. Sunrise and the like:
//! [`sun`](super::sun).

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::TAU;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use deertrack_schemas::pdf::GroupBy;

use super::coordinates::Coordinates;
use super::zone::{ZoneSource, in_words, is_nautical, zone_at};
use crate::{Place, TimeRange};

/// The zone of each place.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    default: Tz,
    zones: BTreeMap<String, (Tz, ZoneSource)>,
}

impl Calendar {
    /// All places in one zone.
    pub fn new(default: Tz) -> Self {
        Self { default, zones: BTreeMap::new() }
    }

    /// The same, but for this place.
    #[must_use]
    pub fn with_zone(self, place_id: impl Into<String>, zone: Tz) -> Self {
        self.with(place_id, zone, ZoneSource::Told)
    }

    fn with(mut self, place_id: impl Into<String>, zone: Tz, source: ZoneSource) -> Self {
        self.zones.insert(place_id.into(), (zone, source));
        self
    }

    /// The zone of each place: that which is told, else that of its coordinates, else that of the offset that its times
    /// are told with, else `default`. A zone of the sea is taken where there is no offset: nobody lives by it.
    pub fn of(places: &[Place], default: Tz) -> Self {
        places.iter().fold(Self::new(default), |calendar, place| {
            let by_coordinates =
                place.zone.is_none().then(|| Coordinates::of(place).and_then(zone_at)).flatten();
            match (place.zone, by_coordinates, place.offset_zone) {
                (Some(zone), ..) => calendar.with(&place.id, zone, ZoneSource::Told),
                (None, zone, Some(offset)) if zone.is_none_or(is_nautical) => {
                    calendar.with(&place.id, offset, ZoneSource::Offset)
                }
                (None, Some(zone), _) => calendar.with(&place.id, zone, ZoneSource::Coordinates),
                (None, None, _) => calendar,
            }
        })
    }

    /// The zone of a place, else the default one.
    pub fn zone(&self, place_id: Option<&str>) -> Tz {
        self.zone_and_source(place_id).0
    }

    /// The zone of a place, and how it is known.
    pub fn zone_and_source(&self, place_id: Option<&str>) -> (Tz, ZoneSource) {
        let known = place_id.and_then(|place| self.zones.get(place)).copied();
        known.unwrap_or((self.default, ZoneSource::Configured))
    }

    /// The zones of these places, each once, and how each is known; the default one where there are no places.
    pub fn zones<'a>(
        &self,
        places: impl IntoIterator<Item = Option<&'a str>>,
    ) -> BTreeSet<(&'static str, ZoneSource)> {
        let zones = places.into_iter().map(|place| self.zone_and_source(place));
        let mut zones: BTreeSet<_> = zones.map(|(zone, source)| (zone.name(), source)).collect();
        if zones.is_empty() {
            zones.insert((self.default.name(), ZoneSource::Configured));
        }
        zones
    }

    /// Which local time it is at these places, for people: `local time (Europe/Brussels, from the coordinates)`.
    pub fn words<'a>(&self, places: impl IntoIterator<Item = Option<&'a str>>) -> String {
        let zones = self.zones(places);
        let told: Vec<String> =
            zones.iter().map(|(zone, source)| format!("{}, {}", in_words(zone), source.words())).collect();
        let of_each = if told.len() > 1 { " of each place" } else { "" };
        format!("local time{of_each} ({})", told.join("; "))
    }

    /// The local day at a place.
    pub fn day(&self, place_id: Option<&str>, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone(place_id)).date_naive()
    }

    /// Every instant that is on one of these days (both ends included) at some place: what to ask a catalog for.
    pub fn widest(&self, first: NaiveDate, last: NaiveDate) -> TimeRange {
        let own = days(first, last, self.default);
        self.zones
            .values()
            .map(|&(zone, _)| days(first, last, zone))
            .fold(own, |widest, range| widest.start.min(range.start)..widest.end.max(range.end))
    }
}

/// The days from `first` to `last`, both included, in a zone.
pub fn days(first: NaiveDate, last: NaiveDate, zone: Tz) -> TimeRange {
    day_start(first, zone)..day_start(last + Days::new(1), zone)
}

/// The first instant of a day in a zone. Where clocks jump over midnight it is the first one after the jump.
///
/// # Panics
///
/// At the ends of the calendar, 260,000 years from now.
pub fn day_start(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    // The longest jump ever is the day that Samoa left out in 2011.
    let quarters =
        (0..=4 * 26).map(|quarter| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(15 * quarter));
    let starts = quarters.map(|local| zone.from_local_datetime(&local));
    let first = starts.filter_map(LocalResult::earliest).next();
    first.expect("no zone jumps over more than a day").to_utc()
}

/// The time of day on the local clock as an angle: 0 at midnight, half a turn at noon, below a whole turn.
pub fn clock_angle(at: DateTime<Utc>, zone: Tz) -> f64 {
    let local = at.with_timezone(&zone).time();
    TAU * f64::from(local.num_seconds_from_midnight()) / 86_400.0
}

/// A part of a report's range: some days in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day, included.
    pub last: NaiveDate,
}

impl Period {
    /// Whether a day is in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

/// Divides `first` to `last` (both included) into days, ISO weeks or months; the outer ones may be cut short.
pub fn periods(first: NaiveDate, last: NaiveDate, by: GroupBy) -> Vec<Period> {
    let mut periods: Vec<Period> = Vec::new();
    for day in first.iter_days().take_while(|day| *day <= last) {
        match periods.last_mut().filter(|period| key(period.last, by) == key(day, by)) {
            Some(period) => period.last = day,
            None => periods.push(Period { first: day, last: day }),
        }
    }
    periods
}

/// The name of the period that a day is in: `2024-11-05`, `2024-W45`, `2024-11`.
pub fn label(day: NaiveDate, by: GroupBy) -> String {
    let (year, part) = key(day, by);
    match by {
        GroupBy::Day => day.to_string(),
        GroupBy::Week => format!("{year}-W{part:02}"),
        GroupBy::Month => format!("{year}-{part:02}"),
    }
}

/// An ISO week belongs to the year of its Thursday, so its year is not always the day's.
fn key(day: NaiveDate, by: GroupBy) -> (i32, u32) {
    match by {
        GroupBy::Day => (day.year(), day.ordinal()),
        GroupBy::Week => (day.iso_week().year(), day.iso_week().week()),
        GroupBy::Month => (day.year(), day.month()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::zone_of_offset;
    use chrono_tz::America::{Chicago, Havana, Sao_Paulo};
    use chrono_tz::Europe::Brussels;
    use chrono_tz::Pacific::Apia;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn hours(day: &str, zone: Tz) -> i64 {
        let range = days(date(day), date(day), zone);
        (range.end - range.start).num_hours()
    }

    #[test]
    fn the_day_of_an_instant_is_that_of_its_place() {
        let calendar = Calendar::new(Brussels).with_zone("ranch", Chicago);
        let instant = at("2024-11-05T03:00:00Z");
        assert_eq!(calendar.day(None, instant), date("2024-11-05"));
        assert_eq!(calendar.day(Some("elsewhere"), instant), date("2024-11-05"));
        assert_eq!(calendar.day(Some("ranch"), instant), date("2024-11-04"));
    }

    #[test]
    fn a_zone_is_told_else_of_the_coordinates_else_configured_and_it_is_said_which() {
        let place = |id: &str, zone, latitude, longitude| Place {
            id: id.to_owned(),
            name: String::new(),
            latitude,
            longitude,
            coordinate_uncertainty: None,
            zone,
            offset_zone: None,
        };
        let with_offset = |place: Place| Place { offset_zone: zone_of_offset(7200), ..place };
        let texas = (Some(29.81), Some(-97.3));
        let places = [
            place("told", Some(Brussels), texas.0, texas.1),
            with_offset(place("mapped", None, texas.0, texas.1)),
            place("bare", None, None, None),
            with_offset(place("offset", None, None, None)),
            with_offset(place("nowhere", None, Some(0.0), Some(0.0))),
            place("sea", None, Some(0.0), Some(0.0)),
        ];
        let calendar = Calendar::of(&places, Apia);
        let of = |id| calendar.zone_and_source(Some(id));
        assert_eq!(of("told"), (Brussels, ZoneSource::Told));
        assert_eq!(of("mapped"), (Chicago, ZoneSource::Coordinates));
        assert_eq!(of("bare"), (Apia, ZoneSource::Configured));
        assert_eq!(of("offset"), (Tz::Etc__GMTMinus2, ZoneSource::Offset));
        assert_eq!(
            of("nowhere"),
            (Tz::Etc__GMTMinus2, ZoneSource::Offset),
            "a camera at 0, 0 is not on a ship"
        );
        assert_eq!(of("sea"), (Tz::Etc__GMT, ZoneSource::Coordinates));
        assert_eq!(calendar.words([Some("offset")]), "local time (UTC+02:00, the offset of its times)");
        assert_eq!(calendar.words([Some("mapped")]), "local time (America/Chicago, from the coordinates)");
        assert_eq!(
            calendar.words([Some("mapped"), Some("told"), Some("mapped")]),
            "local time of each place (America/Chicago, from the coordinates; Europe/Brussels, as the place tells)"
        );
        assert_eq!(calendar.words([]), "local time (Pacific/Apia, as configured)");
    }

    #[test]
    fn days_have_23_hours_in_spring_and_25_in_autumn() {
        assert_eq!((hours("2024-03-31", Brussels), hours("2024-10-27", Brussels)), (23, 25));
        assert_eq!((hours("2024-03-10", Chicago), hours("2024-11-03", Chicago)), (23, 25));
        assert_eq!(hours("2024-07-01", Chicago), 24);
    }

    #[test]
    fn a_day_begins_after_the_jump_where_clocks_jump_over_midnight() {
        // Sao Paulo, 2018-11-04: 00:00 became 01:00. Samoa left out 2011-12-30.
        assert_eq!(day_start(date("2018-11-04"), Sao_Paulo), at("2018-11-04T03:00:00Z"));
        assert_eq!(hours("2018-11-04", Sao_Paulo), 23);
        assert_eq!(hours("2011-12-30", Apia), 0);
    }

    #[test]
    fn a_day_begins_once_where_midnight_comes_twice() {
        // Sao Paulo, 2018-02-18: 00:00 became 23:00 of the 17th.
        assert_eq!((hours("2018-02-17", Sao_Paulo), hours("2018-02-18", Sao_Paulo)), (25, 24));
        // Havana, 2020-11-01: 01:00 became 00:00.
        assert_eq!(day_start(date("2020-11-01"), Havana), at("2020-11-01T04:00:00Z"));
        assert_eq!(hours("2020-11-01", Havana), 25);
    }

    #[test]
    fn the_last_day_is_included() {
        let range = days(date("2024-11-01"), date("2024-11-30"), Chicago);
        assert!(range.contains(&at("2024-12-01T05:59:59Z")));
        assert!(!range.contains(&at("2024-12-01T06:00:00Z")));
        assert!(range.contains(&at("2024-11-01T05:00:00Z")));
        assert!(!range.contains(&at("2024-11-01T04:59:59Z")));
    }

    #[test]
    fn the_widest_range_holds_the_days_of_all_zones() {
        let calendar = Calendar::new(Brussels).with_zone("ranch", Chicago);
        let range = calendar.widest(date("2024-01-01"), date("2024-01-01"));
        assert_eq!(range, at("2023-12-31T23:00:00Z")..at("2024-01-02T06:00:00Z"));
    }

    #[test]
    fn weeks_run_from_monday_to_sunday_and_the_year_is_that_of_the_thursday() {
        let found = periods(date("2024-12-25"), date("2025-01-08"), GroupBy::Week);
        let spans: Vec<_> = found.iter().map(|p| (p.first.to_string(), p.last.to_string())).collect();
        let expected =
            [("2024-12-25", "2024-12-29"), ("2024-12-30", "2025-01-05"), ("2025-01-06", "2025-01-08")];
        assert_eq!(spans, expected.map(|(first, last)| (first.to_owned(), last.to_owned())));
        assert_eq!(label(date("2024-12-30"), GroupBy::Week), "2025-W01");
        assert_eq!(label(date("2021-01-03"), GroupBy::Week), "2020-W53");
    }

    #[test]
    fn months_and_days_divide_the_range_without_a_rest() {
        let (first, last) = (date("2024-01-31"), date("2024-03-01"));
        for (by, parts) in [(GroupBy::Day, 31), (GroupBy::Month, 3), (GroupBy::Week, 5)] {
            let found = periods(first, last, by);
            assert_eq!(found.len(), parts, "{by:?}");
            assert_eq!((found[0].first, found[parts - 1].last), (first, last));
            assert!(found.windows(2).all(|pair| pair[0].last.succ_opt() == Some(pair[1].first)));
            assert!(found.iter().all(|period| period.contains(period.first) && period.contains(period.last)));
        }
        assert_eq!(label(first, GroupBy::Month), "2024-01");
        assert_eq!(label(last, GroupBy::Day), "2024-03-01");
        assert_eq!(periods(last, first, GroupBy::Day), []);
    }

    #[test]
    fn the_clock_angle_is_half_a_turn_at_local_noon() {
        assert!((clock_angle(at("2024-07-01T10:00:00Z"), Brussels) - TAU / 2.0).abs() < 1e-15 * 4.0);
        assert_eq!(clock_angle(at("2024-01-01T23:00:00Z"), Brussels), 0.0);
    }
}
