//! When deer move: at dawn and dusk, and bucks in the rut more and by day.

use std::f64::consts::PI;

use chrono::{Datelike, NaiveDate};
use deertrack_schemas::Class;
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Normal};

/// Days from the rut's peak in which it falls to 1/e.
const RUT_DAYS: f64 = 12.0;

/// How strong the rut is on a day, 0 to 1.
pub(super) fn rut(day: NaiveDate, peak: NaiveDate) -> f64 {
    let distance = (day - peak).num_days() as f64 / RUT_DAYS;
    (-distance * distance).exp()
}

/// How often an animal moves on a day, as a multiple of its quiet days.
pub(super) fn restlessness(class: Class, rut: f64) -> f64 {
    match class {
        Class::Buck => 0.8 + 2.8 * rut,
        _ => 1.0 - 0.15 * rut,
    }
}

/// Hour of the day (UTC, 0 to 24) at which an animal passes.
pub(super) fn hour(class: Class, rut: f64, sun: Sun, rng: &mut ChaCha12Rng) -> f64 {
    let by_day = if class == Class::Buck { 0.06 + 0.34 * rut } else { 0.22 };
    let by_night = if class == Class::Buck { 0.22 - 0.10 * rut } else { 0.08 };
    let chance: f64 = rng.random();
    let hour = if chance < by_day {
        rng.random_range(sun.rise..sun.set)
    } else if chance < by_day + by_night {
        sun.set + rng.random_range(0.0..24.0 - (sun.set - sun.rise))
    } else {
        let twilight = if rng.random_bool(0.5) { sun.rise - 0.2 } else { sun.set + 0.2 };
        twilight + spread(1.0, rng)
    };
    hour.rem_euclid(24.0)
}

fn spread(hours: f64, rng: &mut ChaCha12Rng) -> f64 {
    Normal::new(0.0, hours).expect("a positive deviation").sample(rng)
}

/// Sunrise and sunset, hours UTC.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sun {
    pub(super) rise: f64,
    pub(super) set: f64,
}

impl Sun {
    /// Within about 20 minutes: Cooper's declination (Solar Energy 12, 1969), no equation of time, no refraction.
    /// Good enough to light a scene; reports compute it properly.
    pub(super) fn on(day: NaiveDate, latitude: f64, longitude: f64) -> Self {
        let turn = 2.0 * PI * (284.0 + f64::from(day.ordinal())) / 365.0;
        let declination = 23.45_f64.to_radians() * turn.sin();
        let cosine = -(latitude.to_radians().tan() * declination.tan());
        let half_day = cosine.clamp(-0.99, 0.99).acos().to_degrees() / 15.0;
        let noon = 12.0 - longitude / 15.0;
        Self { rise: noon - half_day, set: noon + half_day }
    }

    /// How light it is at an hour: 0 night, 1 day, between them twilight.
    pub(super) fn light(self, hour: f64) -> f64 {
        let after_rise = (hour - self.rise + 0.6) / 1.2;
        let before_set = (self.set + 0.6 - hour) / 1.2;
        after_rise.min(before_set).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sun_rises_when_almanacs_say_within_half_an_hour() {
        // Greenwich, 51.48 N: 2025-06-21 03:43 to 20:21 UTC, 2025-12-21 08:04 to 15:53 UTC.
        let june = Sun::on(NaiveDate::from_ymd_opt(2025, 6, 21).unwrap(), 51.48, 0.0);
        assert!((june.rise - 3.72).abs() < 0.5 && (june.set - 20.35).abs() < 0.5, "{june:?}");
        let december = Sun::on(NaiveDate::from_ymd_opt(2025, 12, 21).unwrap(), 51.48, 0.0);
        assert!((december.rise - 8.07).abs() < 0.5 && (december.set - 15.88).abs() < 0.5, "{december:?}");
    }
}
