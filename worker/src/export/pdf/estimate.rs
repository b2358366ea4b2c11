//! A number with how sure it is, as templates print it and sentences say it.

use deertrack_survey::interval::Interval;
use deertrack_survey::overlap::Overlap;
use deertrack_survey::rate_ratio::RateRatio;
use deertrack_survey::rates::Rate;
use deertrack_survey::ratios::{Ratio, Share};
use serde::Serialize;

use super::wording;

/// A number and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Estimate {
    /// `None`: there is no such number, only bounds.
    pub(super) value: Option<f64>,
    pub(super) low: f64,
    /// `None`: the data set no upper bound.
    pub(super) high: Option<f64>,
    /// Nor a lower one worth the name: with so few places the number alone can be told.
    pub(super) is_open: bool,
}

impl Estimate {
    /// An upper bound so far off says nothing: two cameras and one event can give one of a million.
    const FARTHEST: f64 = 100.0;

    fn new(value: Option<f64>, interval: Interval) -> Self {
        let farthest =
            value.filter(|value| *value > 0.0).map_or(f64::INFINITY, |value| Self::FARTHEST * value);
        let high = Some(interval.high).filter(|high| *high < farthest);
        let is_far_below = value.is_some_and(|value| interval.low * Self::FARTHEST < value);
        Self { value, low: interval.low, high, is_open: high.is_none() && is_far_below }
    }

    /// `4.1 (3.2 to 5.3)` with so many digits behind the point; `None` without a value.
    pub(super) fn said(&self, digits: usize) -> Option<String> {
        Some(format!("{} ({})", wording::fixed(self.value?, digits), self.range(digits)))
    }

    /// `3.2 to 5.3`, or `3.2 or more`.
    pub(super) fn range(&self, digits: usize) -> String {
        if self.is_open {
            return "unbounded: too few places".to_owned();
        }
        let low = wording::fixed(self.low, digits);
        match self.high {
            Some(high) => format!("{low} to {}", wording::fixed(high, digits)),
            None => format!("{low} or more"),
        }
    }

    /// Which side of 1 the whole interval is on.
    pub(super) fn against_one(&self) -> Side {
        if self.low > 1.0 {
            Side::Above
        } else if self.high.is_some_and(|high| high < 1.0) {
            Side::Below
        } else {
            Side::Either
        }
    }
}

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
    Either,
}

impl From<&Rate> for Estimate {
    fn from(rate: &Rate) -> Self {
        Self::new(Some(rate.per_100_nights), rate.interval)
    }
}

impl From<&RateRatio> for Estimate {
    fn from(ratio: &RateRatio) -> Self {
        Self::new(ratio.ratio, ratio.interval)
    }
}

impl From<&Ratio> for Estimate {
    fn from(ratio: &Ratio) -> Self {
        Self::new(ratio.value, ratio.interval)
    }
}

impl From<&Share> for Estimate {
    fn from(share: &Share) -> Self {
        Self::new(share.value, share.interval)
    }
}

impl From<&Overlap> for Estimate {
    fn from(overlap: &Overlap) -> Self {
        Self::new(Some(overlap.value), overlap.interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate::new(Some(value), Interval { low, high })
    }

    #[test]
    fn a_number_is_said_with_its_interval() {
        assert_eq!(estimate(4.14, 3.16, 5.35).said(1).unwrap(), "4.1 (3.2 to 5.3)");
        assert_eq!(
            estimate(1_234.0, 0.0, f64::INFINITY).said(1).unwrap(),
            "1,234.0 (unbounded: too few places)"
        );
        assert_eq!(estimate(4.7, 0.0, 21_219_148.1).said(1).unwrap(), "4.7 (unbounded: too few places)");
        assert_eq!(Estimate::new(None, Interval { low: 0.5, high: 2.0 }).said(2), None);
    }

    #[test]
    fn only_a_whole_interval_on_one_side_is_a_change() {
        let side = |low, high| estimate(1.0, low, high).against_one();
        assert_eq!(
            [side(1.1, 2.0), side(0.5, 0.9), side(0.9, 2.0)],
            [Side::Above, Side::Below, Side::Either]
        );
        assert_eq!(side(1.1, f64::INFINITY), Side::Above);
        assert_eq!(side(0.0, f64::INFINITY), Side::Either);
    }
}
