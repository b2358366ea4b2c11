//! The time zone of a place, by its coordinates: which local days and hours what happened there has.
//!
//! From a table that is compiled in (`tzf-rs`, 4 MB, simplified borders of OpenStreetMap's timezone-boundary-builder), so
//! nothing is asked of a network and the same coordinates have the same zone on every machine. Within some hundred
//! metres of a border it may name the neighbour. On the sea it names a nautical zone (`Etc/GMT-3`), which no clock on
//! land is set to.

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
    /// Neither: its source tells times with this offset from UTC.
    Offset,
    /// Nothing of these: it is the configured one.
    Configured,
}

impl ZoneSource {
    /// For a sentence, behind the zone: `from the coordinates`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Told => "as the place tells",
            Self::Coordinates => "from the coordinates",
            Self::Offset => "the offset of its times",
            Self::Configured => "as configured",
        }
    }

    /// For a column of a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Told => "place",
            Self::Coordinates => "coordinates",
            Self::Offset => "offset",
            Self::Configured => "configured",
        }
    }
}

/// The zone at these coordinates; `None` where the table has none that is known here.
pub fn zone_at(coordinates: Coordinates) -> Option<Tz> {
    static TABLE: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);
    TABLE.get_tz_name(coordinates.longitude(), coordinates.latitude()).parse().ok()
}

/// Whether it is a zone of the sea, or one that is nothing but an offset.
pub fn is_nautical(zone: Tz) -> bool {
    zone.name().starts_with("Etc/")
}

/// The zone whose clocks are always this many seconds ahead of UTC; `None` where there is none, and for 0: tools that
/// write every time in UTC tell no zone by it.
pub fn zone_of_offset(seconds: i32) -> Option<Tz> {
    const HOUR: i32 = 3600;
    /// Offsets of other than whole hours, each by a country that has it all year.
    const OTHERS: [(i32, Tz); 8] = [
        (-9 * HOUR - HOUR / 2, Tz::Pacific__Marquesas),
        (3 * HOUR + HOUR / 2, Tz::Asia__Tehran),
        (4 * HOUR + HOUR / 2, Tz::Asia__Kabul),
        (5 * HOUR + HOUR / 2, Tz::Asia__Kolkata),
        (5 * HOUR + 3 * HOUR / 4, Tz::Asia__Kathmandu),
        (6 * HOUR + HOUR / 2, Tz::Asia__Yangon),
        (8 * HOUR + 3 * HOUR / 4, Tz::Australia__Eucla),
        (9 * HOUR + HOUR / 2, Tz::Australia__Darwin),
    ];
    if seconds == 0 {
        return None;
    }
    if seconds % HOUR == 0 {
        // POSIX has the sign the other way round.
        return format!("Etc/GMT{:+}", -seconds / HOUR).parse().ok();
    }
    OTHERS.iter().find(|(offset, _)| *offset == seconds).map(|(_, zone)| *zone)
}

/// As people read it: `Europe/Brussels`, but `UTC+02:00` for `Etc/GMT-2`, whose sign misleads.
pub fn in_words(zone: &str) -> String {
    let hours = zone.strip_prefix("Etc/GMT").and_then(|hours| hours.parse::<i32>().ok());
    match hours {
        Some(hours) if hours != 0 => format!("UTC{:+03}:00", -hours),
        _ => zone.to_owned(),
    }
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
    fn an_offset_has_a_zone_without_summer_time_and_utc_tells_none() {
        let of = |hours: f64| zone_of_offset((hours * 3600.0) as i32);
        let july = "2025-07-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        for hours in [-11.0, -9.5, -5.0, 1.0, 2.0, 3.5, 4.5, 5.5, 5.75, 6.5, 8.75, 9.5, 12.0, 14.0] {
            let local = july.with_timezone(&of(hours).unwrap());
            let seconds = chrono::Offset::fix(local.offset()).local_minus_utc();
            assert_eq!(f64::from(seconds), hours * 3600.0, "{hours}");
        }
        assert_eq!((of(0.0), of(0.25), of(15.0)), (None, None, None));
        assert_eq!(of(2.0).map(|zone| in_words(zone.name())), Some("UTC+02:00".into()));
        assert_eq!(of(-11.0).map(|zone| in_words(zone.name())), Some("UTC-11:00".into()));
        assert_eq!(in_words("Europe/Brussels"), "Europe/Brussels");
    }

    #[test]
    fn poles_and_seas_have_a_zone_that_can_be_read() {
        for (latitude, longitude) in [(90.0, 0.0), (-90.0, 180.0), (0.0, -180.0), (35.0, -40.0)] {
            assert!(zone(latitude, longitude).is_some(), "{latitude} {longitude}");
        }
    }
}
