//! Exact intervals for a proportion, and how many labels a promise needs.
//!
//! It knows counts only; which labels may be counted is decided in [`crate::estimate`].

use statrs::function::beta::beta_reg;

/// Confidence of every interval: 95 %, 2.5 % on each side.
pub const CONFIDENCE: f64 = 0.95;

/// Probability that is left outside on each side.
const TAIL: f64 = (1.0 - CONFIDENCE) / 2.0;

/// The interval of Clopper and Pearson (1934) for `hits` of `trials`, at [`CONFIDENCE`]. It covers the true proportion
/// in at least 95 of 100 samples, whatever the proportion. [0, 1] without trials.
#[must_use]
pub fn clopper_pearson(hits: usize, trials: usize) -> [f64; 2] {
    let lower = if hits == 0 { 0.0 } else { solve(|p| at_least(hits, trials, p) < TAIL) };
    let upper = if hits == trials { 1.0 } else { solve(|p| at_most(hits, trials, p) > TAIL) };
    [lower, upper]
}

/// The least number of trials with which `wrong` wrong ones have an upper bound below `target` (0 to 1, neither
/// included).
#[must_use]
pub fn required(wrong: usize, target: f64) -> usize {
    least(wrong + 1, |trials| upper_is_below(wrong, trials, target))
}

/// Whether the upper bound of `hits` of `trials` is below `target`: cheaper than the bound itself.
pub(crate) fn upper_is_below(hits: usize, trials: usize, target: f64) -> bool {
    hits < trials && at_most(hits, trials, target) < TAIL
}

/// The least number from `start` on for which `enough` holds; it must hold for all greater ones too.
pub(crate) fn least(start: usize, enough: impl Fn(usize) -> bool) -> usize {
    let mut above = start;
    while !enough(above) {
        above *= 2;
    }
    let mut below = start.max(above / 2);
    while below < above {
        let middle = usize::midpoint(below, above);
        if enough(middle) {
            above = middle;
        } else {
            below = middle + 1;
        }
    }
    above
}

/// Probability of at least `hits` (not 0) hits when each trial hits with probability `p`.
fn at_least(hits: usize, trials: usize, p: f64) -> f64 {
    beta_reg(hits as f64, (trials - hits) as f64 + 1.0, p)
}

/// Probability of at most `hits` (fewer than all) hits when each trial hits with probability `p`.
fn at_most(hits: usize, trials: usize, p: f64) -> f64 {
    // The complement by symmetry keeps small tails exact.
    beta_reg((trials - hits) as f64, hits as f64 + 1.0, 1.0 - p)
}

/// The p in [0, 1] up to which `below` holds, by halving until the ends are neighbours.
fn solve(below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high || high - low < 1e-15 {
            return middle;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    #[test]
    fn intervals_equal_scipy() {
        for case in oracle::cases("clopper_pearson") {
            let (hits, trials) = (case.number("hits") as usize, case.number("trials") as usize);
            oracle::assert_all_near(
                &clopper_pearson(hits, trials),
                &case.numbers("interval"),
                1e-9,
                "interval",
            );
        }
    }

    #[test]
    fn nothing_is_known_without_trials() {
        assert_eq!(clopper_pearson(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn five_percent_needs_72_labels_without_an_error() {
        // (1 - 0.05)^72 < 0.025 <= (1 - 0.05)^71
        assert_eq!(required(0, 0.05), 72);
    }

    proptest! {
        #[test]
        fn the_required_number_is_the_least_that_proves_it(wrong in 0..12_usize, target in 0.01..0.5_f64) {
            let n = required(wrong, target);
            prop_assert!(clopper_pearson(wrong, n)[1] < target);
            prop_assert!(n == wrong + 1 || clopper_pearson(wrong, n - 1)[1] >= target);
        }

        #[test]
        fn the_interval_holds_the_observed_proportion(trials in 1..500_usize, part in 0.0..=1.0_f64) {
            let hits = (part * trials as f64) as usize;
            let [low, high] = clopper_pearson(hits, trials);
            let observed = hits as f64 / trials as f64;
            prop_assert!(0.0 <= low && low <= observed && observed <= high && high <= 1.0);
        }
    }
}
