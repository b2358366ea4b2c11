//! The tables beside the crops: what each one shows, and what could not be made.

use std::fs::File;
use std::io::Write;

use deertrack_catalog::Other;
use deertrack_survey::BoundingBox;
use sha2::{Digest, Sha256};

use super::basis::Basis;
use super::manifest;
use super::problem::Problem;
use super::row::Row;
use crate::JobError;
use crate::artifact::hex;
use crate::export::archive::{Aside, Entry};
use crate::export::table_text::{self, Csv};

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

/// Rows that are handed on at once.
const ROWS_AT_ONCE: usize = 256;

/// A table on its way into the archive, compressed in a file of its own.
struct Sheet {
    path: &'static str,
    csv: Csv,
    /// Rows since they were handed on.
    waiting: usize,
    out: Aside,
    size: u64,
    sha256: Sha256,
}

impl Sheet {
    fn new(path: &'static str, columns: &[&str], file: File) -> Result<Self, JobError> {
        let (csv, out) = (Csv::new(columns), Aside::new(path, file)?);
        Ok(Self { path, csv, waiting: 0, out, size: 0, sha256: Sha256::new() })
    }

    fn row(&mut self) -> Result<table_text::Row<'_>, JobError> {
        if self.waiting == ROWS_AT_ONCE {
            self.flush()?;
        }
        self.waiting += 1;
        Ok(self.csv.row())
    }

    fn flush(&mut self) -> Result<(), JobError> {
        let rows = std::mem::replace(&mut self.csv, Csv::more()).finish();
        self.waiting = 0;
        self.size += rows.len() as u64;
        self.sha256.update(&rows);
        self.out.write_all(&rows).map_err(|error| JobError::retry("the archive could not be written", error))
    }

    fn finish(mut self) -> Result<(Entry, manifest::Entry), JobError> {
        self.flush()?;
        let listed = manifest::Entry {
            path: self.path.to_owned(),
            size: self.size,
            sha256: hex(&self.sha256.finalize()),
        };
        Ok((self.out.finish()?, listed))
    }
}

/// `metadata.csv`: one row for each crop; of an archive without crops, for each detection. Times in the zone of the place, with their offset.
pub(super) struct Metadata(Sheet);

impl Metadata {
    /// In an empty file.
    pub(super) fn new(file: File) -> Result<Self, JobError> {
        Ok(Self(Sheet::new("metadata.csv", &METADATA, file)?))
    }

    /// `bbox`: as it was cut out, in fractions; `path`: where its crop lies in the archive.
    pub(super) fn add(
        &mut self,
        basis: &Basis,
        row: &Row,
        bbox: Option<BoundingBox>,
        path: Option<&str>,
    ) -> Result<(), JobError> {
        let (zone, source) = basis.calendar.zone_and_source(row.place_id.as_deref());
        self.0
            .row()?
            .text(&row.id)
            .text(&row.image_id)
            .text(row.class.name())
            .number(row.confidence)
            .number(bbox.map(|bbox| bbox.x))
            .number(bbox.map(|bbox| bbox.y))
            .number(bbox.map(|bbox| bbox.width))
            .number(bbox.map(|bbox| bbox.height))
            .optional(row.deer_id.as_deref())
            .instant(row.created_at, zone)
            .optional(path)
            .instant(row.taken_at, zone)
            .optional(basis.place(row))
            .optional(basis.individual(row))
            .text(zone.name())
            .text(source.name())
            .optional(row.scientific_name.as_deref())
            .end();
        Ok(())
    }

    /// The table, and what the manifest tells of it.
    pub(super) fn finish(self) -> Result<(Entry, manifest::Entry), JobError> {
        self.0.finish()
    }
}

/// `problems.csv`: one row for each detection without a crop.
pub(super) struct Problems {
    sheet: Sheet,
    pub(super) count: u64,
}

impl Problems {
    /// In an empty file.
    pub(super) fn new(file: File) -> Result<Self, JobError> {
        Ok(Self { sheet: Sheet::new("problems.csv", &PROBLEMS, file)?, count: 0 })
    }

    /// The path is told as a reader may know it.
    pub(super) fn add(&mut self, basis: &Basis, row: &Row, problem: &Problem) -> Result<(), JobError> {
        let path = basis.images.told(row.path.as_deref());
        self.tell(&row.id, Some(&row.image_id), path.as_deref(), problem)
    }

    pub(super) fn add_missing(&mut self, detection_id: &str) -> Result<(), JobError> {
        self.tell(detection_id, None, None, &Problem::NoSuchDetection)
    }

    /// Named by its id, and no deer.
    pub(super) fn add_other(&mut self, other: &Other) -> Result<(), JobError> {
        self.tell(&other.id, Some(&other.image_id), None, &Problem::NoDeer(other.label.clone()))
    }

    fn tell(
        &mut self,
        id: &str,
        image: Option<&str>,
        path: Option<&str>,
        problem: &Problem,
    ) -> Result<(), JobError> {
        self.count += 1;
        let row = self.sheet.row()?.text(id).optional(image).optional(path);
        row.text(&problem.to_string()).end();
        Ok(())
    }

    /// The table, and what the manifest tells of it.
    pub(super) fn finish(self) -> Result<(Entry, manifest::Entry), JobError> {
        self.sheet.finish()
    }
}
