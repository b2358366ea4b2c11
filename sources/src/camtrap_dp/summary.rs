//! What an import did, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use deertrack_catalog::store::Level;
use serde::Serialize;

use super::deployments::Stands;
use super::observations::Taken;
use super::options::{Observations, Options};
use super::reading::{Left, Skipped};
use super::survey::Survey;
use crate::error::BadRow;

/// What was taken, what was not, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Title of the package.
    pub dataset: String,
    /// The level that was taken: `event` or `media`.
    pub level: &'static str,
    /// Why that one.
    pub level_reason: &'static str,
    /// The species that were chosen; none: every animal.
    pub species: Vec<String>,
    /// Camera places.
    pub places: usize,
    /// Deployments.
    pub deployments: usize,
    /// Images, and events without images.
    pub images: usize,
    /// Detections.
    pub detections: usize,
    /// Animals in them: the sum of their counts.
    pub animals: u64,
    /// Detections of each class.
    pub classes: BTreeMap<&'static str, u64>,
    /// Animals known by name.
    pub individuals: usize,
    /// Rows with a part of a bounding box only; they were taken, without a box.
    pub incomplete_boxes: u64,
    /// Whether the package brought its `media.csv`.
    pub has_media: bool,
    /// Good rows that were not taken.
    pub skipped: Vec<Skipped>,
    /// The first of the rows that could not be used.
    pub bad_rows: Vec<BadRow>,
    /// How many they were in all.
    pub bad_row_count: u64,
    /// Rows of an earlier import of this package that this one did not take and so removed.
    pub removed: u64,
}

impl Summary {
    pub(super) fn of(
        dataset: String,
        options: &Options,
        survey: &Survey,
        stands: &Stands,
        taken: &Taken,
        left: Left,
        removed: u64,
    ) -> Self {
        Self {
            dataset,
            level: survey.level.name(),
            level_reason: level_reason(options.observations, survey.level),
            species: options.species.clone(),
            places: stands.place_count(),
            deployments: stands.ids().len(),
            images: taken.images.len(),
            detections: taken.detections.len(),
            animals: taken.animals,
            classes: taken.classes.clone(),
            individuals: taken.individuals.len(),
            incomplete_boxes: taken.incomplete_boxes,
            has_media: survey.has_media,
            skipped: left.skipped,
            bad_rows: left.bad_rows,
            bad_row_count: left.bad_row_count,
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

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.dataset)?;
        let classes: Vec<String> =
            self.classes.iter().map(|(class, rows)| format!("{rows} {class}")).collect();
        writeln!(f, "  {} detections of {} animals ({})", self.detections, self.animals, classes.join(", "))?;
        writeln!(
            f,
            "  {} images, {} deployments at {} places, {} known individuals",
            self.images, self.deployments, self.places, self.individuals
        )?;
        writeln!(f, "  taken: {}-level rows ({})", self.level, self.level_reason)?;
        if self.species.is_empty() {
            writeln!(f, "  of every animal, whatever its species; --species chooses")?;
        } else {
            writeln!(f, "  of {}", self.species.join(", "))?;
        }
        for Skipped { reason, rows } in &self.skipped {
            writeln!(f, "  not taken: {rows} rows, {reason}")?;
        }
        if self.incomplete_boxes > 0 {
            writeln!(f, "  without a box: {} rows that have a part of one only", self.incomplete_boxes)?;
        }
        if !self.has_media {
            writeln!(f, "  without files: the package has no media.csv")?;
        }
        if self.removed > 0 {
            writeln!(f, "  removed: {} rows of an earlier import that are no longer chosen", self.removed)?;
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
