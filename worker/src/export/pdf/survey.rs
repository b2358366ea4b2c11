//! The rows of one span as counting needs them: which count, the visits they make, and how long cameras stood.
//!
//! Everything that a report says is computed from this. No words here, and no drawing.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use deertrack_catalog::{Image, Sighting, ToldDeployment};
use deertrack_schemas::Class;
use deertrack_survey::bootstrap::Resampling;
use deertrack_survey::calendar::{Calendar, Period, days};
use deertrack_survey::effort::{Camera, Effort, Source, passed};
use deertrack_survey::rates::Exposures;
use deertrack_survey::visits::{Visit, VisitRule, individual_visits, visits};
use deertrack_survey::{Deployment, ImageBox, Record, TimeRange, sift};

use super::found::{Asked, Rows};
use super::told::Told;
use crate::export::left_out;

/// What happened on some days.
pub(super) struct Survey<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) span: Period,
    /// Those asked for that are told apart, in the order of every table and legend.
    pub(super) classes: Vec<Class>,
    /// Those asked for that nobody tells apart.
    pub(super) untold: Vec<Class>,
    /// The rows that count, by time.
    pub(super) records: Vec<Record>,
    /// Of each class at each place, by start.
    pub(super) visits: Vec<Visit>,
    /// Of each known individual at each place, by start; none where ids name passages.
    pub(super) individual_visits: Vec<Visit>,
    /// Whether ids name animals: then records have theirs.
    pub(super) knows_individuals: bool,
    pub(super) effort: Effort,
    pub(super) facts: Facts,
}

/// What a report says of its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) rejected: u64,
    pub(super) duplicates: u64,
    /// What shows no deer, in words.
    pub(super) no_deer: Vec<String>,
    /// Boxes that are no part of their photograph.
    pub(super) wrong_boxes: u64,
    /// Images that nobody has looked at yet.
    pub(super) not_looked_at: u64,
    /// Further boxes of an animal that is counted already.
    pub(super) overlapping: u64,
    /// Detections that a person has looked at, of those that count or overlap.
    pub(super) reviewed: u64,
    pub(super) images: u64,
    /// Images that tell no place.
    pub(super) without_place: u64,
    /// Events without a photograph, which stand among the images.
    pub(super) events: u64,
    /// Photographs that show no deer: no detection of any class is of them or of an event that they show.
    pub(super) blank: u64,
    pub(super) deployments: u64,
    /// Deployments whose camera did not work for a part of these days.
    pub(super) failed: u64,
    /// Trap nights that they would have had then.
    pub(super) failed_nights: f64,
    /// Deployments that still stand.
    pub(super) open: u64,
    /// Deployments that end, or begin, after the report was asked for.
    pub(super) future: u64,
    /// Deployments that are no effort, with the reason.
    pub(super) wrong_clocks: Vec<String>,
    /// Distinct ids of individuals.
    pub(super) ids: u64,
    /// Detections that stand for more than one animal.
    pub(super) groups: u64,
    /// The species that detections name, the most frequent first.
    pub(super) species: Vec<String>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(
        rows: &Rows,
        asked: &Asked<'_>,
        span: Period,
        calendar: &'a Calendar,
        told: Told,
    ) -> Self {
        let asked_for = Class::ALL.into_iter().filter(|class| asked.params.classifications.contains(class));
        let (classes, untold): (Vec<Class>, Vec<Class>) = asked_for.partition(|class| told.has(*class));
        let is_then = |place: Option<&str>, at: DateTime<Utc>| span.contains(calendar.day(place, at));
        let counts = |row: &&Sighting| {
            let is_then = |at| is_then(row.place_id.as_deref(), at);
            classes.contains(&row.class) && row.seen_at().is_some_and(is_then)
        };
        let chosen: Vec<&Sighting> = rows.sightings.iter().filter(counts).collect();
        let mut sifted = sift(chosen.iter().filter_map(|row| row.counted()));
        if !told.individuals {
            sifted.kept.iter_mut().for_each(|record| record.individual = None);
        }
        let images: Vec<&Image> = rows
            .images
            .iter()
            .filter(|image| image.taken_at.is_some_and(|at| is_then(image.place_id.as_deref(), at)))
            .collect();
        let rule = visit_rule(asked);
        let range = passed(calendar.widest(span.first, span.last), asked.created_at);
        let within =
            |effort: Effort| effort.within(|place| days(span.first, span.last, calendar.zone(Some(place))));
        let effort = within(effort(rows, &images, &range));
        let (failed, failed_nights) = match failed(rows, &range) {
            0 => (0, 0.0),
            some => {
                (some, within(Effort::of_deployments(&whole(rows), &range)).nights() - told_nights(&effort))
            }
        };
        let facts = Facts {
            failed,
            failed_nights,
            overlapping: sifted.left_out.overlapping as u64,
            groups: sifted.kept.iter().filter(|record| record.count > 1).count() as u64,
            ..facts(rows, &chosen, &images, asked.created_at)
        };
        Self {
            visits: visits(&sifted.kept, rule),
            individual_visits: individual_visits(&sifted.kept, rule),
            effort,
            records: sifted.kept,
            knows_individuals: told.individuals,
            facts,
            calendar,
            span,
            classes,
            untold,
        }
    }

    /// Whether anybody named an individual on these days; a 0 of what nobody looks for would say that there were none.
    pub(super) fn names_individuals(&self) -> bool {
        self.knows_individuals && self.facts.ids > 0
    }

    /// Whether nothing was detected.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether cameras are known to have stood.
    pub(super) fn has_effort(&self) -> bool {
        self.effort.nights() > 0.0
    }

    /// The effort of a part of the days.
    pub(super) fn effort_of(&self, part: Period) -> Effort {
        self.effort.within(|place| days(part.first, part.last, self.calendar.zone(Some(place))))
    }

    /// Visits of a class.
    pub(super) fn visits_of(&self, class: Class) -> impl Iterator<Item = &Visit> {
        self.visits.iter().filter(move |visit| visit.class == class)
    }

    /// Visits of a class, or of all of them, beside the effort of their places; those of other days are told apart.
    pub(super) fn exposures(&self, class: Option<Class>) -> Exposures {
        let chosen = self.visits.iter().filter(|visit| class.is_none_or(|class| visit.class == class));
        Exposures::new(&self.effort, self.calendar, chosen.map(when))
    }
}

/// Where and when a visit began.
pub(super) fn when(visit: &Visit) -> (Option<&str>, DateTime<Utc>) {
    (visit.place_id.as_deref(), visit.start)
}

/// How intervals over cameras are drawn: always the same.
pub(super) fn resampling() -> Resampling {
    Resampling::default()
}

/// What makes a visit, as it was asked for.
pub(super) fn visit_rule(asked: &Asked<'_>) -> VisitRule {
    VisitRule::of(asked.params.visit_gap_minutes, asked.params.visit_gap_since)
}

fn effort(rows: &Rows, images: &[&Image], range: &TimeRange) -> Effort {
    let seen = images.iter().filter_map(|image| Some((image.place_id.as_deref()?, image.taken_at?)));
    Effort::of_deployments(&rows.deployments, range).and_inferred(seen, range)
}

/// Whether it stands for an event that has no photograph.
pub(super) fn is_event(image: &Image) -> bool {
    image.path.is_none() && image.source_id.is_none() && image.burst_id.is_some()
}

/// Those of a detection, and those of an event that tells when it was: all of its photographs show it.
fn images_with_deer(rows: &Rows) -> HashSet<&str> {
    let told = rows.sightings.iter().filter(|row| row.starts_at.is_some());
    let events: HashSet<&str> = told.filter_map(|row| row.burst_id.as_deref()).collect();
    let is_of_event = |image: &&Image| image.burst_id.as_deref().is_some_and(|event| events.contains(event));
    let of_events = rows.images.iter().filter(is_of_event).map(|image| image.id.as_str());
    rows.sightings.iter().map(|row| row.image_id.as_str()).chain(of_events).collect()
}

/// `d2 (ends in the future: 4999-04-27)`.
fn with_reason(told: &ToldDeployment) -> Option<String> {
    let id = told.source_id.as_deref().unwrap_or(&told.deployment.id);
    Some(format!("{id} ({})", told.clock_problem.as_deref()?))
}

/// How many deployments have a time within the range in which their camera did not work.
fn failed(rows: &Rows, range: &TimeRange) -> u64 {
    let is_then = |failure: &TimeRange| failure.start < range.end && failure.end > range.start;
    rows.deployments.iter().filter(|deployment| deployment.failures.iter().any(is_then)).count() as u64
}

/// The deployments as if their cameras had always worked.
fn whole(rows: &Rows) -> Vec<Deployment> {
    let whole = |deployment: &Deployment| Deployment { failures: Vec::new(), ..deployment.clone() };
    rows.deployments.iter().map(whole).collect()
}

/// Trap nights that deployments tell.
fn told_nights(effort: &Effort) -> f64 {
    let told = effort.cameras.iter().filter(|camera| camera.source == Source::Deployments);
    told.map(Camera::nights).fold(0.0, |sum, nights| sum + nights)
}

fn facts(rows: &Rows, chosen: &[&Sighting], images: &[&Image], now: DateTime<Utc>) -> Facts {
    let shows = images_with_deer(rows);
    let is_waiting = |image: &&&Image| !image.is_looked_at && !shows.contains(image.id.as_str());
    let mut species: BTreeMap<&str, u64> = BTreeMap::new();
    for name in chosen.iter().filter_map(|row| row.scientific_name.as_deref()) {
        *species.entry(name).or_default() += 1;
    }
    let mut species: Vec<(&str, u64)> = species.into_iter().collect();
    species.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let ids: HashSet<&str> = chosen.iter().filter_map(|row| row.deer_id.as_deref()).collect();
    let is_future = |deployment: &&Deployment| deployment.end.unwrap_or(deployment.start) > now;
    Facts {
        rejected: rows.left_out.rejected,
        duplicates: rows.left_out.duplicates,
        no_deer: left_out::no_deer(&rows.left_out),
        wrong_boxes: chosen.iter().filter(|row| matches!(row.bbox, Some(ImageBox::Wrong(_)))).count() as u64,
        not_looked_at: images.iter().filter(is_waiting).count() as u64,
        reviewed: chosen.iter().filter(|row| row.is_reviewed).count() as u64,
        images: images.len() as u64,
        without_place: images.iter().filter(|image| image.place_id.is_none()).count() as u64,
        events: images.iter().filter(|image| is_event(image)).count() as u64,
        blank: images.iter().filter(|image| image.is_looked_at && !shows.contains(image.id.as_str())).count()
            as u64,
        deployments: rows.deployments.len() as u64,
        open: rows.deployments.iter().filter(|deployment| deployment.end.is_none()).count() as u64,
        future: rows.deployments.iter().filter(is_future).count() as u64,
        wrong_clocks: rows.wrong_clocks.iter().filter_map(with_reason).collect(),
        ids: ids.len() as u64,
        species: species.into_iter().map(|(name, _)| name.to_owned()).collect(),
        ..Facts::default()
    }
}
