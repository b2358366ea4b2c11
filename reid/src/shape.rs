//! Three classic ways to cut a distribution in two: Otsu, a mixture of two normals, and the valley of the density.
//!
//! They describe the shape of the scores. They know nothing about right and wrong: on real photographs of known
//! animals they cut neatly between wrong and wrong. So nothing here ever becomes a threshold ([`crate::verdict`]).

use crate::describe::describe;
use crate::histogram::histogram;
use crate::kde::Kde;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Descriptions of the shape, not advice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shape {
    /// Otsu's cut of a histogram of 256 bins (the centre of the last bin below), as scikit-image.
    pub otsu: Option<f64>,
    /// Two normals.
    pub mixture: Option<Mixture>,
    /// The lowest point of the density between its two highest peaks; none if it has one peak.
    pub valley: Option<f64>,
}

/// Two normal distributions fitted to the scores, by rising mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mixture {
    /// Means.
    pub means: [f64; 2],
    /// Standard deviations.
    pub sds: [f64; 2],
    /// Shares of the scores; they add to 1.
    pub weights: [f64; 2],
    /// BIC of one normal less BIC of two: positive speaks for two shapes, which is not yet two kinds of matches.
    pub bic_gain: f64,
    /// Logarithm of the likelihood of the two.
    pub log_likelihood: f64,
}

/// Describes the shape of the scores; `kde` is theirs.
#[must_use]
pub fn shape(scores: &[f64], kde: Option<&Kde>) -> Shape {
    Shape { otsu: otsu(scores), mixture: mixture(scores), valley: kde.and_then(valley) }
}

/// Otsu (1979): the cut with the greatest variance between the two sides. None without spread.
#[must_use]
pub fn otsu(scores: &[f64]) -> Option<f64> {
    describe(scores).filter(|summary| summary.max > summary.min)?;
    let bins = histogram(scores, 256)?;
    let centre = |bin: usize| f64::midpoint(bins.edges[bin], bins.edges[bin + 1]);
    let total = scores.len() as f64;
    let total_sum: f64 = bins.counts.iter().enumerate().map(|(bin, &count)| count as f64 * centre(bin)).sum();
    let (mut below, mut below_sum, mut best) = (0.0, 0.0, (f64::NEG_INFINITY, 0));
    for (bin, &count) in bins.counts.iter().enumerate().take(bins.counts.len() - 1) {
        below += count as f64;
        below_sum += count as f64 * centre(bin);
        let above = total - below;
        let between = below * above * (below_sum / below - (total_sum - below_sum) / above).powi(2);
        if between > best.0 {
            best = (between, bin);
        }
    }
    Some(centre(best.1))
}

/// Least variance of a component, as in scikit-learn: a normal must not shrink to one score.
const LEAST_VARIANCE: f64 = 1e-6;
/// Rounds of the fit at most.
const ROUNDS: usize = 500;
/// The fit ends when the mean log-likelihood grows by less.
const TOLERANCE: f64 = 1e-9;

/// Expectation maximisation from the two halves of the sorted scores, to convergence. None for fewer than four scores
/// or without spread.
#[must_use]
pub fn mixture(scores: &[f64]) -> Option<Mixture> {
    let summary = describe(scores).filter(|summary| summary.count >= 4 && summary.max > summary.min)?;
    let cut = otsu(scores)?;
    let (low, high) = (|score: &f64| *score <= cut, |score: &f64| *score > cut);
    let mut parts = [Part::of(scores, low), Part::of(scores, high)];
    let mut log_likelihood = f64::NEG_INFINITY;
    for _ in 0..ROUNDS {
        let (next, likelihood) = round(scores, parts);
        let gain = likelihood - log_likelihood;
        log_likelihood = likelihood;
        if gain < TOLERANCE * scores.len() as f64 {
            break;
        }
        parts = next;
    }
    parts.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    let n = scores.len() as f64;
    let variance =
        scores.iter().map(|score| (score - summary.mean).powi(2)).sum::<f64>() / n + LEAST_VARIANCE;
    let single = Part { weight: 1.0, mean: summary.mean, variance };
    let single_likelihood: f64 = scores.iter().map(|&score| single.density(score).ln()).sum();
    Some(Mixture {
        means: parts.map(|part| part.mean),
        sds: parts.map(|part| part.variance.sqrt()),
        weights: parts.map(|part| part.weight),
        // Five free numbers against two.
        bic_gain: 2.0 * (log_likelihood - single_likelihood) - 3.0 * n.ln(),
        log_likelihood,
    })
}

#[derive(Clone, Copy)]
struct Part {
    weight: f64,
    mean: f64,
    variance: f64,
}

impl Part {
    /// Of the scores that are `in_it`.
    fn of(scores: &[f64], in_it: impl Fn(&f64) -> bool) -> Self {
        let own = || scores.iter().copied().filter(&in_it);
        let n = own().count() as f64;
        let mean = own().sum::<f64>() / n;
        let variance = own().map(|score| (score - mean).powi(2)).sum::<f64>() / n + LEAST_VARIANCE;
        Self { weight: n / scores.len() as f64, mean, variance }
    }

    fn density(&self, score: f64) -> f64 {
        self.weight * (-0.5 * (score - self.mean).powi(2) / self.variance).exp()
            / (TAU * self.variance).sqrt()
    }
}

/// One round: the parts that fit the shares best, and the log-likelihood of the parts before.
fn round(scores: &[f64], parts: [Part; 2]) -> ([Part; 2], f64) {
    let mut sums = [[0.0; 3]; 2];
    let mut log_likelihood = 0.0;
    // Powers are taken about the present means: about 0 the variance would lose digits.
    for &score in scores {
        let densities = parts.map(|part| part.density(score).max(f64::MIN_POSITIVE));
        let total = densities[0] + densities[1];
        log_likelihood += total.ln();
        for side in 0..2 {
            let (share, off) = (densities[side] / total, score - parts[side].mean);
            sums[side][0] += share;
            sums[side][1] += share * off;
            sums[side][2] += share * off * off;
        }
    }
    let next = [0, 1].map(|side| {
        let [share, off, squares] = sums[side];
        let shift = off / share;
        let variance = (squares / share - shift * shift).max(0.0) + LEAST_VARIANCE;
        Part { weight: share / scores.len() as f64, mean: parts[side].mean + shift, variance }
    });
    (next, log_likelihood)
}

/// The lowest grid point between the two highest peaks.
fn valley(kde: &Kde) -> Option<f64> {
    let density = &kde.density;
    let before = |at: usize| at.checked_sub(1).map_or(f64::NEG_INFINITY, |at| density[at]);
    let after = |at: usize| density.get(at + 1).copied().unwrap_or(f64::NEG_INFINITY);
    let mut peaks: Vec<usize> =
        (0..density.len()).filter(|&at| density[at] > before(at) && density[at] >= after(at)).collect();
    peaks.sort_by(|&a, &b| density[b].total_cmp(&density[a]));
    let [first, second] = *peaks.first_chunk::<2>()?;
    let between = first.min(second)..=first.max(second);
    between.min_by(|&a, &b| density[a].total_cmp(&density[b])).map(|at| kde.grid[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kde::kde;
    use crate::oracle;

    #[test]
    fn otsu_equals_an_independent_computation() {
        for case in oracle::cases("shape") {
            oracle::assert_option_near(otsu(&case.numbers("scores")), case.option("otsu"), 1e-9, "otsu");
        }
    }

    #[test]
    fn the_mixture_is_the_converged_one_of_scikit_learn() {
        for case in oracle::cases("shape") {
            let found = mixture(&case.numbers("scores")).unwrap();
            oracle::assert_all_near(&found.means, &case.numbers("means"), 1e-3, "means");
            oracle::assert_all_near(&found.sds, &case.numbers("sds"), 1e-3, "sds");
            oracle::assert_all_near(&found.weights, &case.numbers("weights"), 5e-3, "weights");
            oracle::assert_near(found.bic_gain, case.number("bic_gain"), 0.05, "bic gain");
        }
    }

    #[test]
    fn the_valley_lies_between_two_hills_and_one_hill_has_none() {
        let hill = |centre: f64| (-20..=20).map(move |i| centre + f64::from(i) * 0.004);
        let two: Vec<f64> = hill(0.2).chain(hill(0.8)).collect();
        let at = shape(&two, kde(&two).as_ref()).valley.unwrap();
        assert!((0.4..0.6).contains(&at), "{at}");
        let one: Vec<f64> = (1..200).map(|i| (f64::from(i) / 200.0 - 0.5).powi(3)).collect();
        assert_eq!(shape(&one, kde(&one).as_ref()).valley, None);
    }

    #[test]
    fn scores_without_spread_have_no_shape() {
        assert_eq!(shape(&[0.5; 8], None), Shape { otsu: None, mixture: None, valley: None });
    }
}
