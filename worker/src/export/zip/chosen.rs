//! The rows of an archive, on disk until their crops are cut: cutting takes as long as photographs need to be decoded, and
//! no database shall keep a statement open for that long.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::{LONGEST_EVENT, LeftOut, Other, Record};
use deertrack_survey::zone::ZoneSource;

use super::basis::Basis;
use super::row::Row;
use crate::JobError;
use crate::export::Job;
use crate::export::pieces::{Added, Pieces};
use crate::export::window::Window;

/// Rows being chosen. What is held are those of two days, and grows with places and species.
pub(super) struct Choosing {
    basis: Arc<Basis>,
    /// Those that wait for what was seen before them.
    window: Window<Vec<u8>>,
    rows: Pieces,
    count: u64,
    places: HashSet<Option<String>>,
    species: BTreeSet<String>,
}

/// All of them.
pub(super) struct Chosen {
    rows: Pieces,
    pub(super) known: Known,
}

/// What is known of all of them.
pub(super) struct Known {
    /// One at least.
    pub(super) count: u64,
    /// Of their places: days in paths and times in `metadata.csv` are local.
    pub(super) zones: BTreeSet<(&'static str, ZoneSource)>,
    /// Scientific names; none where the database tells none.
    pub(super) species: BTreeSet<String>,
    pub(super) unmade: Unmade,
    /// What no export counts of the days that were asked for.
    pub(super) uncounted: LeftOut,
}

/// Asked for by id, and no crop can be made of it.
#[derive(Default)]
pub(super) struct Unmade {
    /// Ids that are not there.
    pub(super) missing: Vec<String>,
    /// Not of the chosen classes, places or deer.
    pub(super) left_out: Vec<Row>,
    /// No deer.
    pub(super) others: Vec<Other>,
}

impl Unmade {
    pub(super) fn count(&self) -> u64 {
        (self.missing.len() + self.left_out.len() + self.others.len()) as u64
    }
}

impl Choosing {
    /// # Errors
    /// `Retry` when there can be no temporary file.
    pub(super) fn begin(job: &Job, basis: Arc<Basis>) -> Result<Self, JobError> {
        Ok(Self {
            basis,
            window: Window::default(),
            rows: Pieces::new(job.scratch().file()?),
            count: 0,
            places: HashSet::new(),
            species: BTreeSet::new(),
        })
    }

    /// Adds those that were asked for, of rows in the order of their photographs. They come out in the order in which
    /// their animals were seen.
    pub(super) fn add(&mut self, records: Vec<Record>) -> Result<(), JobError> {
        let last = records.last().and_then(|last| last.image.taken_at);
        for record in records {
            if !self.basis.is_then(&record) || !self.basis.is_chosen(&record) {
                continue;
            }
            let row = self.basis.row(record);
            self.know(&row);
            if let Some(seen_at) = row.seen_at {
                self.window.add(seen_at, row.packed());
            }
        }
        last.map_or(Ok(()), |taken_at| self.pass(taken_at - LONGEST_EVENT))
    }

    /// Adds a row behind all others.
    pub(super) fn add_last(&mut self, row: &Row) -> Result<(), JobError> {
        self.know(row);
        self.push(&row.packed())
    }

    fn know(&mut self, row: &Row) {
        if !self.places.contains(&row.place_id) {
            self.places.insert(row.place_id.clone());
        }
        if let Some(name) = row.scientific_name.as_ref().filter(|name| !self.species.contains(*name)) {
            self.species.insert(name.clone());
        }
    }

    /// Nothing that was seen before `then` is still to come.
    fn pass(&mut self, then: DateTime<Utc>) -> Result<(), JobError> {
        while let Some(row) = self.window.next_until(then) {
            self.push(&row)?;
        }
        Ok(())
    }

    fn push(&mut self, row: &[u8]) -> Result<(), JobError> {
        self.count += 1;
        self.rows.add(row)
    }

    /// All rows; `None` where there is none.
    pub(super) fn finish(mut self) -> Result<Option<Chosen>, JobError> {
        self.pass(DateTime::<Utc>::MAX_UTC)?;
        Ok((self.count > 0).then(|| Chosen {
            rows: self.rows,
            known: Known {
                count: self.count,
                zones: self.basis.calendar.zones(self.places.iter().map(Option::as_deref)),
                species: self.species,
                unmade: Unmade::default(),
                uncounted: LeftOut::default(),
            },
        }))
    }
}

impl Chosen {
    /// The rows of each image, as they follow one another; then what is known of all.
    ///
    /// # Errors
    /// `Retry` when the temporary file cannot be read.
    pub(super) fn shots(self) -> Result<(Shots, Known), JobError> {
        Ok((Shots { rows: self.rows.read()?, next: None }, self.known))
    }
}

/// Rows of one image that stand together; `Retry` when the temporary file cannot be read.
pub(super) struct Shots {
    rows: Added,
    /// The first row of the next.
    next: Option<Row>,
}

impl Iterator for Shots {
    type Item = Result<Vec<Row>, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.shot().transpose()
    }
}

impl Shots {
    fn shot(&mut self) -> Result<Option<Vec<Row>>, JobError> {
        let Some(first) = self.next.take().map_or_else(|| self.row(), |row| Ok(Some(row)))? else {
            return Ok(None);
        };
        let mut shot = vec![first];
        while let Some(row) = self.row()? {
            if row.image_id != shot[0].image_id {
                self.next = Some(row);
                break;
            }
            shot.push(row);
        }
        Ok(Some(shot))
    }

    fn row(&mut self) -> Result<Option<Row>, JobError> {
        let Some(packed) = self.rows.next().transpose()? else { return Ok(None) };
        let row = Row::unpacked(&packed).ok_or(std::io::ErrorKind::InvalidData);
        row.map(Some).map_err(|kind| {
            JobError::retry("a temporary file of the worker holds no row", std::io::Error::from(kind))
        })
    }
}
