//! Rows of typed cells, before they have a format.

use chrono::{DateTime, FixedOffset, Utc};
use chrono_tz::Tz;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    Number(f64),
    /// A local time with its offset.
    Time(DateTime<FixedOffset>),
}

impl Cell<'_> {
    /// An instant as the clock shows it there.
    pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> Self {
        Self::Time(at.with_timezone(&zone).fixed_offset())
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

impl<'a> From<&'a String> for Cell<'a> {
    fn from(text: &'a String) -> Self {
        text.as_str().into()
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
        Self::Number(number as f64)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// A row in one piece: those that wait take little more room than their text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Packed(Box<[u8]>);

/// What stands before each cell.
mod tag {
    pub(super) const EMPTY: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const NUMBER: u8 = 2;
    pub(super) const TIME: u8 = 3;
}

impl Packed {
    pub(super) fn of<'a>(cells: impl IntoIterator<Item = Cell<'a>>) -> Self {
        let mut bytes = Vec::with_capacity(400);
        for cell in cells {
            match cell {
                Cell::Empty => bytes.push(tag::EMPTY),
                Cell::Text(text) => {
                    bytes.push(tag::TEXT);
                    bytes.extend(text.len().to_le_bytes());
                    bytes.extend(text.as_bytes());
                }
                Cell::Number(number) => {
                    bytes.push(tag::NUMBER);
                    bytes.extend(number.to_le_bytes());
                }
                Cell::Time(at) => {
                    bytes.push(tag::TIME);
                    bytes.extend(at.timestamp().to_le_bytes());
                    bytes.extend(at.timestamp_subsec_nanos().to_le_bytes());
                    bytes.extend(at.offset().local_minus_utc().to_le_bytes());
                }
            }
        }
        Self(bytes.into())
    }

    /// The cells as they were.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (tag, behind) = rest.split_first()?;
            rest = behind;
            Some(match *tag {
                tag::EMPTY => Cell::Empty,
                tag::TEXT => {
                    let length = usize::from_le_bytes(taken(&mut rest));
                    let (text, behind) = rest.split_at(length);
                    rest = behind;
                    Cell::Text(std::str::from_utf8(text).expect(PACKED))
                }
                tag::NUMBER => Cell::Number(f64::from_le_bytes(taken(&mut rest))),
                _ => {
                    let seconds = i64::from_le_bytes(taken(&mut rest));
                    let nanos = u32::from_le_bytes(taken(&mut rest));
                    let offset = FixedOffset::east_opt(i32::from_le_bytes(taken(&mut rest))).expect(PACKED);
                    let at = DateTime::from_timestamp(seconds, nanos).expect(PACKED);
                    Cell::Time(at.with_timezone(&offset))
                }
            })
        })
    }
}

const PACKED: &str = "it was packed above";

/// The first bytes, taken away.
fn taken<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (first, behind) = rest.split_first_chunk().expect(PACKED);
    *rest = behind;
    *first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_row_is_unpacked_as_it_was() {
        let at: DateTime<Utc> = "2025-11-02T06:30:00.123456Z".parse().unwrap();
        let cells = [
            Cell::from("buck"),
            Cell::from(""),
            Cell::from(None::<f64>),
            Cell::from(-0.1),
            Cell::from("\u{1f98c}, \"x\""),
            Cell::local(at, chrono_tz::America::Chicago),
            Cell::from(3_usize),
        ];
        let packed = Packed::of(cells);
        assert!(packed.cells().eq(cells), "{:?}", packed.cells().collect::<Vec<_>>());
        assert_eq!(Packed::of([]).cells().next(), None);
    }
}
