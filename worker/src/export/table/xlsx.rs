//! Sheets as a workbook: typed cells, a frozen header with a filter. Text is stored as text, so none is a formula.
//!
//! A sheet of few rows is made in memory, its texts in one list that all sheets share. Where there are more, rows go to a
//! temporary file as they come, each text in its own cell: that file without a name is all that is kept of them. What is
//! more than a sheet can hold goes on in a further one, and a note at the first says so.

mod save;

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{DocProperties, Format, Note, Workbook, Worksheet, XlsxError};

use self::save::unwritable;
use super::selected::Selected;
use super::sheet::{Cell, Packed};
use crate::JobError;
use crate::artifact::Draft;
use crate::export::Job;
use crate::export::words::{counted, number};

/// The longest text of a cell in this format, in UTF-16 units.
const MAX_TEXT: usize = 32_767;
/// Wide enough for a time.
const COLUMN_WIDTH: f64 = 19.0;
const TIME: &str = "yyyy-mm-dd hh:mm:ss";
/// Between two looks at the stop flag and at the disk.
const ROWS_A_STEP: u64 = 10_000;
/// Bytes of a row in a temporary file: 27 cells of markup and text, some of it long.
const BYTES_A_ROW: u64 = 2_048;

/// How many rows a sheet has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// In memory: each takes about 6 KB there, so these 130 MB. Below it a workbook has the bytes that it always had;
    /// above it most programs are slow to read a list of shared texts, too.
    held: usize,
    /// In the format, without the header.
    rows: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { held: 20_000, rows: 1_048_575 }
    }
}

/// What the properties of a workbook tell.
pub(super) struct About {
    species: String,
    local_time: String,
    created_at: DateTime<Utc>,
}

impl About {
    pub(super) fn of(selected: &Selected) -> Self {
        let species: Vec<&str> = selected.species().collect();
        let created_at = selected.basis.created_at;
        Self { species: species.join(", "), local_time: selected.local_time(), created_at }
    }
}

/// A workbook being written. Its bytes depend on nothing but its rows and what is told [`About`] them.
pub(super) struct Book {
    job: Job,
    workbook: Workbook,
    sheets: Vec<Sheet>,
    limits: Limits,
    time: Format,
    /// Rows that a sheet may have at most, where it is known: for the room on disk.
    most: Option<u64>,
}

/// One topic.
struct Sheet {
    name: &'static str,
    columns: &'static [&'static str],
    rows: u64,
    /// While they are few.
    held: Vec<Packed>,
    /// When they are many: as many sheets as they fill.
    parts: Vec<Worksheet>,
    /// The last row of the last part.
    last: u32,
}

impl Book {
    pub(super) fn begin(
        job: &Job,
        sheets: impl IntoIterator<Item = (&'static str, &'static [&'static str])>,
        limits: Limits,
        most: Option<u64>,
    ) -> Self {
        let sheet =
            |(name, columns)| Sheet { name, columns, rows: 0, held: Vec::new(), parts: Vec::new(), last: 0 };
        Self {
            job: job.clone(),
            workbook: Workbook::new(),
            sheets: sheets.into_iter().map(sheet).collect(),
            limits,
            time: Format::new().set_num_format(TIME),
            most,
        }
    }

    /// Adds a row to the sheet of that number.
    pub(super) fn row<'a>(
        &mut self,
        number: usize,
        cells: impl Iterator<Item = Cell<'a>>,
    ) -> Result<(), JobError> {
        let sheet = &mut self.sheets[number];
        sheet.rows += 1;
        if sheet.parts.is_empty() && sheet.held.len() < self.limits.held {
            sheet.held.push(Packed::of(cells));
            return Ok(());
        }
        if sheet.parts.is_empty() {
            self.stream(number)?;
        }
        self.write(number, cells)
    }

    /// The sheet has many rows: those that were held and all that follow go to disk.
    fn stream(&mut self, number: usize) -> Result<(), JobError> {
        let scratch = self.job.scratch();
        let needed = self.most.unwrap_or_default().saturating_mul(BYTES_A_ROW);
        if let Some(lack) = scratch.lacks(needed)? {
            return Err(too_little_room(needed, lack.free));
        }
        self.workbook.set_tempdir(scratch.dir()).map_err(unwritable)?;
        for row in std::mem::take(&mut self.sheets[number].held) {
            self.write(number, row.cells())?;
        }
        Ok(())
    }

    fn write<'a>(&mut self, number: usize, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), JobError> {
        let sheet = &mut self.sheets[number];
        if sheet.parts.is_empty() || sheet.last == self.limits.rows {
            let mut part = self.workbook.new_worksheet_with_constant_memory().map_err(unwritable)?;
            frame(&mut part, sheet.columns).map_err(unwritable)?;
            sheet.parts.push(part);
            sheet.last = 0;
        }
        sheet.last += 1;
        if sheet.rows.is_multiple_of(ROWS_A_STEP) {
            self.job.check_stop()?;
            // The library panics where it cannot write.
            if let Some(lack) = self.job.scratch().lacks(ROWS_A_STEP * BYTES_A_ROW)? {
                return Err(too_little_room(self.most.unwrap_or(sheet.rows) * BYTES_A_ROW, lack.free));
            }
        }
        let part = sheet.parts.last_mut().expect("one was begun");
        fill(part, sheet.last, cells, &self.time).map_err(unwritable)
    }

    /// What the sheets that go on in others say, for the sentence about the file.
    pub(super) fn further(&self) -> Vec<String> {
        let many = self.sheets.iter().filter(|sheet| sheet.parts.len() > 1);
        many.map(|sheet| format!("{} fill {} sheets", sheet.name, sheet.parts.len())).collect()
    }

    /// Writes the workbook. Its subject is the species, its comment the local time.
    pub(super) fn finish(mut self, about: &About, draft: Draft) -> Result<Draft, JobError> {
        // Otherwise it would be the time of writing.
        let properties = DocProperties::new().set_creation_datetime(&about.created_at.naive_utc());
        let properties =
            properties.set_subject(&about.species).set_comment(format!("Times are {}.", about.local_time));
        self.workbook.set_properties(&properties);
        for sheet in std::mem::take(&mut self.sheets) {
            if sheet.parts.is_empty() {
                self.hold(&sheet)?;
            } else {
                self.push(sheet).map_err(unwritable)?;
            }
            self.job.check_stop()?;
        }
        save::to(draft, &mut self.workbook, &self.job)
    }

    /// A sheet of few rows.
    fn hold(&mut self, sheet: &Sheet) -> Result<(), JobError> {
        let worksheet = self.workbook.add_worksheet();
        frame(worksheet, sheet.columns).map_err(unwritable)?;
        for (row, cells) in (1u32..).zip(&sheet.held) {
            if u64::from(row).is_multiple_of(ROWS_A_STEP) {
                self.job.check_stop()?;
            }
            fill(worksheet, row, cells.cells(), &self.time).map_err(unwritable)?;
        }
        let rows = u32::try_from(sheet.held.len()).unwrap_or(u32::MAX);
        close(worksheet, sheet.name, sheet.columns, rows).map_err(unwritable)
    }

    /// A sheet of many, which may be several.
    fn push(&mut self, sheet: Sheet) -> Result<(), XlsxError> {
        // Beyond 4 GB the archive must know before.
        self.workbook.use_zip_large_file(true);
        let parts = sheet.parts.len();
        for (number, mut part) in (1..).zip(sheet.parts) {
            let rows = if number == parts { sheet.last } else { self.limits.rows };
            if number == 1 && parts > 1 {
                part.insert_note(0, 0, &note(sheet.name, sheet.rows, parts))?;
            }
            let name = if number == 1 { sheet.name.to_owned() } else { further_name(sheet.name, number) };
            close(&mut part, &name, sheet.columns, rows)?;
            self.workbook.push_worksheet(part);
        }
        Ok(())
    }
}

fn further_name(name: &str, number: usize) -> String {
    format!("{name} {number}")
}

/// At the first cell of a sheet that others continue.
fn note(name: &str, rows: u64, parts: usize) -> Note {
    let text = format!(
        "{} {name} do not fit into one sheet. They go on in the {}: \"{}\"{}.",
        number(rows),
        counted(parts - 1, "next sheet", "next sheets"),
        further_name(name, 2),
        if parts > 2 { format!(" to \"{}\"", further_name(name, parts)) } else { String::new() }
    );
    Note::new(text).set_author("Deertrack").add_author_prefix(false)
}

/// Header and widths.
fn frame(worksheet: &mut Worksheet, columns: &[&str]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    worksheet.set_freeze_panes(1, 0)?;
    for (column, name) in (0u16..).zip(columns) {
        worksheet.write_string_with_format(0, column, *name, &bold)?;
        worksheet.set_column_width(column, COLUMN_WIDTH)?;
    }
    Ok(())
}

/// Name and filter.
fn close(worksheet: &mut Worksheet, name: &str, columns: &[&str], rows: u32) -> Result<(), XlsxError> {
    worksheet.set_name(name)?;
    let last_column = u16::try_from(columns.len() - 1).unwrap_or(u16::MAX);
    worksheet.autofilter(0, 0, rows, last_column)?;
    Ok(())
}

fn fill<'a>(
    worksheet: &mut Worksheet,
    row: u32,
    cells: impl Iterator<Item = Cell<'a>>,
    time: &Format,
) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        match cell {
            Cell::Empty => continue,
            Cell::Text(text) => worksheet.write_string(row, column, shortened(text))?,
            Cell::Number(number) => worksheet.write_number(row, column, number)?,
            // The format knows no zones: it gets what the clock showed; the zone stands beside it.
            Cell::Time(at) => worksheet.write_datetime_with_format(row, column, at.naive_local(), time)?,
        };
    }
    Ok(())
}

fn shortened(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut units = 0;
    let fits = |(_, letter): &(usize, char)| {
        units += letter.len_utf16();
        units <= MAX_TEXT
    };
    let end = text.char_indices().take_while(fits).map(|(at, letter)| at + letter.len_utf8()).last();
    &text[..end.unwrap_or_default()]
}

fn too_little_room(needed: u64, free: u64) -> JobError {
    let megabytes = |bytes: u64| format!("{} MB", number(bytes / 1_000_000));
    JobError::Reject(format!(
        "The workbook needs {} of temporary room on the worker's disk, of which {} are free: choose a shorter range or \
         csv, or have an operator make room",
        megabytes(needed),
        megabytes(free)
    ))
}

#[cfg(test)]
mod tests;
