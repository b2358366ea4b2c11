//! CSV tables (RFC 4180, UTF-8) with typed cells: text that looks like a formula is marked as text, numbers are not.

use std::fmt::Write;

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike, Utc};
use chrono_tz::Tz;

use super::text::cell;

/// A table being written.
pub(crate) struct Csv(csv::Writer<Vec<u8>>);

impl Csv {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(columns).expect(IN_MEMORY);
        Self(writer)
    }

    /// More rows of a table that was begun elsewhere.
    pub(crate) fn more() -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()))
    }

    /// Begins a row; as many cells as columns follow.
    pub(crate) fn row(&mut self) -> Row<'_> {
        Row(&mut self.0)
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect(IN_MEMORY)
    }
}

const IN_MEMORY: &str = "writing to memory cannot fail, and each row has a cell for each column";

/// A row being written. An absent value is an empty cell.
#[must_use = "a row ends with `end`"]
pub(crate) struct Row<'a>(&'a mut csv::Writer<Vec<u8>>);

impl Row<'_> {
    pub(crate) fn text(self, text: &str) -> Self {
        self.raw(&cell(text))
    }

    /// A key, to the byte: what joins tables is no text for people, and a mark in it would break the join.
    pub(crate) fn key(self, key: &str) -> Self {
        self.raw(key)
    }

    pub(crate) fn optional(self, text: Option<&str>) -> Self {
        self.text(text.unwrap_or_default())
    }

    /// In its shortest form that reads back as the same number.
    pub(crate) fn number(self, number: Option<f64>) -> Self {
        let mut text = String::new();
        if let Some(number) = number {
            push_number(&mut text, number);
        }
        self.raw(&text)
    }

    /// A whole number.
    pub(crate) fn count(self, count: Option<usize>) -> Self {
        self.raw(&count.map(|count| count.to_string()).unwrap_or_default())
    }

    /// RFC 3339 with the offset of the zone.
    pub(crate) fn instant(self, instant: Option<DateTime<Utc>>, zone: Tz) -> Self {
        let mut text = String::new();
        if let Some(at) = instant {
            push_local(&mut text, &at.with_timezone(&zone).fixed_offset());
        }
        self.raw(&text)
    }

    fn raw(self, cell: &str) -> Self {
        self.0.write_field(cell).expect(IN_MEMORY);
        self
    }

    pub(crate) fn end(self) {
        self.0.write_record(None::<&[u8]>).expect(IN_MEMORY);
    }
}

/// In its shortest form that reads back as the same number.
pub(crate) fn push_number(text: &mut String, number: f64) {
    write!(text, "{number}").expect("a string takes everything");
}

/// RFC 3339, by hand: a table of a million rows has three times each.
pub(crate) fn push_local(text: &mut String, at: &DateTime<FixedOffset>) {
    let local = at.naive_local();
    let (offset, nanos) = (at.offset().local_minus_utc(), local.nanosecond());
    let is_usual = (0..=9_999).contains(&local.year()) && offset % 60 == 0 && nanos < 1_000_000_000;
    if !is_usual {
        text.push_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        return;
    }
    let year = local.year().unsigned_abs();
    push_digits(text, year, 4);
    let parts = [
        ('-', local.month()),
        ('-', local.day()),
        ('T', local.hour()),
        (':', local.minute()),
        (':', local.second()),
    ];
    for (mark, number) in parts {
        text.push(mark);
        push_digits(text, number, 2);
    }
    let fraction =
        [(1_000_000, 3), (1_000, 6), (1, 9)].into_iter().find(|(unit, _)| nanos.is_multiple_of(*unit));
    if let Some((unit, digits)) = fraction.filter(|_| nanos > 0) {
        text.push('.');
        push_digits(text, nanos / unit, digits);
    }
    if offset == 0 {
        text.push('Z');
        return;
    }
    let minutes = offset.unsigned_abs() / 60;
    text.push(if offset < 0 { '-' } else { '+' });
    push_digits(text, minutes / 60, 2);
    text.push(':');
    push_digits(text, minutes % 60, 2);
}

fn push_digits(text: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        text.push(char::from_digit(digit, 10).expect("it is below ten"));
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn pushed(at: &DateTime<FixedOffset>) -> String {
        let mut text = "so far ".to_owned();
        push_local(&mut text, at);
        text.split_off("so far ".len())
    }

    proptest! {
        #[test]
        fn a_local_time_is_that_of_the_library(
            seconds in -80_000_000_000_i64..300_000_000_000,
            nanos in prop_oneof![Just(0), Just(120_000_000), Just(123_456_000), 0_u32..1_000_000_000],
            zone in prop::sample::select(vec![
                Tz::UTC,
                Tz::Europe__London,
                Tz::America__Chicago,
                Tz::Asia__Kathmandu,
                Tz::Europe__Amsterdam,
            ]),
        ) {
            let at = DateTime::UNIX_EPOCH + TimeDelta::new(seconds, nanos).expect("in the calendar");
            let local = at.with_timezone(&zone).fixed_offset();
            prop_assert_eq!(pushed(&local), local.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        }
    }

    #[test]
    fn a_leap_second_and_odd_offsets_are_told_as_the_library_does() {
        let leap = "2016-12-31T23:59:60.5Z".parse::<DateTime<FixedOffset>>().expect("a time");
        assert_eq!(pushed(&leap), "2016-12-31T23:59:60.500Z");
        let old = leap.with_timezone(&FixedOffset::west_opt(17_762).expect("an offset"));
        assert_eq!(pushed(&old), old.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    }
}
