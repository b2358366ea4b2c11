//! The smooth curve through the histogram: a Gaussian kernel density with Scott's bandwidth, equal to
//! `scipy.stats.gaussian_kde`.

use crate::describe::describe;
use crate::histogram::linspace;
use crate::kernel::threads::try_in_parallel;
use crate::{Error, Workplace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Points of the grid, as many as seaborn draws.
pub const GRID: usize = 200;

/// A density on a grid from the least to the greatest score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Kde {
    /// Scott's factor, count^(-1/5).
    pub factor: f64,
    /// Standard deviation of the kernels: the factor times that of the scores.
    pub bandwidth: f64,
    /// Where the density is given.
    pub grid: Vec<f64>,
    /// Density at each point of the grid; its integral over all numbers is 1.
    pub density: Vec<f64>,
}

/// The density of the scores; none if they have no spread.
#[must_use]
pub fn kde(scores: &[f64]) -> Option<Kde> {
    // Nobody watches, so nothing ends it early.
    kde_in(scores, NonZeroUsize::MIN, Workplace::alone()).unwrap_or_default()
}

/// As [`kde`], on some threads and watched: a point of the grid costs an exponential for each score.
pub(crate) fn kde_in(
    scores: &[f64],
    threads: NonZeroUsize,
    place: Workplace<'_>,
) -> Result<Option<Kde>, Error> {
    let Some((summary, spread)) =
        describe(scores).and_then(|summary| Some((summary, summary.std.filter(|&std| std > 0.0)?)))
    else {
        return Ok(None);
    };
    let factor = (scores.len() as f64).powf(-0.2);
    let bandwidth = factor * spread;
    let grid = linspace(summary.min, summary.max, GRID);
    let found = Mutex::new(vec![0.0; grid.len()]);
    try_in_parallel(threads, grid.iter().enumerate(), |_: &mut (), (place_in_grid, &at)| {
        let density = density(scores, bandwidth, at);
        found.lock().unwrap_or_else(PoisonError::into_inner)[place_in_grid] = density;
        place.tell(scores.len())
    })?;
    let density = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Some(Kde { factor, bandwidth, grid, density }))
}

/// The density at one point.
#[must_use]
pub fn density(scores: &[f64], bandwidth: f64, at: f64) -> f64 {
    let kernels: f64 = scores.iter().map(|score| (-0.5 * ((at - score) / bandwidth).powi(2)).exp()).sum();
    kernels / (scores.len() as f64 * bandwidth * TAU.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;

    #[test]
    fn factor_bandwidth_and_density_equal_scipy() {
        for case in oracle::cases("kde") {
            let scores = case.numbers("scores");
            let found = kde(&scores).unwrap();
            oracle::assert_near(found.factor, case.number("factor"), 1e-12, "factor");
            oracle::assert_near(found.bandwidth, case.number("bandwidth"), 1e-12, "bandwidth");
            oracle::assert_all_near(&found.density, &case.numbers("density"), 1e-9, "density");
        }
    }

    #[test]
    fn scores_without_spread_have_no_density() {
        assert_eq!(kde(&[0.5]), None);
        assert_eq!(kde(&[0.5; 9]), None);
    }
}
