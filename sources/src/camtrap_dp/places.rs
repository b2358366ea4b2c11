//! Where cameras stood. A location's id tells a place; without one, deployments within about 10 m are at one place,
//! unless they are called by different names.

use std::collections::HashMap;

use chrono_tz::Tz;

/// Deployments this near to each other, without ids of their locations, are at one place.
const SAME_POINT_METRES: f64 = 10.0;
/// Coordinates of one location id that are further apart than this are told.
const APART_METRES: f64 = 100.0;
const METRES_A_DEGREE: f64 = 111_320.0;

/// What a deployment tells of its place.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) location_id: Option<String>,
    pub(super) location_name: Option<String>,
    /// Latitude and longitude, WGS 84; a package tells them, other tools need not.
    pub(super) coordinates: Option<[f64; 2]>,
    pub(super) uncertainty: Option<f64>,
    /// Told beside the package.
    pub(super) zone: Option<Tz>,
}

/// A place.
pub(super) struct Place {
    pub(super) id: String,
    /// `None`: made of coordinates.
    pub(super) source_id: Option<String>,
    pub(super) name: Option<String>,
    /// Latitude and longitude, WGS 84; a package tells them, other tools need not.
    pub(super) coordinates: Option<[f64; 2]>,
    pub(super) uncertainty: Option<f64>,
    /// Told beside the package.
    pub(super) zone: Option<Tz>,
    /// How far a deployment's coordinates are from its own at most, in metres, where that is over 100.
    pub(super) apart: Option<f64>,
}

/// All places, as deployments tell of them in turn.
#[derive(Default)]
pub(super) struct Places {
    pub(super) all: Vec<Place>,
    by_id: HashMap<String, usize>,
    /// By the id of a location, whatever the place is called here.
    by_location: HashMap<String, usize>,
}

impl Places {
    /// The place of a deployment, by its number.
    pub(super) fn of(&mut self, deployment_id: &str, told: Told) -> usize {
        let known = match &told.location_id {
            Some(id) => self.by_location.get(id).copied(),
            None => self.all.iter().position(|place| is_same(place, &told)),
        };
        let Some(at) = known else { return self.add(deployment_id, told) };
        let place = &mut self.all[at];
        let apart = apart(place, &told).unwrap_or_default();
        if apart > APART_METRES {
            place.apart = Some(place.apart.unwrap_or_default().max(apart));
        }
        place.coordinates = place.coordinates.or(told.coordinates);
        place.name = place.name.take().or(told.location_name);
        place.zone = place.zone.or(told.zone);
        at
    }

    fn add(&mut self, deployment_id: &str, told: Told) -> usize {
        let mut id = told.location_id.clone().unwrap_or_else(|| deployment_id.to_owned());
        while self.by_id.contains_key(&id) {
            id.insert_str(0, "at:"); // a deployment and a location of one id
        }
        self.by_id.insert(id.clone(), self.all.len());
        if let Some(location) = &told.location_id {
            self.by_location.insert(location.clone(), self.all.len());
        }
        self.all.push(Place {
            id,
            source_id: told.location_id,
            name: told.location_name,
            coordinates: told.coordinates,
            uncertainty: told.uncertainty,
            zone: told.zone,
            apart: None,
        });
        self.all.len() - 1
    }
}

fn is_same(place: &Place, told: &Told) -> bool {
    let named_otherwise =
        matches!((&place.name, &told.location_name), (Some(one), Some(other)) if one != other);
    !named_otherwise && apart(place, told).is_some_and(|apart| apart <= SAME_POINT_METRES)
}

/// How far what a deployment tells is from its place; `None` where one of both is not known.
fn apart(place: &Place, told: &Told) -> Option<f64> {
    Some(metres(place.coordinates?, told.coordinates?))
}

/// Between two points that are near each other, also across the antimeridian.
fn metres([latitude, longitude]: [f64; 2], [other_latitude, other_longitude]: [f64; 2]) -> f64 {
    let north = other_latitude - latitude;
    let east = (other_longitude - longitude + 540.0).rem_euclid(360.0) - 180.0;
    (north * METRES_A_DEGREE).hypot(east * METRES_A_DEGREE * latitude.to_radians().cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(id: Option<&str>, name: Option<&str>, latitude: f64, longitude: f64) -> Told {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Told {
            location_id: owned(id),
            location_name: owned(name),
            coordinates: Some([latitude, longitude]),
            uncertainty: None,
            zone: None,
        }
    }

    #[test]
    fn deployments_without_a_location_are_at_one_place_when_they_are_within_10_metres() {
        let mut places = Places::default();
        let first = places.of("d1", told(None, None, 50.800_12, 4.600_34));
        assert_eq!(places.of("d2", told(None, None, 50.800_18, 4.600_34)), first, "7 m");
        assert_ne!(places.of("d3", told(None, None, 50.800_30, 4.600_34)), first, "20 m");
        assert_eq!(places.of("d4", told(None, Some("Oak"), 50.800_12, 4.600_34)), first);
        assert_ne!(places.of("d5", told(None, Some("Elm"), 50.800_12, 4.600_34)), first, "another name");
        assert!((metres([65.0, 179.95], [65.0, -179.95]) - 4_704.0).abs() < 10.0);
    }

    #[test]
    fn a_location_id_is_one_place_and_coordinates_far_from_it_are_told() {
        let mut places = Places::default();
        let at = places.of("L1", told(None, None, 10.0, 10.0));
        let located = places.of("d2", told(Some("L1"), None, 50.8, 4.6));
        assert_ne!(at, located);
        assert_eq!(places.all[located].id, "at:L1", "no deployment's id takes that of a location");
        assert_eq!(places.of("d3", told(Some("L1"), None, 50.9, 4.6)), located);
        assert!(places.all[located].apart.is_some_and(|apart| (apart - 11_132.0).abs() < 5.0));
    }
}
