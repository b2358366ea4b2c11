//! A table of typed cells, before it has a format.

use chrono::{DateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// One table.
pub(super) struct Sheet {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// As many cells in each as there are columns.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    /// A local time with its zone.
    Time(DateTime<Tz>),
}

impl Cell {
    /// An instant as the clock shows it there.
    pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> Self {
        Self::Time(zone.from_utc_datetime(&at.naive_utc()))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
        Self::Number(number as f64)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}
