//! Rows whose cells are read one after another, in the order in which their statement names them: of millions of rows,
//! finding each cell by its name takes as long as reading it. That statement and row agree is checked in every debug
//! build, at every row.

use chrono::{DateTime, Utc};
use sqlx::error::UnexpectedNullError;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Column, ColumnIndex, Decode, Error, Row, Type};

use crate::micros::Micros;

/// A row of either database. All cells may be null; the errors are those of [`Row::try_get`].
pub(crate) trait AnyRow {
    /// What the statement calls a column.
    fn name(&self, column: usize) -> &str;
    fn text(&self, column: usize) -> Result<Option<&str>, Error>;
    fn float(&self, column: usize) -> Result<Option<f64>, Error>;
    fn integer(&self, column: usize) -> Result<Option<i32>, Error>;
    fn boolean(&self, column: usize) -> Result<Option<bool>, Error>;
    fn instant(&self, column: usize) -> Result<Option<DateTime<Utc>>, Error>;
}

macro_rules! any_row {
    ($row:ident, $instant:ty) => {
        impl AnyRow for $row {
            fn name(&self, column: usize) -> &str {
                self.column(column).name()
            }

            fn text(&self, column: usize) -> Result<Option<&str>, Error> {
                get(self, column)
            }

            fn float(&self, column: usize) -> Result<Option<f64>, Error> {
                get(self, column)
            }

            fn integer(&self, column: usize) -> Result<Option<i32>, Error> {
                get(self, column)
            }

            fn boolean(&self, column: usize) -> Result<Option<bool>, Error> {
                get(self, column)
            }

            fn instant(&self, column: usize) -> Result<Option<DateTime<Utc>>, Error> {
                Ok(get::<_, Option<$instant>>(self, column)?.map(Into::into))
            }
        }
    };
}

any_row!(PgRow, DateTime<Utc>);
any_row!(SqliteRow, Micros);

fn get<'r, R, T>(row: &'r R, column: usize) -> Result<T, Error>
where
    R: Row,
    usize: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get(column).map_err(|error| match error {
        Error::ColumnDecode { source, .. } => {
            Error::ColumnDecode { index: format!("{:?}", row.column(column).name()), source }
        }
        other => other,
    })
}

/// What is in a cell.
pub(crate) trait Cell<'r>: Sized {
    fn of<R: AnyRow>(row: &'r R, column: usize) -> Result<Self, Error>;
}

macro_rules! cell {
    ($of:ty, $read:ident) => {
        impl<'r> Cell<'r> for Option<$of> {
            fn of<R: AnyRow>(row: &'r R, column: usize) -> Result<Self, Error> {
                Ok(row.$read(column)?.map(Into::into))
            }
        }

        impl<'r> Cell<'r> for $of {
            fn of<R: AnyRow>(row: &'r R, column: usize) -> Result<Self, Error> {
                Option::<$of>::of(row, column)?.ok_or_else(|| Error::ColumnDecode {
                    index: format!("{:?}", row.name(column)),
                    source: Box::new(UnexpectedNullError),
                })
            }
        }
    };
}

cell!(String, text);
cell!(&'r str, text);
cell!(f64, float);
cell!(i32, integer);
cell!(bool, boolean);
cell!(DateTime<Utc>, instant);

/// The cells of a row, from the first on.
pub(crate) struct Cells<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R: AnyRow> Cells<'r, R> {
    pub(crate) fn of(row: &'r R) -> Self {
        Self { row, next: 0 }
    }

    /// Which column is next.
    pub(crate) fn at(&self) -> usize {
        self.next
    }

    /// The next one, which the statement calls `name`.
    pub(crate) fn next<T: Cell<'r>>(&mut self, name: &'static str) -> Result<T, Error> {
        let column = self.next;
        debug_assert_eq!(self.row.name(column), name, "column {column}");
        self.next += 1;
        T::of(self.row, column)
    }
}

/// A row whose fields are the columns of its statement, in their order. Texts that are only looked at are borrowed.
macro_rules! row {
    ($(#[$about:meta])* $visible:vis struct $name:ident { $($field:ident: $of:ty,)* }) => {
        $(#[$about])*
        $visible struct $name<'r> {
            $($field: $of,)*
        }

        impl<'r> $name<'r> {
            /// Reads its cells.
            $visible fn next<R: $crate::cells::AnyRow>(
                cells: &mut $crate::cells::Cells<'r, R>,
            ) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: cells.next(stringify!($field))?,)* })
            }
        }
    };
}

pub(crate) use row;
