//! What goes along with reading: progress, rows that were left out and why, and the choice to stop at a bad one.

use std::collections::BTreeMap;

use deertrack_catalog::store::Level;

use super::deployments::Stands;
use super::observations::Taken;
use super::summary::{Skipped, Summary};
use super::survey::Survey;
use super::{Observations, Options};
use crate::error::{BadRow, ImportError};
use crate::progress::OnProgress;

/// How many bad rows a summary shows; the rest is counted.
const SHOWN_BAD_ROWS: usize = 20;
/// Progress is told once in so many rows.
const ROWS_A_STEP: u64 = 250;

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

    pub(super) fn finish(
        self,
        dataset: String,
        survey: &Survey,
        stands: &Stands,
        taken: &Taken,
        removed: u64,
    ) -> Summary {
        (self.progress)(self.total, self.total);
        let skipped = self.skipped.into_iter().map(|(reason, rows)| Skipped { reason: reason.into(), rows });
        Summary {
            dataset,
            level: survey.level.name(),
            level_reason: level_reason(self.options.observations, survey.level),
            species: self.options.species.clone(),
            places: stands.place_count(),
            deployments: stands.ids().len(),
            images: taken.images.len(),
            detections: taken.detections.len(),
            animals: taken.animals,
            classes: taken.classes.clone(),
            individuals: taken.individuals.len(),
            incomplete_boxes: taken.incomplete_boxes,
            has_media: survey.has_media,
            skipped: skipped.collect(),
            bad_rows: self.bad_rows,
            bad_row_count: self.bad_row_count,
            removed,
        }
    }
}

fn level_reason(asked: Observations, level: Level) -> &'static str {
    match (asked, level) {
        (Observations::Auto, Level::Event) => "the package has event-level rows of what was chosen",
        (Observations::Auto, Level::Media) => "the package has no event-level rows of what was chosen",
        (Observations::Event | Observations::Media, _) => "as asked",
    }
}
