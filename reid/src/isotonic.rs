//! Probability that a match is right, as a rising function of its score: isotonic regression, equal to
//! `sklearn.isotonic.IsotonicRegression(out_of_bounds="clip")`.

use crate::judged::Sides;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rising function through knots: straight lines between them, level outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Isotonic {
    /// Scores of the knots, ascending.
    pub scores: Vec<f64>,
    /// Probability at each knot, never falling.
    pub probabilities: Vec<f64>,
}

/// A run of scores with one fitted value.
struct Block {
    first: f64,
    last: f64,
    sum: f64,
    weight: f64,
}

impl Isotonic {
    /// Fits the least squares rising function by pooling adjacent violators (Barlow and others 1972). None without
    /// scores.
    #[must_use]
    pub fn fit(scored: Vec<(f64, bool)>) -> Option<Self> {
        Self::of(&Sides::new(scored.into_iter()))
    }

    /// As [`Isotonic::fit`].
    pub(crate) fn of(sides: &Sides) -> Option<Self> {
        let mut blocks: Vec<Block> = Vec::new();
        for tied in sides.rising() {
            let (sum, weight) = (tied.yes as f64, (tied.yes + tied.no) as f64);
            let mut block = Block { first: tied.score, last: tied.score, sum, weight };
            while let Some(before) = blocks.pop_if(|before| before.mean() >= block.mean()) {
                block.first = before.first;
                block.sum += before.sum;
                block.weight += before.weight;
            }
            blocks.push(block);
        }
        let (mut scores, mut probabilities) = (Vec::new(), Vec::new());
        for block in &blocks {
            let ends = if block.first == block.last { 1 } else { 2 };
            scores.extend(&[block.first, block.last][..ends]);
            probabilities.extend(&[block.mean(); 2][..ends]);
        }
        (!scores.is_empty()).then_some(Self { scores, probabilities })
    }

    /// The probability at a score.
    #[must_use]
    pub fn at(&self, score: f64) -> f64 {
        let above = self.scores.partition_point(|&knot| knot <= score);
        let Some(below) = above.checked_sub(1) else { return self.probabilities[0] };
        if above == self.scores.len() {
            return self.probabilities[below];
        }
        let part = (score - self.scores[below]) / (self.scores[above] - self.scores[below]);
        self.probabilities[below] + part * (self.probabilities[above] - self.probabilities[below])
    }
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    #[test]
    fn probabilities_equal_scikit_learn() {
        for case in oracle::cases("isotonic") {
            let answers = case.counts("right");
            let scored = case.numbers("scores").into_iter().zip(answers.iter().map(|&a| a == 1)).collect();
            let fit = Isotonic::fit(scored).unwrap();
            let found: Vec<f64> = case.numbers("at").iter().map(|&score| fit.at(score)).collect();
            oracle::assert_all_near(&found, &case.numbers("probabilities"), 1e-9, "probabilities");
        }
    }

    proptest! {
        #[test]
        fn a_higher_score_is_never_less_probable(
            scored in prop::collection::vec((0.0..1.0_f64, any::<bool>()), 1..80), a in 0.0..1.0_f64, b in 0.0..1.0_f64,
        ) {
            let fit = Isotonic::fit(scored).unwrap();
            prop_assert!(fit.at(a.min(b)) <= fit.at(a.max(b)));
            prop_assert!((0.0..=1.0).contains(&fit.at(a)));
        }
    }
}
