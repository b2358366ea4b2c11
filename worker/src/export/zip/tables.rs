//! The tables beside the crops: what each one shows, and what could not be made.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Other, Record};
use deertrack_schemas::ZipParams;
use deertrack_survey::BoundingBox;
use deertrack_survey::calendar::Calendar;
use serde::Serialize;

use super::problem::Problem;
use crate::export::table_text::Csv;
use crate::export::told_zone::ToldZone;

/// The platform's ten columns, then ours.
const METADATA: [&str; 17] = [
    "detection_id",
    "image_id",
    "classification",
    "confidence",
    "bbox_x",
    "bbox_y",
    "bbox_width",
    "bbox_height",
    "deer_id",
    "created_at",
    "filename",
    "taken_at",
    "place",
    "individual",
    "time_zone",
    "time_zone_source",
    "scientific_name",
];
const PROBLEMS: [&str; 4] = ["detection_id", "image_id", "path", "problem"];

/// `metadata.csv`: one row for each crop; of an archive without crops, for each detection. Times in the zone of the place, with their offset.
pub(super) struct Metadata<'a> {
    csv: Csv,
    calendar: &'a Calendar,
}

impl<'a> Metadata<'a> {
    pub(super) fn new(calendar: &'a Calendar) -> Self {
        Self { csv: Csv::new(&METADATA), calendar }
    }

    /// `bbox`: as it was cut out, in fractions; `path`: where its crop lies in the archive.
    pub(super) fn add(
        &mut self,
        record: &Record,
        bbox: Option<BoundingBox>,
        path: Option<&str>,
        place: Option<&str>,
        individual: Option<&str>,
    ) {
        let (zone, source) = self.calendar.zone_and_source(record.image.place_id.as_deref());
        self.csv
            .row()
            .text(&record.id)
            .text(&record.image.id)
            .text(record.class.name())
            .number(record.confidence)
            .number(bbox.map(|bbox| bbox.x))
            .number(bbox.map(|bbox| bbox.y))
            .number(bbox.map(|bbox| bbox.width))
            .number(bbox.map(|bbox| bbox.height))
            .optional(record.deer_id.as_deref())
            .instant(record.created_at, zone)
            .optional(path)
            .instant(record.image.taken_at, zone)
            .optional(place)
            .optional(individual)
            .text(zone.name())
            .text(source.name())
            .optional(record.scientific_name.as_deref())
            .end();
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.csv.finish()
    }
}

/// `problems.csv`: one row for each detection without a crop.
pub(super) struct Problems {
    csv: Csv,
    pub(super) count: u64,
}

impl Problems {
    pub(super) fn new() -> Self {
        Self { csv: Csv::new(&PROBLEMS), count: 0 }
    }

    /// `path` as a reader may know it.
    pub(super) fn add(&mut self, record: &Record, path: Option<&str>, problem: &Problem) {
        self.count += 1;
        let row = self.csv.row().text(&record.id).text(&record.image.id);
        row.optional(path).text(&problem.to_string()).end();
    }

    pub(super) fn add_missing(&mut self, detection_id: &str) {
        self.count += 1;
        let row = self.csv.row().text(detection_id).optional(None).optional(None);
        row.text(&Problem::NoSuchDetection.to_string()).end();
    }

    /// Named by its id, and no deer.
    pub(super) fn add_other(&mut self, other: &Other) {
        self.count += 1;
        let row = self.csv.row().text(&other.id).text(&other.image_id).optional(None);
        row.text(&Problem::NoDeer(other.label.clone()).to_string()).end();
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.csv.finish()
    }
}

/// `manifest.json`: what was asked, and the hash of every other entry. It holds nothing that differs between two runs
/// of the same command.
#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    created_at: DateTime<Utc>,
    params: &'a ZipParams,
    /// Scientific names of what was chosen; none where the database tells none.
    species: BTreeSet<&'a str>,
    /// Of the places of what was chosen: days in paths and times in `metadata.csv` are local.
    time_zones: Vec<ToldZone>,
    /// Photographs without a crop because somebody saw a person or a vehicle.
    photographs_kept_back: u64,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    size: u64,
    sha256: String,
}

impl<'a> Manifest<'a> {
    pub(super) fn new(created_at: DateTime<Utc>, params: &'a ZipParams, time_zones: Vec<ToldZone>) -> Self {
        Self {
            created_at,
            params,
            species: BTreeSet::new(),
            time_zones,
            photographs_kept_back: 0,
            entries: Vec::new(),
        }
    }

    pub(super) fn of_species(&mut self, names: BTreeSet<&'a str>) {
        self.species = names;
    }

    pub(super) fn keep_back(&mut self) {
        self.photographs_kept_back += 1;
    }

    pub(super) fn kept_back(&self) -> u64 {
        self.photographs_kept_back
    }

    pub(super) fn add(&mut self, path: String, size: usize, sha256: String) {
        self.entries.push(Entry { path, size: size as u64, sha256 });
    }

    pub(super) fn finish(self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self).expect("text, whole numbers and dates are always writable")
    }
}
