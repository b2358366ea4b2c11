//! Whether a camera stood at a place when something was seen there: only such events belong beside its trap nights.
//!
//! Asked by the local day: an image of the day on which a camera was set up or taken down counts, also when it is a
//! few hours before or after the deployment, whose times people write down by hand. A camera that was taken down at
//! midnight has none of the day that begins, so what it saw at its last instant belongs to the day before
//! ([`Presence::day`]); where images alone tell of a camera, nobody knows its last instant. A range is cut between
//! local days too, so what counts in a period counts in the whole, and a sum is the sum of its parts.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::calendar::{Calendar, Period};
use super::effort::{Effort, Source};
use crate::TimeRange;

/// The local days on which cameras stood.
#[derive(Clone, Debug)]
pub struct Presence<'a> {
    calendar: &'a Calendar,
    places: BTreeMap<&'a str, Vec<Stay>>,
}

#[derive(Clone, Copy, Debug)]
struct Stay {
    days: Period,
    /// Its last instant, if that is told.
    end: Option<DateTime<Utc>>,
}

impl<'a> Presence<'a> {
    /// From when cameras worked.
    pub fn of(effort: &'a Effort, calendar: &'a Calendar) -> Self {
        let mut places: BTreeMap<&str, Vec<Stay>> = BTreeMap::new();
        for camera in &effort.cameras {
            let stays = camera.spans.iter().map(|span| Stay {
                days: local_days(span, &camera.place_id, calendar),
                end: (camera.source == Source::Deployments).then_some(span.end),
            });
            places.entry(&camera.place_id).or_default().extend(stays);
        }
        Self { calendar, places }
    }

    /// The local day that something belongs to: that of its instant, and the last day of a camera that was taken down
    /// in that very instant where none stood on the day that began.
    pub fn day(&self, place_id: Option<&str>, at: DateTime<Utc>) -> NaiveDate {
        let day = self.calendar.day(place_id, at);
        let stays = place_id.and_then(|place| self.places.get(place)).map_or(&[][..], Vec::as_slice);
        let stood = stays.iter().any(|stay| stay.days.contains(day));
        let left = stays.iter().find(|stay| !stood && stay.end == Some(at));
        left.map_or(day, |stay| stay.days.last)
    }

    /// Whether a camera stood there on the local day of this instant. No camera stands at a place that is not known.
    pub fn is_at(&self, place_id: Option<&str>, at: DateTime<Utc>) -> bool {
        let stays = place_id.and_then(|place| self.places.get(place));
        let day = self.day(place_id, at);
        stays.is_some_and(|stays| stays.iter().any(|stay| stay.days.contains(day)))
    }
}

/// Every day that has a part of the span: one that ends at midnight has none of the next day.
fn local_days(span: &TimeRange, place_id: &str, calendar: &Calendar) -> Period {
    let day = |at| calendar.day(Some(place_id), at);
    Period { first: day(span.start), last: day(span.end - TimeDelta::nanoseconds(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effort::Camera;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_camera_stands_from_its_first_local_day_to_its_last() {
        let camera = |spans: &[[&str; 2]]| Camera {
            place_id: "oak".to_owned(),
            camera: None,
            spans: spans.iter().map(|[start, end]| utc(start)..utc(end)).collect(),
            source: Source::Deployments,
        };
        let spans = [
            ["2020-06-02T10:00:00Z", "2020-06-04T09:00:00Z"],
            ["2020-06-08T08:00:00Z", "2020-06-09T22:00:00Z"],
        ];
        let effort = Effort { cameras: vec![camera(&spans)] };
        let calendar = Calendar::new(chrono_tz::Europe::Brussels);
        let presence = Presence::of(&effort, &calendar);
        let stood = |at: &str| presence.is_at(Some("oak"), utc(at));
        assert!(
            !stood("2020-06-01T21:59:59Z") && stood("2020-06-01T22:00:00Z"),
            "the day begins in Brussels"
        );
        assert!(stood("2020-06-04T21:59:59Z") && !stood("2020-06-04T22:00:00Z"));
        assert!(!stood("2020-06-06T12:00:00Z"), "it was away between two deployments");
        assert!(stood("2020-06-09T21:59:59Z") && !stood("2020-06-09T22:00:01Z"), "its end is a midnight");
        assert!(stood("2020-06-09T22:00:00Z"), "its last instant is its own");
        let day = |at: &str| presence.day(Some("oak"), utc(at)).to_string();
        assert_eq!([day("2020-06-09T22:00:00Z"), day("2020-06-09T22:00:01Z")], ["2020-06-09", "2020-06-10"]);
        assert!(!presence.is_at(Some("ash"), utc("2020-06-03T12:00:00Z")));
        assert!(!presence.is_at(None, utc("2020-06-03T12:00:00Z")));
    }
}
