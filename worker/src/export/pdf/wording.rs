//! Numbers, dates and lists as a report writes them, in English. No facts: those are in [`findings`](super::findings).

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_schemas::Class;
use serde::Serialize;

pub(super) use crate::export::words::{counted, list, number};

/// A class as a key for its colour and a name for people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct ClassName {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
}

/// The name of a class, in the plural.
pub(super) fn class_name(class: Class) -> ClassName {
    let label = match class {
        Class::Buck => "Bucks",
        Class::Doe => "Does",
        Class::Fawn => "Fawns",
        Class::Unknown => "Unclassified",
    };
    ClassName { key: class.name(), label }
}

/// The title that was given, else the usual one.
pub(super) fn title(given: Option<&str>, usual: impl FnOnce() -> String) -> String {
    given.map(str::trim).filter(|title| !title.is_empty()).map_or_else(usual, str::to_owned)
}

/// When a report was asked for: `3 January 2021, 10:30`.
pub(super) fn generated(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string()
}

/// Whether a span of days ends with its year.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Year {
    Always,
    Never,
}

/// A span of days, short: `4–5 Jan`, `28 Dec – 3 Jan`, `28 Dec 2020 – 3 Jan 2021`.
pub(super) fn span(first: NaiveDate, last: NaiveDate, year: Year) -> String {
    written_span(first, last, year, "%b")
}

/// A span of days with whole names of months: `1 January – 31 December 2020`.
pub(super) fn long_span(first: NaiveDate, last: NaiveDate) -> String {
    written_span(first, last, Year::Always, "%B")
}

/// A span of days by the name of its calendar year or month where it has one: `2020`, `May 2020`.
pub(super) fn in_words(first: NaiveDate, last: NaiveDate) -> String {
    let after = last.succ_opt().unwrap_or(last);
    let whole_months = first.day() == 1 && after.day() == 1 && first.year() == last.year();
    if whole_months && first.month() == 1 && last.month() == 12 {
        first.year().to_string()
    } else if whole_months && first.month() == last.month() {
        first.format("%B %Y").to_string()
    } else {
        long_span(first, last)
    }
}

fn written_span(first: NaiveDate, last: NaiveDate, year: Year, month: &str) -> String {
    let day = |day: NaiveDate| day.format(&format!("%-d {month}")).to_string();
    let day_and_year = |day: NaiveDate| day.format(&format!("%-d {month} %Y")).to_string();
    let end = if year == Year::Always { day_and_year(last) } else { day(last) };
    let same_year = first.year() == last.year() || year == Year::Never;
    match (first == last, same_year && first.month() == last.month(), same_year) {
        (true, ..) => end,
        (_, true, _) => format!("{}–{end}", first.day()),
        (.., true) => format!("{} – {end}", day(first)),
        _ => format!("{} – {end}", day_and_year(first)),
    }
}

/// One decimal, with thousands separators: `2,637.0`; see [`fixed`].
pub(super) fn decimal(value: f64) -> String {
    fixed(value, 1)
}

/// Trap nights: `50.8`; from a thousand on their decimals say nothing: `14,514`.
pub(super) fn nights(value: f64) -> String {
    fixed(value, if value < 1000.0 { 1 } else { 0 })
}

/// So many decimals, with thousands separators. What rounds to nothing is 0, never -0; what is no number is a dash.
pub(super) fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.digits$}", value.abs());
    let is_negative = value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let (whole, fraction) = text.split_once('.').map_or((&*text, None), |(whole, part)| (whole, Some(part)));
    let sign = if is_negative { "-" } else { "" };
    let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
    format!("{sign}{}{fraction}", number(whole))
}

/// A p-value: `0.42`, `0.031`, `< 0.001`. Near 0.05 it is told so exactly that nobody reads another side of it.
pub(super) fn p_value(p: f64) -> String {
    match p {
        _ if p < 0.001 => "< 0.001".into(),
        _ if p < 0.1 => fixed(p, 3),
        _ => fixed(p, 2),
    }
}

/// A share for a sentence: `41%`, `under 1%`. `None` where a percentage would claim more than few records can.
pub(super) fn percent(part: u64, whole: u64) -> Option<String> {
    const FEWEST: u64 = 20;
    if whole < FEWEST {
        return None;
    }
    let rounded = (200 * part + whole) / (2 * whole);
    Some(match rounded {
        0 if part > 0 => "under 1%".into(),
        100 if part < whole => "over 99%".into(),
        _ => format!("{rounded}%"),
    })
}

/// A part of a whole for a sentence: `312 (18%)`, or `3 of 7` where there are few.
pub(super) fn part(value: u64, whole: u64) -> String {
    percent(value, whole).map_or_else(
        || format!("{} of {}", number(value), number(whole)),
        |share| format!("{} ({share})", number(value)),
    )
}

/// How a clock goes, by the shift to be added to its times: `4.0 hours behind`, `3.0 days ahead`.
pub(super) fn off_by(shift: TimeDelta) -> String {
    let direction = if shift < TimeDelta::zero() { "ahead" } else { "behind" };
    let hours = shift.num_minutes().abs() as f64 / 60.0;
    let (amount, unit) = if hours < 48.0 { (hours, "hours") } else { (hours / 24.0, "days") };
    format!("{} {unit} {direction}", decimal(amount))
}

/// The same, before the clock that it is compared to: `4.0 hours behind`, `3.0 days ahead of`.
pub(super) fn off_by_beside(shift: TimeDelta) -> String {
    let of = if shift < TimeDelta::zero() { " of" } else { "" };
    off_by(shift) + of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_thousands_separators() {
        let texts: Vec<_> = [0, 999, 1_000, 12_345, 1_234_567].map(number).into();
        assert_eq!(texts, ["0", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(decimal(2_636.98), "2,637.0");
        assert_eq!(decimal(0.04), "0.0");
        assert_eq!(fixed(1_234.567, 2), "1,234.57");
        assert_eq!([0.5, 0.0312, 0.0042, 0.0001].map(p_value), ["0.50", "0.031", "0.004", "< 0.001"]);
        assert_eq!(p_value(0.0496), "0.050");
    }

    #[test]
    fn no_number_is_minus_zero_or_none_at_all() {
        assert_eq!([-0.0, -0.04, -0.05, 0.0].map(decimal), ["0.0", "0.0", "-0.1", "0.0"]);
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(decimal), ["–"; 3]);
        assert_eq!((fixed(-1_234.5, 1), fixed(7.4, 0)), ("-1,234.5".to_owned(), "7".to_owned()));
    }

    #[test]
    fn a_noun_agrees_with_its_number() {
        assert_eq!(counted(1, "image", "images"), "1 image");
        assert_eq!(counted(0, "image", "images"), "0 images");
        assert_eq!(counted(1_749, "image", "images"), "1,749 images");
    }

    #[test]
    fn few_records_give_no_percentage() {
        assert_eq!(part(3, 7), "3 of 7");
        assert_eq!(part(312, 1_749), "312 (18%)");
        assert_eq!(part(1, 1_749), "1 (under 1%)");
        assert_eq!(part(1_748, 1_749), "1,748 (over 99%)");
        assert_eq!(part(0, 1_749), "0 (0%)");
        assert_eq!(part(1_749, 1_749), "1,749 (100%)");
    }

    #[test]
    fn a_span_names_month_and_year_once() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(long_span(day("2020-01-01"), day("2020-12-31")), "1 January – 31 December 2020");
        assert_eq!(long_span(day("2020-12-28"), day("2021-01-03")), "28 December 2020 – 3 January 2021");
        assert_eq!(span(day("2020-01-04"), day("2020-01-05"), Year::Always), "4–5 Jan 2020");
    }

    #[test]
    fn a_whole_year_or_month_goes_by_its_name() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(in_words(day("2020-01-01"), day("2020-12-31")), "2020");
        assert_eq!(in_words(day("2020-02-01"), day("2020-02-29")), "February 2020");
        assert_eq!(in_words(day("2020-02-01"), day("2020-02-28")), "1–28 February 2020");
        assert_eq!(in_words(day("2019-12-01"), day("2020-12-31")), "1 December 2019 – 31 December 2020");
    }
}
