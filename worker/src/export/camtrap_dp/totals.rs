//! What the rows of a package are in all: for its description, and for the sentence about it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Image, Record};

use super::standard::CAPTURE_METHODS;

/// A time, and how many seconds east of UTC it was told.
pub(super) type When = (DateTime<Utc>, Option<i32>);

/// Of all photographs and observations.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) media: u64,
    pub(super) observations: u64,
    /// Media on which somebody saw a person or a vehicle.
    pub(super) kept_back: u64,
    /// Boxes that are no part of their photograph, or of one of unknown size.
    pub(super) lost_boxes: usize,
    /// The levels of the observations, as the standard spells them.
    pub(super) levels: BTreeSet<&'static str>,
    /// Those of all rows; `None`: of none.
    pub(super) datasets: BTreeSet<Option<String>>,
    /// As in [`CAPTURE_METHODS`].
    pub(super) has_method: [bool; CAPTURE_METHODS.len()],
    /// The first photograph.
    pub(super) first: Option<When>,
    /// The last photograph.
    pub(super) last: Option<When>,
    pub(super) knows_individuals: bool,
    /// Of the observations, as they name them.
    pub(super) species: BTreeSet<String>,
}

impl Totals {
    pub(super) fn image(&mut self, image: &Image) {
        self.dataset(&image.dataset_id);
        for (has, method) in self.has_method.iter_mut().zip(CAPTURE_METHODS) {
            *has |= image.capture_method.as_deref() == Some(method);
        }
        let Some(at) = image.taken_at else { return };
        let when = (at, image.utc_offset_seconds);
        if self.first.is_none_or(|(first, _)| at < first) {
            self.first = Some(when);
        }
        if self.last.is_none_or(|(last, _)| at >= last) {
            self.last = Some(when);
        }
    }

    pub(super) fn medium(&mut self, image: &Image) {
        self.media += 1;
        self.kept_back += u64::from(image.sees_people);
    }

    pub(super) fn record(&mut self, record: &Record, species: &str) {
        self.observations += 1;
        self.dataset(&record.dataset_id);
        self.levels.insert(record.level.name());
        self.lost_boxes += usize::from(record.bbox.is_some_and(|bbox| bbox.fractions().is_none()));
        self.knows_individuals |= record.deer_id.is_some();
        if !self.species.contains(species) {
            self.species.insert(species.to_owned());
        }
    }

    fn dataset(&mut self, id: &Option<String>) {
        if !self.datasets.contains(id) {
            self.datasets.insert(id.clone());
        }
    }
}
