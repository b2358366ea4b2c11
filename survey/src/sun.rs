//! Where the sun stands: sunrise and sunset of a day, daylight or night of an instant, time by the sun.
//!
//! The sun's place comes from `solar-positioning` (the algorithm of NREL, Reda and Andreas 2003, Solar Energy 76:577).
//! Flat horizon, sea level: a valley is darker. Local days are the duty of [`calendar`](super::calendar).

use std::collections::HashMap;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use solar_positioning::{Horizon, SolarEvents, SolarPositions, delta_t};

use super::calendar::days;
pub use super::coordinates::Coordinates;
use chrono_tz::Tz;

/// What the sun does around the middle of a local day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SunDay {
    /// Begin of civil twilight: the sun 6 degrees under the horizon, rising.
    pub dawn: Option<DateTime<Utc>>,
    /// Its upper edge appears.
    pub sunrise: Option<DateTime<Utc>>,
    /// Its upper edge disappears.
    pub sunset: Option<DateTime<Utc>>,
    /// End of civil twilight; in a northern summer after local midnight.
    pub dusk: Option<DateTime<Utc>>,
}

/// The sun's events of a local day: rising in the half day before the middle of the sun's day, setting in the half day
/// after. Each is `None` where it does not happen: in the far north, or beyond the years for which the sun can be
/// computed.
pub fn sun_day(coordinates: Coordinates, day: NaiveDate, zone: Tz) -> SunDay {
    let local = days(day, day, zone);
    let middle = local.start + (local.end - local.start) / 2;
    let halves = Halves::of(coordinates.longitude, solar_day(coordinates.longitude, middle));
    SunDay {
        dawn: halves.rise(coordinates, Horizon::CivilTwilight),
        sunrise: halves.rise(coordinates, Horizon::SunriseSunset),
        sunset: halves.set(coordinates, Horizon::SunriseSunset),
        dusk: halves.set(coordinates, Horizon::CivilTwilight),
    }
}

/// A day of the mean sun, from its midnight over its noon to the next midnight.
struct Halves {
    midnight: DateTime<Utc>,
}

impl Halves {
    fn of(longitude: f64, solar_day: i64) -> Self {
        let seconds = solar_day * 86_400 - ahead_of_utc(longitude);
        Self { midnight: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds) }
    }

    fn noon(&self) -> DateTime<Utc> {
        self.midnight + TimeDelta::hours(12)
    }

    fn rise(&self, coordinates: Coordinates, horizon: Horizon) -> Option<DateTime<Utc>> {
        let (location, delta_t) =
            (coordinates.location(), delta_t::estimate_from_date_like(&self.midnight).ok()?);
        SolarEvents::new().next_rise(&self.midnight, &self.noon(), location, delta_t, horizon).ok().flatten()
    }

    fn set(&self, coordinates: Coordinates, horizon: Horizon) -> Option<DateTime<Utc>> {
        let (location, delta_t) =
            (coordinates.location(), delta_t::estimate_from_date_like(&self.midnight).ok()?);
        let next = self.noon() + TimeDelta::hours(12);
        SolarEvents::new().next_set(&self.noon(), &next, location, delta_t, horizon).ok().flatten()
    }
}

/// Days of the mean sun since 1970.
fn solar_day(longitude: f64, at: DateTime<Utc>) -> i64 {
    (at.timestamp() + ahead_of_utc(longitude)).div_euclid(86_400)
}

/// Seconds that the mean sun is ahead of UTC.
fn ahead_of_utc(longitude: f64) -> i64 {
    (longitude * 240.0).round() as i64
}

/// The height of the sun's middle over the horizon in degrees, without refraction. `None` beyond the years for which
/// it can be computed (-500 to 3000).
pub fn elevation(coordinates: Coordinates, at: DateTime<Utc>) -> Option<f64> {
    let delta_t = delta_t::estimate_from_date_like(&at).ok()?;
    let position = SolarPositions::new().at(&at, coordinates.location(), 0.0, delta_t, None).ok()?;
    Some(position.elevation_angle())
}

/// How light it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Light {
    /// From sunrise to sunset.
    Day,
    /// Civil twilight: the sun less than 6 degrees under the horizon, mornings and evenings.
    Twilight,
    /// The rest.
    Night,
}

/// How light it is at an instant; `None` where [`elevation`] is.
pub fn light(coordinates: Coordinates, at: DateTime<Utc>) -> Option<Light> {
    if let Some(light) = far_from_any_change(coordinates, at) {
        return Some(light);
    }
    Some(light_at(elevation(coordinates, at)?))
}

/// How light it is where a rough height of the sun already tells: most instants are far from its risings and settings,
/// and the whole algorithm costs fifty times as much.
fn far_from_any_change(coordinates: Coordinates, at: DateTime<Utc>) -> Option<Light> {
    /// Degrees; [`rough_elevation`] is right to a twentieth of that.
    const FAR: f64 = 0.5;
    let elevation = rough_elevation(coordinates, at)?;
    let (lower, higher) = (light_at(elevation - FAR), light_at(elevation + FAR));
    (lower == higher).then_some(lower)
}

fn light_at(elevation: f64) -> Light {
    if elevation >= Horizon::SunriseSunset.elevation_angle() {
        Light::Day
    } else if elevation >= Horizon::CivilTwilight.elevation_angle() {
        Light::Twilight
    } else {
        Light::Night
    }
}

/// The height of the sun as the low-precision formulae of the Astronomical Almanac give it (section C; a hundredth of a
/// degree). `None` outside of the years they are meant for, 1950 to 2050.
fn rough_elevation(coordinates: Coordinates, at: DateTime<Utc>) -> Option<f64> {
    if !(1950..2050).contains(&at.year()) {
        return None;
    }
    /// Noon of 1 January 2000.
    const J2000: i64 = 946_728_000;
    let days = (at.timestamp() - J2000) as f64 / 86_400.0;
    let anomaly = (357.528 + 0.985_600_3 * days).to_radians();
    let mean_longitude = 280.460 + 0.985_647_4 * days;
    let longitude = (mean_longitude + 1.915 * anomaly.sin() + 0.020 * (2.0 * anomaly).sin()).to_radians();
    let obliquity = (23.439 - 0.000_000_4 * days).to_radians();
    let declination = (obliquity.sin() * longitude.sin()).asin();
    let right_ascension = (obliquity.cos() * longitude.sin()).atan2(longitude.cos());
    let sidereal = (280.460_618_37 + 360.985_647_366_29 * days + coordinates.longitude).to_radians();
    let latitude = coordinates.latitude.to_radians();
    let upright = latitude.sin() * declination.sin()
        + latitude.cos() * declination.cos() * (sidereal - right_ascension).cos();
    Some(upright.clamp(-1.0, 1.0).asin().to_degrees())
}

/// Time by the sun: an angle that is a quarter turn at sunrise, three quarters at sunset, half at the middle of the
/// day, whatever the season (Nouvellet et al. 2012, J. Zool. 286:179; `overlap::sunTime`).
///
/// Remembers the sunrises that it needed, of places rounded to a tenth of a degree (half a minute): a season of one
/// study area asks for each day once.
#[derive(Clone, Debug, Default)]
pub struct SunTime {
    days: HashMap<DayThere, Option<Daylight>>,
    /// The one that was asked for last: shifts of one instant ask for the same day many times.
    last: Option<(DayThere, Option<Daylight>)>,
}

/// Tenths of a degree north and east, and the day of the mean sun there.
type DayThere = (i64, i64, i64);

/// Sunrise and sunset of one day.
type Daylight = (DateTime<Utc>, DateTime<Utc>);

impl SunTime {
    /// Sun time at an instant, from 0 to below a whole turn. `None` on days without sunrise or sunset.
    pub fn angle(&mut self, coordinates: Coordinates, at: DateTime<Utc>) -> Option<f64> {
        let tenths = |degrees: f64| (degrees * 10.0).round() as i64;
        let (north, east) = (tenths(coordinates.latitude), tenths(coordinates.longitude));
        let rounded = Coordinates { latitude: north as f64 / 10.0, longitude: east as f64 / 10.0 };
        let day = solar_day(rounded.longitude, at);
        let there = (north, east, day);
        let sun = match self.last {
            Some((last, sun)) if last == there => sun,
            _ => *self.days.entry(there).or_insert_with(|| solar_day_events(rounded, day)),
        };
        self.last = Some((there, sun));
        sun.map(|(sunrise, sunset)| sun_angle(at, sunrise, sunset))
    }
}

fn solar_day_events(coordinates: Coordinates, day: i64) -> Option<Daylight> {
    let halves = Halves::of(coordinates.longitude, day);
    let horizon = Horizon::SunriseSunset;
    Some((halves.rise(coordinates, horizon)?, halves.set(coordinates, horizon)?))
}

/// The day takes half a turn and the night the other half, each evenly; the night is as long as the day leaves it.
fn sun_angle(at: DateTime<Utc>, sunrise: DateTime<Utc>, sunset: DateTime<Utc>) -> f64 {
    const WHOLE: f64 = 86_400.0;
    let seconds = |span: TimeDelta| span.as_seconds_f64();
    let daylight = seconds(sunset - sunrise);
    if (sunrise..sunset).contains(&at) {
        return FRAC_PI_2 + PI * seconds(at - sunrise) / daylight;
    }
    let since_sunset = seconds(at - sunset).rem_euclid(WHOLE);
    (3.0 * FRAC_PI_2 + PI * since_sunset / (WHOLE - daylight)).rem_euclid(TAU)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use chrono_tz::America::{Chicago, New_York};
    use chrono_tz::Arctic::Longyearbyen;
    use chrono_tz::Europe::Brussels;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const LEUVEN: Coordinates = Coordinates { latitude: 50.88, longitude: 4.70 };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn coordinates_are_on_earth() {
        assert!(Coordinates::new(90.0, -180.0).is_some());
        assert!(Coordinates::new(90.1, 0.0).is_none());
        assert!(Coordinates::new(0.0, f64::NAN).is_none());
        let place = Place {
            id: String::new(),
            name: String::new(),
            latitude: Some(1.0),
            longitude: None,
            coordinate_uncertainty: None,
            zone: None,
            offset_zone: None,
        };
        assert_eq!(Coordinates::of(&place), None);
    }

    #[test]
    fn the_far_north_has_days_without_sunrise() {
        let svalbard = Coordinates::new(78.22, 15.63).unwrap();
        let summer = sun_day(svalbard, "2024-06-21".parse().unwrap(), Longyearbyen);
        assert_eq!((summer.sunrise, summer.sunset, summer.dawn), (None, None, None));
        assert_eq!(light(svalbard, at("2024-06-21T00:00:00Z")), Some(Light::Day));
        assert_eq!(light(svalbard, at("2024-12-21T11:00:00Z")), Some(Light::Night));
        assert_eq!(SunTime::default().angle(svalbard, at("2024-06-21T00:00:00Z")), None);
    }

    #[test]
    fn light_changes_at_the_events_of_the_day() {
        let day = sun_day(LEUVEN, "2024-11-05".parse().unwrap(), Brussels);
        let moments = [day.dawn, day.sunrise, day.sunset, day.dusk].map(Option::unwrap);
        assert!(moments.is_sorted());
        let around =
            moments.map(|moment| [-30, 30].map(|s| light(LEUVEN, moment + TimeDelta::seconds(s)).unwrap()));
        use Light::{Day, Night, Twilight};
        assert_eq!(around, [[Night, Twilight], [Twilight, Day], [Day, Twilight], [Twilight, Night]]);
    }

    #[test]
    fn the_rough_height_of_the_sun_never_changes_what_the_exact_one_tells() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (first, last) = (at("1950-01-01T00:00:00Z"), at("2050-01-01T00:00:00Z"));
        let (mut worst, mut told) = (0.0_f64, 0);
        const TRIES: usize = 20_000;
        for _ in 0..TRIES {
            let latitude = rng.random_range(-90.0..=90.0);
            let coordinates = Coordinates::new(latitude, rng.random_range(-180.0..=180.0)).unwrap();
            let seconds = rng.random_range(first.timestamp()..last.timestamp());
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let exact = elevation(coordinates, at).unwrap();
            worst = worst.max((rough_elevation(coordinates, at).unwrap() - exact).abs());
            assert_eq!(light(coordinates, at), Some(light_at(exact)), "{coordinates:?} {at}");
            told += usize::from(far_from_any_change(coordinates, at).is_some());
        }
        assert!(worst < 0.025, "{worst} degrees");
        assert!(told > TRIES * 9 / 10, "{told}");
        let later = at("2050-06-01T12:00:00Z");
        assert_eq!(rough_elevation(LEUVEN, later), None);
        assert_eq!(light(LEUVEN, later), Some(Light::Day));
    }

    #[test]
    fn sun_time_is_a_quarter_turn_at_sunrise_and_three_at_sunset_all_year() {
        let mut sun_time = SunTime::default();
        for date in ["2024-01-10", "2024-03-31", "2024-06-21", "2024-10-27"] {
            for (coordinates, zone) in [(LEUVEN, Brussels), (Coordinates::new(30.5, -98.4).unwrap(), Chicago)]
            {
                let day = sun_day(coordinates, date.parse().unwrap(), zone);
                let (sunrise, sunset) = (day.sunrise.unwrap(), day.sunset.unwrap());
                let mut angle = |at| sun_time.angle(coordinates, at).unwrap();
                assert!((angle(sunrise) - FRAC_PI_2).abs() < 0.01, "{date}");
                assert!((angle(sunset) - 3.0 * FRAC_PI_2).abs() < 0.01, "{date}");
                assert!((angle(sunrise + (sunset - sunrise) / 2) - PI).abs() < 0.01, "{date}");
            }
        }
    }

    #[test]
    fn sun_time_goes_on_over_midnight() {
        let mut sun_time = SunTime::default();
        let angles: Vec<f64> = (0..48)
            .map(|half_hours| at("2024-11-05T12:00:00Z") + TimeDelta::minutes(30 * half_hours))
            .map(|at| sun_time.angle(LEUVEN, at).unwrap())
            .collect();
        for pair in angles.windows(2) {
            let step = (pair[1] - pair[0]).rem_euclid(TAU);
            assert!((0.05..0.25).contains(&step), "{step}");
        }
    }

    #[test]
    fn the_day_of_a_place_west_of_greenwich_is_its_own() {
        // The evening in New York is the next day in UTC.
        let new_york = Coordinates::new(40.71, -74.01).unwrap();
        let day = sun_day(new_york, "2024-06-21".parse().unwrap(), New_York);
        assert!(day.sunset.unwrap() > at("2024-06-22T00:00:00Z"));
        assert!(day.sunrise.unwrap() < day.sunset.unwrap());
    }
}
