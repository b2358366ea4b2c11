//! What exports ask of the platform's database, whichever it is. Reading only: writing is the duty of
//! [`store`](crate::store).

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use deertrack_survey::{Deployment, Place, TimeRange};
use futures::future::ready;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::record::{Dataset, Frame, Image, Individual, Record, Sighting, ToldDeployment};

/// Detections that no export counts, by the first reason that holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Rejected by a person (`is_valid` is false).
    pub rejected: u64,
    /// Copies of another detection.
    pub duplicates: u64,
    /// What is known to be no deer, by its label.
    pub no_deer: BTreeMap<String, u64>,
    /// Labels that this program does not know.
    pub unfamiliar: BTreeMap<String, u64>,
}

/// Why a detection is not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// As [`LeftOut::rejected`].
    Rejected,
    /// As [`LeftOut::duplicates`].
    Duplicate,
    /// As [`LeftOut::no_deer`], with the label.
    NoDeer(String),
    /// As [`LeftOut::unfamiliar`], with the label.
    Unfamiliar(String),
}

impl LeftOut {
    /// Adds so many rows.
    pub fn add(&mut self, reason: Reason, rows: u64) {
        match reason {
            Reason::Rejected => self.rejected += rows,
            Reason::Duplicate => self.duplicates += rows,
            Reason::NoDeer(label) => *self.no_deer.entry(label).or_default() += rows,
            Reason::Unfamiliar(label) => *self.unfamiliar.entry(label).or_default() += rows,
        }
    }
}

/// A detection that was read.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all rows are counted: a box for each would cost more")]
pub enum Seen {
    /// It counts.
    Counted(Sighting),
    /// It does not.
    LeftOut(Reason),
}

/// Rows that were asked for by their ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// Those of deer.
    pub records: Vec<Record>,
    /// The others, by id.
    pub others: Vec<Other>,
}

/// A row that shows no deer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: String,
    /// The image it is in.
    pub image_id: String,
    /// What it shows: `cattle`.
    pub label: String,
}

impl FromIterator<Result<Record, Other>> for Asked {
    fn from_iter<I: IntoIterator<Item = Result<Record, Other>>>(rows: I) -> Self {
        let mut asked = Self::default();
        for row in rows {
            match row {
                Ok(record) => asked.records.push(record),
                Err(other) => asked.others.push(other),
            }
        }
        asked
    }
}

/// Whether rows that repeat what another tells are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// For counting.
    Without,
    /// For giving back what was read.
    With,
}

/// What exports ask of the platform's database. All lists come in a fixed order, the same from every adapter.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Detections that were seen in the range ([`Record::seen_at`]), by that time, then of their photograph, its id and
    /// theirs. Rejected ones (`is_valid` is false), duplicates and rows that repeat what another tells are left out,
    /// and so is what shows no deer ([`subject`](deertrack_survey::subject)).
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError>;

    /// The rows of [`Catalog::records_in`] one by one with what counting needs of them, in the order in which their
    /// photographs were taken, those of one image side by side. What was seen may begin
    /// [`LONGEST_EVENT`](crate::LONGEST_EVENT) before or after its photograph.
    fn sightings(&self, range: TimeRange) -> BoxStream<'_, Result<Sighting, CatalogError>> {
        let counted = |seen| match seen {
            Seen::Counted(sighting) => Some(sighting),
            Seen::LeftOut(_) => None,
        };
        self.detections(range).try_filter_map(move |seen| ready(Ok(counted(seen)))).boxed()
    }

    /// The rows of [`Catalog::sightings`], and among them those of [`Catalog::left_out_in`]: one reading tells both, and they
    /// agree whatever is written meanwhile.
    fn detections(&self, range: TimeRange) -> BoxStream<'_, Result<Seen, CatalogError>>;

    /// The rows that [`Catalog::records_in`] leaves out because another row tells of the same animal
    /// ([`Record::repeats_id`]), in the same order. They are for exports that give back what was read, never for
    /// counting.
    async fn repeats_in(&self, _range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        Ok(Vec::new())
    }

    /// The rows of [`Catalog::records_in`] one by one, whole, in the order of [`Catalog::sightings`]; with those of
    /// [`Catalog::repeats_in`] among them where they are asked for.
    fn records(&self, range: TimeRange, repeats: Repeats) -> BoxStream<'_, Result<Record, CatalogError>>;

    /// How many rows [`Catalog::records`] and [`Catalog::sightings`] read of the range at most, before they are read: with
    /// those that are left out, for they cannot be told from the others without reading. `None` where nobody knows.
    async fn count_detections(&self, _range: TimeRange) -> Result<Option<u64>, CatalogError> {
        Ok(None)
    }

    /// How many detections with `taken_at` in the range [`Catalog::records_in`] leaves out. A repeat is none of them: the
    /// row that it repeats tells of the same animal.
    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError>;

    /// The detections of these ids that there are, rejected ones, duplicates and repeats too, in the same order; those
    /// without a time come last.
    async fn records_of(&self, ids: &[String]) -> Result<Asked, CatalogError>;

    /// Images with `taken_at` in the range, also those without detections; by time, then id.
    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError>;

    /// The rows of [`Catalog::images`] one by one in the same order, with what counting needs of them.
    fn frames(&self, range: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>>;

    /// The places of [`Catalog::frames`], each once. Cheaper than these, for no row of them is read.
    async fn photographed(&self, range: TimeRange) -> Result<BTreeSet<String>, CatalogError> {
        let places = self.frames(range).try_filter_map(async |frame| Ok(frame.place_id));
        places.try_collect().await
    }

    /// The rows of [`Catalog::images`] one by one in the same order, whole.
    fn photographs(&self, range: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>>;

    /// How many images with `taken_at` in the range name a file, by place.
    async fn files(&self, range: TimeRange) -> Result<BTreeMap<Option<String>, u64>, CatalogError>;

    /// All known deer, by name, then id.
    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError>;

    /// All places, by name, then id.
    async fn places(&self) -> Result<Vec<Place>, CatalogError>;

    /// Deployments that overlap the range, by start, then id: those that are effort. One whose clock cannot be right
    /// is none.
    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError>;

    /// As [`Catalog::deployments`], all of them, with everything that their source tells. Not for counting.
    async fn told_deployments(&self, _range: TimeRange) -> Result<Vec<ToldDeployment>, CatalogError> {
        Ok(Vec::new())
    }

    /// Detections with their vectors, a row at a time; also those that have none, so that they can be counted.
    /// Rejected ones, duplicates, repeats and what shows no deer are left out. With a range, those taken in it; without,
    /// all, also those without a time. By time (none comes last), image id, then id.
    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>>;

    /// How many rows [`Catalog::embeddings`] reads at most, before it reads them: with those that it leaves out, for they
    /// cannot be told from the others without reading. With `embedded`, only those that have a vector; that may take as
    /// long as reading them. `None` where nobody knows.
    async fn count_embeddings(
        &self,
        _range: Option<TimeRange>,
        _embedded: bool,
    ) -> Result<Option<u64>, CatalogError> {
        Ok(None)
    }

    /// All known deer with their vectors, by id.
    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError>;

    /// The data sets, by name, then id.
    async fn datasets(&self) -> Result<Vec<Dataset>, CatalogError> {
        Ok(Vec::new())
    }

    /// The name of the data set, if it was given one.
    async fn dataset_name(&self) -> Result<Option<String>, CatalogError>;

    /// Looks whether tables have changed since, at the begin of a job: one cheap question, and if they have, where
    /// everything is now. Catalogs whose tables never change have nothing to do.
    async fn refresh(&self) -> Result<(), CatalogError> {
        Ok(())
    }

    /// One cheap question: is it there, and are the tables?
    async fn ping(&self) -> Result<(), CatalogError>;
}

/// The names of all data sets as one, each once, or `None` where there is none.
pub(crate) fn joined(names: &[String]) -> Option<String> {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name.as_str()) {
            distinct.push(name);
        }
    }
    if distinct.is_empty() { None } else { Some(distinct.join(", ")) }
}
