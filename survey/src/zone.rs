//! The time zone of a place, by its coordinates: which local days and hours what happened there has.
//!
//! From a table that is compiled in (`tzf-rs`, 4 MB, simplified borders of OpenStreetMap's timezone-boundary-builder), so
//! nothing is asked of a network and the same coordinates have the same zone on every machine. Within some hundred
//! metres of a border it may name the neighbour. On the sea it names a nautical zone (`Etc/GMT-3`).

use std::sync::LazyLock;

use chrono_tz::Tz;
use tzf_rs::EmbeddedFinder;

use super::coordinates::Coordinates;

/// How the zone of a place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZoneSource {
    /// The database tells it.
    Told,
    /// Its coordinates do.
    Coordinates,
    /// Neither: it is the configured one.
    Configured,
}

impl ZoneSource {
    /// For a sentence, behind the zone: `from the coordinates`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Told => "as the place tells",
            Self::Coordinates => "from the coordinates",
            Self::Configured => "as configured",
        }
    }

    /// For a column of a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Told => "place",
            Self::Coordinates => "coordinates",
            Self::Configured => "configured",
        }
    }
}

/// The zone at these coordinates; `None` where the table has none that is known here.
pub fn zone_at(coordinates: Coordinates) -> Option<Tz> {
    static TABLE: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);
    TABLE.get_tz_name(coordinates.longitude(), coordinates.latitude()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(latitude: f64, longitude: f64) -> Option<&'static str> {
        Some(zone_at(Coordinates::new(latitude, longitude)?)?.name())
    }

    #[test]
    fn places_all_over_the_world_have_the_zone_of_their_country() {
        assert_eq!(zone(50.829, 4.636), Some("Europe/Brussels"));
        assert_eq!(zone(29.81, -97.30), Some("America/Chicago"));
        assert_eq!(zone(32.2, -110.9), Some("America/Phoenix"), "no summer time there");
        assert_eq!(zone(-27.5, 153.0), Some("Australia/Brisbane"));
        assert_eq!(zone(27.7, 85.3), Some("Asia/Kathmandu"), "a quarter of an hour off");
        assert_eq!(zone(-16.8, -179.98), Some("Pacific/Fiji"));
        assert_eq!(zone(-16.8, 179.98), Some("Pacific/Fiji"));
    }

    #[test]
    fn poles_and_seas_have_a_zone_that_can_be_read() {
        for (latitude, longitude) in [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (35.0, -40.0)] {
            assert!(zone(latitude, longitude).is_some(), "{latitude} {longitude}");
        }
    }
}
