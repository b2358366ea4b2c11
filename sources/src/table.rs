//! A CSV table with named columns: typed values, and for every wrong one the place where it stands.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use chrono::{DateTime, Utc};
use csv::{ErrorKind, Reader, StringRecord};

use crate::error::{BadRow, ImportError};

/// What stands for "not told" (Frictionless `missingValues` of Camtrap DP).
const MISSING: [&str; 4] = ["", "NA", "NaN", "nan"];

/// A table that is read row by row.
pub(super) struct Table {
    header: Header,
    reader: Reader<File>,
    record: StringRecord,
}

struct Header {
    file: String,
    columns: HashMap<String, usize>,
}

impl Table {
    /// Opens the file; `file` is how errors call it.
    ///
    /// # Errors
    /// When it cannot be read, or a required column is missing.
    pub(super) fn open(path: &Path, file: &str, required: &[&str]) -> Result<Self, ImportError> {
        let mut reader = Reader::from_path(path).map_err(|error| unreadable(path, error))?;
        let header = reader.headers().map_err(|error| unreadable(path, error))?;
        let columns: HashMap<String, usize> =
            header.iter().enumerate().map(|(at, name)| (name.trim().to_owned(), at)).collect();
        for name in required {
            if !columns.contains_key(*name) {
                return Err(ImportError::WrongForm {
                    path: path.to_owned(),
                    reason: format!("it has no column {name}"),
                });
            }
        }
        Ok(Self { header: Header { file: file.to_owned(), columns }, reader, record: StringRecord::new() })
    }

    /// Reads the next row through `parse`; `None` at the end. The inner error is that of a row, after which reading
    /// can go on.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub(super) fn next<T>(
        &mut self,
        parse: impl FnOnce(&Row<'_>) -> Result<T, BadRow>,
    ) -> Result<Option<Result<T, BadRow>>, ImportError> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(parse(&Row { header: &self.header, record: &self.record }))),
            Err(error) => self.broken(error).map(|bad| Some(Err(bad))),
        }
    }

    fn broken(&self, error: csv::Error) -> Result<BadRow, ImportError> {
        let reason = match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("of {len} fields where the header has {expected_len}")
            }
            ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
            _ => return Err(unreadable(Path::new(&self.header.file), error)),
        };
        let line = error.position().map_or(0, csv::Position::line);
        Ok(BadRow {
            file: self.header.file.clone(),
            line,
            column: String::new(),
            value: String::new(),
            reason,
        })
    }
}

fn unreadable(path: &Path, error: csv::Error) -> ImportError {
    let path = path.to_owned();
    match error.into_kind() {
        ErrorKind::Io(source) => ImportError::Unreadable { path, source },
        other => ImportError::WrongForm { path, reason: format!("{other:?}") },
    }
}

/// One row.
pub(super) struct Row<'a> {
    header: &'a Header,
    record: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// The text of a column; `None` where the value or the whole column is missing.
    pub(super) fn text(&self, column: &str) -> Option<&'a str> {
        let value = self.record.get(*self.header.columns.get(column)?)?.trim();
        (!MISSING.contains(&value)).then_some(value)
    }

    /// The text of a column, owned.
    pub(super) fn owned(&self, column: &str) -> Option<String> {
        self.text(column).map(str::to_owned)
    }

    /// The text of a column that must have one.
    pub(super) fn required(&self, column: &str) -> Result<&'a str, BadRow> {
        self.text(column).ok_or_else(|| self.bad(column, "required"))
    }

    /// An instant with its offset, as UTC.
    pub(super) fn instant(&self, column: &str) -> Result<DateTime<Utc>, BadRow> {
        let text = self.required(column)?;
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%z"))
            .map(|instant| instant.to_utc())
            .map_err(|_| self.bad(column, "not a time with an offset, as 2020-03-01T22:00:00Z"))
    }

    /// As [`Row::instant`], where it may be missing.
    pub(super) fn optional_instant(&self, column: &str) -> Result<Option<DateTime<Utc>>, BadRow> {
        self.text(column).map(|_| self.instant(column)).transpose()
    }

    /// A number between `least` and `most`, both included.
    pub(super) fn number(&self, column: &str, least: f64, most: f64) -> Result<Option<f64>, BadRow> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if (least..=most).contains(&value) => Ok(Some(value)),
            _ => Err(self.bad(column, &format!("not a number of {least} to {most}"))),
        }
    }

    /// How many: a whole number of at least 1; `1.0` will do, as statistical software writes it.
    pub(super) fn count(&self, column: &str) -> Result<Option<u32>, BadRow> {
        const MOST: f64 = 1_000_000.0;
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole, 1 to a million"
            )]
            Ok(value) if (1.0..=MOST).contains(&value) && value.fract() == 0.0 => Ok(Some(value as u32)),
            _ => Err(self.bad(column, "not a whole number of 1 to 1000000")),
        }
    }

    /// The number of something, from 0.
    pub(super) fn index(&self, column: &str) -> Result<usize, BadRow> {
        self.required(column)?.parse().map_err(|_| self.bad(column, "not a whole number from 0"))
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, column: &str, choices: &[(&str, T)]) -> Result<Option<T>, BadRow> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.map(Some).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.bad(column, &format!("not one of {}", names.join(", ")))
        })
    }

    /// This row, with the value of `column` to blame. `reason` goes on after "is".
    pub(super) fn bad(&self, column: &str, reason: &str) -> BadRow {
        let at = self.header.columns.get(column);
        BadRow {
            file: self.header.file.clone(),
            line: self.record.position().map_or(0, csv::Position::line),
            column: column.to_owned(),
            value: at.and_then(|at| self.record.get(*at)).unwrap_or_default().to_owned(),
            reason: reason.to_owned(),
        }
    }
}
