//! Events: told by deployment, event id, start and end together, never by the id alone. And which photographs are of an
//! event: by link (a media-level row names the event), else by deployment and time.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Duration, DurationRound, SecondsFormat, TimeDelta, Utc};
use deertrack_catalog::store::Level;

use super::deployments::Stands;
use super::media::Media;
use super::observations::{Observations, Seen, What};
use crate::told_rows::key;

/// Rows of one event id without an event-level row are one event while no day passes between them.
const LONGEST_SILENCE: TimeDelta = TimeDelta::days(1);

/// An event.
pub(super) struct Event {
    pub(super) stand: usize,
    pub(super) event_id: Option<String>,
    pub(super) start: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
    /// What tells it from every other event of the package.
    pub(super) key: String,
    /// Event-level rows of the chosen species.
    pub(super) rows: Vec<usize>,
    /// Event-level rows of anything else.
    pub(super) others: Vec<usize>,
    /// Media-level rows of the chosen species.
    pub(super) media_rows: Vec<usize>,
    /// Media that rows link to it.
    pub(super) linked: Vec<usize>,
    /// Media of its deployment in its time.
    pub(super) timed: Vec<usize>,
}

/// Events of a package, and which one a media-level row of the chosen species is of.
pub(super) struct Events {
    pub(super) all: Vec<Event>,
}

impl Events {
    /// All events that event-level rows tell of, whatever was seen in them.
    pub(super) fn of_anything(observations: &Observations, media: &Media) -> Self {
        Self::of(observations, media, true)
    }

    /// The events of the chosen species: none of them loses a photograph to an event of something else at the same time.
    pub(super) fn of_chosen(
        observations: &Observations,
        media: &Media,
        stands: &Stands,
        ids: Option<&EventIds>,
    ) -> Self {
        let mut events = Self::of(observations, media, false);
        name(&mut events.all, stands, ids);
        events
    }

    fn of(observations: &Observations, media: &Media, with_others: bool) -> Self {
        let mut making = Making::default();
        making.event_rows(observations, with_others);
        let told = making.events.len();
        making.media_rows(observations, media);
        let mut events = making.events;
        let times = Times::of(media);
        for event in &mut events[..told] {
            event.timed = times.within(event.stand, event.start, event.end);
        }
        Self { all: events }
    }
}

/// Deployment and event id.
type Name = (usize, Option<String>);

#[derive(Default)]
struct Making {
    events: Vec<Event>,
    by_span: HashMap<(Name, DateTime<Utc>, DateTime<Utc>), usize>,
    by_name: HashMap<Name, Vec<usize>>,
    by_stand: HashMap<usize, Vec<usize>>,
}

impl Making {
    fn event_rows(&mut self, observations: &Observations, with_others: bool) {
        for (number, found) in observations.found.iter().enumerate() {
            if found.seen.level == Level::Event {
                let event = self.event(&found.seen);
                self.events[event].rows.push(number);
            }
        }
        for (number, other) in observations.others.iter().enumerate().filter(|_| with_others) {
            if other.seen.level == Level::Event {
                let event = self.event(&other.seen);
                self.events[event].others.push(number);
            }
        }
        for events in self.by_stand.values_mut() {
            events.sort_by_key(|event| self.events[*event].start);
        }
    }

    /// The event of an event-level row.
    fn event(&mut self, seen: &Seen) -> usize {
        let name = (seen.stand, seen.event_id.clone());
        let start = seen.start.to_utc();
        let end = seen.end.map_or(start, |end| end.to_utc()).max(start);
        let span = (name.clone(), start, end);
        if let Some(event) = self.by_span.get(&span) {
            return *event;
        }
        let event = self.add(name.clone(), start, end);
        self.by_span.insert(span, event);
        self.by_name.entry(name).or_default().push(event);
        self.by_stand.entry(seen.stand).or_default().push(event);
        event
    }

    fn add(&mut self, (stand, event_id): Name, start: DateTime<Utc>, end: DateTime<Utc>) -> usize {
        self.events.push(Event {
            stand,
            event_id,
            start,
            end,
            key: String::new(),
            rows: Vec::new(),
            others: Vec::new(),
            media_rows: Vec::new(),
            linked: Vec::new(),
            timed: Vec::new(),
        });
        self.events.len() - 1
    }

    /// Media-level rows: to the event that they name; where no row of the chosen species names an event, by time; else
    /// they are events of their own, if they name one.
    fn media_rows(&mut self, observations: &Observations, media: &Media) {
        let found = observations.found.iter().enumerate().map(|(at, found)| (&found.seen, Some(at)));
        let others = observations.others.iter().map(|other| (&other.seen, None));
        let mut unlinked = Vec::new();
        let mut linked = HashSet::new();
        for (seen, found) in found.chain(others) {
            let Some(medium) = seen.medium else { continue };
            let at = media.all[medium].taken_at;
            match self.named(seen, at) {
                Some(event) => {
                    linked.extend(found.map(|_| event));
                    self.join(event, medium, found);
                }
                None => unlinked.push((seen, medium, at, found)),
            }
        }
        let mut own = BTreeMap::<Name, Vec<(DateTime<Utc>, usize, Option<usize>)>>::new();
        for (seen, medium, at, found) in unlinked {
            // A row of anything else tells no more by its time than its medium does by its own.
            let timed = found.and_then(|_| self.timed(seen.stand, at));
            let free = |event: &usize| seen.event_id.is_none() || !linked.contains(event);
            match timed.filter(free) {
                Some(event) => self.join(event, medium, found),
                None if seen.event_id.is_some() => {
                    own.entry((seen.stand, seen.event_id.clone())).or_default().push((at, medium, found));
                }
                None => {}
            }
        }
        for (name, rows) in own {
            self.of_media(&name, rows);
        }
    }

    fn join(&mut self, event: usize, medium: usize, found: Option<usize>) {
        self.events[event].media_rows.extend(found);
        self.events[event].linked.push(medium);
    }

    /// The event-level event of this id that the instant is in, else the nearest of this id.
    fn named(&self, seen: &Seen, at: DateTime<Utc>) -> Option<usize> {
        let id = seen.event_id.clone()?;
        let candidates = self.by_name.get(&(seen.stand, Some(id)))?;
        let away = |event: &&usize| {
            let Event { start, end, .. } = &self.events[**event];
            (*start - at).max(at - *end).max(TimeDelta::zero())
        };
        candidates.iter().min_by_key(away).copied()
    }

    /// The first event-level event of the deployment that the instant is in.
    fn timed(&self, stand: usize, at: DateTime<Utc>) -> Option<usize> {
        let events = self.by_stand.get(&stand)?;
        let begun = events.partition_point(|event| second(self.events[*event].start) <= at);
        events[..begun]
            .iter()
            .rev()
            .take(64)
            .find(|event| at < second(self.events[**event].end) + Duration::seconds(1))
            .copied()
    }

    fn of_media(&mut self, name: &Name, mut rows: Vec<(DateTime<Utc>, usize, Option<usize>)>) {
        rows.sort_unstable();
        let mut event: Option<usize> = None;
        for (at, medium, found) in rows {
            let open = event.filter(|event| at - self.events[*event].end <= LONGEST_SILENCE);
            let current = open.unwrap_or_else(|| self.add(name.clone(), at, at));
            self.events[current].end = at;
            self.join(current, medium, found);
            event = Some(current);
        }
    }
}

/// Media by deployment and time.
struct Times(HashMap<usize, Vec<(DateTime<Utc>, usize)>>);

impl Times {
    fn of(media: &Media) -> Self {
        let mut times = HashMap::<usize, Vec<(DateTime<Utc>, usize)>>::new();
        for (number, medium) in media.all.iter().enumerate().filter(|(_, medium)| medium.has_file) {
            times.entry(medium.stand).or_default().push((medium.taken_at, number));
        }
        times.values_mut().for_each(|times| times.sort_unstable());
        Self(times)
    }

    /// Events are often told in whole seconds, and photographs in milliseconds: the seconds count.
    fn within(&self, stand: usize, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<usize> {
        let Some(times) = self.0.get(&stand) else { return Vec::new() };
        let from = times.partition_point(|(at, _)| *at < second(start));
        let behind = times.partition_point(|(at, _)| *at < second(end) + Duration::seconds(1));
        times[from..behind.max(from)].iter().map(|(_, number)| *number).collect()
    }
}

fn second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}

/// The id of an event where that tells it from all others, else with its deployment, else with its start as well.
fn name(events: &mut [Event], stands: &Stands, ids: Option<&EventIds>) {
    let mut of_id = EventIds::default();
    let mut of_stand = HashMap::<Name, u32>::new();
    of_id.add(events);
    let of_id = ids.unwrap_or(&of_id);
    let of_chosen = |event: &&mut Event| event.is_of_chosen();
    for event in events.iter_mut().filter(of_chosen) {
        *of_stand.entry((event.stand, event.event_id.clone())).or_default() += 1;
    }
    let mut taken = HashSet::new();
    for event in events.iter_mut().filter(of_chosen) {
        let deployment = &stands.all[event.stand].id;
        let id = event.event_id.as_deref().unwrap_or_default();
        let start = event.start.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let end = event.end.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut keys = Vec::new();
        if event.event_id.as_deref().is_some_and(|id| of_id.is_of_one(id)) {
            keys.push(id.to_owned());
        }
        if event.event_id.is_some() && of_stand[&(event.stand, event.event_id.clone())] == 1 {
            keys.push(format!("{id}@{deployment}"));
        }
        keys.push(format!("{id}@{deployment}@{start}"));
        keys.push(format!("{id}@{deployment}@{start}@{end}"));
        let last = keys.last().cloned().unwrap_or_default();
        event.key = keys.into_iter().find(|key| !taken.contains(key)).unwrap_or(last);
        taken.insert(event.key.clone());
    }
}

/// Which ids are of one event alone, among the events of all groups: hashes, for there may be as many as photographs.
#[derive(Default)]
pub(super) struct EventIds {
    /// Of several events, or of one.
    several: HashMap<u128, bool>,
}

impl EventIds {
    /// More events.
    pub(super) fn add(&mut self, events: &[Event]) {
        for id in
            events.iter().filter(|event| event.is_of_chosen()).filter_map(|event| event.event_id.as_deref())
        {
            self.several.entry(key(id)).and_modify(|several| *several = true).or_default();
        }
    }

    fn is_of_one(&self, id: &str) -> bool {
        self.several.get(&key(id)) == Some(&false)
    }
}

impl Event {
    /// An event of other animals alone is not written, and so is nothing to be told from.
    fn is_of_chosen(&self) -> bool {
        !(self.rows.is_empty() && self.media_rows.is_empty())
    }

    /// Whether somebody saw a person or a vehicle in it, by its event-level rows.
    pub(super) fn has_people(&self, observations: &Observations) -> bool {
        self.others.iter().any(|other| observations.others[*other].what == What::People)
    }
}
