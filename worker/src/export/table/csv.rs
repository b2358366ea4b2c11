//! Rows as CSV, written to disk as they come. Text that looks like a formula gets an apostrophe in front (see
//! `export::text`).

use std::io::Write;

use crate::JobError;
use crate::artifact::Draft;
use crate::export::table_text::{push_local, push_number};
use crate::export::text::cell;

use super::sheet::Cell;

/// Pieces in which rows reach the draft.
const BUFFER_BYTES: usize = 64 << 10;

/// A table being written.
pub(super) struct Csv {
    writer: csv::Writer<Draft>,
    /// The text of a cell that is no text.
    formatted: String,
}

impl Csv {
    pub(super) fn begin(draft: Draft, columns: &[&str]) -> Result<Self, JobError> {
        let mut settings = csv::WriterBuilder::new();
        let settings = settings.terminator(csv::Terminator::CRLF).buffer_capacity(BUFFER_BYTES);
        let mut writer = settings.from_writer(draft);
        writer.write_record(columns).map_err(unwritable)?;
        Ok(Self { writer, formatted: String::new() })
    }

    /// As many cells as there are columns.
    pub(super) fn row<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<(), JobError> {
        cells.into_iter().try_for_each(|cell| self.cell(&cell)).map_err(unwritable)?;
        self.writer.write_record(None::<&[u8]>).map_err(unwritable)
    }

    fn cell(&mut self, value: &Cell<'_>) -> csv::Result<()> {
        let formatted = &mut self.formatted;
        formatted.clear();
        match value {
            Cell::Empty => {}
            Cell::Text(text) => return self.writer.write_field(&*cell(text)),
            Cell::Number(number) => push_number(formatted, *number),
            Cell::Time(at) => push_local(formatted, at),
        }
        self.writer.write_field(formatted)
    }

    pub(super) fn finish(self) -> Result<Draft, JobError> {
        let mut draft = self.writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
        draft.flush().map_err(unwritable)?;
        Ok(draft)
    }
}

fn unwritable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> JobError {
    JobError::retry("the table could not be written", error)
}
