//! What is counted of all groups while they are read, for the summary and for what holds for a package as a whole.

use std::collections::{BTreeMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use deertrack_catalog::LONGEST_EVENT;
use deertrack_catalog::store::Level;

use super::clocks;
use super::deployments::Stands;
use super::events::EventIds;
use super::failures;
use super::individuals::Individuals;
use super::levels::Fate;
use super::part::Part;
use super::reading::Reading;
use super::shifts::Spans;
use super::zones::Offsets;

/// The counts.
#[derive(Default)]
pub(super) struct Tally {
    /// Rows of each species.
    pub(super) species: BTreeMap<String, u64>,
    pub(super) other_species: BTreeMap<String, u64>,
    pub(super) incomplete_boxes: u64,
    pub(super) has_media: bool,
    /// There are rows that count, of the level of events, and of that of media.
    pub(super) has_level: [bool; 2],
    pub(super) classes: BTreeMap<&'static str, u64>,
    pub(super) detections: usize,
    pub(super) animals: u64,
    /// The first and the last day of rows that count, as they are told, at times that can be true.
    pub(super) days: Option<[NaiveDate; 2]>,
    pub(super) repeats: u64,
    pub(super) rejected: u64,
    pub(super) not_asked: u64,
    pub(super) events: EventIds,
    pub(super) spans: Spans,
    pub(super) offsets: Offsets,
    pub(super) individuals: Individuals,
}

impl Tally {
    /// The rows of one more group, as they were read first.
    pub(super) fn add(&mut self, part: &Part, stands: &Stands, reading: &mut Reading<'_>) {
        let Part { media, observations, events, fates, .. } = part;
        for (all, more) in [
            (&mut self.species, &observations.species),
            (&mut self.other_species, &observations.other_species),
        ] {
            more.iter().for_each(|(name, rows)| *all.entry(name.clone()).or_default() += rows);
        }
        self.incomplete_boxes += observations.incomplete_boxes;
        self.has_media |= media.is_there;
        for (found, fate) in observations.found.iter().zip(&fates.0) {
            match fate {
                Fate::Repeats(_) => self.repeats += 1,
                Fate::Rejected => self.rejected += 1,
                Fate::NotAsked => self.not_asked += 1,
                Fate::Counts(animals) => {
                    self.detections += 1;
                    self.animals += u64::from(*animals);
                    if clocks::is_possible(found.seen.start, reading.options.now) {
                        let day = found.seen.start.date_naive();
                        let [first, last] = self.days.unwrap_or([day; 2]);
                        self.days = Some([first.min(day), last.max(day)]);
                    }
                    self.has_level[usize::from(found.seen.level == Level::Media)] = true;
                    *self.classes.entry(found.row.class.name()).or_default() += 1;
                }
            }
        }
        self.events.add(&events.all);
        self.spans.add(stands, media, observations);
        self.offsets.add(observations);
        self.individuals.add(part);
        note(part, reading);
    }
}

/// Times that cannot be true, offsets, and people.
fn note(part: &Part, reading: &mut Reading<'_>) {
    let Part { media, observations, pictures, .. } = part;
    let now = reading.options.now;
    let notes = &mut reading.notes;
    let events = observations.found.iter().filter(|found| found.seen.medium.is_none());
    let impossible = media.all.iter().filter(|medium| !medium.is_possible).count()
        + events.filter(|found| !clocks::is_possible(found.seen.start, now)).count();
    notes.impossible_times += impossible as u64;
    let ends = observations.found.iter().filter_map(|found| Some(found.seen.end? - found.seen.start));
    let is_possible = |lasted: &TimeDelta| (TimeDelta::zero()..=LONGEST_EVENT).contains(lasted);
    notes.impossible_ends += ends.filter(|lasted| !is_possible(lasted)).count() as u64;
    let offsets: HashSet<_> = observations.found.iter().map(|found| *found.seen.start.offset()).collect();
    notes.offsets.extend(offsets.iter().map(ToString::to_string));
    notes.people += pictures.sees_people.iter().filter(|sees| **sees).count() as u64;
}

/// Rows at times at which their deployment did not stand, or did not work, now that it is known when it did.
pub(super) fn note_outside(part: &Part, stands: &Stands, reading: &mut Reading<'_>) {
    let now = reading.options.now;
    for found in &part.observations.found {
        let (stand, at) = (&stands.all[found.seen.stand], found.seen.start);
        let is_told_otherwise = stand.clock_problem.is_some() || !clocks::is_possible(at, now);
        if !is_told_otherwise && !(stand.start..=stand.end).contains(&at) {
            *reading.notes.outside.entry(stand.id.clone()).or_default() += 1;
        }
    }
    reading.notes.failures.rows += failures::rows(stands, &part.observations);
}
