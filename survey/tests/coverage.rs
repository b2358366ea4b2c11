//! Intervals that keep their word: over 200 simulated herds with known truth, an interval of 95 % holds it about
//! 190 times.
//!
//! Binomial noise of 200 trials at 95 % has a standard error of 1.5 %: [`assert_covers`] allows three of them downwards.
//! Upwards it only refuses intervals that are so wide that they always hold.

use std::f64::consts::{PI, TAU};

use deertrack_survey::activity::Activity;
use deertrack_survey::bootstrap::Resampling;
use deertrack_survey::interval::Interval;
use deertrack_survey::overlap::{Estimator, overlap};
use deertrack_survey::rate_ratio::{Pair, rate_ratio};
use deertrack_survey::rates::{Exposure, rate};
use deertrack_survey::ratios::{Unit, ratio_over_places};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Normal, Poisson};

const SEEDS: u64 = 200;

fn assert_covers(what: &str, truth: f64, interval: impl Fn(&mut ChaCha8Rng, u64) -> Interval) {
    let held = (0..SEEDS)
        .filter(|&seed| interval(&mut ChaCha8Rng::seed_from_u64(seed), seed).contains(truth))
        .count();
    assert!((181..=199).contains(&held), "{what}: the truth was held {held} times of {SEEDS}");
}

fn resampling(seed: u64, samples: usize) -> Resampling {
    Resampling { seed, samples, ..Resampling::default() }
}

/// How good a place is, with a mean of 1 over all places.
fn quality(rng: &mut ChaCha8Rng, variation: f64) -> f64 {
    let shape = variation.powi(-2);
    Gamma::new(shape, 1.0 / shape).expect("the shape is positive").sample(rng)
}

fn events(rng: &mut ChaCha8Rng, mean: f64) -> u64 {
    if mean <= 0.0 { 0 } else { Poisson::new(mean).expect("the mean is positive").sample(rng) as u64 }
}

fn exposure(rng: &mut ChaCha8Rng, per_night: f64) -> Exposure {
    let nights = rng.random_range(20.0..90.0);
    Exposure { events: events(rng, per_night * nights), nights }
}

#[test]
fn rates_cover_the_truth_with_few_and_many_cameras() {
    for (cameras, per_night, variation) in [(3, 0.4, 0.5), (8, 0.05, 0.5), (8, 0.4, 0.5), (20, 0.4, 0.7)] {
        assert_covers(
            &format!("rate, {cameras} cameras, {per_night} a night"),
            100.0 * per_night,
            |rng, seed| {
                let place = |_| {
                    let good = quality(rng, variation);
                    exposure(rng, per_night * good)
                };
                let places: Vec<_> = (0..cameras).map(place).collect();
                rate(&places, &resampling(seed, 300)).unwrap().interval
            },
        );
    }
}

#[test]
fn the_rate_of_one_camera_covers_the_truth() {
    assert_covers("rate, one camera", 30.0, |rng, seed| {
        rate(&[exposure(rng, 0.3)], &resampling(seed, 1)).unwrap().interval
    });
}

#[test]
fn rate_ratios_cover_the_truth_where_places_differ() {
    for (what, both) in [("the same cameras", 1.0), ("cameras that come and go", 0.6)] {
        assert_covers(&format!("rate ratio, {what}"), 1.4, |rng, seed| {
            let pairs: Vec<_> = (0..14).map(|_| pair(rng, both)).collect();
            rate_ratio(&pairs, &resampling(seed, 300)).unwrap().interval
        });
    }
}

/// A place whose deer became 1.4 times as many, each place with a change of its own around that.
fn pair(rng: &mut ChaCha8Rng, stays: f64) -> Pair {
    let good = quality(rng, 0.5);
    let change = 1.4 * quality(rng, 0.2);
    let one = |rng: &mut ChaCha8Rng, per_night| {
        if rng.random::<f64>() < stays { exposure(rng, per_night) } else { Exposure::default() }
    };
    Pair { now: one(rng, 0.3 * good * change), before: one(rng, 0.3 * good) }
}

#[test]
fn ratios_cover_the_truth_where_classes_keep_to_places() {
    for cameras in [6, 15] {
        assert_covers(&format!("buck:doe, {cameras} cameras"), 0.6, |rng, seed| {
            let places: Vec<_> = (0..cameras)
                .map(|_| [9.0 * quality(rng, 0.5), 15.0 * quality(rng, 0.5)].map(|mean| events(rng, mean)))
                .collect();
            ratio_over_places(Unit::Visit, &places, &resampling(seed, 300)).interval
        });
    }
}

/// Bells of activity: part, hour as an angle, standard deviation. Wrapped normal.
type Bells = [(f64, f64, f64); 2];
const DAWN_AND_DUSK: Bells = [(0.5, 1.6, 0.6), (0.5, 4.7, 0.6)];
const LATER: Bells = [(0.6, 1.9, 0.7), (0.4, 4.9, 0.45)];
const BY_DAY: Bells = [(0.5, 2.6, 0.9), (0.5, 3.7, 0.9)];

fn times(rng: &mut ChaCha8Rng, bells: &Bells, count: usize) -> Activity {
    let draw = |_| {
        let (_, middle, spread) = bells[usize::from(rng.random::<f64>() >= bells[0].0)];
        Normal::new(middle, spread).expect("the spread is positive").sample(rng).rem_euclid(TAU)
    };
    Activity::fit((0..count).map(draw).collect()).expect("there are enough records for a curve")
}

fn true_overlap(a: &Bells, b: &Bells) -> f64 {
    const POINTS: usize = 4000;
    let density = |bells: &Bells, at: f64| -> f64 {
        let turns = [-2.0, -1.0, 0.0, 1.0, 2.0];
        let bell = |&(part, middle, spread): &(f64, f64, f64)| {
            let at_turn = |turn: f64| (-0.5 * ((at + turn * TAU - middle) / spread).powi(2)).exp();
            part / (spread * (2.0 * PI).sqrt()) * turns.into_iter().map(at_turn).sum::<f64>()
        };
        bells.iter().map(bell).sum()
    };
    let at = |i| TAU * i as f64 / POINTS as f64;
    (0..POINTS).map(|i| density(a, at(i)).min(density(b, at(i)))).sum::<f64>() * TAU / POINTS as f64
}

#[test]
fn overlaps_cover_the_truth_of_curves_that_differ_a_little() {
    assert_covers("Dhat1, a little", true_overlap(&DAWN_AND_DUSK, &LATER), |rng, seed| {
        let (a, b) = (times(rng, &DAWN_AND_DUSK, 40), times(rng, &LATER, 30));
        overlap(&a, &b, Estimator::Dhat1, &resampling(seed, 30)).interval
    });
}

#[test]
fn overlaps_cover_the_truth_of_curves_that_differ_much() {
    assert_covers("Dhat4, much", true_overlap(&DAWN_AND_DUSK, &BY_DAY), |rng, seed| {
        let (a, b) = (times(rng, &DAWN_AND_DUSK, 60), times(rng, &BY_DAY, 50));
        overlap(&a, &b, Estimator::Dhat4, &resampling(seed, 30)).interval
    });
}

#[test]
fn overlaps_cover_the_truth_of_one_curve_for_both() {
    assert_covers("Dhat1, one curve", 1.0, |rng, seed| {
        let (a, b) = (times(rng, &DAWN_AND_DUSK, 40), times(rng, &DAWN_AND_DUSK, 30));
        overlap(&a, &b, Estimator::Dhat1, &resampling(seed, 30)).interval
    });
}
