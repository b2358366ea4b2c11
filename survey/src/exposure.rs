//! How many events in how many trap nights: what a rate, and the ratio of two rates, are made of.

use super::bootstrap::Method;
use super::interval::Interval;

/// Added to counts before a logarithm (Haldane 1956, Anscombe 1956), so that a resample without events has one.
pub(super) const HALF: f64 = 0.5;

/// What one place saw in how many trap nights.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exposure {
    /// Events.
    pub events: u64,
    /// Trap nights.
    pub nights: f64,
}

/// The exact interval, widened by the resampled one (times `scale`) where there is one.
pub(super) fn settle(
    exact: Interval,
    resampled: Option<Interval>,
    scale: f64,
    cameras: usize,
) -> (Interval, Method) {
    match resampled {
        Some(resampled) => (exact.hull(resampled.map(|end| end * scale)), Method::Cameras(cameras)),
        None => (exact, Method::Exact),
    }
}

pub(super) fn total<'a>(places: impl Iterator<Item = &'a Exposure>) -> Exposure {
    places.filter(|place| place.nights > 0.0).fold(Exposure::default(), |sum, place| Exposure {
        events: sum.events + place.events,
        nights: sum.nights + place.nights,
    })
}
