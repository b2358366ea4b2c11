//! What goes along with reading any table: progress, rows that were left out and why, and the choice to stop at a bad
//! one. What is in the rows is the duty of `deployments`, `media` and `observations`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::options::Options;
use crate::error::{BadRow, ImportError};
use crate::progress::OnProgress;

/// How many bad rows a summary shows; the rest is counted.
const SHOWN_BAD_ROWS: usize = 20;
/// Progress is told once in so many rows.
const ROWS_A_STEP: u64 = 250;

/// Rows that were not taken for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skipped {
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// The rows that were left out.
pub(super) struct Left {
    pub(super) skipped: Vec<Skipped>,
    pub(super) bad_rows: Vec<BadRow>,
    pub(super) bad_row_count: u64,
}

/// The course of one import.
pub(super) struct Reading<'a> {
    pub(super) options: &'a Options,
    progress: OnProgress<'a>,
    read: u64,
    total: u64,
    skipped: BTreeMap<&'static str, u64>,
    bad_rows: Vec<BadRow>,
    bad_row_count: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(options: &'a Options, total: u64, progress: OnProgress<'a>) -> Self {
        Self {
            options,
            progress,
            read: 0,
            total,
            skipped: BTreeMap::new(),
            bad_rows: Vec::new(),
            bad_row_count: 0,
        }
    }

    /// One more row was read: its value, or `None` when it is bad and may be left out.
    pub(super) fn accept<T>(&mut self, row: Result<T, BadRow>) -> Result<Option<T>, ImportError> {
        self.read += 1;
        if self.read.is_multiple_of(ROWS_A_STEP) {
            (self.progress)(self.read, self.total);
        }
        match row {
            Ok(value) => Ok(Some(value)),
            Err(bad) if self.options.skip_invalid => {
                self.bad_row_count += 1;
                if self.bad_rows.len() < SHOWN_BAD_ROWS {
                    self.bad_rows.push(bad);
                }
                Ok(None)
            }
            Err(bad) => Err(ImportError::BadRow(bad)),
        }
    }

    /// A good row that is not taken.
    pub(super) fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    pub(super) fn finish(self) -> Left {
        (self.progress)(self.total, self.total);
        let skipped = self.skipped.into_iter().map(|(reason, rows)| Skipped { reason: reason.into(), rows });
        Left { skipped: skipped.collect(), bad_rows: self.bad_rows, bad_row_count: self.bad_row_count }
    }
}
