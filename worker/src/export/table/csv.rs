//! A sheet as CSV. Text that looks like a formula gets an apostrophe in front (see `export::text`).

use super::sheet::{Cell, Sheet};
use crate::export::table_text::{Csv, Row};

/// The first sheet: CSV has one.
pub(super) fn file(sheets: &[Sheet]) -> Vec<u8> {
    let Some(sheet) = sheets.first() else { return Vec::new() };
    let mut csv = Csv::new(sheet.columns);
    for row in &sheet.rows {
        row.iter().fold(csv.row(), write).end();
    }
    csv.finish()
}

fn write<'a>(row: Row<'a>, cell: &Cell) -> Row<'a> {
    match cell {
        Cell::Empty => row.optional(None),
        Cell::Text(text) => row.text(text),
        Cell::Number(number) => row.number(Some(*number)),
        Cell::Time(time) => row.instant(Some(time.to_utc()), time.timezone()),
    }
}
