//! Tables of one row for each thing that was seen on a photograph, whatever a tool or a project calls its columns: a
//! mapping says which column tells what. Timelapse, DeepFaune, Camelot and camtrapR are read by it.

mod mapping;
mod rows;

use crate::error::ImportError;
use crate::given::Given;

pub(crate) use mapping::Mapping;
pub(crate) use rows::{By, Table, read};

/// The table with these columns; where none has them (a source was named, or a mapping given), the one CSV.
///
/// # Errors
/// When it is none or several.
pub(crate) fn table_of<'a>(given: &'a Given, what: &str, columns: &[&str]) -> Result<&'a str, ImportError> {
    let mut tables = given.tables(columns);
    if tables.is_empty() {
        tables = given.named(|name| name.ends_with(".csv"));
    }
    given.only(what, &tables)
}
