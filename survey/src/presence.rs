//! Whether a camera stood at a place when something was seen there: only such events belong beside its trap nights.
//!
//! Asked by the local day: an image of the day on which a camera was set up or taken down counts, also when it is a
//! few hours before or after the deployment, whose times people write down by hand. A range is cut between local days
//! too, so what counts in a period counts in the whole, and a sum is the sum of its parts.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::{Calendar, Period};
use super::effort::Effort;
use crate::TimeRange;

/// The local days on which cameras stood.
#[derive(Clone, Debug)]
pub struct Presence<'a> {
    calendar: &'a Calendar,
    places: BTreeMap<&'a str, Vec<Period>>,
}

impl<'a> Presence<'a> {
    /// From when cameras worked.
    pub fn of(effort: &'a Effort, calendar: &'a Calendar) -> Self {
        let mut places: BTreeMap<&str, Vec<Period>> = BTreeMap::new();
        for camera in &effort.cameras {
            let days = camera.spans.iter().map(|span| local_days(span, &camera.place_id, calendar));
            places.entry(&camera.place_id).or_default().extend(days);
        }
        Self { calendar, places }
    }

    /// Whether a camera stood there on the local day of this instant. No camera stands at a place that is not known.
    pub fn is_at(&self, place_id: Option<&str>, at: DateTime<Utc>) -> bool {
        let spans = place_id.and_then(|place| self.places.get(place));
        let day = self.calendar.day(place_id, at);
        spans.is_some_and(|spans| spans.iter().any(|days| days.contains(day)))
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
    use crate::effort::{Camera, Source};

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
        assert!(stood("2020-06-09T21:59:59Z") && !stood("2020-06-09T22:00:00Z"), "its end is a midnight");
        assert!(!presence.is_at(Some("ash"), utc("2020-06-03T12:00:00Z")));
        assert!(!presence.is_at(None, utc("2020-06-03T12:00:00Z")));
    }
}
