//! The rows of a span, folded as they come: which count, the visits they make, how long cameras stood, and what a report
//! says of its data. What is held grows with visits, days, places and individuals, never with rows.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::{Frame, Individual, LONGEST_EVENT, LeftOut, Sighting, ToldDeployment};
use deertrack_schemas::Class;
use deertrack_survey::calendar::{Calendar, Period, days};
use deertrack_survey::effort::{Camera, Effort, Proof, Source, passed};
use deertrack_survey::presence::Presence;
use deertrack_survey::tally::Tally;
use deertrack_survey::visits::Gatherer;
use deertrack_survey::{Deployment, ImageBox, Record, TimeRange, sift};

use super::asked::Asked;
use super::asked::{classes, visit_rule};
use super::best::Best;
use super::facts::Facts;
use super::file_sample::Files;
use super::span::Span;
use crate::export::{left_out, species};

/// What a span is read with.
pub(super) struct Basis<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) days: Period,
    pub(super) calendar: &'a Calendar,
    pub(super) individuals: &'a [Individual],
    pub(super) deployments: &'a [Deployment],
}

impl Basis<'_> {
    /// The effort that deployments tell.
    pub(super) fn effort(&self) -> Effort {
        self.within(&Effort::of_deployments(self.deployments, &self.range()))
    }

    /// Trap nights of the deployments, had their cameras always worked.
    fn nights_without_failures(&self) -> f64 {
        let whole = |deployment: &Deployment| Deployment { failures: Vec::new(), ..deployment.clone() };
        let whole: Vec<Deployment> = self.deployments.iter().map(whole).collect();
        self.within(&Effort::of_deployments(&whole, &self.range())).nights()
    }

    fn range(&self) -> TimeRange {
        passed(self.calendar.widest(self.days.first, self.days.last), self.asked.created_at)
    }

    fn within(&self, effort: &Effort) -> Effort {
        effort.within(|place| days(self.days.first, self.days.last, self.calendar.zone(Some(place))))
    }

    fn has(&self, place: Option<&str>, at: DateTime<Utc>) -> bool {
        self.days.contains(self.calendar.day(place, at))
    }
}

/// What is known of the rows so far.
pub(super) struct Fold<'a> {
    basis: &'a Basis<'a>,
    classes: Vec<Class>,
    presence: &'a Presence<'a>,
    /// By individual.
    species_of: HashMap<&'a str, &'static str>,
    tally: Tally,
    gatherer: Gatherer,
    proof: Proof,
    species: BTreeMap<String, u64>,
    blanks: Blanks,
    facts: Facts,
    kept_back: u64,
    detections: u64,
    best: Best,
    files: Files,
}

impl<'a> Fold<'a> {
    pub(super) fn new(basis: &'a Basis<'a>, presence: &'a Presence<'a>, best: Best, files: Files) -> Self {
        Self {
            classes: classes(basis.asked),
            species_of: species::of_deer(basis.individuals),
            tally: Tally::default(),
            gatherer: Gatherer::new(visit_rule(basis.asked)),
            proof: Proof::of(basis.range()),
            species: BTreeMap::new(),
            blanks: Blanks::default(),
            facts: Facts::default(),
            kept_back: 0,
            detections: 0,
            basis,
            presence,
            best,
            files,
        }
    }

    /// Names the species of rows that do not tell theirs, by their deer.
    pub(super) fn name(&self, sightings: &mut [Sighting]) {
        for row in sightings {
            species::name(&mut row.scientific_name, row.deer_id.as_deref(), &self.species_of);
        }
    }

    /// Adds everything of one instant, sightings by their image's id; instants come in their order.
    pub(super) fn add(&mut self, at: DateTime<Utc>, frames: &[Frame], sightings: &[Sighting]) {
        self.detections += sightings.len() as u64;
        for row in sightings {
            self.blanks.shown(row, at);
        }
        for frame in frames {
            let has_deer = sightings.binary_search_by(|row| row.image_id.cmp(&frame.id)).is_ok();
            self.frame(frame, at, has_deer);
        }
        for image in sightings.chunk_by(|a, b| a.image_id == b.image_id) {
            let frame = frames.iter().find(|frame| frame.id == image[0].image_id);
            self.image(image, frame);
        }
        self.gatherer.pass(at - LONGEST_EVENT);
        self.blanks.pass(at);
    }

    fn frame(&mut self, frame: &Frame, at: DateTime<Utc>, has_deer: bool) {
        self.files.add(frame);
        let place = frame.place_id.as_deref();
        if !self.basis.has(place, at) {
            return;
        }
        self.facts.images += 1;
        self.facts.events += u64::from(frame.is_event);
        self.facts.without_place += u64::from(place.is_none());
        self.kept_back += u64::from(frame.sees_people);
        if let Some(place) = place {
            self.proof.add(place, at);
        }
        if !has_deer {
            self.blanks.add(frame, at);
        }
    }

    fn image(&mut self, rows: &[Sighting], frame: Option<&Frame>) {
        let mut counted = Vec::with_capacity(rows.len());
        for row in rows {
            if let Some(frame) = frame {
                self.best.add(row, frame);
            }
            let place = row.place_id.as_deref();
            if self.classes.contains(&row.class) && row.seen_at().is_some_and(|at| self.basis.has(place, at))
            {
                self.chosen(row);
                counted.extend(row.counted());
            }
        }
        if counted.is_empty() {
            return;
        }
        let sifted = sift(counted);
        self.facts.overlapping += sifted.left_out.overlapping as u64;
        let kept: Vec<&Record> = sifted.kept.iter().collect();
        let (presence, calendar) = (self.presence, self.basis.calendar);
        self.tally.add(&kept, |record| {
            let place = record.place_id.as_deref();
            [presence.day(place, record.taken_at), calendar.day(place, record.taken_at)]
        });
        self.gatherer.add(&kept);
    }

    fn chosen(&mut self, row: &Sighting) {
        self.facts.wrong_boxes += u64::from(matches!(row.bbox, Some(ImageBox::Wrong(_))));
        self.facts.reviewed += u64::from(row.is_reviewed);
        if let Some(name) = &row.scientific_name {
            match self.species.get_mut(name) {
                Some(count) => *count += 1,
                None => drop(self.species.insert(name.clone(), 1)),
            }
        }
    }

    /// The span, when all of its rows are in.
    pub(super) fn finish(mut self, left_out: &LeftOut, wrong_clocks: &[ToldDeployment]) -> Span {
        let basis = self.basis;
        self.blanks.finish();
        let mut species: Vec<(String, u64)> = self.species.into_iter().collect();
        species.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        let deployments = basis.deployments;
        let is_future =
            |deployment: &&Deployment| deployment.end.unwrap_or(deployment.start) > basis.asked.created_at;
        let facts = Facts {
            rejected: left_out.rejected,
            duplicates: left_out.duplicates,
            no_deer: left_out::no_deer(left_out),
            not_looked_at: self.blanks.waiting,
            blank: self.blanks.blank,
            deployments: deployments.len() as u64,
            open: deployments.iter().filter(|deployment| deployment.end.is_none()).count() as u64,
            future: deployments.iter().filter(is_future).count() as u64,
            wrong_clocks: wrong_clocks.iter().filter_map(with_reason).collect(),
            ids: self.tally.individuals().len() as u64,
            groups: self.tally.groups,
            species: species.into_iter().map(|(name, _)| name).collect(),
            ..self.facts
        };
        let told = Effort::of_deployments(deployments, &basis.range());
        let effort = basis.within(&told.and_proven(self.proof));
        let failed = failed(deployments, &basis.range());
        let facts = match failed {
            0 => facts,
            _ => Facts {
                failed,
                failed_nights: basis.nights_without_failures() - told_nights(&effort),
                ..facts
            },
        };
        Span {
            effort,
            tally: self.tally,
            visits: self.gatherer.finish(),
            facts,
            kept_back: self.kept_back,
            detections: self.detections,
            best: self.best,
            files: self.files,
        }
    }
}

/// How many deployments have a time within the range in which their camera did not work.
fn failed(deployments: &[Deployment], range: &TimeRange) -> u64 {
    let is_then = |failure: &TimeRange| failure.start < range.end && failure.end > range.start;
    deployments.iter().filter(|deployment| deployment.failures.iter().any(is_then)).count() as u64
}

/// Trap nights that deployments tell.
fn told_nights(effort: &Effort) -> f64 {
    let told = effort.cameras.iter().filter(|camera| camera.source == Source::Deployments);
    told.map(Camera::nights).fold(0.0, |sum, nights| sum + nights)
}

/// `d2 (ends in the future: 4999-04-27)`.
fn with_reason(told: &ToldDeployment) -> Option<String> {
    let id = told.source_id.as_deref().unwrap_or(&told.deployment.id);
    Some(format!("{id} ({})", told.clock_problem.as_deref()?))
}

/// How far a photograph of an event is from another one that stands for it: each is within the event, or as far from its
/// begin.
const WITHIN_EVENT: TimeDelta = TimeDelta::days(2);

/// Photographs without a detection of their own. One of an event that tells when it was shows that event's deer, so those
/// of events wait until it is known whether theirs has any.
#[derive(Debug, Default)]
struct Blanks {
    blank: u64,
    /// Nobody has looked at them yet.
    waiting: u64,
    /// Events with deer, by when they were seen last.
    events: HashMap<String, DateTime<Utc>>,
    of_events: VecDeque<(DateTime<Utc>, String, bool)>,
    cleaned: Option<DateTime<Utc>>,
}

impl Blanks {
    fn shown(&mut self, row: &Sighting, at: DateTime<Utc>) {
        if let (Some(event), Some(_)) = (&row.burst_id, row.starts_at) {
            self.events.insert(event.clone(), at);
        }
    }

    fn add(&mut self, frame: &Frame, at: DateTime<Utc>) {
        match &frame.burst_id {
            Some(event) => self.of_events.push_back((at, event.clone(), frame.is_looked_at)),
            None => self.count(frame.is_looked_at),
        }
    }

    fn count(&mut self, is_looked_at: bool) {
        if is_looked_at {
            self.blank += 1;
        } else {
            self.waiting += 1;
        }
    }

    fn pass(&mut self, now: DateTime<Utc>) {
        while let Some((_, event, is_looked_at)) =
            self.of_events.pop_front_if(|(at, ..)| now - *at > WITHIN_EVENT)
        {
            self.judge(&event, is_looked_at);
        }
        // All at once now and then: what is kept too long does no harm.
        if self.cleaned.is_none_or(|then| now - then > WITHIN_EVENT) {
            self.events.retain(|_, at| now - *at <= WITHIN_EVENT * 2);
            self.cleaned = Some(now);
        }
    }

    fn judge(&mut self, event: &str, is_looked_at: bool) {
        if !self.events.contains_key(event) {
            self.count(is_looked_at);
        }
    }

    fn finish(&mut self) {
        for (_, event, is_looked_at) in std::mem::take(&mut self.of_events) {
            self.judge(&event, is_looked_at);
        }
    }
}
