//! Events by their names in the database: those of the last days, and those that are far from their media
//! ([`spread`](super::spread)), which are held to the end.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use deertrack_catalog::{Level, Record};

use super::fold::{Batch, Fold};
use super::seen::{Event, Seen};
use super::spread::WITHIN;
use super::survey::Survey;
use crate::JobError;
use crate::export::Job;

/// The row of an event by which media are linked to it: the first row of the event itself that has a name for it; one of a
/// photograph where the event has no row.
#[derive(Debug, Default)]
struct Shown {
    has_event: bool,
    event: Option<Event>,
    /// Of the first row of a photograph; it may have no name.
    photograph: Option<Option<Event>>,
}

impl Shown {
    fn add(&mut self, level: Level, event: impl FnOnce() -> Option<Event>) {
        match level {
            Level::Event => {
                self.has_event = true;
                self.event = self.event.take().or_else(event);
            }
            Level::Media => {
                self.photograph.get_or_insert_with(event);
            }
        }
    }

    fn event(&self) -> Option<&Event> {
        if self.has_event { self.event.as_ref() } else { self.photograph.as_ref()?.as_ref() }
    }
}

/// The events of the last days, and those that are far from their media.
#[derive(Debug, Default)]
pub(super) struct Bursts {
    far: HashMap<String, Shown>,
    near: HashMap<String, Shown>,
    /// Of those, by when each came first.
    since: VecDeque<(DateTime<Utc>, String)>,
}

impl Bursts {
    /// Adds a row; `event` makes what is held of it, or nothing where it has no name.
    pub(super) fn add(&mut self, record: &Record, at: DateTime<Utc>, event: impl FnOnce() -> Option<Event>) {
        let Some(burst) = record.burst_id.as_deref() else { return };
        if self.far.contains_key(burst) {
            return;
        }
        if !self.near.contains_key(burst) {
            self.near.insert(burst.to_owned(), Shown::default());
            self.since.push_back((at, burst.to_owned()));
        }
        if let Some(shown) = self.near.get_mut(burst) {
            shown.add(record.level, event);
        }
    }

    pub(super) fn get(&self, burst: &str) -> Option<&Event> {
        self.far.get(burst).or_else(|| self.near.get(burst))?.event()
    }

    /// Forgets what no medium can show any more that was taken less than [`WITHIN`] before `now`.
    pub(super) fn pass(&mut self, now: DateTime<Utc>) {
        while let Some((_, burst)) = self.since.pop_front_if(|(since, _)| now - *since > WITHIN * 2) {
            self.near.remove(&burst);
        }
    }
}

/// Finds the rows of the events that are far from their media.
pub(super) struct Gather {
    survey: Survey,
    bursts: Bursts,
}

impl Gather {
    pub(super) fn new(survey: Survey) -> Self {
        Self { survey, bursts: Bursts::default() }
    }

    pub(super) fn finish(self) -> (Survey, Bursts) {
        (self.survey, self.bursts)
    }
}

impl Fold for Gather {
    fn add(&mut self, _: &Job, batch: &mut Batch) -> Result<(), JobError> {
        let Self { survey, bursts } = self;
        for record in &batch.seen {
            let Some(burst) = record.burst_id.as_deref().filter(|burst| survey.far.has(burst)) else {
                continue;
            };
            let Some(stand) = survey.stand_of_record(record) else { continue };
            let Some(seen) = Seen::of(survey, record, stand) else { continue };
            let shown = bursts.far.entry(burst.to_owned()).or_default();
            shown.add(record.level, || Event::of(&seen));
        }
        Ok(())
    }
}
