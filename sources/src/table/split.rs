//! A table in parts: each row as it stands, in the file of its part, with the place where it was told. So that of a table
//! of any length only a part need be held at a time.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::{QuoteStyle, Writer, WriterBuilder};

use super::{Table, unreadable};
use crate::error::{BadRow, ImportError};
use crate::table_form::{Form, ORIGIN, Origins};

/// The parts of a table.
pub(crate) struct Parts {
    file: String,
    form: Form,
    paths: Vec<PathBuf>,
}

impl Parts {
    /// Opens one of them.
    ///
    /// # Errors
    /// As [`Table::open_as`].
    pub(crate) fn open(&self, part: usize, required: &[&str]) -> Result<Table, ImportError> {
        Table::open_as(&self.paths[part], &self.file, required, self.form.clone())
    }
}

impl Table {
    /// How many rows are left, good and bad, without reading what they say.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub(crate) fn count(&mut self) -> Result<u64, ImportError> {
        self.count_by("").map(|(rows, _)| rows)
    }

    /// How many rows are left, good and bad, and how many of each value of a column, without reading what else they say.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub(crate) fn count_by(&mut self, column: &str) -> Result<(u64, HashMap<String, u64>), ImportError> {
        let at = self.header.columns.get(column).copied();
        let (mut rows, mut counts) = (0, HashMap::<Vec<u8>, u64>::new());
        while let Some(row) = self.step()? {
            rows += 1;
            let value = row.ok().and(at).and_then(|at| self.record.get(at)).unwrap_or_default();
            match counts.get_mut(value) {
                Some(count) => *count += 1,
                None => drop(counts.insert(value.to_vec(), 1)),
            }
        }
        let texts = counts.into_iter().map(|(value, count)| (self.cell(&value), count));
        let mut by_text = HashMap::new();
        texts.for_each(|(text, count)| *by_text.entry(text).or_default() += count);
        Ok((rows, by_text))
    }

    /// Copies the rows to files in a folder, each row to that of its part, by the value of a column. Rows that cannot be
    /// read go to `refuse`.
    ///
    /// # Errors
    /// When the file cannot be read further, a part cannot be written, or `refuse` fails.
    pub(crate) fn split(
        mut self,
        column: &str,
        part_of: &dyn Fn(&str) -> usize,
        (folder, name, parts): (&Path, &str, usize),
        refuse: &mut dyn FnMut(BadRow) -> Result<(), ImportError>,
    ) -> Result<Parts, ImportError> {
        let unwritten = |source: io::Error| ImportError::Unreadable { path: folder.to_owned(), source };
        let paths: Vec<PathBuf> = (0..parts).map(|part| folder.join(format!("{name}-{part}.csv"))).collect();
        let known = self.header.form.origins.clone();
        let mut header = self.reader.byte_headers().map_err(|error| unreadable(folder, error))?.clone();
        if known.is_none() {
            header.push_field(ORIGIN.as_bytes());
        }
        let mut writers = Vec::with_capacity(parts);
        for path in &paths {
            let mut writer = self.writer(File::create(path).map_err(unwritten)?);
            writer.write_byte_record(&header).map_err(|error| unwritten(error.into()))?;
            writers.push(writer);
        }
        let at = self.header.columns.get(column).copied();
        let mut numbers = HashMap::<Vec<u8>, usize>::new();
        while let Some(row) = self.step()? {
            if let Err(bad) = row {
                refuse(bad)?;
                continue;
            }
            let value = at.and_then(|at| self.record.get(at)).unwrap_or_default();
            let part = match numbers.get(value) {
                Some(part) => *part,
                None => *numbers.entry(value.to_vec()).or_insert(part_of(&self.cell(value))),
            };
            if known.is_none() {
                let origin = format!("0:{}", self.line());
                self.record.push_field(origin.as_bytes());
            }
            writers[part].write_byte_record(&self.record).map_err(|error| unwritten(error.into()))?;
        }
        for mut writer in writers {
            writer.flush().map_err(unwritten)?;
        }
        let own = || Arc::new(Origins { files: vec![self.header.file.clone()], columns: HashMap::new() });
        let form =
            Form { origins: Some(known.unwrap_or_else(own)), comment: None, ..self.header.form.clone() };
        Ok(Parts { file: self.header.file, form, paths })
    }

    /// The next row that has a value, good or bad.
    fn step(&mut self) -> Result<Option<Result<(), BadRow>>, ImportError> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return Ok(None),
                Ok(true) if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) => {}
                Ok(true) => return Ok(Some(Ok(()))),
                Err(error) => return self.broken(error).map(|bad| Some(Err(bad))),
            }
        }
    }

    fn cell(&self, bytes: &[u8]) -> String {
        self.header.form.decode(bytes).0.trim().to_owned()
    }

    fn writer(&self, file: File) -> Writer<BufWriter<File>> {
        let form = &self.header.form;
        let mut builder = WriterBuilder::new();
        builder
            .delimiter(form.delimiter)
            .quote(form.quote)
            .double_quote(form.doubles_quotes)
            .quote_style(QuoteStyle::Necessary);
        if let Some(escape) = form.escape {
            builder.escape(escape);
        }
        builder.from_writer(BufWriter::new(file))
    }
}
