//! The first reading of the rows: what must be known of all of them before the first can be written. Which stands are
//! inferred and how long they last, whether sources' ids are unique, when cameras worked, which events are far from
//! their media.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use deertrack_catalog::{Image, Level, Record};
use deertrack_survey::effort::{Proof, passed};

use super::fold::{Batch, Fold};
use super::hashes::Hasher;
use super::history;
use super::ids::{AllIds, Choice, Ids};
use super::span::{Span, is_long};
use super::spread::Spread;
use super::stands::Stands;
use super::survey::{Known, Survey};
use super::wanted::{Request, Wanted, days_of, ever};
use crate::JobError;
use crate::export::Job;
use crate::export::scratch::ScratchFolder;
use crate::export::species::scientific_name;

/// Rows that have a deployment, or would have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) images: u64,
    pub(super) records: u64,
}

/// What is known of the rows so far.
pub(super) struct First {
    request: Request,
    known: Known,
    stands: Stands,
    has_detections: bool,
    /// Why the first photograph, and the first row, has no stand that can be told.
    refused: [Option<JobError>; 2],
    counted: Counted,
    placeless: u64,
    media: Choice,
    observations: Choice,
    /// The source's id of each.
    deer: BTreeMap<String, String>,
    proof: Proof,
    /// First and last day on which something was seen, at stands that are told.
    seen_days: Option<(NaiveDate, NaiveDate)>,
    /// When something was seen first and last, by stand, at stands that are inferred.
    seen_inferred: HashMap<usize, (DateTime<Utc>, DateTime<Utc>)>,
    spread: Spread,
    /// By stand.
    long: Vec<(usize, Span)>,
}

impl First {
    /// # Errors
    /// `Reject` when a place has no coordinates.
    pub(super) fn new(mut known: Known, request: Request, scratch: &ScratchFolder) -> Result<Self, JobError> {
        let wanted = Wanted::new(&request.params, known.calendar.clone());
        let mut stands = Stands::new(std::mem::take(&mut known.places), wanted);
        for told in std::mem::take(&mut known.deployments) {
            if let Some(span) = stands.wanted.part(&told.deployment, request.created_at) {
                let is_of_a_package = known.sources.is_package(told.dataset_id.as_deref());
                stands.add(told, span, is_of_a_package)?;
            }
        }
        let hasher = Hasher::default();
        Ok(Self {
            has_detections: false,
            refused: [None, None],
            counted: Counted::default(),
            placeless: 0,
            media: Choice::new(&hasher, scratch),
            observations: Choice::new(&hasher, scratch),
            deer: BTreeMap::new(),
            proof: Proof::of(passed(ever(), request.created_at)),
            seen_days: None,
            seen_inferred: HashMap::new(),
            spread: Spread::new(&hasher, scratch),
            long: Vec::new(),
            request,
            known,
            stands,
        })
    }

    fn stand_of(&mut self, image: &Image, number: usize) -> Option<usize> {
        match self.stands.of(image) {
            Ok(stand) => {
                self.placeless += u64::from(stand.is_none());
                stand
            }
            Err(error) => {
                self.refused[number].get_or_insert(error);
                None
            }
        }
    }

    fn image(&mut self, image: &Image, at: DateTime<Utc>) -> Result<(), JobError> {
        if !self.stands.wanted.has_image(image) {
            return Ok(());
        }
        let Some(stand) = self.stand_of(image, 0) else { return Ok(()) };
        self.counted.images += 1;
        self.media.add(&image.id, image.source_id.as_deref())?;
        self.proof.add(&self.stands.all[stand].place.id, at);
        self.spread.add(image.burst_id.as_deref(), at);
        Ok(())
    }

    fn record(&mut self, record: &Record, at: DateTime<Utc>) -> Result<(), JobError> {
        if !self.stands.wanted.has_record(record) {
            return Ok(());
        }
        self.has_detections |= record.repeats_id.is_none();
        let Some(stand) = self.stand_of(&record.image, 1) else { return Ok(()) };
        self.counted.records += 1;
        self.observations.add(&record.id, record.source_id.as_deref())?;
        self.deer(record);
        self.spread.add(record.burst_id.as_deref(), at);
        if record.level == Level::Event {
            let span = Span::of(record, at);
            if is_long(&span, at) {
                self.long.push((stand, span));
            }
        }
        if days_of(&self.request.params).is_none() {
            self.seen(record, stand);
        }
        Ok(())
    }

    fn deer(&mut self, record: &Record) {
        let Some(id) = record.deer_id.as_deref() else { return };
        let told = self.known.sources.without_prefix(record.dataset_id.as_deref(), id);
        if self.deer.get(id).is_none_or(|known| known != told) {
            self.deer.insert(id.to_owned(), told.to_owned());
        }
    }

    /// When an inferred stand ends is known only at the end; a later instant never has an earlier day within it.
    fn seen(&mut self, record: &Record, index: usize) {
        let stand = &self.stands.all[index];
        let Some(at) = record.seen_at().filter(|_| stand.is_effort) else { return };
        if stand.is_inferred {
            let (first, last) = self.seen_inferred.entry(index).or_insert((at, at));
            (*first, *last) = (at.min(*first), at.max(*last));
        } else {
            let day = history::day_seen(stand, at);
            self.seen_days = history::span_of(self.seen_days.into_iter().chain([(day, day)]));
        }
    }

    /// What the rows are written with, and how many they are; `None` where nothing was detected.
    ///
    /// # Errors
    /// `Reject` when a place has no coordinates; `Retry` when temporary files cannot be read.
    pub(super) fn finish(self) -> Result<Option<(Survey, Counted)>, JobError> {
        if !self.has_detections {
            return Ok(None);
        }
        if let Some(error) = self.refused.into_iter().flatten().next() {
            return Err(error);
        }
        let inferred = self.seen_inferred.into_iter().flat_map(|(index, (first, last))| {
            let stand = &self.stands.all[index];
            [first, last].map(|at| history::day_seen(stand, at)).map(|day| (day, day))
        });
        let seen_days = history::span_of(self.seen_days.into_iter().chain(inferred));
        let (stands, lookup, order, wanted) = self.stands.in_order();
        let Known { left_out, individuals, sources, dataset, .. } = self.known;
        let species =
            individuals.into_iter().filter_map(|deer| Some((deer.id, scientific_name(&deer.species?)?)));
        let ids = AllIds {
            deployments: Ids::of(stands.iter().map(|stand| (stand.id.as_str(), stand.source_id.as_deref()))),
            places: Ids::of(
                stands.iter().map(|stand| (stand.place.id.as_str(), stand.extra.get("locationID"))),
            ),
            deer: Ids::of(self.deer.iter().map(|(id, told)| (id.as_str(), Some(told.as_str())))),
            media: self.media.finish()?,
            observations: self.observations.finish()?,
        };
        let local_time = wanted.local_time(stands.iter().map(|stand| stand.place.id.as_str()));
        let survey = Survey {
            stands,
            lookup,
            wanted,
            dataset,
            sources,
            ids,
            days: days_of(&self.request.params),
            asked_at: self.request.created_at,
            local_time,
            otherwise: self.request.params.scientific_name.clone(),
            proof: self.proof,
            seen_days,
            far: self.spread.finish()?,
            long: self.long.into_iter().map(|(stand, span)| (order[stand], span)).collect(),
            totals: Default::default(),
            placeless: self.placeless,
            left_out,
            species: species.collect(),
        };
        Ok(Some((survey, self.counted)))
    }
}

impl Fold for First {
    fn add(&mut self, _: &Job, batch: &mut Batch) -> Result<(), JobError> {
        batch.instants(|at, images, records| {
            self.spread.pass(at)?;
            // All images first: they say from when to when an inferred deployment lasts.
            images.iter().try_for_each(|image| self.image(image, at))?;
            records.iter().try_for_each(|record| self.record(record, at))
        })
    }
}
