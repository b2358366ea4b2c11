//! What goes along with reading: progress, rows that were left out and why, and the choice to stop at a bad one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Options;
use super::summary::{Notes, Orphans, Skipped};
use crate::error::{BadRow, ImportError};
use crate::progress::OnProgress;
use crate::table::{Row, Table};
use crate::told_rows::key;

/// How many bad rows a summary shows; the rest is counted.
const SHOWN_BAD_ROWS: usize = 20;
/// Progress is told once in so many rows.
const ROWS_A_STEP: u64 = 250;
/// What a row is whose deployment is not there, after "is".
pub(super) const ORPHAN: &str = "not among the deployments";

/// The course of one import.
pub(super) struct Reading<'a> {
    pub(super) options: &'a Options,
    progress: OnProgress<'a>,
    read: u64,
    total: u64,
    skipped: BTreeMap<&'static str, u64>,
    /// By deployment that is not there: rows of media, rows of observations.
    orphans: BTreeMap<String, Orphans>,
    bad_rows: Vec<BadRow>,
    bad_row_count: u64,
    pub(super) notes: Notes,
    /// The table that is read is that of the media.
    pub(super) in_media: bool,
    /// Bad rows were told when they were read first.
    is_again: bool,
}

impl<'a> Reading<'a> {
    pub(super) fn new(options: &'a Options, total: u64, progress: OnProgress<'a>) -> Self {
        Self {
            options,
            progress,
            read: 0,
            total,
            skipped: BTreeMap::new(),
            orphans: BTreeMap::new(),
            bad_rows: Vec::new(),
            bad_row_count: 0,
            notes: Notes::default(),
            in_media: false,
            is_again: false,
        }
    }

    /// The rows are read once more: what is to be told of them was told, and nothing is shown.
    pub(super) fn again<'b>(&self, progress: OnProgress<'b>) -> Reading<'b>
    where
        'a: 'b,
    {
        Reading { is_again: true, ..Reading::new(self.options, self.total, progress) }
    }

    /// One more row was read: its value, or `None` when it is bad and may be left out. Of rows without their deployment
    /// all are counted before the first stops an import ([`Reading::refuse_orphans`]).
    pub(super) fn accept<T>(&mut self, row: Result<T, BadRow>) -> Result<Option<T>, ImportError> {
        self.read += 1;
        if self.read.is_multiple_of(ROWS_A_STEP) {
            (self.progress)(self.read, self.total);
        }
        let bad = match row {
            Ok(value) => return Ok(Some(value)),
            Err(bad) => bad,
        };
        if self.is_again {
            return Ok(None);
        }
        let is_orphan = bad.reason == ORPHAN;
        if is_orphan {
            let orphans = self.orphans.entry(bad.value.clone()).or_insert_with(|| Orphans::of(&bad.value));
            orphans.add(self.in_media);
        } else if !self.options.skip_invalid {
            return Err(ImportError::BadRow(bad));
        }
        self.bad_row_count += 1;
        if self.bad_rows.len() < SHOWN_BAD_ROWS && !(is_orphan && self.options.skip_invalid) {
            self.bad_rows.push(bad);
        }
        Ok(None)
    }

    /// Stops here when a row has no deployment and such rows may not be left out.
    pub(super) fn refuse_orphans(&mut self) -> Result<(), ImportError> {
        if self.options.skip_invalid || self.orphans.is_empty() {
            return Ok(());
        }
        let first = Box::new(self.bad_rows.swap_remove(0));
        let counts: Vec<String> = self.orphans.values().map(ToString::to_string).collect();
        Err(ImportError::NoDeployment { first, counts: counts.join("; ") })
    }

    /// How many rows could not be used, and the first of them, as the end of a sentence; empty: all could.
    pub(super) fn unused(&self) -> String {
        let first = self.bad_rows.first().map(|bad| format!(", the first: {bad}")).unwrap_or_default();
        match self.bad_row_count {
            0 => String::new(),
            1 => format!("; 1 row could not be used{first}"),
            some => format!("; {some} rows could not be used{first}"),
        }
    }

    /// Good rows that are not taken.
    pub(super) fn skip(&mut self, reason: &'static str, rows: u64) {
        if rows > 0 {
            *self.skipped.entry(reason).or_default() += rows;
        }
    }

    /// A table was read to its end; so many of its rows were equal to another.
    pub(super) fn note_table(&mut self, table: &Table, name: &str, equal: u64) {
        if equal > 0 {
            *self.notes.equal_rows.entry(name.to_owned()).or_default() += equal;
        }
        if table.has_guessed_letters() && !self.notes.guessed_letters.iter().any(|known| known == name) {
            self.notes.guessed_letters.push(name.to_owned());
        }
    }

    /// The end of reading: what was not taken.
    pub(super) fn finish(self) -> Left {
        (self.progress)(self.total, self.total);
        let skipped = self.skipped.into_iter().map(|(reason, rows)| Skipped { reason: reason.into(), rows });
        Left {
            skipped: skipped.collect(),
            orphans: self.orphans.into_values().collect(),
            bad_rows: self.bad_rows,
            bad_row_count: self.bad_row_count,
            notes: self.notes,
        }
    }
}

/// What was not taken.
pub(super) struct Left {
    pub(super) skipped: Vec<Skipped>,
    pub(super) orphans: Vec<Orphans>,
    pub(super) bad_rows: Vec<BadRow>,
    pub(super) bad_row_count: u64,
    pub(super) notes: Notes,
}

/// Rows by their ids: an equal row is the same row once more, another one of the same id is a bad row.
#[derive(Default)]
pub(super) struct Twice {
    seen: HashMap<String, u64>,
    /// Those of earlier groups, as hashes. Equal rows are of one deployment, and so of one group.
    earlier: HashSet<u128>,
    pub(super) equal: u64,
}

impl Twice {
    /// Begins with the rows of the next group.
    pub(super) fn next_group(&mut self) {
        self.earlier.extend(self.seen.drain().map(|(id, _)| key(&id)));
        self.equal = 0;
    }

    /// Reads a row; `None` when an equal one was read before.
    pub(super) fn check<T>(
        &mut self,
        row: &Row<'_>,
        column: &str,
        read: impl FnOnce(&Row<'_>) -> Result<T, BadRow>,
    ) -> Result<Option<T>, BadRow> {
        let (id, hash) = (row.required(column)?, row.hash());
        match self.seen.get(id) {
            Some(seen) if *seen == hash => {
                self.equal += 1;
                Ok(None)
            }
            Some(_) => Err(row.bad(column, "not unique, and the rows differ")),
            None if !self.earlier.is_empty() && self.earlier.contains(&key(id)) => {
                Err(row.bad(column, "not unique, and the rows differ"))
            }
            None => {
                let value = read(row)?;
                self.seen.insert(id.to_owned(), hash);
                Ok(Some(value))
            }
        }
    }
}
