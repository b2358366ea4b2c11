//! How well the visits of a camera fit those of all others by sun time, under each shift of its clock.
//!
//! The arithmetic of [`clock`](super::clock), which decides what to make of it. A fit is the mean log density of the
//! camera's visits under the curve of the others.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::sun::{Coordinates, SunTime};

/// Under this no shift is claimed.
pub const FEWEST_VISITS: usize = 50;
/// Days with visits that it takes.
pub const FEWEST_DAYS: usize = 15;
/// Other cameras, with enough visits themselves, that it takes.
pub const FEWEST_OTHERS: usize = 3;
/// Shifts that are tried: every half hour of a day.
pub(super) const STEPS: usize = 48;
const STEP_MINUTES: i64 = 30;
const RESAMPLES: usize = 200;
const CELLS: usize = 96;
/// The concentration of the curve of the others: a kernel of about 50 minutes.
const KAPPA: f64 = 20.0;
/// A part of evenly spread visits, so that one odd visit cannot outweigh all others.
const EVEN: f64 = 0.05;

/// The visits at one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraTimes {
    /// Where.
    pub place_id: String,
    /// Where on Earth.
    pub coordinates: Coordinates,
    /// When each visit began, by the camera's clock.
    pub visits: Vec<DateTime<Utc>>,
}

/// How each camera fits the others; `None` with too few visits, days or others.
pub(super) fn fits(cameras: &[CameraTimes]) -> Vec<Option<Fit>> {
    // One for all: cameras of one study area share their sunrises.
    let mut sun = SunTime::default();
    let profiles: Vec<Option<Profile>> = cameras.iter().map(|camera| Profile::of(camera, &mut sun)).collect();
    let fit = |own: usize| Some(Fit::of(profiles[own].as_ref()?, &curve_of_others(&profiles, own)?));
    (0..cameras.len()).map(fit).collect()
}

type Circle = [f64; CELLS];

/// The cell of a visit by sun time, under each shift.
type Cells = [u8; STEPS];

/// The visits of each day. Days without sunrise have no part.
struct Profile {
    days: Vec<Vec<Cells>>,
}

impl Profile {
    /// `None` for a camera with too few visits or days.
    fn of(camera: &CameraTimes, sun: &mut SunTime) -> Option<Self> {
        if camera.visits.len() < FEWEST_VISITS {
            return None;
        }
        let mut days: BTreeMap<NaiveDate, Vec<Cells>> = BTreeMap::new();
        for &visit in &camera.visits {
            if let Some(cells) = cells(sun, camera.coordinates, visit) {
                days.entry(visit.date_naive()).or_default().push(cells);
            }
        }
        let visits: usize = days.values().map(Vec::len).sum();
        let enough = visits >= FEWEST_VISITS && days.len() >= FEWEST_DAYS;
        enough.then(|| Self { days: days.into_values().collect() })
    }

    fn visits(&self) -> impl Iterator<Item = &Cells> {
        self.days.iter().flatten()
    }
}

fn cells(sun: &mut SunTime, coordinates: Coordinates, visit: DateTime<Utc>) -> Option<Cells> {
    let mut cells = [0; STEPS];
    for (step, cell) in cells.iter_mut().enumerate() {
        let angle = sun.angle(coordinates, visit + shift_of(step))?;
        *cell = ((angle / TAU * CELLS as f64) as usize % CELLS) as u8;
    }
    Some(cells)
}

/// The shift of a step: 0 is none; then later by half an hour each, and from half a day on earlier.
pub(super) fn shift_of(step: usize) -> TimeDelta {
    let steps = if step <= STEPS / 2 { step as i64 } else { step as i64 - STEPS as i64 };
    TimeDelta::minutes(steps * STEP_MINUTES)
}

/// The logarithm of the density by sun time at all other cameras, one as weighty as the other.
fn curve_of_others(profiles: &[Option<Profile>], own: usize) -> Option<Circle> {
    let others: Vec<&Profile> = profiles
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != own)
        .filter_map(|(_, profile)| profile.as_ref())
        .collect();
    if others.len() < FEWEST_OTHERS {
        return None;
    }
    let mut weights = [0.0; CELLS];
    for profile in &others {
        let weight = 1.0 / (others.len() * profile.visits().count()) as f64;
        profile.visits().for_each(|cells| weights[usize::from(cells[0])] += weight);
    }
    let smooth = smoothed(&weights);
    Some(smooth.map(|density| ((1.0 - EVEN) * density + EVEN / CELLS as f64).ln()))
}

fn smoothed(weights: &Circle) -> Circle {
    let kernel: Circle =
        std::array::from_fn(|i| (KAPPA * ((TAU * i as f64 / CELLS as f64).cos() - 1.0)).exp());
    let whole: f64 = kernel.iter().sum();
    std::array::from_fn(|at| {
        let parts =
            weights.iter().enumerate().map(|(cell, weight)| weight * kernel[(at + CELLS - cell) % CELLS]);
        parts.sum::<f64>() / whole
    })
}

/// How well each day fits the others under each shift.
pub(super) struct Fit {
    /// Sums of log densities over the visits of a day.
    days: Vec<[f64; STEPS]>,
    visits: usize,
}

impl Fit {
    fn of(profile: &Profile, curve: &Circle) -> Self {
        let day = |visits: &Vec<Cells>| {
            std::array::from_fn(|step| visits.iter().map(|cells| curve[usize::from(cells[step])]).sum())
        };
        Self { days: profile.days.iter().map(day).collect(), visits: profile.visits().count() }
    }

    /// The mean log density of a visit under each shift.
    pub(super) fn scores(&self) -> [f64; STEPS] {
        sum(self.days.iter()).map(|sum| sum / self.visits as f64)
    }

    /// The part of resamples of days whose best step agrees.
    pub(super) fn agreement(&self, seed: u64, agrees: impl Fn(usize) -> bool) -> f64 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let draws = (0..RESAMPLES).map(|_| {
            let days = (0..self.days.len()).map(|_| &self.days[rng.random_range(0..self.days.len())]);
            best(&sum(days))
        });
        let agreeing = draws.filter(|drawn| agrees(*drawn)).count();
        agreeing as f64 / RESAMPLES as f64
    }
}

fn sum<'a>(days: impl Iterator<Item = &'a [f64; STEPS]>) -> [f64; STEPS] {
    let mut sums = [0.0; STEPS];
    for day in days {
        sums.iter_mut().zip(day).for_each(|(sum, part)| *sum += part);
    }
    sums
}

pub(super) fn best(scores: &[f64; STEPS]) -> usize {
    (0..STEPS).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or_default()
}

/// Steps between two shifts, the short way round.
pub(super) fn apart(a: usize, b: usize) -> usize {
    let steps = a.abs_diff(b);
    steps.min(STEPS - steps)
}

/// The same where half a day more or less is no difference.
pub(super) fn apart_by_half_days(a: usize, b: usize) -> usize {
    let steps = apart(a, b);
    steps.min(STEPS / 2 - steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_go_half_a_day_both_ways() {
        assert_eq!(shift_of(0), TimeDelta::zero());
        assert_eq!(shift_of(24), TimeDelta::hours(12));
        assert_eq!(shift_of(47), TimeDelta::minutes(-30));
        assert_eq!((apart(0, 47), apart(1, 24)), (1, 23));
        assert_eq!((apart_by_half_days(0, 47), apart_by_half_days(1, 24)), (1, 1));
    }
}
