//! Summary statistics of a list of scores, equal to `pandas.Series.describe`, `skew` and `kurt`.
//!
//! Numbers that do not exist for so few scores are `None`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Count, moments and quartiles. The scores must be finite.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// How many scores.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (divided by count - 1); none for one score.
    pub std: Option<f64>,
    /// Least score.
    pub min: f64,
    /// First quartile.
    pub q25: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q75: f64,
    /// Greatest score.
    pub max: f64,
    /// Adjusted Fisher-Pearson skewness G1; none for fewer than three scores or equal ones.
    pub skew: Option<f64>,
    /// Adjusted excess kurtosis G2; none for fewer than four scores or equal ones.
    pub kurtosis: Option<f64>,
}

/// Describes the scores; none if there are none.
#[must_use]
pub fn describe(scores: &[f64]) -> Option<Statistics> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let (&min, &max) = (sorted.first()?, sorted.last()?);
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let power_sum = |power| sorted.iter().map(|score| (score - mean).powi(power)).sum::<f64>();
    let squares = power_sum(2);
    let spread = (max > min).then_some(squares);
    Some(Statistics {
        count: sorted.len(),
        mean,
        std: (sorted.len() > 1).then(|| (squares / (n - 1.0)).sqrt()),
        min,
        q25: quantile(&sorted, 0.25),
        median: quantile(&sorted, 0.5),
        q75: quantile(&sorted, 0.75),
        max,
        skew: spread.filter(|_| sorted.len() > 2).map(|squares| skew(n, squares, power_sum(3))),
        kurtosis: spread.filter(|_| sorted.len() > 3).map(|squares| kurtosis(n, squares, power_sum(4))),
    })
}

/// The quantile `q` (0 to 1) of an ascending, non-empty list by linear interpolation, as numpy's default.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let position = q * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// G1 of Joanes and Gill (1998).
fn skew(n: f64, squares: f64, cubes: f64) -> f64 {
    n * (n - 1.0).sqrt() / (n - 2.0) * cubes / squares.powf(1.5)
}

/// G2 of Joanes and Gill (1998).
fn kurtosis(n: f64, squares: f64, fourths: f64) -> f64 {
    let scale = n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    scale * fourths / squares.powi(2) - 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;

    #[test]
    fn the_summary_equals_pandas() {
        for case in oracle::cases("describe") {
            let found = describe(&case.numbers("scores")).unwrap();
            let pairs = [
                ("mean", Some(found.mean)),
                ("std", found.std),
                ("min", Some(found.min)),
                ("q25", Some(found.q25)),
                ("median", Some(found.median)),
                ("q75", Some(found.q75)),
                ("max", Some(found.max)),
                ("skew", found.skew),
                ("kurtosis", found.kurtosis),
            ];
            for (name, found) in pairs {
                oracle::assert_option_near(found, case.option(name), 1e-9, name);
            }
        }
    }

    #[test]
    fn no_scores_have_no_summary() {
        assert_eq!(describe(&[]), None);
    }
}
