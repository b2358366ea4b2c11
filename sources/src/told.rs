//! What a source was taken for: files, the meaning of labels, what is left out. Said before the summary of an import, and
//! by a dry run.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::error::BadRow;

/// How many labels are shown by name; the rest is counted.
const SHOWN: usize = 20;
/// How many bad rows are shown; the rest is counted.
pub(crate) const SHOWN_BAD_ROWS: usize = 20;

/// What a source was taken for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    /// Its name in the list of sources.
    pub source: String,
    /// What it is, for people.
    pub about: String,
    /// Rows that were read, by file.
    pub files: BTreeMap<String, u64>,
    /// What each label means, and how many rows have it.
    pub names: BTreeMap<String, Meaning>,
    /// What was not taken of it, and how much.
    pub left_out: BTreeMap<String, u64>,
    /// What else one should know.
    pub notes: Vec<String>,
    /// The first of the rows that could not be used.
    pub bad_rows: Vec<BadRow>,
    /// How many could not be used in all.
    pub bad_row_count: u64,
}

/// What a label means.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Meaning {
    /// In words.
    pub means: String,
    /// Rows that have it.
    pub rows: u64,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.source.is_empty() {
            return Ok(());
        }
        writeln!(f, "{}: {}", self.source, self.about)?;
        let files = self.files.iter().map(|(file, rows)| format!("{file} ({rows} rows)"));
        let files: Vec<String> = files.collect();
        if !files.is_empty() {
            writeln!(f, "  read: {}", files.join(", "))?;
        }
        let mut names: Vec<_> = self.names.iter().collect();
        names.sort_by_key(|(name, meaning)| (std::cmp::Reverse(meaning.rows), *name));
        for (name, Meaning { means, rows }) in names.iter().take(SHOWN) {
            writeln!(f, "  {name:?}: {means} ({rows} rows)")?;
        }
        if names.len() > SHOWN {
            writeln!(f, "  and {} labels more", names.len() - SHOWN)?;
        }
        for (why, rows) in &self.left_out {
            writeln!(f, "  left out: {rows} {why}")?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        for bad in &self.bad_rows {
            writeln!(f, "  bad row: {bad}")?;
        }
        let unshown = self.bad_row_count - self.bad_rows.len() as u64;
        if unshown > 0 {
            writeln!(f, "  and {unshown} more bad rows")?;
        }
        Ok(())
    }
}
