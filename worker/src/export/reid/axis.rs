//! Axes of the pictures: round numbers at even steps.

use serde::Serialize;

/// An axis from `low` to `high` with ticks inside.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Axis {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<Tick>,
}

/// A tick and what stands at it.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Tick {
    at: f64,
    text: String,
}

/// Steps that people read easily, times a power of ten.
const STEPS: [f64; 5] = [1.0, 2.0, 2.5, 5.0, 10.0];
/// A step may be shorter than the length by this part of itself: sums of tenths are not exact.
const SLACK: f64 = 1e-9;

impl Axis {
    /// An axis over exactly this range with at most `most` steps. The range must not be empty.
    pub(super) fn over(low: f64, high: f64, most: u32) -> Self {
        let (step, decimals) = step((high - low) / f64::from(most));
        let first = (low / step - SLACK).ceil();
        let tick = |number: u32| {
            // Minus zero is no number for people.
            let at = (first + f64::from(number)) * step + 0.0;
            Tick { at, text: format!("{at:.decimals$}") }
        };
        let ticks = (0..=most).map(tick).take_while(|tick| tick.at <= high + step * SLACK).collect();
        Self { low, high, ticks }
    }
}

/// The round step that is at least `least`, and how many decimals its multiples need.
fn step(least: f64) -> (f64, usize) {
    let power = least.log10().floor();
    let unit = 10_f64.powf(power);
    let factor = STEPS.into_iter().find(|factor| factor * unit >= least * (1.0 - SLACK)).unwrap_or(10.0);
    let fraction = if factor == 2.5 { 1.0 } else { 0.0 };
    let exponent = if factor == 10.0 { power + 1.0 } else { power };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small whole number, not negative"
    )]
    let decimals = (fraction - exponent).max(0.0) as usize;
    (factor * unit, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(low: f64, high: f64, most: u32) -> Vec<String> {
        Axis::over(low, high, most).ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_are_round_numbers_inside_the_range() {
        assert_eq!(ticks(0.53, 0.92, 9), ["0.55", "0.60", "0.65", "0.70", "0.75", "0.80", "0.85", "0.90"]);
        assert_eq!(ticks(0.0, 50.4, 6), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(ticks(0.0, 1.0, 4), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(ticks(-0.3, 0.3, 6), ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(ticks(0.0, 1_234.0, 6), ["0", "250", "500", "750", "1000"]);
        assert_eq!(ticks(0.0, 3.0, 6), ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]);
    }

    #[test]
    fn the_narrowest_range_has_ticks_too() {
        let axis = Axis::over(0.7, 0.7 + 1e-9, 8);
        assert!(axis.ticks.len() > 2, "{axis:?}");
    }
}
