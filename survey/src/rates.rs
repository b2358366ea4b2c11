//! Events per 100 trap nights.
//!
//! Raw counts are never compared: a camera more, or a dead battery, changes them. Events come from
//! [`visits`](super::visits), nights from [`effort`](super::effort); the intervals are told in
//! [`bootstrap`](super::bootstrap). One period's rate by another's: [`rate_ratio`](super::rate_ratio).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::bootstrap::{Method, Resampling, log_interval};
use super::calendar::Calendar;
use super::effort::Effort;
pub use super::exposure::Exposure;
use super::exposure::{HALF, settle, total};
use super::interval::{Interval, garwood};
use super::presence::Presence;
use super::rate_ratio::{Pair, RateRatio, rate_ratio};

/// Rates are told per this many trap nights.
pub const PER_NIGHTS: f64 = 100.0;

/// Events beside the effort of their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposures {
    /// Every place with effort, those that saw nothing too.
    pub places: BTreeMap<String, Exposure>,
    /// Events of which no camera is known to have stood there then: they have no part in a rate, and a report says
    /// how many.
    pub without_effort: u64,
}

impl Exposures {
    /// Counts events by place; `events` gives the place and the time of each.
    pub fn new<'a>(
        effort: &Effort,
        calendar: &Calendar,
        events: impl IntoIterator<Item = (Option<&'a str>, DateTime<Utc>)>,
    ) -> Self {
        let presence = Presence::of(effort, calendar);
        let worked = effort.by_place().into_iter().filter(|(_, nights)| *nights > 0.0);
        let mut places: BTreeMap<String, Exposure> =
            worked.map(|(place, nights)| (place.to_owned(), Exposure { events: 0, nights })).collect();
        let mut without_effort = 0;
        for (place, at) in events {
            let place = place.filter(|_| presence.is_at(place, at));
            match place.and_then(|place| places.get_mut(place)) {
                Some(exposure) => exposure.events += 1,
                None => without_effort += 1,
            }
        }
        Self { places, without_effort }
    }

    /// The rate over all places, see [`rate`].
    pub fn rate(&self, resampling: &Resampling) -> Option<Rate> {
        rate(&self.places.values().copied().collect::<Vec<_>>(), resampling)
    }

    /// This period against an earlier one, see [`rate_ratio`].
    pub fn against(&self, before: &Self, resampling: &Resampling) -> Option<RateRatio> {
        let mut pairs: BTreeMap<&str, Pair> = BTreeMap::new();
        for (place, exposure) in &self.places {
            pairs.entry(place).or_default().now = *exposure;
        }
        for (place, exposure) in &before.places {
            pairs.entry(place).or_default().before = *exposure;
        }
        rate_ratio(&pairs.into_values().collect::<Vec<_>>(), resampling)
    }
}

/// Events per 100 trap nights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// All events.
    pub events: u64,
    /// All trap nights.
    pub nights: f64,
    /// Events per 100 trap nights.
    pub per_100_nights: f64,
    /// Its confidence interval, per 100 trap nights too.
    pub interval: Interval,
    /// How the interval was made.
    pub method: Method,
}

/// The rate over places that worked. `None` without a trap night.
///
/// The relative abundance index of O'Brien et al. (2003, Animal Conservation 6:131): all events by all nights. With
/// two places or more the interval is by resampling places, and never narrower than the exact one of Garwood, which
/// it is with one place: a rate cannot be known better than its events can be counted.
pub fn rate(places: &[Exposure], resampling: &Resampling) -> Option<Rate> {
    let worked: Vec<[f64; 2]> = places
        .iter()
        .filter(|place| place.nights > 0.0)
        .map(|place| [place.events as f64, place.nights])
        .collect();
    let total = total(places.iter());
    if total.nights <= 0.0 {
        return None;
    }
    let scale = PER_NIGHTS / total.nights;
    let exact = garwood(total.events, resampling.level).map(|events| events * scale);
    let resampled = log_interval(&worked, resampling, |[events, nights]| ((events + HALF) / nights).ln());
    let (interval, method) = settle(exact, resampled.filter(|_| total.events > 0), PER_NIGHTS, worked.len());
    let per_100_nights = total.events as f64 * scale;
    Some(Rate { events: total.events, nights: total.nights, per_100_nights, interval, method })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effort::{Camera, Source};
    use chrono::TimeDelta;

    fn exposure(events: u64, nights: f64) -> Exposure {
        Exposure { events, nights }
    }

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-6 * expected.abs().max(1.0)
    }

    #[test]
    fn a_rate_is_all_events_by_all_nights() {
        let found =
            rate(&[exposure(3, 20.0), exposure(0, 30.0), exposure(7, 0.0)], &Resampling::default()).unwrap();
        assert_eq!((found.events, found.nights, found.per_100_nights), (3, 50.0, 6.0));
        assert_eq!(found.method, Method::Cameras(2), "a place that did not work is no camera");
    }

    #[test]
    fn one_place_has_the_exact_interval_of_poisson() {
        // scipy: chi2.ppf(.025, 20) / 2, chi2.ppf(.975, 22) / 2 for 10 events.
        let found = rate(&[exposure(10, 50.0)], &Resampling::default()).unwrap();
        assert_eq!(found.method, Method::Exact);
        assert!(near(found.interval.low, 2.0 * 4.795_388_696_132), "{:?}", found.interval);
        assert!(near(found.interval.high, 2.0 * 18.390_356_042_018), "{:?}", found.interval);
    }

    #[test]
    fn no_events_at_many_places_still_have_an_upper_end() {
        let found = rate(&[exposure(0, 50.0), exposure(0, 50.0)], &Resampling::default()).unwrap();
        assert_eq!((found.per_100_nights, found.interval.low, found.method), (0.0, 0.0, Method::Exact));
        assert!(near(found.interval.high, 3.688_879_454_113_94), "the rule of three, two-sided");
        assert_eq!(rate(&[exposure(5, 0.0)], &Resampling::default()), None);
    }

    #[test]
    fn places_that_differ_widen_the_interval_and_equal_ones_leave_the_exact_one() {
        let equal = rate(&[exposure(10, 50.0); 12], &Resampling::default()).unwrap();
        let exact = garwood(120, 0.95).map(|events| events / 6.0);
        assert_eq!(equal.interval, exact);
        let mixed: Vec<_> = (0..12).map(|i| exposure(if i % 3 == 0 { 28 } else { 1 }, 50.0)).collect();
        let wide = rate(&mixed, &Resampling::default()).unwrap();
        assert_eq!(wide.per_100_nights, equal.per_100_nights);
        assert!(wide.interval.low < 0.6 * exact.low && wide.interval.high > 1.5 * exact.high);
    }

    #[test]
    fn events_without_effort_have_no_part_in_the_rate_but_are_counted() {
        let start = DateTime::UNIX_EPOCH;
        let camera = |place: &str, days| Camera {
            place_id: place.to_owned(),
            camera: None,
            spans: vec![start..start + TimeDelta::days(days)],
            source: Source::Deployments,
        };
        let effort = Effort { cameras: vec![camera("a", 10), camera("b", 20), camera("c", 0)] };
        let calendar = Calendar::new(chrono_tz::UTC);
        let events =
            [(Some("a"), 0), (Some("a"), 9), (Some("a"), 11), (Some("c"), 0), (Some("d"), 0), (None, 0)];
        let events = events.map(|(place, day)| (place, start + TimeDelta::days(day)));
        let found = Exposures::new(&effort, &calendar, events);
        assert_eq!(found.without_effort, 4, "the camera of a was gone by then");
        assert_eq!(found.places.len(), 2);
        assert_eq!((found.places["a"], found.places["b"]), (exposure(2, 10.0), exposure(0, 20.0)));
        assert!(near(found.rate(&Resampling::default()).unwrap().per_100_nights, 20.0 / 3.0));
    }
}
