//! CSV tables (RFC 4180, UTF-8) with typed cells: text that looks like a formula is marked as text, numbers are not.

use chrono::{DateTime, SecondsFormat, Utc};
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
        self.raw(&number.map(|number| number.to_string()).unwrap_or_default())
    }

    /// A whole number.
    pub(crate) fn count(self, count: Option<usize>) -> Self {
        self.raw(&count.map(|count| count.to_string()).unwrap_or_default())
    }

    /// RFC 3339 with the offset of the zone.
    pub(crate) fn instant(self, instant: Option<DateTime<Utc>>, zone: Tz) -> Self {
        let local = |at: DateTime<Utc>| at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        self.raw(&instant.map(local).unwrap_or_default())
    }

    fn raw(self, cell: &str) -> Self {
        self.0.write_field(cell).expect(IN_MEMORY);
        self
    }

    pub(crate) fn end(self) {
        self.0.write_record(None::<&[u8]>).expect(IN_MEMORY);
    }
}
