//! What is known of the rows that were chosen, when all of them are read: what a headline says and a map shows.

use std::collections::{BTreeMap, BTreeSet};

use deertrack_schemas::Class;
use deertrack_survey::Record;
use deertrack_survey::visits::Visit;

use super::individuals::Individuals;
use super::row::Row;
use crate::export::whole::Whole;

/// A number for each class, in the order of [`Class::ALL`].
pub(super) type ByClass = [usize; Class::ALL.len()];

/// What is known of the rows so far. It grows with places, species and individuals.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Rows that were chosen.
    pub(super) detections: u64,
    /// Those of them that count.
    pub(super) counted: usize,
    pub(super) visits: usize,
    /// Boxes that are no part of their photograph, or of one of unknown size.
    pub(super) lost_boxes: usize,
    pub(super) species: BTreeSet<String>,
    /// Of the chosen rows.
    pub(super) places: BTreeSet<String>,
    /// A chosen row has no place.
    pub(super) is_without_place: bool,
    pub(super) detections_at: BTreeMap<String, ByClass>,
    pub(super) visits_at: BTreeMap<String, ByClass>,
    pub(super) individuals: Individuals,
    /// Individuals of all rows, chosen or not: whether their ids name passages.
    pub(super) ids: Whole,
}

impl Facts {
    /// Adds the individuals of rows that were read.
    pub(super) fn know<R: Row>(&mut self, rows: &[R]) {
        for row in rows {
            if let (Some(deer), Some(at)) = (row.deer_id(), row.seen_at()) {
                self.ids.add_individual(deer, at);
            }
        }
    }

    /// Adds a row that was chosen.
    pub(super) fn choose<R: Row>(&mut self, row: &mut R) {
        self.detections += 1;
        self.lost_boxes += usize::from(row.bbox().is_some_and(|bbox| bbox.fractions().is_none()));
        if let Some(name) = row.species().as_ref().filter(|name| !self.species.contains(*name)) {
            self.species.insert(name.clone());
        }
        match row.place_id() {
            None => self.is_without_place = true,
            Some(place) if !self.places.contains(place) => drop(self.places.insert(place.to_owned())),
            Some(_) => {}
        }
    }

    /// Adds the records of one image that count.
    pub(super) fn count(&mut self, image: &[Record]) {
        self.counted += image.len();
        for record in image {
            add(&mut self.detections_at, record.place_id.as_deref(), record.class);
        }
    }

    /// The places of chosen rows, and `None` where one has no place.
    pub(super) fn seen_places(&self) -> impl Iterator<Item = Option<&str>> {
        let nowhere = self.is_without_place.then_some(None);
        self.places.iter().map(|place| Some(place.as_str())).chain(nowhere)
    }

    /// Adds visits of classes.
    pub(super) fn visit(&mut self, visits: &[Visit]) {
        self.visits += visits.len();
        for visit in visits {
            add(&mut self.visits_at, visit.place_id.as_deref(), visit.class);
        }
    }
}

fn add(counts: &mut BTreeMap<String, ByClass>, place: Option<&str>, class: Class) {
    let Some(place) = place else { return };
    match counts.get_mut(place) {
        Some(counts) => counts[class as usize] += 1,
        None => counts.entry(place.to_owned()).or_default()[class as usize] += 1,
    }
}
