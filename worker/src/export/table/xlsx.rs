//! Sheets as a workbook: typed cells, a frozen header with a filter. Text is stored as text, so none is a formula.

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet, XlsxError};

use super::selected::Selected;
use super::sheet::{Cell, Sheet};
use crate::JobError;
use crate::export::Job;

/// A sheet's rows in this format, the header among them.
const MAX_ROWS: usize = 1_048_576;
/// The longest text of a cell in this format, in UTF-16 units.
const MAX_TEXT: usize = 32_767;
/// Wide enough for a time.
const COLUMN_WIDTH: f64 = 19.0;
const TIME: &str = "yyyy-mm-dd hh:mm:ss";
/// Between two looks at the stop flag.
const ROWS_A_STEP: usize = 10_000;

/// What the properties of a workbook tell.
pub(super) struct About {
    species: String,
    local_time: String,
    created_at: DateTime<Utc>,
}

impl About {
    pub(super) fn of(selected: &Selected, created_at: DateTime<Utc>) -> Self {
        let species: Vec<&str> = selected.species().into_iter().collect();
        Self { species: species.join(", "), local_time: selected.local_time(), created_at }
    }
}

/// A workbook whose bytes depend on nothing but its arguments. Its subject is the species, its comment the local time.
pub(super) fn file(job: &Job, sheets: &[Sheet], about: &About) -> Result<Vec<u8>, JobError> {
    if let Some(sheet) = sheets.iter().find(|sheet| sheet.rows.len() >= MAX_ROWS) {
        let (rows, name) = (sheet.rows.len(), sheet.name);
        let text = format!("{rows} {name} do not fit into one sheet; choose a shorter range, or csv");
        return Err(JobError::Reject(text));
    }
    let mut workbook = Workbook::new();
    // Otherwise it would be the time of writing.
    let properties = DocProperties::new().set_creation_datetime(&about.created_at.naive_utc());
    let properties =
        properties.set_subject(&about.species).set_comment(format!("Times are {}.", about.local_time));
    workbook.set_properties(&properties);
    for sheet in sheets {
        fill(job, workbook.add_worksheet(), sheet)?;
        job.check_stop()?;
    }
    workbook.save_to_buffer().map_err(unwritable)
}

fn fill(job: &Job, worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), JobError> {
    frame(worksheet, sheet).map_err(unwritable)?;
    let time = Format::new().set_num_format(TIME);
    for (number, row) in (1u32..).zip(&sheet.rows) {
        if (number as usize).is_multiple_of(ROWS_A_STEP) {
            job.check_stop()?;
        }
        for (column, cell) in (0u16..).zip(row) {
            write(worksheet, number, column, cell, &time).map_err(unwritable)?;
        }
    }
    Ok(())
}

/// Name, header, filter, widths.
fn frame(worksheet: &mut Worksheet, sheet: &Sheet) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    worksheet.set_name(sheet.name)?;
    worksheet.set_freeze_panes(1, 0)?;
    for (column, name) in (0u16..).zip(sheet.columns) {
        worksheet.write_string_with_format(0, column, *name, &bold)?;
        worksheet.set_column_width(column, COLUMN_WIDTH)?;
    }
    let last_row = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(sheet.columns.len() - 1).unwrap_or(u16::MAX);
    worksheet.autofilter(0, 0, last_row, last_column)?;
    Ok(())
}

fn write(
    worksheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    time: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => return Ok(()),
        Cell::Text(text) => worksheet.write_string(row, column, shortened(text))?,
        Cell::Number(number) => worksheet.write_number(row, column, *number)?,
        // The format knows no zones: it gets what the clock showed; the zone stands beside it.
        Cell::Time(at) => worksheet.write_datetime_with_format(row, column, at.naive_local(), time)?,
    };
    Ok(())
}

fn shortened(text: &str) -> &str {
    let mut units = 0;
    let fits = |(_, letter): &(usize, char)| {
        units += letter.len_utf16();
        units <= MAX_TEXT
    };
    let end = text.char_indices().take_while(fits).map(|(at, letter)| at + letter.len_utf8()).last();
    &text[..end.unwrap_or_default()]
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn unwritable(error: XlsxError) -> JobError {
    tracing::error!(%error, "a workbook could not be written");
    JobError::Reject("the rows do not fit into a workbook; ask for csv".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_the_format_ends() {
        assert_eq!(shortened("buck"), "buck");
        assert_eq!(shortened(""), "");
        assert_eq!(shortened(&"x".repeat(40_000)).len(), MAX_TEXT);
        let deer = "\u{1f98c}".repeat(20_000);
        assert_eq!(shortened(&deer).chars().count(), MAX_TEXT / 2, "each counts twice");
    }
}
