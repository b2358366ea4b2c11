//! A table of the standard being written: cells are set by the names of their columns.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat, Timelike, Utc};

use super::source::Extra;
use super::standard::Table;
use crate::export::table_text::Csv;

/// The table, a piece at a time.
pub(super) struct Writer {
    pub(super) table: &'static Table,
    csv: Csv,
}

/// A row; what is not set stays empty.
#[must_use = "a row ends with `end`"]
pub(super) struct Row<'w, 'c> {
    writer: &'w mut Writer,
    cells: Vec<Cow<'c, str>>,
    /// Behind the column that was set last: most are set in the order of the table.
    next: usize,
}

impl Writer {
    pub(super) fn new(table: &'static Table) -> Self {
        let columns: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
        Self { table, csv: Csv::new(&columns) }
    }

    /// More rows of a table that was begun elsewhere.
    pub(super) fn more(table: &'static Table) -> Self {
        Self { table, csv: Csv::more() }
    }

    pub(super) fn row<'c>(&mut self) -> Row<'_, 'c> {
        let cells = vec![Cow::Borrowed(""); self.table.fields.len()];
        Row { writer: self, cells, next: 0 }
    }

    /// What was written since: whole rows.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.csv, Csv::more()).finish()
    }
}

impl<'c> Row<'_, 'c> {
    pub(super) fn set(&mut self, column: &str, value: impl Into<Cow<'c, str>>) {
        let fields = self.writer.table.fields;
        let mut order = (self.next..fields.len()).chain(0..self.next);
        let at = order.find(|at| fields[*at].name == column).expect("the column is one of the table's");
        self.cells[at] = value.into();
        self.next = at + 1;
    }

    /// Fills what is empty with the columns that the source told and the catalog has no field for. A cell that the
    /// standard does not know stays empty.
    pub(super) fn fill(&mut self, extra: &Extra) {
        if extra.is_empty() {
            return;
        }
        for (field, cell) in self.writer.table.fields.iter().zip(&mut self.cells) {
            if let (true, Some(told)) = (cell.is_empty(), extra.fitting(field)) {
                *cell = Cow::Owned(told);
            }
        }
    }

    pub(super) fn end(self) {
        let fields = self.writer.table.fields;
        let mut row = self.writer.csv.row();
        for (field, cell) in fields.iter().zip(&self.cells) {
            row = if field.form.is_free_text() { row.text(cell) } else { row.key(cell) };
        }
        row.end();
    }
}

/// With the offset that the source told it with, to its fraction of a second; without one in UTC to the whole second,
/// as the standard has it.
pub(super) fn time(at: DateTime<Utc>, offset_seconds: Option<i32>) -> String {
    match offset_seconds.and_then(FixedOffset::east_opt) {
        Some(offset) => at.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => in_utc(at),
    }
}

/// By hand, for a large table has millions of them.
fn in_utc(at: DateTime<Utc>) -> String {
    let (year, month, day) = (at.year(), at.month(), at.day());
    // Other years take more than four digits, or a sign.
    if !(0..=9999).contains(&year) {
        return at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    // A leap second is the sixtieth.
    let second = at.second() + at.nanosecond() / 1_000_000_000;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{second:02}Z", at.hour(), at.minute())
}

/// One of a few words, or nothing.
pub(super) fn known(told: Option<&str>, words: &'static [&'static str]) -> &'static str {
    let told = told.unwrap_or_default().trim();
    words.iter().copied().find(|word| told.eq_ignore_ascii_case(word)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_in_utc_is_that_of_the_library(
            seconds in prop_oneof![-80_000_000_000_i64..300_000_000_000, 0_i64..2_000_000_000],
            nanos in prop_oneof![Just(0), 0_u32..2_000_000_000],
        ) {
            let seconds = if nanos >= 1_000_000_000 { seconds - seconds.rem_euclid(60) + 59 } else { seconds };
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            prop_assert_eq!(time(at, None), at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
    }
}
