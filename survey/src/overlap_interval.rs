//! The interval of an overlap: which true overlaps could have given the one that was seen.
//!
//! The usual interval takes percentiles of smoothed bootstrap samples around the estimate. But the estimate is biased:
//! downwards where the curves are alike (chance makes two samples of one curve differ), upwards where smoothing blurs
//! them. Simulated (40 and 60 records, 200 repetitions, meant to cover 95 %; `interval_choice.py overlaps` in
//! `survey/tests/oracle/`):
//!
//! | true overlap | percentile | percentile less bias | this one |
//! |---:|---:|---:|---:|
//! | 0.59 | 98 % | 96 % | 97 % |
//! | 0.83 | 79 % | 84 % | 95 % |
//! | 1.00 | 0 % | 2 % | 96 % |
//!
//! So a test is inverted (Davison and Hinkley 1997, section 5.4.2): the two smoothed curves are moved towards their
//! common mean, down to one curve, and away from it; each step has a known overlap, and samples drawn at it say what
//! would be estimated there. The interval holds the overlaps at which the estimate seen is no surprise, and reaches 1
//! where the data agree with one curve for both.
//!
//! Samples are drawn and smoothed on a circle of 128 cells (11 minutes), so the cost of a sample does not grow with
//! the records: kernels are wider than a cell until there are some ten thousand of them.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::activity::{Activity, Turns, bandwidth_of_moments, moments_of_turns, turns};
use super::bootstrap::{Resampling, standard_deviation};
use super::interval::{Interval, t_quantile, upper};
use super::overlap_estimator::Estimator;

const CELLS: usize = 128;
/// How far the curves are moved apart: 0 makes them one, 1 leaves them as they were seen. Far steps are only taken for
/// curves that are nearly one.
const STEPS: [f64; 10] = [0.0, 0.35, 0.7, 0.9, 1.0, 1.4, 2.0, 3.5, 8.0, 20.0];

type Circle = [f64; CELLS];

/// What is expected at one step.
struct Step {
    truth: f64,
    /// The range of estimates that are no surprise at this truth.
    expected: Interval,
}

pub(super) fn interval(
    a: &Activity,
    b: &Activity,
    estimator: Estimator,
    resampling: &Resampling,
) -> Interval {
    let cells = [a, b].map(|activity| binned(activity.angles()));
    let seen = estimate(&cells, estimator);
    let curves =
        [(&cells[0], a.bandwidth()), (&cells[1], b.bandwidth())].map(|(cells, kappa)| smoothed(cells, kappa));
    let counts = [a, b].map(|activity| activity.angles().len());
    let mut rng = ChaCha8Rng::seed_from_u64(resampling.seed);
    let (mut high, mut low) = (Crossing::default(), Crossing::default());
    for step in STEPS {
        let step = expect(&moved(&curves, counts, step), counts, estimator, resampling, &mut rng);
        high.look(step.truth, step.expected.low, seen);
        low.look(step.truth, step.expected.high, seen);
        if let (Some(low), Some(high)) = (low.met, high.met) {
            return Interval { low, high };
        }
    }
    Interval { low: low.met.unwrap_or(0.0), high: high.met.unwrap_or(1.0) }
}

/// Where a bound of what is expected, falling from step to step, meets the estimate that was seen.
#[derive(Default)]
struct Crossing {
    before: Option<(f64, f64)>,
    met: Option<f64>,
}

impl Crossing {
    /// Takes the bound at the next truth. Chance may make it rise a little: then the lower one before it holds.
    fn look(&mut self, truth: f64, bound: f64, seen: f64) {
        if self.met.is_some() {
            return;
        }
        if bound <= seen {
            self.met = Some(self.before.map_or(truth, |(truth_before, bound_before)| {
                let part = (bound_before - seen) / (bound_before - bound);
                truth_before + part * (truth - truth_before)
            }));
        }
        let lowest = self.before.map_or(bound, |(_, bound_before)| bound.min(bound_before));
        self.before = Some((truth, lowest));
    }
}

/// The two curves at a step between their common mean (0) and beyond what was seen (over 1).
fn moved(curves: &[Circle; 2], counts: [usize; 2], step: f64) -> [Circle; 2] {
    let [a, b] = counts.map(|count| count as f64);
    let common: Circle = std::array::from_fn(|i| (a * curves[0][i] + b * curves[1][i]) / (a + b));
    let one = |curve: &Circle| {
        normalized(std::array::from_fn(|i| (common[i] + step * (curve[i] - common[i])).max(0.0)))
    };
    [one(&curves[0]), one(&curves[1])]
}

fn expect(
    truth: &[Circle; 2],
    counts: [usize; 2],
    estimator: Estimator,
    resampling: &Resampling,
    rng: &mut ChaCha8Rng,
) -> Step {
    let cumulative = [cumulated(&truth[0]), cumulated(&truth[1])];
    let estimates: Vec<f64> = (0..resampling.samples)
        .map(|_| {
            let [a, b] = [0, 1].map(|side| sample(&cumulative[side], counts[side], rng));
            estimate(&[a, b], estimator)
        })
        .collect();
    Step { truth: shared(truth), expected: prediction(&estimates, resampling.level) }
}

/// The interval that a further estimate is in: `mean ± t * sd * sqrt(1 + 1/n)`. Estimates are means of many records and
/// near normal; percentiles would need far more of them for the same steadiness.
fn prediction(estimates: &[f64], level: f64) -> Interval {
    let count = estimates.len() as f64;
    let mean = estimates.iter().sum::<f64>() / count;
    let t = t_quantile(upper(level), estimates.len().saturating_sub(1).max(1));
    let half = t * standard_deviation(estimates) * (1.0 + 1.0 / count).sqrt();
    Interval { low: mean - half, high: mean + half }
}

/// The estimators of [`overlap_estimator`](super::overlap_estimator) on cells.
fn estimate(cells: &[Circle; 2], estimator: Estimator) -> f64 {
    let curves = cells.each_ref().map(|cells| {
        let count = cells.iter().sum::<f64>();
        // All in one cell has no bandwidth: the narrowest kernel then.
        let kappa = bandwidth_of_moments(
            count as usize,
            moments_of_turns(
                TURNS.iter().copied().zip(cells.iter().copied()).filter(|(_, count)| *count > 0.0),
            ),
        );
        smoothed(cells, kappa.unwrap_or(f64::from(u16::MAX)) / estimator.adjust())
    });
    match estimator {
        Estimator::Dhat1 => shared(&curves),
        Estimator::Dhat4 => f64::midpoint(
            mean_ratio(&cells[0], &curves[0], &curves[1]),
            mean_ratio(&cells[1], &curves[1], &curves[0]),
        ),
    }
}

fn mean_ratio(records: &Circle, own: &Circle, other: &Circle) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for ((records, own), other) in records.iter().zip(own).zip(other) {
        if *records > 0.0 {
            sum += records * (other / own).min(1.0);
            count += records;
        }
    }
    sum / count
}

fn shared([a, b]: &[Circle; 2]) -> f64 {
    let area: f64 = a.iter().zip(b).map(|(a, b)| a.min(*b)).sum();
    // A curve shares all of itself, and rounding must not deny it.
    if area > 1.0 - 1e-12 { 1.0 } else { area }
}

/// Of the angles of the cells: some thousand samples look at them.
static TURNS: LazyLock<[Turns; CELLS]> =
    LazyLock::new(|| std::array::from_fn(|cell| turns(TAU * cell as f64 / CELLS as f64)));

/// How many angles are nearest to each cell.
fn binned(angles: &[f64]) -> Circle {
    let mut cells = [0.0; CELLS];
    for angle in angles {
        cells[(angle.rem_euclid(TAU) / TAU * CELLS as f64).round() as usize % CELLS] += 1.0;
    }
    cells
}

/// The kernel estimate in each cell, as parts of 1.
fn smoothed(cells: &Circle, kappa: f64) -> Circle {
    // Twice around, so that the kernel of every cell is a slice.
    let mut kernel = [0.0; 2 * CELLS];
    for (i, [(_, cosine), ..]) in TURNS.iter().enumerate() {
        let value = (kappa * (cosine - 1.0)).exp();
        (kernel[i], kernel[i + CELLS]) = (value, value);
    }
    let mut curve = [0.0; CELLS];
    for (cell, count) in cells.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        // The one hot loop; an index is half the price of a zip where nothing is optimised.
        let around = &kernel[CELLS - cell..];
        for (i, sum) in curve.iter_mut().enumerate() {
            *sum += count * around[i];
        }
    }
    normalized(curve)
}

fn normalized(curve: Circle) -> Circle {
    let sum: f64 = curve.iter().sum();
    curve.map(|value| value / sum)
}

fn cumulated(curve: &Circle) -> Circle {
    let mut sum = 0.0;
    curve.map(|part| {
        sum += part;
        sum
    })
}

fn sample(cumulative: &Circle, count: usize, rng: &mut ChaCha8Rng) -> Circle {
    let mut cells = [0.0; CELLS];
    for _ in 0..count {
        let point: f64 = rng.random();
        cells[cumulative.partition_point(|bound| *bound < point).min(CELLS - 1)] += 1.0;
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: f64, count: usize) -> Activity {
        let angles = (0..count).map(|i| middle + 1.6 * ((i as f64 + 0.5) / count as f64 - 0.5)).collect();
        Activity::fit(angles).unwrap()
    }

    fn of(a: &Activity, b: &Activity, seed: u64) -> Interval {
        interval(a, b, Estimator::Dhat1, &Resampling { seed, samples: 100, ..Resampling::default() })
    }

    #[test]
    fn cells_give_nearly_the_estimates_of_the_curves() {
        let (a, b) = (around(3.1, 60), around(3.8, 80));
        let cells = [binned(a.angles()), binned(b.angles())];
        for estimator in [Estimator::Dhat1, Estimator::Dhat4] {
            let (exact, on_cells) = (estimator.of(&a, &b), estimate(&cells, estimator));
            assert!((exact - on_cells).abs() < 0.01, "{estimator:?}: {exact} {on_cells}");
        }
    }

    #[test]
    fn one_curve_for_both_is_possible_where_the_samples_are_alike_and_not_where_they_differ() {
        let alike = of(&around(3.1, 60), &around(3.15, 60), 1);
        assert_eq!(alike.high, 1.0);
        let apart = of(&around(2.6, 60), &around(3.9, 60), 1);
        assert!(apart.high < 0.7 && apart.low < apart.high && apart.low >= 0.0, "{apart:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let (a, b) = (around(3.1, 40), around(3.8, 40));
        assert_eq!(of(&a, &b, 7), of(&a, &b, 7));
        assert_ne!(of(&a, &b, 7), of(&a, &b, 8));
    }

    #[test]
    fn more_records_make_it_narrower() {
        let width = |count| {
            let found = of(&around(2.6, count), &around(3.6, count), 1);
            found.high - found.low
        };
        assert!(width(400) < 0.6 * width(40));
    }
}
