//! Animals known by their ids: when they were seen, and as what. Ids that occur once each are passages, as some tools
//! number them, and no known animals.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::store::NewDeer;
use deertrack_schemas::Class;
use deertrack_survey::passages::are_passages;

use super::levels::Fate;
use super::part::Part;

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
    first_and_last: Option<[DateTime<Utc>; 2]>,
    occurrences: usize,
    told: Option<(DateTime<Utc>, Class)>,
}

/// Where one animal was in the rows of one group.
#[derive(Default)]
struct Occurrences {
    events: BTreeSet<usize>,
    /// Of rows without an event: in which deployment and when.
    alone: Vec<(usize, DateTime<Utc>)>,
}

impl Individuals {
    /// Those of one more group: no event and no deployment is in two.
    pub(super) fn add(&mut self, part: &Part) {
        let Part { media, observations, events, fates, .. } = part;
        let mut event_of = HashMap::new();
        for (number, event) in events.all.iter().enumerate() {
            event_of.extend(event.rows.iter().chain(&event.media_rows).map(|row| (*row, number)));
        }
        let mut occurrences = BTreeMap::<&str, Occurrences>::new();
        for (row, (found, fate)) in observations.found.iter().zip(&fates.0).enumerate() {
            let Some(id) = &found.row.deer_id else { continue };
            if matches!(fate, Fate::Rejected | Fate::NotAsked) {
                continue;
            }
            let at = found.seen.medium.map_or(found.seen.start.to_utc(), |medium| media.all[medium].taken_at);
            self.all.entry(id.clone()).or_default().add(at, found.row.class);
            let of_group = occurrences.entry(id).or_default();
            match event_of.get(&row) {
                Some(event) => drop(of_group.events.insert(*event)),
                None => of_group.alone.push((found.seen.stand, at)),
            }
        }
        for (id, of_group) in occurrences {
            self.all.entry(id.to_owned()).or_default().occurrences += of_group.count();
        }
    }

    /// What they are, once all rows were read.
    pub(super) fn settled(self) -> Self {
        if are_passages(self.all.len(), self.all.values().any(|seen| seen.occurrences > 1)) {
            return Self { passages: Some(self.all.len()), all: BTreeMap::new() };
        }
        self
    }
}

impl Seen {
    fn add(&mut self, at: DateTime<Utc>, class: Class) {
        let [first, last] = self.first_and_last.unwrap_or([at; 2]);
        self.first_and_last = Some([first.min(at), last.max(at)]);
        if class != Class::Unknown && self.told.is_none_or(|told| told <= (at, class)) {
            self.told = Some((at, class));
        }
    }

    /// The row; another data set's deer of this name makes the data set's name a part of it.
    pub(super) fn deer(&self, id: &str, dataset: &str, taken: &HashSet<String>) -> NewDeer {
        let name = if taken.contains(id) { format!("{id} ({dataset})") } else { id.to_owned() };
        NewDeer {
            first_seen: self.first_and_last.map(|[first, _]| first),
            last_seen: self.first_and_last.map(|[_, last]| last),
            source_id: Some(id.to_owned()),
            ..NewDeer::of(id, name, self.told.map_or(Class::Unknown, |(_, class)| class))
        }
    }
}

impl Occurrences {
    fn count(mut self) -> usize {
        self.alone.sort_unstable();
        let apart = |pair: &&[(usize, DateTime<Utc>)]| {
            pair[0].0 != pair[1].0 || pair[1].1 - pair[0].1 >= ONE_OCCURRENCE
        };
        let alone = self.alone.windows(2).filter(apart).count() + usize::from(!self.alone.is_empty());
        self.events.len() + alone
    }
}
