//! Media-level rows that say no more than what the tables cannot say otherwise: which media show an event, which do not
//! though they were taken at its time, and that somebody saw a person or a vehicle. Rows of a source that tell of no
//! deer are not in the catalog; these stand for them.
//!
//! A medium waits until all events are known that it can show: [`WITHIN`].

use std::collections::{BTreeSet, HashSet, VecDeque};

use chrono::{DateTime, Utc};
use deertrack_catalog::said::SHOWS_NONE;
use deertrack_catalog::{Image, Level};

use super::bursts::Bursts;
use super::seen::{Event, Seen};
use super::span::{Span, is_long};
use super::spread::WITHIN;
use super::survey::Survey;
use super::writer::{Row, Writer, time};

/// Why a row tells of a person.
const SAW_PEOPLE: &str =
    "Somebody saw a person or a vehicle here, or in the same event; which of them is not known any more.";

/// What a row says of a medium beside its event: the type of the observation, and a comment.
type What = (&'static str, &'static str);

const PEOPLE: What = ("human", SAW_PEOPLE);
const OTHER: What = ("unclassified", SHOWS_NONE);
const LINK: What = ("unclassified", "");

/// Writes the rows of each medium, in the order of the media.
pub(super) struct Links {
    bursts: Bursts,
    /// The events of each stand that a medium that waits, or one to come, can have been taken in.
    spans: Vec<BTreeSet<Span>>,
    waiting: VecDeque<Medium>,
    cleaned: Option<DateTime<Utc>>,
}

/// A medium that waits for its events.
struct Medium {
    /// As told.
    id: String,
    stand: usize,
    taken_at: DateTime<Utc>,
    utc_offset_seconds: Option<i32>,
    /// The events that it stands for, and that no other row links it to.
    own: Vec<Event>,
    has_burst: bool,
    /// Its event, where nothing links it to that yet.
    burst: Option<String>,
    sees_people: bool,
    /// It shows none of the animals of an event that it was taken in, unless a row says so.
    shows_none: bool,
}

impl Links {
    /// `bursts`: the events that are far from their media.
    pub(super) fn new(survey: &Survey, bursts: Bursts) -> Self {
        let mut spans = vec![BTreeSet::new(); survey.stands.len()];
        for (stand, span) in &survey.long {
            spans[*stand].insert(span.clone());
        }
        Self { bursts, spans, waiting: VecDeque::new(), cleaned: None }
    }

    /// Adds a row; those of an instant before its media.
    pub(super) fn add(&mut self, seen: &Seen<'_>) {
        let (record, at) = (seen.record, seen.taken_at);
        if record.level == Level::Event {
            let span = Span::of(record, at);
            if !is_long(&span, at) {
                self.spans[seen.stand].insert(span);
            }
        }
        self.bursts.add(record, at, || Event::of(seen));
    }

    /// Adds a medium with the rows of its image.
    pub(super) fn medium(&mut self, survey: &Survey, image: &Image, stand: usize, rows: &[Seen<'_>]) {
        let Some(taken_at) = image.taken_at else { return };
        let of_level = |level| rows.iter().filter(move |row| row.record.level == level);
        let linked: HashSet<&str> =
            of_level(Level::Media).filter_map(|row| row.record.burst_id.as_deref()).collect();
        let mut told = HashSet::new();
        let own = of_level(Level::Event).filter(|row| {
            let burst = row.record.burst_id.as_deref();
            !row.event_id().is_empty()
                && !burst.is_some_and(|burst| linked.contains(burst))
                && told.insert(burst.unwrap_or(&row.record.id))
        });
        let own: Vec<Event> = own.filter_map(Event::of).collect();
        let burst = image.burst_id.as_deref();
        let burst = burst.filter(|burst| !linked.contains(burst) && !told.contains(burst));
        let shows_none = image.burst_id.is_none()
            && image.path.is_some()
            && survey.sources.is_package(image.dataset_id.as_deref());
        if own.is_empty() && burst.is_none() && !image.sees_people && !shows_none {
            return;
        }
        self.waiting.push_back(Medium {
            id: survey.ids.media.told(&image.id, image.source_id.as_deref()).to_owned(),
            stand,
            taken_at,
            utc_offset_seconds: image.utc_offset_seconds,
            own,
            has_burst: image.burst_id.is_some(),
            burst: burst.map(str::to_owned),
            sees_people: image.sees_people,
            shows_none,
        });
    }

    /// Writes what is known when everything before `now` is in.
    pub(super) fn pass(&mut self, survey: &Survey, now: DateTime<Utc>, writer: &mut Writer) {
        while let Some(medium) = self.waiting.pop_front_if(|medium| now - medium.taken_at > WITHIN) {
            self.write(survey, &medium, writer);
        }
        self.bursts.pass(now);
        // All at once now and then: what is kept too long does no harm.
        if self.cleaned.is_none_or(|then| now - then > WITHIN) {
            for spans in &mut self.spans {
                while spans.first().is_some_and(|span| span.is_over(now - WITHIN)) {
                    spans.pop_first();
                }
            }
            self.cleaned = Some(now);
        }
    }

    /// Writes the rest.
    pub(super) fn finish(&mut self, survey: &Survey, writer: &mut Writer) {
        for medium in std::mem::take(&mut self.waiting) {
            self.write(survey, &medium, writer);
        }
    }

    fn write(&mut self, survey: &Survey, medium: &Medium, writer: &mut Writer) {
        let timed = at(&mut self.spans[medium.stand], medium.taken_at);
        let is_timed = |burst: &str| timed.is_some_and(|timed| timed.burst.as_deref() == Some(burst));
        let other = medium.burst.as_deref().filter(|burst| !is_timed(burst));
        let other = other.and_then(|burst| self.bursts.get(burst));
        for (event, is_own) in
            medium.own.iter().map(|own| (own, true)).chain(other.map(|other| (other, false)))
        {
            let mut row = writer.row();
            let end = if is_own { String::new() } else { format!(":{}", medium.id) };
            row.set("observationID", format!("{}:media{end}", event.id));
            event.place_and_time(survey, &mut row);
            // No other photograph was there to stand for the event.
            let shows_none = event.is_of_a_package && !medium.has_burst;
            let what = match medium.sees_people {
                true => PEOPLE,
                false if shows_none => OTHER,
                false => LINK,
            };
            say(row, &medium.id, what);
        }
        if !medium.own.is_empty() || other.is_some() {
            return;
        }
        let (end, what) = match medium.sees_people {
            true => ("people", PEOPLE),
            false if medium.shows_none && timed.is_some() => ("other", OTHER),
            false => return,
        };
        let mut row = writer.row();
        row.set("observationID", format!("{}:{end}", medium.id));
        row.set("deploymentID", survey.ids.deployments.told(&survey.stands[medium.stand].id));
        row.set("eventStart", time(medium.taken_at, medium.utc_offset_seconds));
        row.set("eventEnd", time(medium.taken_at, medium.utc_offset_seconds));
        say(row, &medium.id, what);
    }
}

fn say<'a>(mut row: Row<'_, 'a>, medium: &'a str, (kind, comment): What) {
    row.set("mediaID", medium);
    row.set("observationLevel", Level::Media.name());
    row.set("observationType", kind);
    row.set("observationComments", comment);
    row.end();
}

/// The first event of a deployment that lasts at this time; it is asked for in the order of time. A medium of that time
/// shows it unless a row says otherwise.
fn at(spans: &mut BTreeSet<Span>, at: DateTime<Utc>) -> Option<&Span> {
    while spans.first().is_some_and(|span| span.is_over(at)) {
        spans.pop_first();
    }
    spans.first().filter(|span| span.has_begun(at))
}
