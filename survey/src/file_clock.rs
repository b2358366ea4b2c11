//! Two clocks beside each other, at one place: the time in the picture (EXIF), that of its file, that of the database.
//!
//! The first two come from one clock and its memory card, so they agree until the time in the picture is read in a wrong
//! zone, or that of the file was set by another computer. Copying files gives them all the time of the copy: then the
//! differences scatter and nothing is claimed. Comparing cameras by what deer do: [`clock`](super::clock).

use chrono::{DateTime, TimeDelta, Utc};

use super::interval::{Interval, LEVEL, wilson};

/// Under this many pairs nothing is claimed.
pub const FEWEST_PAIRS: usize = 10;
/// Differences this near to their median agree with it.
pub const AGREEING: TimeDelta = TimeDelta::minutes(2);
/// Files are written some time after the shutter, and people round: up to this is no error.
pub const TOLERATED: TimeDelta = TimeDelta::minutes(10);
/// The part of pairs that must agree.
const SURE: f64 = 0.8;

/// How one clock stands to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FileClock {
    /// Too few pairs.
    TooFew,
    /// The differences scatter: for one, the files were copied.
    Scattered,
    /// Both times are one.
    Agrees,
    /// They differ by the same time throughout.
    Off {
        /// To be added to the first time to give the second.
        shift: TimeDelta,
        /// The interval of the part of pairs that have this difference, at 95 %.
        agreeing: Interval,
    },
}

/// Compares the instants that two clocks give to the same pictures.
pub fn compare(pairs: &[(DateTime<Utc>, DateTime<Utc>)]) -> FileClock {
    if pairs.len() < FEWEST_PAIRS {
        return FileClock::TooFew;
    }
    let mut differences: Vec<TimeDelta> = pairs.iter().map(|(first, second)| *second - *first).collect();
    differences.sort_unstable();
    let shift = differences[differences.len() / 2];
    let agreeing = differences.iter().filter(|difference| (**difference - shift).abs() <= AGREEING).count();
    let agreeing = wilson(agreeing as u64, pairs.len() as u64, LEVEL);
    match agreeing.low < SURE * wilson(pairs.len() as u64, pairs.len() as u64, LEVEL).low {
        true => FileClock::Scattered,
        false if shift.abs() <= TOLERATED => FileClock::Agrees,
        false => FileClock::Off { shift, agreeing },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: i64, difference: impl Fn(i64) -> TimeDelta) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let exif = |i| DateTime::UNIX_EPOCH + TimeDelta::hours(7 * i);
        (0..count).map(|i| (exif(i), exif(i) + difference(i))).collect()
    }

    #[test]
    fn a_constant_difference_is_a_shift() {
        let found = compare(&pairs(40, |i| TimeDelta::hours(-5) + TimeDelta::seconds(i % 3)));
        let FileClock::Off { shift, agreeing } = found else { panic!("{found:?}") };
        assert_eq!(shift.num_minutes(), -299);
        assert!(agreeing.low > 0.9 && agreeing.high == 1.0);
    }

    #[test]
    fn seconds_between_shutter_and_file_are_no_error() {
        assert_eq!(compare(&pairs(40, |i| TimeDelta::seconds(2 + i % 5))), FileClock::Agrees);
    }

    #[test]
    fn copied_files_and_few_files_claim_nothing() {
        assert_eq!(compare(&pairs(40, |i| TimeDelta::hours(1000 - 7 * i))), FileClock::Scattered);
        assert_eq!(compare(&pairs(9, |_| TimeDelta::hours(5))), FileClock::TooFew);
    }

    #[test]
    fn a_few_odd_files_do_not_hide_a_shift() {
        let odd = |i| if i % 20 == 0 { TimeDelta::days(3) } else { TimeDelta::hours(1) };
        assert!(
            matches!(compare(&pairs(100, odd)), FileClock::Off { shift, .. } if shift == TimeDelta::hours(1))
        );
    }
}
