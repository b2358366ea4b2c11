//! The rows of a request, folded and written as they come. What is held grows with visits that are open, places and
//! individuals, and with the rows of a day that wait for what was seen before them; never with all rows.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::{LONGEST_EVENT, Record};
use deertrack_schemas::table::Topic;
use deertrack_survey::visits::{Gatherer, Visits};
use deertrack_survey::{self as survey, ImageBox, sift};

use super::basis::Basis;
use super::detections;
use super::facts::Facts;
use super::output::Output;
use super::row::Row;
use super::sheet::Packed;
use super::visits;
use crate::JobError;
use crate::export::Job;
use crate::export::instants::Taken;
use crate::export::picture_size::size_boxes;
use crate::export::window::Window;

/// What is known and written of the rows so far.
pub(super) struct Fold {
    job: Job,
    basis: Arc<Basis>,
    output: Output,
    window: Window<Packed>,
    /// Where visits are of interest.
    gatherer: Option<Gatherer>,
    facts: Facts,
    /// A box in pixels was met in a row that cannot tell where its photograph is.
    lacks_sizes: bool,
}

/// All rows.
pub(super) struct Folded {
    pub(super) output: Output,
    pub(super) facts: Facts,
    /// They must be read again, whole.
    pub(super) lacks_sizes: bool,
}

impl Fold {
    pub(super) fn begin(job: &Job, basis: Arc<Basis>, output: Output) -> Self {
        let gatherer = match (basis.is_about(Topic::Visits), basis.is_about(Topic::Individuals)) {
            (_, true) => Some(Gatherer::new(basis.rule)),
            (true, false) => Some(Gatherer::new(basis.rule).of_classes()),
            (false, false) => None,
        };
        Self {
            job: job.clone(),
            basis,
            output,
            window: Window::default(),
            gatherer,
            facts: Facts::default(),
            lacks_sizes: false,
        }
    }

    /// Adds rows in the order of their photographs, those of one image all at once.
    pub(super) fn add<R: Row>(&mut self, mut rows: Vec<R>) -> Result<(), JobError> {
        self.job.check_stop()?;
        let last = rows.last().and_then(Taken::taken_at);
        if self.basis.is_about(Topic::Individuals) {
            self.facts.know(&rows);
        }
        rows.retain(|row| self.basis.is_chosen(row));
        for image in rows.chunk_by_mut(|a, b| a.of_image().0 == b.of_image().0) {
            self.image(image)?;
        }
        match last {
            Some(taken_at) => self.pass(taken_at - LONGEST_EVENT),
            None => Ok(()),
        }
    }

    fn image<R: Row>(&mut self, rows: &mut [R]) -> Result<(), JobError> {
        if self.basis.is_about(Topic::Detections) {
            match R::whole(rows) {
                Some(rows) => size_boxes(&self.job, rows, &self.basis.images)?,
                None => self.lacks_sizes |= rows.iter().any(is_in_pixels),
            }
        }
        for row in rows.iter_mut() {
            self.basis.name_species(row);
            self.facts.choose(row);
        }
        let kept = counting(rows);
        self.facts.count(&kept);
        if let Some(gatherer) = &mut self.gatherer {
            gatherer.add(&kept.iter().collect::<Vec<_>>());
        }
        if self.basis.is_about(Topic::Individuals) {
            self.facts.individuals.add(&kept);
        }
        if self.basis.has_rows_of(Topic::Detections) {
            R::whole(rows).into_iter().flatten().for_each(|row| self.detection(row, &kept));
        }
        Ok(())
    }

    fn detection(&mut self, row: &Record, kept: &[survey::Record]) {
        let Some(seen_at) = row.seen_at() else { return };
        let is_counted = kept.iter().any(|kept| kept.id == row.id);
        let path = self.basis.images.told(row.image.path.as_deref());
        let cells = detections::cells(&self.basis, row, path.as_deref(), is_counted);
        self.window.add(seen_at, Packed::of(cells));
    }

    /// Nothing that was seen before `then` is still to come.
    fn pass(&mut self, then: DateTime<Utc>) -> Result<(), JobError> {
        while let Some(row) = self.window.next_until(then) {
            self.output.row(&self.basis, Topic::Detections, row.cells())?;
        }
        let Some(gatherer) = &mut self.gatherer else { return Ok(()) };
        gatherer.pass(then);
        let complete = gatherer.take();
        self.visits(&complete)
    }

    fn visits(&mut self, complete: &Visits) -> Result<(), JobError> {
        self.facts.visit(&complete.of_classes);
        self.facts.individuals.add_visits(&complete.of_individuals);
        if self.basis.has_rows_of(Topic::Visits) {
            for visit in &complete.of_classes {
                self.output.row(&self.basis, Topic::Visits, visits::cells(&self.basis, visit))?;
            }
        }
        Ok(())
    }

    /// What is known, and the file without what is written last.
    pub(super) fn finish(mut self) -> Result<Folded, JobError> {
        self.pass(DateTime::<Utc>::MAX_UTC)?;
        if let Some(gatherer) = self.gatherer.take() {
            self.visits(&gatherer.finish())?;
        }
        Ok(Folded { output: self.output, facts: self.facts, lacks_sizes: self.lacks_sizes })
    }
}

fn is_in_pixels<R: Row>(row: &R) -> bool {
    matches!(row.bbox(), Some(ImageBox::Pixels(_)))
}

/// The rows of one image as counting reads them, without second boxes of one animal.
fn counting<R: Row>(rows: &[R]) -> Vec<survey::Record> {
    match rows {
        // None that it could be a second box of.
        [row] => row.counted().into_iter().collect(),
        rows => sift(rows.iter().filter_map(R::counted)).kept,
    }
}
