//! Exact and score intervals of counts: a share, a rate, an odds.
//!
//! They assume independent events. Where cameras differ, as they always do, a rate needs
//! [`bootstrap`](super::bootstrap) over cameras; these are its floor and what is left with one camera.
//! Quantiles come from `statrs`; the numbers are checked against scipy in `survey/tests/oracle/`.

use statrs::distribution::{Beta, ContinuousCDF, DiscreteCDF, Gamma, Normal, StudentsT};

/// The usual level of an interval.
pub const LEVEL: f64 = 0.95;

/// A two-sided confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end; infinite where the data set no bound.
    pub high: f64,
}

impl Interval {
    /// Whether a value is inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// Both ends through a rising function.
    #[must_use]
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Self {
        Self { low: rising(self.low), high: rising(self.high) }
    }
}

/// The share `k / n` by the score interval of Wilson (1927, J. Am. Stat. Assoc. 22:209); 0 to 1 where `n` is 0.
pub fn wilson(k: u64, n: u64, level: f64) -> Interval {
    if n == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (z, count) = (normal_quantile(upper(level)), n as f64);
    let share = k as f64 / count;
    let (spread, scale) = (z * z / count, 1.0 + z * z / count);
    let middle = (share + spread / 2.0) / scale;
    let half = z * (share * (1.0 - share) / count + spread / (4.0 * count)).sqrt() / scale;
    // Exactly 0 and 1 at the ends, where rounding would leave 1e-17.
    Interval { low: if k == 0 { 0.0 } else { middle - half }, high: if k == n { 1.0 } else { middle + half } }
}

/// The share `k / n` by the exact interval of Clopper and Pearson (1934, Biometrika 26:404).
pub fn clopper_pearson(k: u64, n: u64, level: f64) -> Interval {
    let (hits, misses) = (k as f64, n.saturating_sub(k) as f64);
    Interval {
        low: if k == 0 { 0.0 } else { beta_quantile(hits, misses + 1.0, 1.0 - upper(level)) },
        high: if k >= n { 1.0 } else { beta_quantile(hits + 1.0, misses, upper(level)) },
    }
}

/// The mean of a Poisson count by the exact interval of Garwood (1936, Biometrika 28:437).
pub fn garwood(count: u64, level: f64) -> Interval {
    let events = count as f64;
    Interval {
        low: if count == 0 { 0.0 } else { gamma_quantile(events, 1.0 - upper(level)) },
        high: gamma_quantile(events + 1.0, upper(level)),
    }
}

/// The odds `a / b` of two counts by [`clopper_pearson`] of `a` in `a + b`: what one Poisson count is to another.
pub fn exact_odds(a: u64, b: u64, level: f64) -> Interval {
    clopper_pearson(a, a + b, level).map(|share| share / (1.0 - share))
}

/// How likely outcomes as extreme as one are, to either side; it belongs to both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tails {
    /// As high as it, or higher.
    pub as_high: f64,
    /// As low as it, or lower.
    pub as_low: f64,
}

impl Tails {
    /// The central two-sided p-value: twice the smaller tail.
    ///
    /// This is the test that agrees with an interval made of two tails, as [`clopper_pearson`]'s is: p is under 0.05
    /// just where the interval of 95 % leaves out the value tested. Other two-sided tests do not (Fay 2010, The R
    /// Journal 2:53).
    pub fn p_value(self) -> f64 {
        (2.0 * self.as_high.min(self.as_low)).min(1.0)
    }

    /// Of two tests, to each side the one that is less sure: as the [`hull`](Interval::hull) of two intervals.
    #[must_use]
    pub fn less_sure(self, other: Self) -> Self {
        Self { as_high: self.as_high.max(other.as_high), as_low: self.as_low.max(other.as_low) }
    }
}

/// The tails of `k` in `n` where the share is `p`, exact: those of [`clopper_pearson`].
pub fn binomial_tails(k: u64, n: u64, p: f64) -> Tails {
    let Ok(binomial) = statrs::distribution::Binomial::new(p, n) else {
        return Tails { as_high: f64::NAN, as_low: f64::NAN };
    };
    let as_high = k.checked_sub(1).map_or(1.0, |below| binomial.sf(below));
    Tails { as_high, as_low: binomial.cdf(k) }
}

/// The probability up to the upper end of an interval of this level.
pub(super) fn upper(level: f64) -> f64 {
    f64::midpoint(1.0, level)
}

/// The standard normal quantile.
pub(super) fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

/// The quantile of Student's t with this many degrees of freedom.
pub(super) fn t_quantile(p: f64, freedom: usize) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom as f64).expect("a t with one or more degrees of freedom exists");
    t.inverse_cdf(p)
}

/// The probability of a t as high as this one, or higher.
pub(super) fn t_tail(t: f64, freedom: usize) -> f64 {
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    StudentsT::new(0.0, 1.0, freedom as f64).expect("a t with one or more degrees of freedom exists").sf(t)
}

fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    Beta::new(a, b).expect("both shapes are positive: the caller takes out the ends").inverse_cdf(p)
}

fn gamma_quantile(shape: f64, p: f64) -> f64 {
    Gamma::new(shape, 1.0).expect("the shape is positive: the caller takes out 0").inverse_cdf(p)
}
