//! Where something is on the earth.

use solar_positioning::Location;

use crate::Place;

/// A place on Earth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coordinates {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl Coordinates {
    /// Degrees north and east, WGS 84. `None` if they are no place on Earth.
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
        on_earth.then_some(Self { latitude, longitude })
    }

    /// Those of a place, if it has them.
    pub fn of(place: &Place) -> Option<Self> {
        Self::new(place.latitude?, place.longitude?)
    }

    /// Degrees north.
    pub fn latitude(self) -> f64 {
        self.latitude
    }

    /// Degrees east.
    pub fn longitude(self) -> f64 {
        self.longitude
    }

    pub(super) fn location(self) -> Location {
        Location { latitude: self.latitude, longitude: self.longitude }
    }
}
