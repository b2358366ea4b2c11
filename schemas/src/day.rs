//! A day in a request: `2025-09-01`, or the platform's form of it with a time of day, `2025-09-01T00:00:00`.
//!
//! A date field means a whole local day. A time beside it is dropped where it says no more than that, and refused where
//! it says something else, for a report of other hours than those asked for would be wrong without a word:
//!
//! - midnight is the day itself, for a first and for a last day (which is included);
//! - 23:59:59, with any fraction, is the end of a last day and nothing else;
//! - `Z` or an offset is read and dropped: the day is the one that is written, in the zone of each place.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::problem::Problem;

/// Times that are taken beside any day, as a regular expression.
const MIDNIGHT: &str = r"00:00(:00(\.0{1,9})?)?";
/// ... and beside a last day.
const END_OF_DAY: &str = r"23:59:59(\.\d{1,9})?";
/// Offsets that are read and dropped.
const OFFSET: &str = r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)?";

/// The day that a field says.
///
/// # Errors
/// It is no date, or a time stands beside it that cannot be dropped.
pub(crate) fn read(field: &str, text: &str) -> Result<NaiveDate, Problem> {
    let invalid = || Problem::date(field);
    let (date, rest) = text.split_at_checked(10).ok_or_else(invalid)?;
    // chrono alone would also take `2026-1-5  ` and `+12026-1-5`.
    let is_in_place =
        |(at, byte): (usize, u8)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    let is_written_out = date.bytes().enumerate().all(is_in_place);
    let date = is_written_out.then(|| NaiveDate::from_str(date).ok()).flatten().ok_or_else(invalid)?;
    if rest.is_empty() {
        return Ok(date);
    }
    let time = Time::read(rest).ok_or_else(invalid)?;
    let is_last = is_last_day(field);
    if time.is_midnight() || is_last && time.is_end_of_day() {
        Ok(date)
    } else {
        Err(a_time(field, date, is_last))
    }
}

/// The pattern of the platform's form, for the contract.
pub(crate) fn pattern(field: &str) -> String {
    let times = if is_last_day(field) { format!("({MIDNIGHT}|{END_OF_DAY})") } else { MIDNIGHT.to_owned() };
    format!(r"^\d{{4}}-\d{{2}}-\d{{2}}[Tt ]{times}{OFFSET}$")
}

fn is_last_day(field: &str) -> bool {
    matches!(field, "end_date" | "rut_end")
}

fn a_time(field: &str, date: NaiveDate, is_last: bool) -> Problem {
    let harmless = if is_last { "midnight or 23:59:59" } else { "midnight" };
    let msg = format!("a date is a whole local day: write {date}; of times, only {harmless} is taken");
    Problem::at(field, msg, "value_error.date")
}

/// What stands behind a date.
struct Time<'a> {
    hour: u32,
    minute: u32,
    second: u32,
    /// Digits.
    fraction: &'a str,
}

impl<'a> Time<'a> {
    /// `T00:00`, `T00:00:00`, `T00:00:00.000`; each may be followed by `Z` or `+01:00`. `None` for all else.
    fn read(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['T', 't', ' '])?;
        let text = &text[..text.len() - offset_len(text)?];
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let mut parts = whole.split(':').map(two_digits);
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next();
        let is_whole = parts.next().is_none() && hour < 24 && minute < 60;
        let second = match (second, fraction) {
            (None, None) => 0,
            (second, _) => second??,
        };
        let fraction = fraction.unwrap_or("0");
        let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
        (is_whole && second < 60 && is_fraction).then_some(Self { hour, minute, second, fraction })
    }

    fn is_midnight(&self) -> bool {
        (self.hour, self.minute, self.second) == (0, 0, 0) && self.fraction.bytes().all(|digit| digit == b'0')
    }

    fn is_end_of_day(&self) -> bool {
        (self.hour, self.minute, self.second) == (23, 59, 59)
    }
}

/// How many bytes of the end are `Z` or an offset; `None` when they are an offset that there is not.
fn offset_len(text: &str) -> Option<usize> {
    if text.ends_with(['Z', 'z']) {
        return Some(1);
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some(0) };
    let (hours, minutes) = text[at + 1..].split_once(':')?;
    (two_digits(hours)? < 24 && two_digits(minutes)? < 60).then_some(text.len() - at)
}

fn two_digits(text: &str) -> Option<u32> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: NaiveDate = NaiveDate::from_ymd_opt(2025, 9, 1).expect("a date");

    fn day(field: &str, time: &str) -> Result<NaiveDate, String> {
        read(field, &format!("2025-09-01{time}")).map_err(|problem| problem.msg)
    }

    #[test]
    fn midnight_is_the_day_that_is_written_whatever_the_offset() {
        let times = ["", "T00:00", "T00:00:00", "t00:00:00z", " 00:00:00", "T00:00:00.000Z"];
        for time in
            times.into_iter().chain(["T00:00:00+05:30", "T00:00:00-06:00", "T00:00Z", "T00:00:00.000000000"])
        {
            for field in ["start_date", "end_date", "rut_start"] {
                assert_eq!(day(field, time), Ok(DAY), "{field} {time:?}");
            }
        }
    }

    #[test]
    fn the_last_second_is_the_end_of_a_last_day_only() {
        for time in ["T23:59:59", "T23:59:59.999Z", " 23:59:59.999999", "T23:59:59-06:00"] {
            assert_eq!(day("end_date", time), Ok(DAY), "{time}");
            assert_eq!(day("rut_end", time), Ok(DAY), "{time}");
            let hint = "a date is a whole local day: write 2025-09-01; of times, only midnight is taken";
            assert_eq!(day("start_date", time), Err(hint.to_owned()), "{time}");
        }
    }

    #[test]
    fn a_time_that_means_other_hours_is_refused_with_what_to_write() {
        let hint =
            "a date is a whole local day: write 2025-09-01; of times, only midnight or 23:59:59 is taken";
        for time in
            ["T12:34", "T00:00:01", "T05:00:00Z", "T00:00:00.001", "T23:59", "T23:59:58", "T00:01:00+00:01"]
        {
            assert_eq!(day("end_date", time), Err(hint.to_owned()), "{time}");
            assert!(day("start_date", time).is_err(), "{time}");
        }
    }

    #[test]
    fn what_is_no_time_of_day_is_no_date() {
        for rest in [
            "T",
            "T00",
            "T0:00",
            "T00:00:",
            "T24:00:00",
            "T00:60",
            "T00:00:60",
            "T00:00:00.",
            "T00:00.0",
            "T00:00:00,000",
            "T00:00:00.0000000000",
            "T00:00:00+0000",
            "T00:00:00+24:00",
            "T00:00:00ZZ",
            "T00:00:00 Z",
            "x",
            "Z",
            "+00:00",
            "T-0:00",
            "T00:00:00\u{661}",
            "T00:00:00:00",
            "T+00:00",
        ] {
            assert_eq!(day("end_date", rest), Err("invalid date format".to_owned()), "{rest:?}");
        }
        for text in [
            "",
            "2025-9-1",
            "+2025-09-1",
            "2025-02-30",
            "é25-09-01",
            "2025-09-0é",
            "01/09/2025",
            " 2025-9-01",
            "2025- 9-01",
        ] {
            assert!(read("start_date", text).is_err(), "{text:?}");
        }
    }
}
