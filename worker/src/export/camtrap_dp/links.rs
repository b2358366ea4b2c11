//! Media-level rows that say no more than what the tables cannot say otherwise: which media show an event, and that
//! somebody saw a person or a vehicle. Rows of a source that tell of no deer are not in the catalog; these stand for them.

use std::collections::{HashMap, HashSet};

use deertrack_catalog::{Image, Level};

use super::seen::Seen;
use super::survey::Survey;
use super::writer::{Row, Writer, time};

/// Why a row tells of a person.
const PEOPLE: &str =
    "Somebody saw a person or a vehicle here, or in the same event; which of them is not known any more.";

/// Writes the rows of each medium, in the order of the media.
pub(super) fn write<'a>(survey: &'a Survey, seen: &[Seen<'a>], writer: &mut Writer) {
    let events = Events::of(seen);
    for (image, stand) in survey.media() {
        let shown = events.on(image);
        for event in &shown {
            let mut row = writer.row();
            let own = event.record.image.id == image.id;
            let medium = survey.ids.media.told(&image.id);
            let end = if own { String::new() } else { format!(":{medium}") };
            row.set("observationID", format!("{}:media{end}", event.id()));
            event.place_and_time(&mut row);
            say(row, medium, image);
        }
        if image.sees_people && shown.is_empty() {
            let Some(taken_at) = image.taken_at else { continue };
            let mut row = writer.row();
            let medium = survey.ids.media.told(&image.id);
            row.set("observationID", format!("{medium}:people"));
            row.set("deploymentID", survey.ids.deployments.told(&survey.stands[*stand].id));
            row.set("eventStart", time(taken_at, image.utc_offset_seconds));
            row.set("eventEnd", time(taken_at, image.utc_offset_seconds));
            say(row, medium, image);
        }
    }
}

/// What a row says of a medium beside its event.
fn say<'a>(mut row: Row<'_, 'a>, medium: &'a str, image: &Image) {
    row.set("mediaID", medium);
    row.set("observationLevel", Level::Media.name());
    row.set("observationType", if image.sees_people { "human" } else { "unclassified" });
    if image.sees_people {
        row.set("observationComments", PEOPLE);
    }
    row.end();
}

/// The events, by what tells which media show them.
struct Events<'s, 'a> {
    by_burst: HashMap<&'a str, Vec<&'s Seen<'a>>>,
    by_image: HashMap<&'a str, Vec<&'s Seen<'a>>>,
    /// Media and events that rows of animals link already.
    linked: HashSet<(&'a str, &'a str)>,
}

impl<'s, 'a> Events<'s, 'a> {
    fn of(seen: &'s [Seen<'a>]) -> Self {
        let mut events = Self { by_burst: HashMap::new(), by_image: HashMap::new(), linked: HashSet::new() };
        for row in seen {
            let record = row.record;
            match (record.level, record.burst_id.as_deref()) {
                (Level::Media, Some(burst)) => {
                    events.linked.insert((&record.image.id, burst));
                }
                (Level::Media, None) => {}
                (Level::Event, burst) => {
                    events.by_image.entry(&record.image.id).or_default().push(row);
                    if let Some(burst) = burst {
                        events.by_burst.entry(burst).or_default().push(row);
                    }
                }
            }
        }
        events
    }

    /// The events that an image shows and no other row links it to, one row of each; only those that have a name, for by
    /// it they are linked.
    fn on(&self, image: &Image) -> Vec<&'s Seen<'a>> {
        let by_burst = image.burst_id.as_deref().and_then(|burst| self.by_burst.get(burst));
        let all = self.by_image.get(image.id.as_str()).into_iter().chain(by_burst).flatten();
        let mut told = HashSet::new();
        all.copied()
            .filter(|event| {
                let burst = event.record.burst_id.as_deref();
                let is_linked = burst.is_some_and(|burst| self.linked.contains(&(image.id.as_str(), burst)));
                !event.event_id().is_empty()
                    && !is_linked
                    && told.insert(burst.unwrap_or(&event.record.id).to_owned())
            })
            .collect()
    }
}
