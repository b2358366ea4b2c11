//! How the rate of one period compares to that of another: a ratio, its interval, and the test that belongs to it.

use super::bootstrap::{Method, Resampling, log_estimate};
use super::exposure::{Exposure, HALF, settle, total};
use super::interval::{Interval, binomial_tails, exact_odds};

/// One place in two periods; no nights where it did not work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    /// In the period told about.
    pub now: Exposure,
    /// In the one it is compared to.
    pub before: Exposure,
}

/// One period's rate by another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateRatio {
    /// Both sums: now.
    pub now: Exposure,
    /// And before.
    pub before: Exposure,
    /// Rate now by rate before. `None` where nothing was seen before: say that in words, there is no number for it.
    pub ratio: Option<f64>,
    /// Its confidence interval. Without events before its upper end is infinite, without any events it is all of 0 to
    /// infinity.
    pub interval: Interval,
    /// How the interval was made.
    pub method: Method,
    /// The two-sided p-value of equal rates, made as the interval is: under 0.05 just where the interval of 95 % leaves
    /// out 1.
    pub p_value: f64,
}

/// Compares two periods. `None` where one of them has no trap night.
///
/// A place that worked in both travels as one through the resampling, so that good places do not pass for good years.
/// Interval and test are one method, inverted (Davison and Hinkley 1997, section 5.6). With one place, or without events
/// in a period, it is the conditional binomial one (Przyborowski and Wilenski 1940, Biometrika 31:313): given all events,
/// those of now are a share of them as large as the share of nights. With more places both are made of that and of the
/// resampled t, to each side of the one that is less sure: places that differ widen the interval and raise p.
pub fn rate_ratio(places: &[Pair], resampling: &Resampling) -> Option<RateRatio> {
    let now = total(places.iter().map(|pair| &pair.now));
    let before = total(places.iter().map(|pair| &pair.before));
    if now.nights <= 0.0 || before.nights <= 0.0 {
        return None;
    }
    let nights = before.nights / now.nights;
    let sums = worked_in_a_period(places);
    let resampled = log_estimate(&sums, resampling, log_rate_ratio);
    let resampled = resampled.filter(|_| now.events.min(before.events) > 0);
    let exact = exact_odds(now.events, before.events, resampling.level).map(|odds| odds * nights);
    let wide = resampled.map(|resampled| resampled.interval(resampling.level));
    let (interval, method) = settle(exact, wide, 1.0, sums.len());
    let share = now.nights / (now.nights + before.nights);
    let exact = binomial_tails(now.events, now.events + before.events, share);
    let tails = resampled.map_or(exact, |resampled| exact.less_sure(resampled.tails_at_one()));
    let ratio = (before.events > 0).then(|| now.events as f64 / before.events as f64 * nights);
    Some(RateRatio { now, before, ratio, interval, method, p_value: tails.p_value() })
}

fn worked_in_a_period(places: &[Pair]) -> Vec<[f64; 4]> {
    let sums = places.iter().map(|Pair { now, before }| {
        let of = |exposure: &Exposure| if exposure.nights > 0.0 { exposure.events as f64 } else { 0.0 };
        [of(now), now.nights, of(before), before.nights]
    });
    sums.filter(|[_, now, _, before]| now + before > 0.0).collect()
}

/// Not finite in a resample that holds no place which worked in one of the periods.
fn log_rate_ratio([now, now_nights, before, before_nights]: [f64; 4]) -> f64 {
    ((now + HALF) / now_nights).ln() - ((before + HALF) / before_nights).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(events: u64, nights: f64) -> Exposure {
        Exposure { events, nights }
    }

    #[test]
    fn a_good_place_does_not_pass_for_a_good_year() {
        // Every place saw twice as much as the year before; places differ by a factor of 30.
        let pairs: Vec<_> = [4, 10, 30, 60, 120]
            .map(|events| Pair { now: exposure(2 * events, 40.0), before: exposure(events, 40.0) })
            .to_vec();
        let found = rate_ratio(&pairs, &Resampling::default()).unwrap();
        assert_eq!(found.ratio, Some(2.0));
        assert!(found.interval.low > 1.5 && found.interval.high < 2.6, "{:?}", found.interval);
        assert!(found.p_value < 1e-9);
    }

    #[test]
    fn nothing_before_has_a_bound_but_no_number() {
        let pairs = [Pair { now: exposure(5, 40.0), before: exposure(0, 80.0) }; 3];
        let found = rate_ratio(&pairs, &Resampling::default()).unwrap();
        assert_eq!((found.ratio, found.method, found.interval.high), (None, Method::Exact, f64::INFINITY));
        assert!(found.interval.low > 1.0);
        let nothing =
            rate_ratio(&[Pair { now: exposure(0, 1.0), before: exposure(0, 1.0) }], &Resampling::default());
        let nothing = nothing.unwrap();
        assert_eq!((nothing.interval, nothing.p_value), (Interval { low: 0.0, high: f64::INFINITY }, 1.0));
        let no_effort = Pair { now: exposure(5, 40.0), before: exposure(0, 0.0) };
        assert_eq!(rate_ratio(&[no_effort], &Resampling::default()), None);
    }

    #[test]
    fn periods_with_other_cameras_can_be_compared() {
        let now = (0..6).map(|i| Pair { now: exposure(20 + i, 40.0), before: Exposure::default() });
        let before = (0..6).map(|i| Pair { now: Exposure::default(), before: exposure(20 + i, 80.0) });
        let found = rate_ratio(&now.chain(before).collect::<Vec<_>>(), &Resampling::default()).unwrap();
        assert_eq!((found.ratio, found.method), (Some(2.0), Method::Cameras(12)));
        assert!(found.interval.low > 1.0 && found.interval.high < 4.0, "{:?}", found.interval);
    }

    #[test]
    fn interval_and_test_agree_at_every_level() {
        let places = |spread: [u64; 6]| {
            spread.map(|more| Pair { now: exposure(10 + more, 40.0), before: exposure(10, 40.0) }).to_vec()
        };
        for spread in [[0; 6], [1, 0, 2, 1, 0, 3], [5; 6], [30, 0, 0, 0, 0, 0], [9, 12, 3, 8, 20, 1]] {
            for level in [0.5, 0.8, 0.9, 0.95, 0.99, 0.999] {
                let found =
                    rate_ratio(&places(spread), &Resampling { level, ..Resampling::default() }).unwrap();
                let is_left_out = !found.interval.contains(1.0);
                assert_eq!(is_left_out, found.p_value < 1.0 - level, "{spread:?} at {level}: {found:?}");
            }
        }
    }

    #[test]
    fn one_place_that_boils_over_is_no_clear_rise() {
        // By events alone 160 against 60 would be p < 0.001; but five of six places saw no change.
        let mut pairs = vec![Pair { now: exposure(10, 40.0), before: exposure(10, 40.0) }; 5];
        pairs.push(Pair { now: exposure(110, 40.0), before: exposure(10, 40.0) });
        let found = rate_ratio(&pairs, &Resampling::default()).unwrap();
        assert!(binomial_tails(160, 220, 0.5).p_value() < 1e-9);
        assert!(found.p_value > 0.05 && found.interval.contains(1.0), "{found:?}");
    }

    #[test]
    fn one_place_has_the_exact_test() {
        // scipy.stats.binomtest(9, 30, .4, "greater" and "less"): 0.905 988 8 and 0.176 286 5.
        let pair = Pair { now: exposure(9, 40.0), before: exposure(21, 60.0) };
        let found = rate_ratio(&[pair], &Resampling::default()).unwrap();
        assert!((found.p_value - 2.0 * 0.176_286_5).abs() < 1e-6, "{found:?}");
    }
}
