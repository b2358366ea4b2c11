//! A table of the standard being written: cells are set by the names of their columns.

use std::borrow::Cow;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};

use super::source::Extra;
use super::standard::Table;
use crate::export::table_text::Csv;

/// The table.
pub(super) struct Writer {
    table: &'static Table,
    csv: Csv,
}

/// A row; what is not set stays empty.
#[must_use = "a row ends with `end`"]
pub(super) struct Row<'w, 'c> {
    writer: &'w mut Writer,
    cells: Vec<Cow<'c, str>>,
}

impl Writer {
    pub(super) fn new(table: &'static Table) -> Self {
        let columns: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
        Self { table, csv: Csv::new(&columns) }
    }

    pub(super) fn row<'c>(&mut self) -> Row<'_, 'c> {
        let cells = vec![Cow::Borrowed(""); self.table.fields.len()];
        Row { writer: self, cells }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.csv.finish()
    }
}

impl<'c> Row<'_, 'c> {
    pub(super) fn set(&mut self, column: &str, value: impl Into<Cow<'c, str>>) {
        let at = self.writer.table.fields.iter().position(|field| field.name == column);
        self.cells[at.expect("the column is one of the table's")] = value.into();
    }

    /// Fills what is empty with the columns that the source told and the catalog has no field for. A cell that the
    /// standard does not know stays empty.
    pub(super) fn fill(&mut self, extra: &Extra) {
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
        None => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// One of a few words, or nothing.
pub(super) fn known(told: Option<&str>, words: &'static [&'static str]) -> &'static str {
    let told = told.unwrap_or_default().trim();
    words.iter().copied().find(|word| told.eq_ignore_ascii_case(word)).unwrap_or_default()
}
