//! Counts of scores in bins of equal width, equal to `numpy.histogram`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bin edges and the number of scores in each bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Ascending, one more than there are bins. A bin holds its left edge; the last one holds its right edge too.
    pub edges: Vec<f64>,
    /// Scores in each bin; their sum is the number of scores.
    pub counts: Vec<usize>,
}

/// Sorts the scores into `bins` (at least 1) bins from the least to the greatest score. If all are equal, the range
/// is half a unit to both sides, as in numpy. None if there are no scores.
#[must_use]
pub fn histogram(scores: &[f64], bins: usize) -> Option<Histogram> {
    let (low, high) = range(scores)?;
    let edges = linspace(low, high, bins + 1);
    let mut counts = vec![0; bins];
    let per_unit = bins as f64 / (high - low);
    for &score in scores {
        let guess = (((score - low) * per_unit) as usize).min(bins - 1);
        counts[settle(score, guess, &edges)] += 1;
    }
    Some(Histogram { edges, counts })
}

/// `count` (at least 2) evenly spaced numbers from `low` to `high`, both included, as `numpy.linspace`.
#[must_use]
pub fn linspace(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high - low) / (count - 1) as f64;
    let mut numbers: Vec<f64> = (0..count).map(|i| i as f64 * step + low).collect();
    numbers[count - 1] = high;
    numbers
}

fn range(scores: &[f64]) -> Option<(f64, f64)> {
    let low = scores.iter().copied().reduce(f64::min)?;
    let high = scores.iter().copied().reduce(f64::max)?;
    Some(if low == high { (low - 0.5, high + 0.5) } else { (low, high) })
}

/// The division may round across an edge; the edges decide.
fn settle(score: f64, guess: usize, edges: &[f64]) -> usize {
    let last = edges.len() - 2;
    if score < edges[guess] {
        guess - 1
    } else if guess < last && score >= edges[guess + 1] {
        guess + 1
    } else {
        guess
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    #[test]
    fn edges_and_counts_equal_numpy() {
        for case in oracle::cases("histogram") {
            let scores = case.numbers("scores");
            let found = histogram(&scores, case.number("bins") as usize).unwrap();
            oracle::assert_all_near(&found.edges, &case.numbers("edges"), 1e-12, "edges");
            assert_eq!(found.counts, case.counts("counts"));
        }
    }

    proptest! {
        #[test]
        fn every_score_is_in_one_bin_between_its_edges(
            scores in prop::collection::vec(-1.0..1.0_f64, 1..200), bins in 1..60_usize,
        ) {
            let found = histogram(&scores, bins).unwrap();
            prop_assert_eq!(found.counts.iter().sum::<usize>(), scores.len());
            for (bin, edges) in found.edges.windows(2).enumerate() {
                let inside = |s: &&f64| **s >= edges[0] && (**s < edges[1] || bin == bins - 1);
                prop_assert_eq!(scores.iter().filter(inside).count(), found.counts[bin]);
            }
        }
    }
}
