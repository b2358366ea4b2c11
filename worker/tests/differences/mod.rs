//! Two versions of one table, cell by cell.

use std::collections::BTreeMap;

/// Each value of a row by the name of its column.
pub(crate) type Row = BTreeMap<String, String>;
/// The rows of a table by their keys.
pub(crate) type Table = BTreeMap<String, Row>;

/// What the standard takes for a missing value.
const MISSING: [&str; 4] = ["", "NA", "NaN", "nan"];

/// The rows by the first column; only cells that have a value.
pub(crate) fn table(bytes: &[u8]) -> Table {
    let mut reader = csv::Reader::from_reader(bytes);
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| {
        let cells = columns.iter().cloned().zip(row.iter().map(str::to_owned));
        (row[0].to_owned(), cells.filter(|(_, cell)| !MISSING.contains(&cell.as_str())).collect())
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// As a reader takes a cell: numbers by value, times by instant and offset, text by the byte.
fn is_same(one: &str, other: &str) -> bool {
    let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).ok();
    match (one.parse::<f64>(), other.parse::<f64>(), time(one), time(other)) {
        (Ok(one), Ok(other), _, _) => one == other,
        (_, _, Some(one), Some(other)) => one == other && one.offset() == other.offset(),
        _ => one == other,
    }
}

/// Every difference of two tables, as "key, column: before -> after".
pub(crate) fn differences(before: &Table, after: &Table) -> Vec<String> {
    let mut found = Vec::new();
    for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
        let (Some(old), Some(new)) = (before.get(key), after.get(key)) else {
            found.push(format!("{key}: {}", if before.contains_key(key) { "gone" } else { "new" }));
            continue;
        };
        for column in old.keys().chain(new.keys().filter(|column| !old.contains_key(*column))) {
            let cell = |row: &Row| row.get(column).cloned().unwrap_or_default();
            if !is_same(&cell(old), &cell(new)) {
                found.push(format!("{key}, {column}: {:?} -> {:?}", cell(old), cell(new)));
            }
        }
    }
    found
}
