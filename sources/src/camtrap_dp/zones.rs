//! Which local time the places of a package have, and how that is known.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use deertrack_survey::calendar::Calendar;
use deertrack_survey::zone::{ZoneSource, in_words, is_nautical, zone_of_offset};
use deertrack_survey::{Coordinates, Place};

use super::deployments::Stands;
use super::observations::Observations;

/// How many rows of each deployment are told with which offset, in seconds.
#[derive(Default)]
pub(super) struct Offsets(BTreeMap<(usize, i32), u64>);

impl Offsets {
    pub(super) fn add(&mut self, observations: &Observations) {
        for seen in observations.seen() {
            *self.0.entry((seen.stand, seen.start.offset().local_minus_utc())).or_default() += 1;
        }
    }
}

/// The places as counting reads them, in their order.
pub(super) fn places(stands: &Stands, offsets: &Offsets) -> Vec<Place> {
    let offsets = most_told(stands, offsets);
    let places = stands.places.all.iter().enumerate().map(|(number, place)| {
        let of_offset = || offsets.get(&number).and_then(|seconds| zone_of_offset(*seconds));
        let coordinates =
            place.coordinates.and_then(|[latitude, longitude]| Coordinates::new(latitude, longitude));
        let by_coordinates = coordinates.and_then(deertrack_survey::zone::zone_at);
        let is_known = place.zone.is_some() || by_coordinates.is_some_and(|zone| !is_nautical(zone));
        Place {
            id: place.id.clone(),
            name: place.name.clone().unwrap_or_else(|| place.id.clone()),
            latitude: place.coordinates.map(|[latitude, _]| latitude),
            longitude: place.coordinates.map(|[_, longitude]| longitude),
            coordinate_uncertainty: place.uncertainty,
            zone: place.zone,
            offset_zone: if is_known { None } else { of_offset() },
        }
    });
    places.collect()
}

/// The offset that most times of each place are told with; of two as frequent the smaller one, for that is no summer
/// time.
fn most_told(stands: &Stands, offsets: &Offsets) -> BTreeMap<usize, i32> {
    let mut counts = BTreeMap::<usize, BTreeMap<i32, u64>>::new();
    let spans = stands.all.iter().flat_map(|stand| [(stand, stand.start), (stand, stand.end)]);
    let spans = spans.map(|(stand, at)| (stand.place, at.offset().local_minus_utc(), 1));
    let rows = offsets.0.iter().map(|((stand, offset), rows)| (stands.all[*stand].place, *offset, *rows));
    for (place, offset, rows) in spans.chain(rows) {
        *counts.entry(place).or_default().entry(offset).or_default() += rows;
    }
    let most = |offsets: BTreeMap<i32, u64>| {
        let most = offsets.values().copied().max().unwrap_or_default();
        offsets.into_iter().find(|(_, count)| *count == most).map(|(offset, _)| offset)
    };
    counts.into_iter().filter_map(|(place, offsets)| Some((place, most(offsets)?))).collect()
}

/// In words, with how many places each has: `Europe/Brussels, from the coordinates (3 places)`.
pub(super) fn told(places: &[Place]) -> Vec<String> {
    let calendar = Calendar::of(places, Tz::UTC);
    let mut zones = BTreeMap::<(String, ZoneSource), usize>::new();
    for place in places {
        let (zone, source) = calendar.zone_and_source(Some(&place.id));
        *zones.entry((in_words(zone.name()), source)).or_default() += 1;
    }
    let words = |((zone, source), count): ((String, ZoneSource), usize)| {
        let places = if count == 1 { "place" } else { "places" };
        match source {
            ZoneSource::Configured => format!("the one of --timezone ({count} {places})"),
            _ => format!("{zone}, {} ({count} {places})", source.words()),
        }
    };
    zones.into_iter().map(words).collect()
}
