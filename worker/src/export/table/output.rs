//! Where rows go as they come: into a table, into the sheets of a workbook, or nowhere, for a map only counts them.

use deertrack_schemas::table::{Format, Topic};

use super::basis::Basis;
use super::csv::Csv;
use super::sheet::Cell;
use super::xlsx::{Book, Limits};
use super::{detections, effort, individuals, visits};
use crate::JobError;
use crate::export::Job;

/// A file being written.
pub(super) enum Output {
    Csv(Box<Csv>),
    Xlsx(Box<Book>),
    /// It is made of counts alone.
    Geojson,
}

impl Output {
    /// `most`: rows that there may be at most.
    pub(super) fn begin(job: &Job, basis: &Basis, most: Option<u64>) -> Result<Self, JobError> {
        Ok(match (basis.params.format, basis.topics()) {
            (Format::Geojson, _) | (_, []) => Self::Geojson,
            (Format::Csv, [topic, ..]) => Self::Csv(Box::new(Csv::begin(job.draft()?, columns(*topic))?)),
            (Format::Xlsx, topics) => {
                let sheets = topics.iter().map(|topic| (topic.name(), columns(*topic)));
                Self::Xlsx(Box::new(Book::begin(job, sheets, Limits::default(), most)))
            }
        })
    }

    /// Writes a row of a topic that the file has rows of.
    pub(super) fn row<'a>(
        &mut self,
        basis: &Basis,
        topic: Topic,
        cells: impl IntoIterator<Item = Cell<'a>>,
    ) -> Result<(), JobError> {
        match self {
            Self::Csv(csv) => csv.row(cells.into_iter()),
            Self::Xlsx(book) => {
                let number = basis.topics().iter().position(|other| *other == topic).unwrap_or_default();
                book.row(number, cells.into_iter())
            }
            Self::Geojson => Ok(()),
        }
    }
}

impl Output {
    /// What is to be said of sheets that go on in others.
    pub(super) fn further(&self) -> Vec<String> {
        if let Self::Xlsx(book) = self { book.further() } else { Vec::new() }
    }
}

fn columns(topic: Topic) -> &'static [&'static str] {
    match topic {
        Topic::Detections => &detections::COLUMNS,
        Topic::Visits => &visits::COLUMNS,
        Topic::Effort => &effort::COLUMNS,
        Topic::Individuals => &individuals::COLUMNS,
    }
}
