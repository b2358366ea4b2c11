//! What a table of ours is written from: its columns, said once for both databases, and the upsert that follows.

use chrono::{DateTime, Utc};

/// A row that can be stored.
pub(super) trait Stored: Sized + Sync + 'static {
    /// Where.
    const TABLE: Table<Self>;
}

/// A table and its columns, the key first.
pub(super) struct Table<R: 'static> {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column<R>],
    /// Whose rows an upsert may replace.
    pub(super) owner: Owner,
}

/// Whose rows an upsert may replace; others stay as they are, and are not counted as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Anybody's.
    Anybody,
    /// Those of the row's own data set.
    Dataset,
    /// The same, and those of no data set.
    DatasetOrNobody,
}

/// A column and where its value comes from.
pub(super) struct Column<R: 'static> {
    pub(super) name: &'static str,
    pub(super) value: Value<R>,
    /// The table of its own that SQLite has it in.
    pub(super) apart: Option<&'static str>,
    again: Again,
}

/// The value of a column in a row, by its type.
#[derive(Clone, Copy)]
pub(super) enum Value<R: 'static> {
    Text(fn(&R) -> Option<&str>),
    Float(fn(&R) -> Option<f64>),
    Integer(fn(&R) -> Option<u32>),
    Offset(fn(&R) -> Option<i32>),
    Boolean(fn(&R) -> Option<bool>),
    Instant(fn(&R) -> Option<DateTime<Utc>>),
    Vector(fn(&R) -> Option<&[f32]>),
}

impl<R> Value<R> {
    /// Whether the row has a value.
    pub(super) fn is_told(&self, row: &R) -> bool {
        match self {
            Self::Text(of) => of(row).is_some(),
            Self::Float(of) => of(row).is_some(),
            Self::Integer(of) => of(row).is_some(),
            Self::Offset(of) => of(row).is_some(),
            Self::Boolean(of) => of(row).is_some(),
            Self::Instant(of) => of(row).is_some(),
            Self::Vector(of) => of(row).is_some(),
        }
    }
}

/// What becomes of the column when the row is written again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    Replaced,
    /// People may have said otherwise since.
    Kept,
    /// Replaced where the new row has a value: what was made since stays.
    ReplacedIfTold,
}

/// What people said since stays when the row is written again.
pub(super) const fn kept<R>(column: Column<R>) -> Column<R> {
    Column { again: Again::Kept, ..column }
}

/// What was made since stays, unless the row has it.
pub(super) const fn if_told<R>(column: Column<R>) -> Column<R> {
    Column { again: Again::ReplacedIfTold, ..column }
}

/// SQLite has it in a table of its own, so that questions which do not want it need not page through it.
pub(super) const fn apart<R>(table: &'static str, column: Column<R>) -> Column<R> {
    Column { apart: Some(table), ..column }
}

/// A constructor for each type of value.
macro_rules! columns {
    ($($function:ident: $variant:ident($value:ty),)*) => {
        $(pub(super) const fn $function<R>(name: &'static str, of: fn(&R) -> Option<$value>) -> Column<R> {
            Column { name, value: Value::$variant(of), apart: None, again: Again::Replaced }
        })*
    };
}

columns! {
    text: Text(&str),
    float: Float(f64),
    integer: Integer(u32),
    offset: Offset(i32),
    boolean: Boolean(bool),
    instant: Instant(DateTime<Utc>),
    vector: Vector(&[f32]),
}

impl<R> Table<R> {
    /// The statement that writes these columns of what `rows` says: `values (?, ...)`, `select ...`. A row that is there
    /// is written again.
    pub(super) fn upsert(&self, columns: &[&Column<R>], rows: &str) -> String {
        let names: Vec<String> = columns.iter().map(|column| column.quoted()).collect();
        let again: Vec<String> = columns.iter().skip(1).filter_map(|column| self.again(column)).collect();
        format!(
            "insert into {} ({}) {rows} on conflict (id) do update set {}{}",
            self.name,
            names.join(", "),
            again.join(", "),
            self.if_owned()
        )
    }

    fn again(&self, column: &Column<R>) -> Option<String> {
        let (table, column, again) = (self.name, column.quoted(), column.again);
        match again {
            Again::Kept => None,
            Again::Replaced => Some(format!("{column} = excluded.{column}")),
            Again::ReplacedIfTold => {
                Some(format!("{column} = coalesce(excluded.{column}, {table}.{column})"))
            }
        }
    }

    fn if_owned(&self) -> String {
        let table = self.name;
        let is_own = format!("{table}.dataset_id is not distinct from excluded.dataset_id");
        match self.owner {
            Owner::Anybody => String::new(),
            Owner::Dataset => format!(" where {is_own}"),
            Owner::DatasetOrNobody => format!(" where {table}.dataset_id is null or {is_own}"),
        }
    }
}

impl<R> Column<R> {
    /// `start` and `end` are words of SQL.
    fn quoted(&self) -> String {
        format!("\"{}\"", self.name)
    }
}
