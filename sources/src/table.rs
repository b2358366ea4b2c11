//! A CSV table with named columns: typed values, and for every wrong one the place where it stands.

mod split;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use csv::{ByteRecord, ErrorKind, Position, Reader, ReaderBuilder};

use crate::error::{BadRow, ImportError};
use crate::table_form::{Form, ORIGIN, named, without_mark};

pub(super) use split::Parts;

/// What stands for "not told" (Frictionless `missingValues` of Camtrap DP).
const MISSING: [&str; 4] = ["", "NA", "NaN", "nan"];

/// A table that is read row by row.
pub(super) struct Table {
    header: Header,
    reader: Reader<File>,
    record: ByteRecord,
    cells: Vec<String>,
    guessed: bool,
    /// Lines end with a carriage return and a line feed.
    has_returns: bool,
    rows: u64,
}

struct Header {
    file: String,
    names: Vec<String>,
    columns: HashMap<String, usize>,
    form: Form,
}

impl Table {
    /// Opens a file of this form.
    ///
    /// # Errors
    /// When it cannot be read, its columns are separated by another sign, or a required column is missing.
    pub(super) fn open_as(
        path: &Path,
        file: &str,
        required: &[&str],
        form: Form,
    ) -> Result<Self, ImportError> {
        let mut reader = ReaderBuilder::new()
            .delimiter(form.delimiter)
            .quote(form.quote)
            .double_quote(form.doubles_quotes)
            .escape(form.escape)
            .comment(form.comment)
            .from_path(path)
            .map_err(|error| unreadable(path, error))?;
        let wrong = |reason| ImportError::WrongForm { path: path.to_owned(), reason };
        let header = reader.byte_headers().map_err(|error| unreadable(path, error))?;
        if header.get(0).is_some_and(|first| first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff"))
        {
            return Err(wrong("it is written in UTF-16; save it as CSV UTF-8".to_owned()));
        }
        let names: Vec<String> = header.iter().map(|name| form.decode(name).0.trim().to_owned()).collect();
        let names = in_usual_case(&names, form.columns);
        if let (1, Some(delimiter)) = (names.len(), form.other_delimiter(&names[0])) {
            return Err(wrong(separated_by(delimiter, form.delimiter)));
        }
        let is_twice = |name: &&&str| names.iter().filter(|other| other == *name).count() > 1;
        if let Some(name) = form.columns.iter().find(is_twice) {
            return Err(wrong(format!("it has the column {name} twice, and which one is meant is not said")));
        }
        let columns: HashMap<String, usize> =
            names.iter().enumerate().rev().map(|(at, name)| (name.clone(), at)).collect();
        if let Some(name) = required.iter().find(|name| !columns.contains_key(**name)) {
            let there: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
            return Err(wrong(format!(
                "it has no column {name}, and cannot be read without; it has {}",
                there.join(", ")
            )));
        }
        let header = Header { file: file.to_owned(), names, columns, form };
        let has_returns =
            has_returns(path).map_err(|source| ImportError::Unreadable { path: path.to_owned(), source })?;
        Ok(Self {
            header,
            reader,
            record: ByteRecord::new(),
            cells: Vec::new(),
            guessed: false,
            has_returns,
            rows: 0,
        })
    }

    /// Opens a file that somebody wrote by hand: columns by these names or their other spellings, in any case and order,
    /// separated by commas, semicolons or tabs. Rows know each column by the first of its names.
    ///
    /// # Errors
    /// When it cannot be read, or a column is none of these or there twice: nothing that is told is passed over.
    pub(super) fn of_people(path: &Path, columns: &[&'static [&'static str]]) -> Result<Self, ImportError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
        let form = Form { delimiter: delimiter_of(path).map_err(unreadable)?, ..Form::default() };
        let mut table = Self::open_as(path, &file, &[], form)?;
        let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
        let mut names = HashMap::new();
        for (at, name) in table.header.names.iter_mut().enumerate().filter(|(_, name)| !name.is_empty()) {
            let known = columns.iter().find(|names| names.iter().any(|known| plain(known) == plain(name)));
            let wrong = |reason| ImportError::WrongForm { path: path.to_owned(), reason };
            let Some([known, ..]) = known else {
                let columns: Vec<&str> = columns.iter().map(|names| names[0]).collect();
                return Err(wrong(format!(
                    "it has a column {name:?}, and the columns are: {}",
                    columns.join(", ")
                )));
            };
            if names.insert((*known).to_owned(), at).is_some() {
                return Err(wrong(format!("it has the column {known} twice")));
            }
            *name = (*known).to_owned();
        }
        table.header.columns = names;
        Ok(table)
    }

    /// Opens a table that a tool wrote, or a spreadsheet after it: columns by these names in any case, in any order,
    /// beside others, separated by commas, semicolons or tabs.
    ///
    /// # Errors
    /// As [`Table::open_as`].
    pub(super) fn of_tool(
        path: &Path,
        file: &str,
        columns: &'static [&'static str],
        required: &[&str],
    ) -> Result<Self, ImportError> {
        let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
        let delimiter = delimiter_of(path).map_err(unreadable)?;
        let missing = ["NULL", "null", "N/A", "#N/A", "n/a"].map(str::to_owned).to_vec();
        let form = Form { delimiter, columns, missing, ..Form::default() };
        // What a ZIP was unpacked to has no name that anybody knows.
        Self::open_as(path, file, required, form).map_err(|error| match error {
            ImportError::WrongForm { reason, .. } => ImportError::WrongForm { path: file.into(), reason },
            other => other,
        })
    }

    /// How many rows were read so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> &[String] {
        &self.header.names
    }

    /// Whether it has a column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.header.columns.contains_key(column)
    }

    /// Whether a cell was not UTF-8 and nothing said that it would not be.
    pub(super) fn has_guessed_letters(&self) -> bool {
        self.guessed
    }

    /// Reads the next row through `parse`; `None` at the end. Rows of which no cell has a value are none. The inner error
    /// is that of a row, after which reading can go on.
    ///
    /// # Errors
    /// When the file cannot be read further.
    pub(super) fn next<T>(
        &mut self,
        parse: impl FnOnce(&Row<'_>) -> Result<T, BadRow>,
    ) -> Result<Option<Result<T, BadRow>>, ImportError> {
        loop {
            match self.reader.read_byte_record(&mut self.record) {
                Ok(false) => return Ok(None),
                Ok(true) => {
                    self.decode();
                    if self.cells.iter().all(|cell| cell.trim().is_empty()) {
                        continue; // as spreadsheets leave them behind a table
                    }
                    self.rows += 1;
                    let line = self.line();
                    return Ok(Some(parse(&Row { header: &self.header, cells: &self.cells, line })));
                }
                Err(error) => return self.broken(error).map(|bad| Some(Err(bad))),
            }
        }
    }

    /// The line of the file on which the row begins. The reader's own count is behind by what it has not read of the
    /// end of the line before, and by empty lines.
    fn line(&self) -> u64 {
        let within = self.record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let behind = self.reader.position().line().saturating_sub(within);
        let begins = self.record.position().map_or(0, Position::line);
        if self.has_returns { behind } else { begins.max(behind.saturating_sub(1)) }
    }

    fn decode(&mut self) {
        // Cells of the row before are written over: a string for each cell of each row was a quarter of an import.
        self.cells.resize_with(self.record.len(), String::new);
        for (cell, text) in self.record.iter().zip(&mut self.cells) {
            self.guessed |= self.header.form.decode_into(cell, text);
        }
    }

    fn broken(&self, error: csv::Error) -> Result<BadRow, ImportError> {
        let reason = match error.kind() {
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("of {len} fields where the header has {expected_len}")
            }
            _ => return Err(unreadable(Path::new(&self.header.file), error)),
        };
        Ok(BadRow {
            file: self.header.file.clone(),
            line: self.line(),
            column: String::new(),
            value: String::new(),
            reason,
        })
    }
}

/// The names of a header; one that is a known column but for its case has the known name, unless that is there as well.
fn in_usual_case(names: &[String], known: &[&str]) -> Vec<String> {
    let usual = |name: &String| {
        let known = known.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        (!names.iter().any(|other| other == known)).then(|| (*known).to_owned())
    };
    names.iter().map(|name| usual(name).unwrap_or_else(|| name.clone())).collect()
}

/// What separates the columns of the first line: most of the signs in it.
fn delimiter_of(path: &Path) -> io::Result<u8> {
    let mut first = Vec::new();
    BufReader::new(File::open(path)?.take(1 << 16)).read_until(b'\n', &mut first)?;
    let count = |sign: u8| (first.iter().filter(|byte| **byte == sign).count(), sign == b',');
    Ok([b',', b';', b'\t'].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b','))
}

/// Whether the first line ends with a carriage return and a line feed.
fn has_returns(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    BufReader::new(File::open(path)?.take(1 << 16)).read_until(b'\n', &mut first)?;
    Ok(first.ends_with(b"\r\n"))
}

fn unreadable(path: &Path, error: csv::Error) -> ImportError {
    let path = path.to_owned();
    match error.into_kind() {
        ErrorKind::Io(source) => ImportError::Unreadable { path, source },
        other => ImportError::WrongForm { path, reason: format!("{other:?}") },
    }
}

fn separated_by(found: char, expected: u8) -> String {
    let (found, expected) = (named(found), named(char::from(expected)));
    format!(
        "its columns are separated by \"{found}\", not by \"{expected}\": say so in datapackage.json, with \
         \"dialect\": {{\"delimiter\": \"{found}\"}} at this resource, or save the file with commas"
    )
}

/// One row.
pub(super) struct Row<'a> {
    header: &'a Header,
    cells: &'a [String],
    line: u64,
}

impl<'a> Row<'a> {
    /// The line of the file on which it begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The text of a column; `None` where the value or the whole column is missing.
    pub(super) fn text(&self, column: &str) -> Option<&'a str> {
        self.told(*self.header.columns.get(column)?)
    }

    fn told(&self, at: usize) -> Option<&'a str> {
        let value = self.cells.get(at)?.trim();
        let form = &self.header.form;
        let is_missing = MISSING.contains(&value) || form.missing.iter().any(|missing| missing == value);
        let is_free_text =
            value.starts_with('\'') && form.free_text.contains(&self.header.names[at].as_str());
        (!is_missing).then_some(if is_free_text { without_mark(value) } else { value })
    }

    /// The columns beside these that have a value, as a JSON object of texts; `None`: there are none.
    pub(super) fn others(&self, known: &[&str]) -> Option<String> {
        self.others_and(known, None)
    }

    /// The same, with one more.
    pub(super) fn others_and(&self, known: &[&str], more: Option<&(&str, String)>) -> Option<String> {
        let names = self.header.names.iter().enumerate();
        let others: BTreeMap<&str, &str> = names
            .filter(|(_, name)| !name.is_empty() && *name != ORIGIN && !known.contains(&name.as_str()))
            .filter_map(|(at, name)| Some((name.as_str(), self.told(at)?)))
            .chain(more.map(|(name, value)| (*name, value.as_str())))
            .collect();
        if others.is_empty() { None } else { serde_json::to_string(&others).ok() }
    }

    /// Two rows with the same are equal, cell by cell.
    pub(super) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        // Where a row was told is the last cell of a table of ours, and no part of what it tells.
        let cells =
            self.header.form.origins.as_ref().map_or(self.cells, |_| &self.cells[..self.cells.len() - 1]);
        cells.hash(&mut hasher);
        hasher.finish()
    }

    /// The text of a column, owned.
    pub(super) fn owned(&self, column: &str) -> Option<String> {
        self.text(column).map(str::to_owned)
    }

    /// The text of a column that must have one.
    pub(super) fn required(&self, column: &str) -> Result<&'a str, BadRow> {
        self.text(column).ok_or_else(|| self.bad(column, "required"))
    }

    /// An instant with the offset that it was told with.
    pub(super) fn instant(&self, column: &str) -> Result<DateTime<FixedOffset>, BadRow> {
        let text = self.required(column)?;
        // ISO 8601 lets seconds, and the minutes of an offset, be left out.
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z"))
            .map_err(|_| self.bad(column, "not a time with an offset, as 2020-03-01T22:00:00Z"))
    }

    /// As [`Row::instant`], where it may be missing.
    pub(super) fn optional_instant(&self, column: &str) -> Result<Option<DateTime<FixedOffset>>, BadRow> {
        self.text(column).map(|_| self.instant(column)).transpose()
    }

    /// A number between `least` and `most`, both included.
    pub(super) fn number(&self, column: &str, least: f64, most: f64) -> Result<Option<f64>, BadRow> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match self.parse(text) {
            Some(value) if (least..=most).contains(&value) => Ok(Some(value)),
            None if text.contains(',') && self.header.form.decimal == '.' => Err(self.bad(
                column,
                "not a number with a decimal point; decimal commas are read where datapackage.json tells \
                 \"decimalChar\": \",\" or other signs than commas separate the columns",
            )),
            _ => Err(self.bad(column, &format!("not a number of {least} to {most}"))),
        }
    }

    /// A number; a decimal comma is one where it is told, or where it cannot be a separator.
    fn parse(&self, text: &str) -> Option<f64> {
        let form = &self.header.form;
        let plain = text.parse().ok().filter(|_| form.decimal == '.' || !text.contains('.'));
        plain.or_else(|| {
            let commas = form.decimal == ',' || form.delimiter != b',';
            (commas && text.matches(',').count() == 1 && !text.contains('.'))
                .then(|| text.replace(',', ".").parse().ok())
                .flatten()
        })
    }

    /// How many: a whole number of at least 1; `1.0` will do, as statistical software writes it.
    pub(super) fn count(&self, column: &str) -> Result<Option<u32>, BadRow> {
        const MOST: f64 = 1_000_000.0;
        let Some(text) = self.text(column) else { return Ok(None) };
        match self.parse(text) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole, 1 to a million"
            )]
            Some(value) if (1.0..=MOST).contains(&value) && value.fract() == 0.0 => Ok(Some(value as u32)),
            _ => Err(self.bad(column, "not a whole number of 1 to 1000000")),
        }
    }

    /// The number of something, from 0.
    pub(super) fn index(&self, column: &str) -> Result<usize, BadRow> {
        self.required(column)?.parse().map_err(|_| self.bad(column, "not a whole number from 0"))
    }

    /// One of a few words, in any case.
    pub(super) fn choice<T: Copy>(&self, column: &str, choices: &[(&str, T)]) -> Result<Option<T>, BadRow> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let found = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
        found.map(Some).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.bad(column, &format!("not one of {}", names.join(", ")))
        })
    }

    /// This row, with the value of `column` to blame. `reason` goes on after "is".
    pub(super) fn bad(&self, column: &str, reason: &str) -> BadRow {
        let at = self.header.columns.get(column);
        let origins = self.header.form.origins.as_ref();
        let told = origins.and_then(|origins| origins.find(self.text(ORIGIN)?, column));
        let (file, line, column) =
            told.unwrap_or_else(|| (self.header.file.clone(), self.line, column.to_owned()));
        BadRow {
            file,
            line,
            column,
            value: at.and_then(|at| self.cells.get(*at)).cloned().unwrap_or_default(),
            reason: reason.to_owned(),
        }
    }
}
