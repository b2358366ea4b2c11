//! Clock audit: cameras whose deer keep other hours than everywhere else, as if the clock was off.
//!
//! A clock set to AM instead of PM, or to another zone, moves dawn visits into the night. The audit compares each
//! camera, by sun time, to the other cameras, and asks which shift would make it like them. It claims a shift only
//! where four things agree:
//!
//! 1. there are enough visits, days and other cameras ([`FEWEST_VISITS`], [`FEWEST_DAYS`], [`FEWEST_OTHERS`]);
//! 2. as recorded, the camera fits the others worse than three quarters of them fit each other; shifted, it fits as
//!    well as they do, and much better than before;
//! 3. the shift is over an hour and a half, and over three times what is usual between the others: places differ by
//!    nature, and a clock that stays on winter time all year is no error;
//! 4. days drawn again and again agree on the shift ([`SURE`]).
//!
//! Hence it seldom sees AM and PM exchanged: to deer of dawn and dusk that makes little difference.
//! It cannot tell a wrong clock from a place where deer truly keep other hours: a finding is a reason to look at the
//! pictures, not to change times. What the files of a camera say of its clock: [`file_clock`](super::file_clock).

use chrono::TimeDelta;

pub use super::clock_fit::{CameraTimes, FEWEST_DAYS, FEWEST_OTHERS, FEWEST_VISITS};
use super::clock_fit::{Fit, STEPS, apart, apart_by_half_days, best, fits, shift_of};

/// The part of resamples that must agree on a shift.
pub const SURE: f64 = 0.95;

/// An hour is what a clock is off in summer that nobody changes: that is how cameras are used, and not to be mended.
const LARGEST_HABIT: TimeDelta = TimeDelta::minutes(90);
/// What a shift must gain in mean log density of a visit. Real deer come at dawn and at dusk, so that half a day more
/// or less changes little: of six right clocks in Leuven two would gain 0.03 and 0.10 by it, and one truly wrong by
/// twelve hours would gain 0.12, but those wrong by four or seven hours 0.24 to 0.40.
const LEAST_GAIN: f64 = 0.2;
/// A shift is no place's own taste if it is over so many times the usual one.
const UNUSUAL: f64 = 3.0;

/// What the audit says of a camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Where.
    pub place_id: String,
    /// How many visits it has.
    pub visits: usize,
    /// What they say.
    pub verdict: Verdict,
}

/// What is said of a clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// Too few visits, days or other cameras: nothing is said.
    TooFew,
    /// Nothing speaks against it.
    NoDoubt,
    /// It is likely off.
    Off {
        /// To be added to its times.
        shift: TimeDelta,
        /// Half a day from it, where that fits nearly as well: dawn and dusk look alike.
        or: Option<TimeDelta>,
        /// The likely mistake.
        cause: Cause,
        /// The part of resamples that agree on this shift within half an hour, be it half a day on; [`SURE`] to 1.
        agreement: f64,
    },
}

/// The mistake that a shift looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// About twelve hours: AM and PM exchanged.
    HalfDay,
    /// Other: another zone, or never set.
    Zone,
}

impl Cause {
    /// The mistake that a shift looks like.
    pub fn of(shift: TimeDelta) -> Self {
        match shift.abs().num_minutes() {
            660.. => Self::HalfDay,
            _ => Self::Zone,
        }
    }
}

/// Audits all cameras against each other, in the order given. `seed` draws the days.
pub fn audit(cameras: &[CameraTimes], seed: u64) -> Vec<Finding> {
    let fits = fits(cameras);
    let verdicts = (0..cameras.len()).map(|own| verdict(&fits, own, seed));
    let finding = |(camera, verdict): (&CameraTimes, _)| Finding {
        place_id: camera.place_id.clone(),
        visits: camera.visits.len(),
        verdict,
    };
    cameras.iter().zip(verdicts).map(finding).collect()
}

fn verdict(fits: &[Option<Fit>], own: usize, seed: u64) -> Verdict {
    let Some(fit) = &fits[own] else { return Verdict::TooFew };
    let others = fits.iter().enumerate().filter(|(i, _)| *i != own).filter_map(|(_, fit)| fit.as_ref());
    let others: Vec<[f64; STEPS]> = others.map(Fit::scores).collect();
    let scores = fit.scores();
    let step = best(&scores);
    if !explains(step, &scores, &others) {
        return Verdict::NoDoubt;
    }
    let agreement = fit.agreement(seed, |drawn| apart_by_half_days(drawn, step) <= 1);
    if agreement < SURE {
        return Verdict::NoDoubt;
    }
    let half_a_day_on = (step + STEPS / 2) % STEPS;
    let nearly = scores[step] - scores[half_a_day_on] < LEAST_GAIN && half_a_day_on != 0;
    let (shift, or) = (shift_of(step), nearly.then(|| shift_of(half_a_day_on)));
    Verdict::Off { shift, or, cause: Cause::of(shift), agreement }
}

/// Whether a shift makes a camera like the others that is unlike them as recorded.
fn explains(step: usize, scores: &[f64; STEPS], others: &[[f64; STEPS]]) -> bool {
    let usual_fit = quantile(others.iter().map(|scores| scores[0]).collect(), 0.25);
    let usual_steps = quantile(others.iter().map(|scores| apart(best(scores), 0) as f64).collect(), 0.5);
    let far = shift_of(step).abs() > LARGEST_HABIT && apart(step, 0) as f64 > UNUSUAL * usual_steps;
    far && scores[0] < usual_fit && scores[step] >= usual_fit && scores[step] - scores[0] >= LEAST_GAIN
}

/// The value that this part of all values is below; there is one, for there are other cameras.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    use super::*;
    use crate::sun::Coordinates;

    /// Hours by sun time around which deer come: middle, spread and the part of visits up to here.
    type Bells = &'static [(f64, f64, f64)];
    const ALSO_BY_NIGHT: Bells = &[(6.6, 1.2, 0.4), (17.4, 1.0, 0.6), (22.5, 2.5, 1.0)];
    const DAWN_AND_DUSK: Bells = &[(6.0, 1.0, 0.5), (18.0, 1.0, 1.0)];

    /// Deer of New Brunswick, at each place up to 45 minutes earlier or later.
    fn camera(place: u64, bells: Bells, visits: usize, off: TimeDelta) -> CameraTimes {
        let coordinates = Coordinates::new(46.0, -66.0 - (place % 100) as f64 / 10.0).unwrap();
        let equinox: DateTime<Utc> = "2024-03-20T00:00:00Z".parse().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(place);
        let taste = rng.random_range(-0.75..0.75);
        let visit = |_| {
            let chosen: f64 = rng.random();
            let (middle, spread, _) = bells.iter().find(|(_, _, below)| chosen < *below).unwrap();
            // Near the equinox sun time is local mean time; UTC is 4.4 hours ahead.
            let hour = middle + taste + 4.4 + Normal::new(0.0, *spread).unwrap().sample(&mut rng);
            let day = TimeDelta::days(rng.random_range(-20..20));
            equinox + day + TimeDelta::minutes((hour * 60.0) as i64) - off
        };
        CameraTimes { place_id: place.to_string(), coordinates, visits: (0..visits).map(visit).collect() }
    }

    fn herd(seed: u64, bells: Bells, first_visits: usize, off: TimeDelta) -> Vec<CameraTimes> {
        let first = camera(seed * 100, bells, first_visits, off);
        let others = (1..8).map(|i| camera(seed * 100 + i, bells, 120, TimeDelta::zero()));
        std::iter::once(first).chain(others).collect()
    }

    fn shift(finding: &Finding) -> Option<i64> {
        match finding.verdict {
            Verdict::Off { shift, .. } => Some(shift.num_minutes()),
            _ => None,
        }
    }

    #[test]
    fn right_clocks_are_hardly_ever_doubted() {
        let doubted = (0..12)
            .flat_map(|seed| audit(&herd(seed, ALSO_BY_NIGHT, 120, TimeDelta::zero()), 1))
            .filter(|f| shift(f).is_some());
        let doubted = doubted.count();
        assert!(doubted <= 2, "{doubted} of 96");
    }

    #[test]
    fn a_clock_that_is_hours_off_is_found_with_its_shift() {
        for (hours, cause) in [(5, Cause::Zone), (-4, Cause::Zone), (8, Cause::Zone)] {
            let found = (0..8).filter(|&seed| {
                let first = &audit(&herd(seed, ALSO_BY_NIGHT, 150, TimeDelta::hours(hours)), 1)[0];
                let right = matches!(first.verdict, Verdict::Off { cause: c, .. } if c == cause);
                right && shift(first).is_some_and(|minutes| (minutes - 60 * hours).abs() <= 90)
            });
            let found = found.count();
            assert!(found >= 6, "{hours} h: {found} of 8");
        }
    }

    #[test]
    fn where_dawn_and_dusk_look_alike_both_shifts_are_told_and_half_a_day_is_not_seen() {
        let verdict = |seed, off| audit(&herd(seed, DAWN_AND_DUSK, 150, off), 1)[0].verdict;
        let mut claimed = 0;
        for seed in 0..8 {
            let Verdict::Off { shift, or: Some(or), .. } = verdict(seed, TimeDelta::hours(4)) else {
                continue;
            };
            claimed += 1;
            let (earlier, later) = (shift.min(or).num_minutes(), shift.max(or).num_minutes());
            assert!((earlier + 8 * 60).abs() <= 60 && (later - 4 * 60).abs() <= 60, "{earlier} {later}");
        }
        assert!(claimed >= 2, "{claimed} of 8");
        for seed in 0..8 {
            assert_eq!(verdict(seed, TimeDelta::hours(12)), Verdict::NoDoubt, "herd {seed}");
        }
    }

    #[test]
    fn few_records_claim_nothing() {
        let findings = audit(&herd(1, ALSO_BY_NIGHT, FEWEST_VISITS - 1, TimeDelta::hours(5)), 1);
        assert_eq!(findings[0].verdict, Verdict::TooFew);
        assert_eq!(findings[0].visits, 49);
        let without_others = audit(&herd(1, ALSO_BY_NIGHT, 150, TimeDelta::hours(5))[..3], 1);
        assert!(without_others.iter().all(|finding| finding.verdict == Verdict::TooFew));
    }

    #[test]
    fn a_clock_that_stays_on_winter_time_is_no_error() {
        for seed in 0..8 {
            for off in [TimeDelta::hours(1), TimeDelta::hours(-1)] {
                let first = &audit(&herd(seed, ALSO_BY_NIGHT, 400, off), 1)[0];
                assert!(shift(first).is_none_or(|minutes| minutes.abs() > 90), "herd {seed}: {first:?}");
            }
        }
    }

    #[test]
    fn shifts_are_named_by_the_mistake_they_look_like() {
        let cause = |minutes| Cause::of(TimeDelta::minutes(minutes));
        assert_eq!((cause(720), cause(-690)), (Cause::HalfDay, Cause::HalfDay));
        assert_eq!((cause(-300), cause(480)), (Cause::Zone, Cause::Zone));
    }
}
