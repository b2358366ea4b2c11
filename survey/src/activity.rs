//! When animals are about: a density over the circle of the day.
//!
//! The von Mises kernel estimate of R package `overlap` 0.3 (Ridout and Linkie 2009, J. Agric. Biol. Environ. Stat.
//! 14:322). Angles are radians, 0 at midnight and half a turn at noon, by the clock
//! ([`clock_angle`](super::calendar::clock_angle)) or by the sun ([`sun`](super::sun)). Use the begin of visits, not
//! every image. What two curves share: [`overlap`](super::overlap).

use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use super::bessel::scaled_i;

/// No curve from fewer records: it would draw chance.
pub const FEWEST_RECORDS: usize = 25;

/// The concentrations within which `overlap` looks for its estimate.
const LEAST_KAPPA: f64 = 1e-4;
const MOST_KAPPA: f64 = 345.0;

/// A curve over the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    angles: Vec<f64>,
    bandwidth: f64,
}

/// Why there is no curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCurve {
    /// Too few records.
    #[error("{0} records are too few for an activity curve; it takes {FEWEST_RECORDS}")]
    TooFew(usize),
    /// They cancel out, or are all at one time.
    #[error("the times are spread too evenly or too narrowly for a bandwidth")]
    NoBandwidth,
}

impl Activity {
    /// The curve through these angles.
    ///
    /// # Errors
    ///
    /// [`NoCurve::TooFew`] under [`FEWEST_RECORDS`]; [`NoCurve::NoBandwidth`] where no von Mises distribution fits.
    pub fn fit(angles: Vec<f64>) -> Result<Self, NoCurve> {
        if angles.len() < FEWEST_RECORDS {
            return Err(NoCurve::TooFew(angles.len()));
        }
        let bandwidth = bandwidth(&angles).ok_or(NoCurve::NoBandwidth)?;
        Ok(Self { angles, bandwidth })
    }

    /// The angles it was made of.
    pub fn angles(&self) -> &[f64] {
        &self.angles
    }

    /// The concentration of its kernel before any adjustment: the larger, the rougher the curve.
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// The density at an angle, per radian; `adjust` over 1 smooths more.
    pub fn density(&self, angle: f64, adjust: f64) -> f64 {
        density(&self.angles, angle, self.bandwidth / adjust)
    }

    /// The density at `points` angles from 0 to a whole turn, both included, and so equal at both ends.
    pub fn curve(&self, points: usize, adjust: f64) -> Vec<(f64, f64)> {
        grid(points).map(|angle| (angle, self.density(angle, adjust))).collect()
    }
}

/// From 0 to a whole turn, both included.
pub(super) fn grid(points: usize) -> impl Iterator<Item = f64> {
    let step = TAU / (points.max(2) - 1) as f64;
    (0..points).map(move |i| i as f64 * step)
}

/// The mean of von Mises densities of concentration `kappa` at each angle.
fn density(angles: &[f64], at: f64, kappa: f64) -> f64 {
    let [i0, ..] = scaled_i(kappa);
    let sum: f64 = angles.iter().map(|angle| (kappa * ((at - angle).cos() - 1.0)).exp()).sum();
    sum / (TAU * i0 * angles.len() as f64)
}

/// The bandwidth of `overlap::getBandWidth`: the plug-in rule of Taylor (2008, Comput. Stat. Data Anal. 52:3493),
/// `(3 n k^2 I2(2k) / (4 sqrt(pi) I0(k)^2))^(2/5)`, with the largest `k` that any of the first three trigonometric
/// moments asks for. `None` where none does.
pub fn bandwidth(angles: &[f64]) -> Option<f64> {
    bandwidth_of_moments(angles.len(), moments(angles.iter().map(|angle| (*angle, 1.0))))
}

/// The bandwidth by the number of angles and the mean resultant lengths of their first three multiples.
pub(super) fn bandwidth_of_moments(count: usize, moments: [f64; 3]) -> Option<f64> {
    let kappas = moments.into_iter().zip(1..).filter_map(|(moment, order)| concentration(moment, order));
    let kappa = kappas.max_by(f64::total_cmp)?;
    let [i0, ..] = scaled_i(kappa);
    let [_, _, i2, _] = scaled_i(2.0 * kappa);
    // The factors exp(-2 kappa) of both cancel.
    Some((3.0 * count as f64 * kappa.powi(2) * i2 / (4.0 * PI.sqrt() * i0.powi(2))).powf(0.4))
}

/// The mean resultant lengths of the angles times 1, 2 and 3. (`overlap` turns them by the mean direction first, which
/// leaves a length as it is.)
fn moments(weighted: impl Iterator<Item = (f64, f64)>) -> [f64; 3] {
    moments_of_turns(weighted.map(|(angle, weight)| (turns(angle), weight)))
}

/// Sine and cosine of an angle times 1, 2 and 3.
pub(super) type Turns = [(f64, f64); 3];

pub(super) fn turns(angle: f64) -> Turns {
    [1.0, 2.0, 3.0].map(|order: f64| (order * angle).sin_cos())
}

/// As [`moments`], for angles whose [`turns`] are known.
pub(super) fn moments_of_turns(weighted: impl Iterator<Item = (Turns, f64)>) -> [f64; 3] {
    let (mut whole, mut sums) = (0.0, [(0.0, 0.0); 3]);
    for (turns, weight) in weighted {
        whole += weight;
        for ((cosines, sines), (sine, cosine)) in sums.iter_mut().zip(turns) {
            *cosines += weight * cosine;
            *sines += weight * sine;
        }
    }
    sums.map(|(cosines, sines): (f64, f64)| cosines.hypot(sines) / whole)
}

/// The `kappa` whose von Mises distribution has this moment of this order: `I_order(kappa) / I_0(kappa) = moment`.
/// `None` outside the bounds of `overlap`.
fn concentration(moment: f64, order: usize) -> Option<f64> {
    let table = &*MOMENTS;
    let above = table.partition_point(|(_, moments)| moments[order - 1] < moment);
    let (high, low) = (table.get(above)?, table.get(above.checked_sub(1)?)?);
    let excess = |kappa| moments_of(kappa)[order - 1] - moment;
    Some(root(excess, (low.0, low.1[order - 1] - moment), (high.0, high.1[order - 1] - moment)))
}

/// Concentrations and their moments, so that a search begins near its end: a bootstrap makes some thousand of them.
static MOMENTS: LazyLock<Vec<(f64, [f64; 3])>> = LazyLock::new(|| {
    const STEPS: i32 = 100;
    let step = |i: i32| match i {
        // Powers would miss the bound by a rounding.
        STEPS => MOST_KAPPA,
        _ => LEAST_KAPPA * (MOST_KAPPA / LEAST_KAPPA).powf(f64::from(i) / f64::from(STEPS)),
    };
    (0..=STEPS).map(step).map(|kappa| (kappa, moments_of(kappa))).collect()
});

/// The first three trigonometric moments of a von Mises distribution.
fn moments_of(kappa: f64) -> [f64; 3] {
    let [i0, i1, i2, i3] = scaled_i(kappa);
    [i1 / i0, i2 / i0, i3 / i0]
}

/// The root of a rising function between two points, by false position with the weights of Illinois: some ten steps
/// where halving takes fifty, and like it cannot leave the interval.
fn root(f: impl Fn(f64) -> f64, mut low: (f64, f64), mut high: (f64, f64)) -> f64 {
    const MOST_STEPS: usize = 200;
    let mut kept_low = None;
    for _ in 0..MOST_STEPS {
        if low.1 == 0.0 || high.0 - low.0 < 1e-12 * high.0 {
            return low.0;
        }
        let x = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
        let y = f(x);
        if y.abs() < 1e-15 {
            return x;
        }
        if y < 0.0 {
            low = (x, y);
            high.1 *= if kept_low == Some(false) { 0.5 } else { 1.0 };
            kept_low = Some(false);
        } else {
            high = (x, y);
            low.1 *= if kept_low == Some(true) { 0.5 } else { 1.0 };
            kept_low = Some(true);
        }
    }
    f64::midpoint(low.0, high.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Angles of a herd that comes at dawn and dusk, without chance.
    fn dawn_and_dusk(count: usize) -> Vec<f64> {
        (0..count).map(|i| [1.6, 4.7][i % 2] + 0.6 * ((i * 7 % count) as f64 / count as f64 - 0.5)).collect()
    }

    #[test]
    fn under_25_records_there_is_no_curve() {
        assert_eq!(Activity::fit(dawn_and_dusk(24)), Err(NoCurve::TooFew(24)));
        assert!(Activity::fit(dawn_and_dusk(25)).is_ok());
    }

    #[test]
    fn times_that_are_all_one_have_no_bandwidth() {
        assert_eq!(Activity::fit(vec![1.0; 30]), Err(NoCurve::NoBandwidth));
    }

    #[test]
    fn a_curve_is_a_density_and_closes_over_midnight() {
        let activity = Activity::fit(dawn_and_dusk(60)).unwrap();
        for adjust in [0.8, 1.0, 2.0] {
            let curve = activity.curve(513, adjust);
            let mean = curve[1..].iter().map(|(_, density)| density).sum::<f64>() / 512.0;
            assert!((mean * TAU - 1.0).abs() < 1e-9);
            assert!((curve[0].1 - curve[512].1).abs() < 1e-12);
        }
    }

    #[test]
    fn more_adjustment_smooths_more() {
        let activity = Activity::fit(dawn_and_dusk(60)).unwrap();
        let peak =
            |adjust| activity.curve(128, adjust).into_iter().map(|(_, density)| density).fold(0.0, f64::max);
        assert!(peak(0.5) > peak(1.0) && peak(1.0) > peak(4.0));
    }

    #[test]
    fn the_bandwidth_does_not_depend_on_where_the_day_begins() {
        let angles = dawn_and_dusk(60);
        let turned: Vec<f64> = angles.iter().map(|angle| (angle + 3.3) % TAU).collect();
        let (a, b) = (bandwidth(&angles).unwrap(), bandwidth(&turned).unwrap());
        assert!((a / b - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_concentration_gives_back_its_moment() {
        for (kappa, order) in [(0.01, 1), (0.7, 1), (5.0, 2), (40.0, 3), (300.0, 1)] {
            let orders = scaled_i(kappa);
            let found = concentration(orders[order] / orders[0], order).unwrap();
            assert!((found / kappa - 1.0).abs() < 1e-8, "{kappa}: {found}");
        }
    }
}
