//! Rows in the binary form of `COPY`: <https://www.postgresql.org/docs/current/sql-copy.html>. A row is the number of its
//! cells (16 bits) and for each its length (32 bits, -1 for null) and bytes, all numbers big-endian. The form tells no types:
//! they are those of the statement.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgColumn, PgStatement};
use sqlx::{Column, Error, Statement, TypeInfo};

use crate::cells::AnyRow;

/// What stands before the first row, with flags and the length of an extension, of which there are none.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Instants are microseconds since then.
const Y2000: DateTime<Utc> = DateTime::from_timestamp(946_684_800, 0).expect("a second that there was");

/// How the bytes of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Float,
    Integer,
    Boolean,
    Instant,
    Bytes,
    /// Of floats of 32 bits.
    Array,
    Other,
}

impl Form {
    fn of(column: &PgColumn) -> Self {
        match column.type_info().name() {
            "TEXT" | "VARCHAR" | "NAME" | "CHAR" => Self::Text,
            "FLOAT8" => Self::Float,
            "INT4" => Self::Integer,
            "BOOL" => Self::Boolean,
            "TIMESTAMPTZ" => Self::Instant,
            "BYTEA" => Self::Bytes,
            "FLOAT4[]" => Self::Array,
            name if name.eq_ignore_ascii_case("citext") => Self::Text,
            _ => Self::Other,
        }
    }
}

/// The columns of a statement, and one row after another.
pub(crate) struct Copied<B> {
    columns: Vec<(String, Form)>,
    bytes: B,
    /// Where each cell is.
    cells: Vec<Option<Range<usize>>>,
}

impl<B: AsRef<[u8]> + Default> Copied<B> {
    pub(super) fn of(statement: &PgStatement) -> Self {
        let columns = statement.columns();
        Self {
            columns: columns.iter().map(|column| (column.name().to_owned(), Form::of(column))).collect(),
            bytes: B::default(),
            cells: Vec::with_capacity(columns.len()),
        }
    }

    /// Takes the next message; whether it has a row.
    pub(super) fn take(&mut self, message: B) -> Result<bool, Error> {
        let bytes = message.as_ref();
        let mut at = if bytes.starts_with(HEADER) { HEADER.len() } else { 0 };
        self.cells.clear();
        // There is no row, or what ends them.
        if at == bytes.len() || bytes.get(at..at + 2) == Some(&[0xff, 0xff]) {
            return Ok(false);
        }
        at += 2;
        for _ in &self.columns {
            let length = bytes.get(at..at + 4).and_then(|length| length.try_into().ok()).ok_or_else(cut)?;
            at += 4;
            self.cells.push(match usize::try_from(i32::from_be_bytes(length)) {
                Err(_null) => None,
                Ok(length) if at + length <= bytes.len() => {
                    at += length;
                    Some(at - length..at)
                }
                Ok(_) => return Err(cut()),
            });
        }
        if at < bytes.len() {
            return Err(cut());
        }
        self.bytes = message;
        Ok(true)
    }

    fn cell(&self, column: usize, form: Form) -> Result<Option<&[u8]>, Error> {
        let out_of_bounds = || Error::ColumnIndexOutOfBounds { index: column, len: self.columns.len() };
        let (_, of) = self.columns.get(column).ok_or_else(out_of_bounds)?;
        match self.cells.get(column).cloned().flatten() {
            None => Ok(None),
            Some(_) if *of != form => Err(self.wrong(column, format!("it is no {form:?}"))),
            Some(range) => Ok(self.bytes.as_ref().get(range)),
        }
    }

    /// A column of bytes.
    pub(super) fn is_bytes(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|(_, form)| *form == Form::Bytes)
    }

    pub(super) fn bytes(&self, column: usize) -> Result<Option<&[u8]>, Error> {
        self.cell(column, Form::Bytes)
    }

    pub(super) fn floats(&self, column: usize) -> Result<Option<Vec<f32>>, Error> {
        let array = self.cell(column, Form::Array)?;
        array
            .map(|array| floats(array).ok_or_else(|| self.wrong(column, "it is no list of numbers")))
            .transpose()
    }

    fn number<const SIZE: usize>(&self, column: usize, form: Form) -> Result<Option<[u8; SIZE]>, Error> {
        let number = self.cell(column, form)?.map(<[u8; SIZE]>::try_from).transpose();
        number.map_err(|error| self.wrong(column, error))
    }

    fn wrong(&self, column: usize, why: impl Into<BoxDynError>) -> Error {
        Error::ColumnDecode { index: format!("{:?}", self.name(column)), source: why.into() }
    }
}

fn cut() -> Error {
    Error::Protocol("a row of COPY is not as long as it says".to_owned())
}

impl<B: AsRef<[u8]> + Default> AnyRow for Copied<B> {
    fn name(&self, column: usize) -> &str {
        self.columns.get(column).map_or("", |(name, _)| name)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, Error> {
        let text = self.cell(column, Form::Text)?.map(std::str::from_utf8).transpose();
        text.map_err(|error| self.wrong(column, error))
    }

    fn float(&self, column: usize) -> Result<Option<f64>, Error> {
        Ok(self.number(column, Form::Float)?.map(f64::from_be_bytes))
    }

    fn integer(&self, column: usize) -> Result<Option<i32>, Error> {
        Ok(self.number(column, Form::Integer)?.map(i32::from_be_bytes))
    }

    fn boolean(&self, column: usize) -> Result<Option<bool>, Error> {
        Ok(self.number(column, Form::Boolean)?.map(|[byte]| byte != 0))
    }

    fn instant(&self, column: usize) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(micros) = self.number(column, Form::Instant)?.map(i64::from_be_bytes) else {
            return Ok(None);
        };
        let at = Y2000.checked_add_signed(TimeDelta::microseconds(micros));
        at.map(Some)
            .ok_or_else(|| self.wrong(column, format!("{micros} microseconds since 2000 is no instant")))
    }
}

/// An array of floats: its dimensions, whether there are nulls, their type, then for each dimension its length and first
/// index, then each with its length. A null among the numbers is none; whoever checks the vector will name the row.
fn floats(mut array: &[u8]) -> Option<Vec<f32>> {
    let mut integer = || {
        let (number, rest) = array.split_first_chunk::<4>()?;
        array = rest;
        Some(i32::from_be_bytes(*number))
    };
    let dimensions = integer()?;
    let (_has_nulls, _type) = (integer()?, integer()?);
    if dimensions == 0 {
        return Some(Vec::new());
    }
    let mut length = 1;
    for _ in 0..dimensions {
        length *= usize::try_from(integer()?).ok()?;
        integer()?;
    }
    (0..length)
        .map(|_| match integer()? {
            4 => Some(f32::from_bits(integer()?.cast_unsigned())),
            -1 => Some(f32::NAN),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[Form], message: &[u8]) -> (Copied<Vec<u8>>, Result<bool, Error>) {
        let columns = columns.iter().enumerate().map(|(at, form)| (format!("c{at}"), *form)).collect();
        let mut row = Copied { columns, bytes: Vec::new(), cells: Vec::new() };
        let taken = row.take(message.to_vec());
        (row, taken)
    }

    #[test]
    fn cells_are_read_behind_the_header_and_nulls_are_none() {
        let message =
            [HEADER, b"\0\x03\0\0\0\x02\xc3\xa9\xff\xff\xff\xff\0\0\0\x08\0\0\0\0\0\0\0\x01"].concat();
        let (row, taken) = row(&[Form::Text, Form::Float, Form::Instant], &message);
        assert!(taken.unwrap());
        assert_eq!((row.text(0).unwrap(), row.float(1).unwrap()), (Some("é"), None));
        assert_eq!(row.instant(2).unwrap(), Some("2000-01-01T00:00:00.000001Z".parse().unwrap()));
        let wrong = row.integer(0).unwrap_err().to_string();
        assert!(wrong.contains("\"c0\"") && wrong.contains("Integer"), "{wrong}");
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_refused_and_the_end_is_no_row() {
        let one = b"\0\x01\0\0\0\x04\0\0\0\x07";
        let (seven, taken) = row(&[Form::Integer], one);
        assert_eq!((taken.unwrap(), seven.integer(0).unwrap()), (true, Some(7)));
        for message in [&one[..9], &one[..5], &[one.as_slice(), b"x"].concat()] {
            assert!(row(&[Form::Integer], message).1.is_err(), "{message:?}");
        }
        assert!(!row(&[Form::Integer], b"\xff\xff").1.unwrap());
        assert!(!row(&[Form::Integer], HEADER).1.unwrap());
    }

    #[test]
    fn a_null_among_numbers_is_none() {
        let head = b"\0\0\0\x01\0\0\0\x01\0\0\x02\xbc\0\0\0\x02\0\0\0\x01";
        let array = [head.as_slice(), b"\0\0\0\x04\x3f\x80\0\0\xff\xff\xff\xff"].concat();
        let numbers = floats(&array).unwrap();
        assert!(numbers[0] == 1.0 && numbers[1].is_nan() && numbers.len() == 2);
        assert_eq!(floats(&array[..22]), None);
        assert_eq!(floats(&[0; 12]), Some(Vec::new()));
    }
}
