//! How the overlap of two activity curves is estimated.
//!
//! The estimators of Ridout and Linkie (2009, J. Agric. Biol. Environ. Stat. 14:322) as R package `overlap` 0.3
//! computes them, down to its grid of 128 points.

use super::activity::{Activity, grid};

/// Points from midnight to midnight, both included, as in `overlap`.
const GRID: usize = 128;

/// An estimator of the overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Estimator {
    /// The area under both curves. For small samples.
    Dhat1,
    /// The mean ratio of the curves at the records. For samples of 50 and more on both sides.
    Dhat4,
}

impl Estimator {
    /// What `overlap` advises: Dhat1 where the smaller sample has less than 50 records.
    pub fn advised(a: &Activity, b: &Activity) -> Self {
        if a.angles().len().min(b.angles().len()) < 50 { Self::Dhat1 } else { Self::Dhat4 }
    }

    /// How much `overlap` smooths the curves for it.
    pub(super) fn adjust(self) -> f64 {
        match self {
            Self::Dhat1 => 0.8,
            Self::Dhat4 => 1.0,
        }
    }

    /// The estimate, 0 to 1.
    pub fn of(self, a: &Activity, b: &Activity) -> f64 {
        match self {
            Self::Dhat1 => dhat1(a, b),
            Self::Dhat4 => dhat4(a, b),
        }
    }
}

/// The area under both curves, on the grid.
fn dhat1(a: &Activity, b: &Activity) -> f64 {
    let of = |activity: &Activity| {
        // The first and last point are the same midnight.
        let densities: Vec<f64> = values(activity, Estimator::Dhat1).into_iter().skip(1).collect();
        let sum: f64 = densities.iter().sum();
        densities.into_iter().map(move |density| density / sum)
    };
    of(a).zip(of(b)).map(|(a, b)| a.min(b)).sum()
}

/// The mean of `min(1, other / own)` at the records of each side, mean of both sides.
fn dhat4(a: &Activity, b: &Activity) -> f64 {
    let (at_a, at_b) = (densities_for(a, b), densities_for(b, a));
    let side = |records: &[f64], own: &dyn Fn(f64) -> f64, other: &dyn Fn(f64) -> f64| {
        records.iter().map(|&angle| (other(angle) / own(angle)).min(1.0)).sum::<f64>() / records.len() as f64
    };
    f64::midpoint(side(a.angles(), &at_a, &at_b), side(b.angles(), &at_b, &at_a))
}

/// The density of `own` at an angle: itself for few records, else between the points of the grid, as in `overlap`.
fn densities_for<'a>(own: &'a Activity, other: &Activity) -> Box<dyn Fn(f64) -> f64 + 'a> {
    let records = own.angles().len() + other.angles().len();
    if records as f64 <= GRID as f64 * 1.1 {
        return Box::new(|angle| own.density(angle, Estimator::Dhat4.adjust()));
    }
    let values = values(own, Estimator::Dhat4);
    Box::new(move |angle| between(&values, angle))
}

fn values(activity: &Activity, estimator: Estimator) -> Vec<f64> {
    grid(GRID).map(|angle| activity.density(angle, estimator.adjust())).collect()
}

/// Linear between the points of the grid.
fn between(values: &[f64], angle: f64) -> f64 {
    let position =
        angle.rem_euclid(std::f64::consts::TAU) / std::f64::consts::TAU * (values.len() - 1) as f64;
    let left = (position as usize).min(values.len() - 2);
    let part = position - left as f64;
    values[left] * (1.0 - part) + values[left + 1] * part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: f64, count: usize) -> Activity {
        let angles = (0..count).map(|i| middle + 1.2 * ((i as f64 + 0.5) / count as f64 - 0.5)).collect();
        Activity::fit(angles).unwrap()
    }

    #[test]
    fn a_curve_overlaps_itself_wholly_and_its_opposite_hardly() {
        let (noon, midnight) = (around(3.1, 40), around(6.2, 60));
        for estimator in [Estimator::Dhat1, Estimator::Dhat4] {
            assert!((estimator.of(&noon, &noon) - 1.0).abs() < 1e-12);
            assert!(estimator.of(&noon, &midnight) < 0.01);
            let both = (estimator.of(&noon, &around(3.6, 60)), estimator.of(&around(3.6, 60), &noon));
            assert!((both.0 - both.1).abs() < 1e-12, "the order does not matter");
        }
    }

    #[test]
    fn the_grid_stands_for_the_curve_itself_within_a_percent() {
        let (few, many) = ((around(3.1, 70), around(3.9, 70)), (around(3.1, 71), around(3.9, 71)));
        let exact = Estimator::Dhat4.of(&few.0, &few.1);
        let on_grid = Estimator::Dhat4.of(&many.0, &many.1);
        assert!((exact - on_grid).abs() < 0.01, "{exact} {on_grid}");
    }

    #[test]
    fn small_samples_are_told_to_use_dhat1() {
        assert_eq!(Estimator::advised(&around(1.0, 49), &around(1.0, 90)), Estimator::Dhat1);
        assert_eq!(Estimator::advised(&around(1.0, 50), &around(1.0, 90)), Estimator::Dhat4);
    }
}
