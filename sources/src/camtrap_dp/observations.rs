//! `observations.csv`: what was seen. Rows of the chosen species in full; of all others what they say about the same
//! photographs and events (a person on it, a person's word against a model's).
//!
//! The chosen rows are held until all are read, for an animal is told by several rows and counted once.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use deertrack_catalog::said::SHOWS_NONE;
use deertrack_catalog::store::{Level, NewDetection};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;

use super::clocks;
use super::deployments::Stands;
use super::groups::Group;
use super::media::Media;
use super::reading::{Reading, Twice};
use super::species::{Chosen, NAMELESS};
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const REQUIRED: [&str; 5] =
    ["observationID", "deploymentID", "eventStart", "observationLevel", "observationType"];
/// Columns that the catalog has a place for. An individual's id is kept as told as well: it may be none of an animal.
const KEPT: [&str; 20] = [
    "observationID",
    "deploymentID",
    "mediaID",
    "eventID",
    "eventStart",
    "eventEnd",
    "observationLevel",
    "observationType",
    "scientificName",
    "count",
    "lifeStage",
    "sex",
    "behavior",
    "classificationMethod",
    "classifiedBy",
    "classificationProbability",
    "bboxX",
    "bboxY",
    "bboxWidth",
    "bboxHeight",
];

/// Where and when a row is of.
pub(super) struct Seen {
    /// Number of its deployment.
    pub(super) stand: usize,
    /// Number of its medium, of media-level rows.
    pub(super) medium: Option<usize>,
    pub(super) event_id: Option<String>,
    pub(super) start: DateTime<FixedOffset>,
    pub(super) end: Option<DateTime<FixedOffset>>,
    pub(super) level: Level,
    pub(super) by: Option<By>,
    pub(super) bbox: Option<BoundingBox>,
    pub(super) count: u32,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Person,
    Model,
}

/// A row of a chosen species.
pub(super) struct Found {
    pub(super) seen: Seen,
    /// Without its image, event and prefix.
    pub(super) row: NewDetection,
}

/// A row of anything else.
pub(super) struct Other {
    pub(super) seen: Seen,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A person or a vehicle.
    People,
    Blank,
    OtherAnimal,
    /// An export of ours says that it shows none of the animals of its event.
    NoneTaken,
    /// Unknown, unclassified, or a word that is not in the standard.
    Untold,
}

/// All rows.
#[derive(Default)]
pub(super) struct Observations {
    pub(super) found: Vec<Found>,
    pub(super) others: Vec<Other>,
    /// Rows of each species.
    pub(super) species: BTreeMap<String, u64>,
    pub(super) other_species: BTreeMap<String, u64>,
    pub(super) incomplete_boxes: u64,
}

impl Observations {
    /// Where and when all rows are of.
    pub(super) fn seen(&self) -> impl Iterator<Item = &Seen> {
        let found = self.found.iter().map(|found| &found.seen);
        found.chain(self.others.iter().map(|other| &other.seen))
    }
}

enum Read {
    Found(Box<Found>, bool),
    Other(What, Option<Seen>, Option<String>),
}

/// Reads the table.
pub(super) fn read(
    group: Group<'_>,
    stands: &Stands,
    media: &mut Media,
    chosen: &Chosen,
    twice: &mut Twice,
    reading: &mut Reading<'_>,
) -> Result<Observations, ImportError> {
    let mut table = group.required("observations", &REQUIRED)?;
    let mut all = Observations::default();
    loop {
        let row = table.next(|row| {
            twice.check(row, "observationID", |row| read_row(row, stands, media, chosen, reading))
        })?;
        let Some(row) = row else { break };
        match reading.accept(row)?.flatten() {
            None => {}
            Some(Read::Found(found, has_incomplete_box)) => {
                all.incomplete_boxes += u64::from(has_incomplete_box);
                let name = found.row.scientific_name.as_deref().unwrap_or(NAMELESS);
                *all.species.entry(name.to_owned()).or_default() += 1;
                all.found.push(*found);
            }
            Some(Read::Other(what, seen, name)) => {
                reading.skip(why(what), 1);
                if let Some(name) = name {
                    *all.other_species.entry(name).or_default() += 1;
                }
                all.others.extend(seen.map(|seen| Other { seen, what }));
            }
        }
    }
    reading.note_table(&table, "observations", twice.equal);
    Ok(all)
}

fn why(what: What) -> &'static str {
    if what == What::OtherAnimal {
        "of another species, or of an animal without a name"
    } else {
        "of no animal (blank, person, vehicle, unknown or unclassified)"
    }
}

fn read_row(
    row: &Row<'_>,
    stands: &Stands,
    media: &mut Media,
    chosen: &Chosen,
    reading: &Reading<'_>,
) -> Result<Read, BadRow> {
    let levels = [("media", Level::Media), ("event", Level::Event)];
    let level = row.choice("observationLevel", &levels)?;
    let level = level.ok_or_else(|| row.bad("observationLevel", "required"))?;
    let name = row.text("scientificName");
    let what = match &*row.required("observationType")?.to_ascii_lowercase() {
        "animal" if chosen.has(name) => None,
        "animal" => Some(What::OtherAnimal),
        "human" | "vehicle" => Some(What::People),
        "blank" => Some(What::Blank),
        _ if row.text("observationComments") == Some(SHOWS_NONE) => Some(What::NoneTaken),
        _ => Some(What::Untold),
    };
    if let Some(what) = what {
        let named = (what == What::OtherAnimal).then(|| name.unwrap_or(NAMELESS).to_owned());
        return Ok(Read::Other(what, of_other(row, level, stands, media), named));
    }
    let (bbox, has_incomplete_box) = bounding_box(row)?;
    let (start, end) = (row.instant("eventStart")?, row.optional_instant("eventEnd")?);
    let stand = stands.of_row(row)?;
    let start = stands.all[stand].mended(start);
    let mut seen = Seen {
        stand,
        medium: None,
        event_id: row.owned("eventID"),
        start,
        end: end.map(|end| stands.all[stand].mended(end)),
        level,
        by: by(row),
        bbox,
        count: row.count("count")?.unwrap_or(1),
    };
    seen.medium = medium(row, &seen, media, clocks::is_possible(start, reading.options.now))?;
    let row = detection(row, &seen, has_incomplete_box)?;
    Ok(Read::Found(Box::new(Found { seen, row }), has_incomplete_box))
}

/// What a row that is not taken says about its photograph and event. Mistakes in it stop nobody.
fn of_other(row: &Row<'_>, level: Level, stands: &Stands, media: &Media) -> Option<Seen> {
    let medium = match level {
        Level::Event => None,
        Level::Media => Some(media.number(row.text("mediaID")?)?),
    };
    let stand = stands.number(row.text("deploymentID")?)?;
    let mended = |at| stands.all[stand].mended(at);
    Some(Seen {
        stand,
        medium,
        event_id: row.owned("eventID"),
        start: row.instant("eventStart").ok().map(mended)?,
        end: row.optional_instant("eventEnd").ok()?.map(mended),
        level,
        by: by(row),
        bbox: bounding_box(row).ok()?.0,
        count: row.count("count").ok()?.unwrap_or(1),
    })
}

fn by(row: &Row<'_>) -> Option<By> {
    match &*row.text("classificationMethod")?.to_ascii_lowercase() {
        "human" => Some(By::Person),
        "machine" => Some(By::Model),
        _ => None,
    }
}

/// The medium that a row is of. One of another deployment is a mistake that moves an animal.
fn medium(row: &Row<'_>, seen: &Seen, media: &mut Media, is_possible: bool) -> Result<Option<usize>, BadRow> {
    let id = match seen.level {
        Level::Event => return Ok(None),
        Level::Media => row.required("mediaID")?,
    };
    let number = match media.number(id) {
        Some(number) => number,
        None if media.is_there && media.is_part => {
            return Err(row.bad("mediaID", "not among the media of its deployment"));
        }
        None if media.is_there => return Err(row.bad("mediaID", "not among the media")),
        None => media.made(id, seen.stand, seen.start, is_possible),
    };
    if media.all[number].stand == seen.stand {
        Ok(Some(number))
    } else {
        Err(row.bad("mediaID", "a medium of another deployment than this row"))
    }
}

fn detection(row: &Row<'_>, seen: &Seen, has_incomplete_box: bool) -> Result<NewDetection, BadRow> {
    let id = row.required("observationID")?;
    let told_at = row.optional_instant("classificationTimestamp")?;
    let utc = |at: DateTime<FixedOffset>| -> DateTime<Utc> { at.to_utc() };
    Ok(NewDetection {
        confidence: row.number("classificationProbability", 0.0, 1.0)?,
        bbox: seen.bbox,
        deer_id: row.owned("individualID"),
        count: seen.count,
        level: seen.level,
        scientific_name: row.owned("scientificName"),
        sex: row.owned("sex"),
        life_stage: row.owned("lifeStage"),
        behavior: row.owned("behavior"),
        classification_method: row.owned("classificationMethod"),
        classified_by: row.owned("classifiedBy"),
        created_at: Some(told_at.map_or_else(|| utc(seen.start), utc)),
        source_id: Some(id.to_owned()),
        event_id: seen.event_id.clone(),
        starts_at: Some(utc(seen.start)),
        ends_at: seen.end.map(utc),
        utc_offset_seconds: Some(seen.start.offset().local_minus_utc()),
        is_count_told: Some(row.text("count").is_some()),
        extra: extra(row, seen, has_incomplete_box),
        ..NewDetection::of(id, "", class(row)?)
    })
}

/// The other columns; with them what is told of a box that is not whole, and an end with an offset of its own.
fn extra(row: &Row<'_>, seen: &Seen, has_incomplete_box: bool) -> Option<String> {
    let known = if has_incomplete_box { &KEPT[..KEPT.len() - 4] } else { &KEPT };
    let end = seen.end.filter(|end| end.offset() != seen.start.offset());
    let end = end.map(|end| ("eventEnd", end.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    row.others_and(known, end.as_ref())
}

fn class(row: &Row<'_>) -> Result<Class, BadRow> {
    // "unknown" was a word of earlier versions: it says that nothing is told.
    let stages = [("adult", false), ("subadult", false), ("juvenile", true), ("unknown", false)];
    let sexes = [("female", Class::Doe), ("male", Class::Buck), ("unknown", Class::Unknown)];
    let (stage, sex) = (row.choice("lifeStage", &stages)?, row.choice("sex", &sexes)?);
    Ok(if stage == Some(true) { Class::Fawn } else { sex.unwrap_or(Class::Unknown) })
}

/// The box, if all of it is told; and whether only a part of it is.
fn bounding_box(row: &Row<'_>) -> Result<(Option<BoundingBox>, bool), BadRow> {
    let x = row.number("bboxX", 0.0, 1.0)?;
    let y = row.number("bboxY", 0.0, 1.0)?;
    let width = row.number("bboxWidth", 1e-15, 1.0)?;
    let height = row.number("bboxHeight", 1e-15, 1.0)?;
    if let (Some(x), Some(y), Some(width), Some(height)) = (x, y, width, height) {
        return Ok((Some(BoundingBox { x, y, width, height }), false));
    }
    let has_a_part = [x, y, width, height].iter().any(Option::is_some);
    Ok((None, has_a_part))
}
