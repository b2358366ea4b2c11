//! How much two activity curves share: 0 for animals that never meet, 1 for the same curve.
//!
//! The value is made in `overlap_estimator`, the interval in `overlap_interval`.

use super::activity::Activity;
use super::bootstrap::Resampling;
use super::interval::Interval;
pub use super::overlap_estimator::Estimator;
use super::overlap_interval;

/// An overlap and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// How it was estimated.
    pub estimator: Estimator,
    /// 0 to 1. Biased downwards where the curves are alike, so two samples of one curve have less than 1: the
    /// interval knows that, and reaches 1.
    pub value: f64,
    /// Its confidence interval.
    pub interval: Interval,
}

/// The overlap of two curves with its interval.
pub fn overlap(a: &Activity, b: &Activity, estimator: Estimator, resampling: &Resampling) -> Overlap {
    let interval = overlap_interval::interval(a, b, estimator, resampling);
    Overlap { estimator, value: estimator.of(a, b), interval }
}
