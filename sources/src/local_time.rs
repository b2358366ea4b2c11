//! Times as tools write them: without an offset, in the order of their country, as a spreadsheet left them. What a text
//! cannot tell (which zone, whether the day or the month stands first) is never guessed: a hint or the file itself tells
//! it, or the row is refused.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// What clocks without an offset were set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The local time of a zone, with its summer time.
    Zone(Tz),
    /// An offset all year, as of cameras that nobody sets to summer time.
    Offset(FixedOffset),
}

impl FromStr for Clock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(zone) = text.parse::<Tz>() {
            return Ok(Self::Zone(zone));
        }
        let offset = offset(text).ok_or_else(|| {
            format!("{text:?} is no time zone, as America/Chicago, and no offset from UTC, as -06:00")
        })?;
        Ok(Self::Offset(offset))
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zone(zone) => f.write_str(zone.name()),
            Self::Offset(offset) => write!(f, "UTC{offset}"),
        }
    }
}

/// How a local time is an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As any other.
    Plain,
    /// In the hour that the end of summer time repeats: read as summer time.
    Repeated,
    /// In the hour that summer time leaves out: read as if it had not begun.
    LeftOut,
}

impl Clock {
    /// The instant at which such a clock showed a time.
    pub(crate) fn instant(self, local: NaiveDateTime) -> (DateTime<FixedOffset>, Turn) {
        let fixed = |offset: FixedOffset| DateTime::from_naive_utc_and_offset(local - offset, offset);
        match self {
            Self::Offset(offset) => (fixed(offset), Turn::Plain),
            Self::Zone(zone) => match zone.from_local_datetime(&local) {
                LocalResult::Single(at) => (at.fixed_offset(), Turn::Plain),
                LocalResult::Ambiguous(first, _) => (first.fixed_offset(), Turn::Repeated),
                LocalResult::None => {
                    let before = zone.from_local_datetime(&(local - Duration::hours(3))).earliest();
                    let offset =
                        before.map_or(FixedOffset::east_opt(0), |at| Some(*at.fixed_offset().offset()));
                    (offset.map_or_else(|| local.and_utc().fixed_offset(), fixed), Turn::LeftOut)
                }
            },
        }
    }
}

/// Which of `5/4/2019` is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// The first, as in the United States.
    MonthFirst,
    /// The second.
    DayFirst,
}

/// A time as it stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Written {
    pub(crate) local: NaiveDateTime,
    pub(crate) offset: Option<FixedOffset>,
    /// A day alone has none.
    pub(crate) has_time: bool,
}

/// What a cell must be, after "is".
pub(crate) const NO_TIME: &str =
    "not a time that is read, as 2019-05-04 17:21:00, 5/4/19 17:21, 4.5.2019 17:21 or 04-May-2019 5:21 PM";
/// The same, where it is one but for the order.
pub(crate) const NO_ORDER: &str = "a date of which nothing tells whether the day or the month stands first: \
     say --dates month-first or --dates day-first";

/// Reads a time.
///
/// # Errors
/// What is wrong with it, after "is".
pub(crate) fn read(text: &str, order: Option<DateOrder>) -> Result<Written, &'static str> {
    let text = text.trim();
    let (date, time) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], text[at + 1..].trim()),
        None => (text, ""),
    };
    let (date, time) = (date.trim_end_matches(','), time);
    let day = day(date, order)?;
    if time.is_empty() {
        return Ok(Written { local: day.and_time(NaiveTime::MIN), offset: None, has_time: false });
    }
    let (time, offset) = split_offset(time);
    let time = time_of_day(time).ok_or(NO_TIME)?;
    Ok(Written { local: day.and_time(time), offset, has_time: true })
}

/// Which order a text proves: one that is told by none has neither, one of which it cannot be told has `None`.
pub(crate) fn proves(text: &str) -> Option<DateOrder> {
    let date = text.trim().split([' ', 'T']).next()?;
    let [first, second, _] = numbers(date)?;
    match (first.value > 12, second.value > 12) {
        (true, false) if first.digits <= 2 => Some(DateOrder::DayFirst),
        (false, true) => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

/// Whether a date needs an order to be read.
pub(crate) fn needs_order(text: &str) -> bool {
    let date = text.trim().split([' ', 'T']).next().unwrap_or_default();
    numbers(date).is_some_and(|[first, second, _]| first.digits <= 2 && first.value != second.value)
}

struct Number {
    value: u32,
    digits: usize,
}

/// The three numbers of a date.
fn numbers(date: &str) -> Option<[Number; 3]> {
    let mut parts = date.split(['/', '-', '.', ':']);
    let mut next = || {
        let part = parts.next()?;
        let is_number = !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
        Some(Number { value: is_number.then(|| part.parse().ok()).flatten()?, digits: part.len() })
    };
    let all = [next()?, next()?, next()?];
    parts.next().is_none().then_some(all)
}

fn day(date: &str, order: Option<DateOrder>) -> Result<NaiveDate, &'static str> {
    let Some([first, second, third]) = numbers(date) else { return named_month(date).ok_or(NO_TIME) };
    if first.digits == 4 {
        return ymd(first.value, second.value, third.value);
    }
    let year = full_year(&third).ok_or(NO_TIME)?;
    if first.value == second.value {
        return ymd(year, first.value, second.value);
    }
    match order.ok_or(NO_ORDER)? {
        DateOrder::MonthFirst => ymd(year, first.value, second.value),
        DateOrder::DayFirst => ymd(year, second.value, first.value),
    }
}

fn ymd(year: u32, month: u32, day: u32) -> Result<NaiveDate, &'static str> {
    let year = i32::try_from(year).map_err(|_| NO_TIME)?;
    NaiveDate::from_ymd_opt(year, month, day).ok_or("not a day of the calendar")
}

/// Two digits are of 1970 to 2069.
fn full_year(year: &Number) -> Option<u32> {
    match (year.digits, year.value) {
        (4, year) => Some(year),
        (2, year @ 70..) => Some(1900 + year),
        (2, year) => Some(2000 + year),
        _ => None,
    }
}

/// `04-May-2019`.
fn named_month(date: &str) -> Option<NaiveDate> {
    let mut parts = date.split(['-', '/', '.']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = month.get(..3)?.to_ascii_lowercase();
    let month = u32::try_from(names.iter().position(|name| *name == month)?).ok()? + 1;
    let year = full_year(&Number { value: year.parse().ok()?, digits: year.len() })?;
    if parts.next().is_some() { None } else { ymd(year, month, day.parse().ok()?).ok() }
}

fn split_offset(time: &str) -> (&str, Option<FixedOffset>) {
    if let Some(rest) = time.strip_suffix(['Z', 'z']) {
        return (rest.trim(), FixedOffset::east_opt(0));
    }
    let told = time.rfind(['+', '-']).filter(|at| *at > 0);
    match told.and_then(|at| Some((time[..at].trim(), offset(&time[at..])?))) {
        Some((rest, offset)) => (rest, Some(offset)),
        None => (time, None),
    }
}

/// `+01:00`, `-0600` or `+01`.
fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|letter| *letter != ':').collect();
    let is_form = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let hours: i32 = is_form.then(|| digits[..2].parse().ok()).flatten()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    (hours <= 14 && minutes < 60)
        .then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))
        .flatten()
}

/// `17:21`, `17:21:05.250`, `5:21 PM`.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let upper = text.trim().to_ascii_uppercase().replace('.', ":");
    let (clock, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim(), Some(0)),
        (_, Some(clock)) => (clock.trim(), Some(12)),
        _ => (upper.as_str(), None),
    };
    let mut parts = clock.split(':');
    let (hour, minute): (u32, u32) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let second: u32 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    let nanos = parts.next().map_or(Some(0), nanoseconds)?;
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
    };
    if parts.next().is_some() { None } else { NaiveTime::from_hms_nano_opt(hour, minute, second, nanos) }
}

fn nanoseconds(digits: &str) -> Option<u32> {
    let is_form = !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_form.then(|| format!("{digits:0<9}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, order: Option<DateOrder>) -> String {
        let written = read(text, order).unwrap();
        format!("{}{}", written.local, written.offset.map(|offset| offset.to_string()).unwrap_or_default())
    }

    #[test]
    fn times_are_read_as_tools_and_spreadsheets_write_them() {
        let (month, day) = (Some(DateOrder::MonthFirst), Some(DateOrder::DayFirst));
        for (text, order, expected) in [
            ("2019-05-04 17:21:00", None, "2019-05-04 17:21:00"),
            ("2019:05:04 17:21:05", None, "2019-05-04 17:21:05"),
            ("2019/5/4 7:21", None, "2019-05-04 07:21:00"),
            ("2019-05-04T17:21:00.25Z", None, "2019-05-04 17:21:00.250+00:00"),
            ("2019-05-04T17:21:00-05:00", None, "2019-05-04 17:21:00-05:00"),
            ("2019-05-04", None, "2019-05-04 00:00:00"),
            ("5/4/19 17:21", month, "2019-05-04 17:21:00"),
            ("5/4/19 17:21", day, "2019-04-05 17:21:00"),
            ("5/5/19 17:21", None, "2019-05-05 17:21:00"),
            ("4.5.2019 17:21", day, "2019-05-04 17:21:00"),
            ("5/4/2019 12:05:09 AM", month, "2019-05-04 00:05:09"),
            ("5/4/2019 12:05 pm", month, "2019-05-04 12:05:00"),
            ("04-May-2019 17:21:00", None, "2019-05-04 17:21:00"),
        ] {
            assert_eq!(at(text, order), expected, "{text}");
        }
        for text in
            ["", "yesterday", "2019-13-01", "2019-02-30 10:00", "2019-05-04 25:00", "43590.72", "5/4/19 1 PM"]
        {
            assert!(read(text, month).is_err(), "{text}");
        }
        assert_eq!(read("5/4/19 17:21", None), Err(NO_ORDER));
    }

    #[test]
    fn a_date_proves_its_order_where_only_one_can_be() {
        assert_eq!(proves("4/28/19 00:32"), Some(DateOrder::MonthFirst));
        assert_eq!(proves("28.4.2019"), Some(DateOrder::DayFirst));
        assert_eq!((proves("4/5/19"), proves("2019-28-04"), proves("x")), (None, None, None));
        assert!(needs_order("4/5/19") && !needs_order("5/5/19") && !needs_order("2019-05-04"));
    }

    #[test]
    fn a_clock_on_summer_time_repeats_an_hour_and_leaves_one_out() {
        let zone: Clock = "America/Chicago".parse().unwrap();
        let of = |text: &str| {
            let (at, turn) = zone.instant(read(text, None).unwrap().local);
            (at.to_rfc3339(), turn)
        };
        assert_eq!(of("2024-07-01 12:00"), ("2024-07-01T12:00:00-05:00".into(), Turn::Plain));
        assert_eq!(of("2024-11-03 01:30"), ("2024-11-03T01:30:00-05:00".into(), Turn::Repeated));
        assert_eq!(of("2024-03-10 02:30"), ("2024-03-10T02:30:00-06:00".into(), Turn::LeftOut));
        let winter: Clock = "-06:00".parse().unwrap();
        let noon = read("2024-07-01 12:00", None).unwrap().local;
        assert_eq!(winter.instant(noon).0.to_rfc3339(), "2024-07-01T12:00:00-06:00");
        assert!("Chicago".parse::<Clock>().is_err_and(|error| error.contains("as America/Chicago")));
    }
}
