//! `--times`: a CSV file that tells when photographs and videos were taken that do not tell it themselves.

use std::collections::HashMap;
use std::path::Path;

use crate::error::ImportError;
use crate::file_name::plain_path;
use crate::local_time::{DateOrder, Written, read as read_time};
use crate::table::Table;

/// Reads the file, by path.
///
/// # Errors
/// When it is of another form, or a row is wrong.
pub(super) fn read(path: &Path, order: Option<DateOrder>) -> Result<HashMap<String, Written>, ImportError> {
    let mut times = HashMap::new();
    let mut table = Table::of_people(path, &[&["file", "path"], &["time", "datetime", "timestamp"]])?;
    while let Some(row) = table.next(|row| {
        let file = plain_path(row.required("file")?);
        let written = read_time(row.required("time")?, order).map_err(|why| row.bad("time", why))?;
        if times.contains_key(&file) { Err(row.bad("file", "told twice")) } else { Ok((file, written)) }
    })? {
        let (file, written) = row.map_err(ImportError::BadCorrection)?;
        times.insert(file, written);
    }
    Ok(times)
}
