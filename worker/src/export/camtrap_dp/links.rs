//! Media-level rows that say no more than what the tables cannot say otherwise: which media show an event, which do not
//! though they were taken at its time, and that somebody saw a person or a vehicle. Rows of a source that tell of no
//! deer are not in the catalog; these stand for them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use deertrack_catalog::said::SHOWS_NONE;
use deertrack_catalog::{Image, Level};

use super::seen::Seen;
use super::survey::Survey;
use super::writer::{Row, Writer, time};

/// Why a row tells of a person.
const SAW_PEOPLE: &str =
    "Somebody saw a person or a vehicle here, or in the same event; which of them is not known any more.";

/// Writes the rows of each medium, in the order of the media.
pub(super) fn write<'a>(survey: &'a Survey, seen: &[Seen<'a>], writer: &mut Writer) {
    let events = Events::of(seen);
    for (image, stand) in survey.media() {
        let medium = survey.ids.media.told(&image.id);
        let timed = events.at(&survey.stands[*stand].id, image.taken_at);
        let shown = events.on(image, timed);
        for event in &shown {
            let mut row = writer.row();
            let own = event.record.image.id == image.id;
            let end = if own { String::new() } else { format!(":{medium}") };
            row.set("observationID", format!("{}:media{end}", event.id()));
            event.place_and_time(&mut row);
            // No other photograph was there to stand for the event.
            let shows_none = event.is_of_a_package && image.burst_id.is_none();
            say(
                row,
                medium,
                if image.sees_people {
                    PEOPLE
                } else if shows_none {
                    OTHER
                } else {
                    LINK
                },
            );
        }
        let (Some(taken_at), true) = (image.taken_at, shown.is_empty()) else { continue };
        let shows_none = || {
            image.burst_id.is_none()
                && image.path.is_some()
                && survey.sources.is_package(image.dataset_id.as_deref())
                && timed.is_some()
        };
        let (end, what) = match image.sees_people {
            true => ("people", PEOPLE),
            false if shows_none() => ("other", OTHER),
            false => continue,
        };
        let mut row = writer.row();
        row.set("observationID", format!("{medium}:{end}"));
        row.set("deploymentID", survey.ids.deployments.told(&survey.stands[*stand].id));
        row.set("eventStart", time(taken_at, image.utc_offset_seconds));
        row.set("eventEnd", time(taken_at, image.utc_offset_seconds));
        say(row, medium, what);
    }
}

/// What a row says of a medium beside its event: the type of the observation, and a comment.
type What = (&'static str, &'static str);

const PEOPLE: What = ("human", SAW_PEOPLE);
const OTHER: What = ("unclassified", SHOWS_NONE);
const LINK: What = ("unclassified", "");

fn say<'a>(mut row: Row<'_, 'a>, medium: &'a str, (kind, comment): What) {
    row.set("mediaID", medium);
    row.set("observationLevel", Level::Media.name());
    row.set("observationType", kind);
    row.set("observationComments", comment);
    row.end();
}

/// The events, by what tells which media show them.
struct Events<'s, 'a> {
    by_burst: HashMap<&'a str, Vec<&'s Seen<'a>>>,
    by_image: HashMap<&'a str, Vec<&'s Seen<'a>>>,
    /// Media and events that rows of animals link already.
    linked: HashSet<(&'a str, &'a str)>,
    /// The events of each deployment, by time.
    spans: HashMap<&'a str, Vec<Span<'a>>>,
}

/// From when to when an event was.
struct Span<'a> {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
    burst: Option<&'a str>,
    /// The last end of this one and all before.
    last: DateTime<Utc>,
}

impl<'s, 'a> Events<'s, 'a> {
    fn of(seen: &'s [Seen<'a>]) -> Self {
        let mut events = Self {
            by_burst: HashMap::new(),
            by_image: HashMap::new(),
            linked: HashSet::new(),
            spans: HashMap::new(),
        };
        let mut of_media = HashMap::new();
        for row in seen {
            let record = row.record;
            match (record.level, record.burst_id.as_deref()) {
                (Level::Media, Some(burst)) => {
                    events.linked.insert((&record.image.id, burst));
                    of_media.entry(burst).or_insert_with(|| vec![row]);
                }
                (Level::Media, None) => {}
                (Level::Event, burst) => {
                    let (start, end) = row.span();
                    let span = Span { start, end, burst, last: second(end) };
                    events.spans.entry(row.stand).or_default().push(span);
                    events.by_image.entry(&record.image.id).or_default().push(row);
                    if let Some(burst) = burst {
                        events.by_burst.entry(burst).or_default().push(row);
                    }
                }
            }
        }
        // An event of media-level rows alone is told by one of them.
        for (burst, rows) in of_media {
            events.by_burst.entry(burst).or_insert(rows);
        }
        for spans in events.spans.values_mut() {
            spans.sort_by_key(|span| (span.start, span.end, span.burst));
            let mut last = DateTime::<Utc>::MIN_UTC;
            for span in spans {
                last = last.max(span.last);
                span.last = last;
            }
        }
        events
    }

    /// The first event of the deployment that lasts at this time. A medium of that time shows it unless a row says
    /// otherwise. Events are often told in whole seconds and photographs in milliseconds, so seconds count, as they do
    /// when a package is read.
    fn at(&self, stand: &str, at: Option<DateTime<Utc>>) -> Option<&Span<'a>> {
        let (at, spans) = (at?, self.spans.get(stand)?);
        let ended = spans.partition_point(|span| span.last + TimeDelta::seconds(1) <= at);
        spans.get(ended).filter(|span| second(span.start) <= at)
    }

    /// The events that an image shows and neither another row nor its time (`timed`) links it to, one row of each; and
    /// the one that it stands for. Only those that have a name, for by it they are linked.
    fn on(&self, image: &Image, timed: Option<&Span<'a>>) -> Vec<&'s Seen<'a>> {
        let by_burst = image.burst_id.as_deref().and_then(|burst| self.by_burst.get(burst));
        let all = self.by_image.get(image.id.as_str()).into_iter().chain(by_burst).flatten();
        let mut told = HashSet::new();
        all.copied()
            .filter(|event| {
                let burst = event.record.burst_id.as_deref();
                let is_linked = burst.is_some_and(|burst| self.linked.contains(&(image.id.as_str(), burst)));
                let is_timed = burst.is_some() && timed.is_some_and(|timed| timed.burst == burst);
                !event.event_id().is_empty()
                    && !is_linked
                    && (event.record.image.id == image.id || !is_timed)
                    && told.insert(burst.unwrap_or(&event.record.id).to_owned())
            })
            .collect()
    }
}

fn second(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::seconds(1)).unwrap_or(at)
}
