//! Animals known by their ids: when they were seen, and as what. Ids that occur once each are passages, as some tools
//! number them, and no known animals.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::store::NewDeer;
use deertrack_schemas::Class;
use deertrack_survey::passages::are_passages;

use super::events::Events;
use super::levels::{Fate, Fates};
use super::media::Media;
use super::observations::Observations;

/// Rows of one deployment that name no event are one occurrence while less passes between them.
const ONE_OCCURRENCE: TimeDelta = TimeDelta::minutes(30);

/// The individuals of the rows that are taken.
#[derive(Default)]
pub(super) struct Individuals {
    pub(super) all: BTreeMap<String, Seen>,
    /// How many ids there are that are of passages.
    pub(super) passages: Option<usize>,
}

/// When an animal was seen, and as what: its class is that of the last row that tells one (a fawn grows up).
#[derive(Default)]
pub(super) struct Seen {
    times: Vec<DateTime<Utc>>,
    events: BTreeSet<usize>,
    /// Of rows without an event: when and in which deployment.
    alone: Vec<(usize, DateTime<Utc>)>,
    told: Option<(DateTime<Utc>, Class)>,
}

impl Individuals {
    pub(super) fn of(observations: &Observations, events: &Events, fates: &Fates, media: &Media) -> Self {
        let mut event_of = HashMap::new();
        for (number, event) in events.all.iter().enumerate() {
            event_of.extend(event.rows.iter().chain(&event.media_rows).map(|row| (*row, number)));
        }
        let mut all = BTreeMap::<String, Seen>::new();
        for (row, (found, fate)) in observations.found.iter().zip(&fates.0).enumerate() {
            let Some(id) = &found.row.deer_id else { continue };
            if matches!(fate, Fate::Rejected | Fate::NotAsked) {
                continue;
            }
            let at = found.seen.medium.map_or(found.seen.start.to_utc(), |medium| media.all[medium].taken_at);
            let seen: &mut Seen = all.entry(id.clone()).or_default();
            seen.add(at, found.row.class);
            match event_of.get(&row) {
                Some(event) => drop(seen.events.insert(*event)),
                None => seen.alone.push((found.seen.stand, at)),
            }
        }
        for seen in all.values_mut() {
            seen.times.sort_unstable();
            seen.alone.sort_unstable();
        }
        if are_passages(all.len(), all.values().any(|seen| seen.occurrences() > 1)) {
            return Self { passages: Some(all.len()), all: BTreeMap::new() };
        }
        Self { all, passages: None }
    }
}

impl Seen {
    fn add(&mut self, at: DateTime<Utc>, class: Class) {
        self.times.push(at);
        if class != Class::Unknown && self.told.is_none_or(|(told_at, _)| told_at <= at) {
            self.told = Some((at, class));
        }
    }

    fn occurrences(&self) -> usize {
        let apart = |pair: &&[(usize, DateTime<Utc>)]| {
            pair[0].0 != pair[1].0 || pair[1].1 - pair[0].1 >= ONE_OCCURRENCE
        };
        let alone = self.alone.windows(2).filter(apart).count() + usize::from(!self.alone.is_empty());
        self.events.len() + alone
    }

    /// The row; another data set's deer of this name makes the data set's name a part of it.
    pub(super) fn deer(&self, id: &str, dataset: &str, taken: &HashSet<String>) -> NewDeer {
        let name = if taken.contains(id) { format!("{id} ({dataset})") } else { id.to_owned() };
        NewDeer {
            first_seen: self.times.first().copied(),
            last_seen: self.times.last().copied(),
            source_id: Some(id.to_owned()),
            ..NewDeer::of(id, name, self.told.map_or(Class::Unknown, |(_, class)| class))
        }
    }
}
