//! `observations.csv`: what was seen.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Level, Record};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;

use super::standard::{LIFE_STAGES, METHODS, OBSERVATIONS, SEXES};
use super::survey::Survey;
use super::writer::{Row, Writer, known, time};

/// The table. `species` is for rows that do not tell theirs.
pub(super) fn table(survey: &Survey, species: &str) -> Vec<u8> {
    let mut writer = Writer::new(&OBSERVATIONS);
    let files: HashSet<&str> = survey.media().map(|(image, _)| image.id.as_str()).collect();
    for (record, stand) in &survey.records {
        let Some(taken_at) = record.image.taken_at else { continue };
        let seen = Seen {
            record,
            stand: &survey.stands[*stand].id,
            taken_at,
            has_file: files.contains(record.image.id.as_str()),
            species: survey.species(record).unwrap_or(species),
        };
        seen.write(writer.row());
        if seen.is_event_of_a_file() {
            seen.link(writer.row());
        }
    }
    writer.finish()
}

/// A detection where and when it was.
struct Seen<'a> {
    record: &'a Record,
    stand: &'a str,
    taken_at: DateTime<Utc>,
    /// Its image is among the media.
    has_file: bool,
    /// Its own, else that for rows that do not tell theirs.
    species: &'a str,
}

impl<'a> Seen<'a> {
    fn write(&self, mut row: Row<'_, 'a>) {
        let record = self.record;
        row.set("observationID", &*record.id);
        if record.level == Level::Media {
            row.set("mediaID", &*record.image.id);
        }
        self.place_and_time(&mut row);
        row.set("observationLevel", record.level.name());
        row.set("observationType", "animal");
        row.set("scientificName", self.species);
        row.set("count", record.count.to_string());
        let (sex, life_stage) = sex_and_life_stage(record);
        row.set("sex", sex);
        row.set("lifeStage", life_stage);
        row.set("behavior", record.behavior.as_deref().unwrap_or_default());
        row.set("individualID", record.deer_id.as_deref().unwrap_or_default());
        if let Some(bbox) = box_of(record) {
            row.set("bboxX", bbox.x.to_string());
            row.set("bboxY", bbox.y.to_string());
            row.set("bboxWidth", bbox.width.to_string());
            row.set("bboxHeight", bbox.height.to_string());
        }
        classification(&mut row, record);
        row.end();
    }

    fn place_and_time(&self, row: &mut Row<'_, 'a>) {
        row.set("deploymentID", self.stand);
        row.set("eventID", self.event_id());
        row.set("eventStart", time(self.taken_at));
        row.set("eventEnd", time(self.taken_at));
    }

    fn is_event_of_a_file(&self) -> bool {
        self.record.level == Level::Event && self.has_file
    }

    /// An event of a file needs a name, for that is how the two are linked.
    fn event_id(&self) -> &'a str {
        let own = if self.is_event_of_a_file() { self.record.id.as_str() } else { "" };
        self.record.burst_id.as_deref().unwrap_or(own)
    }

    /// The standard links an event to its media by media-level rows of that event. An event of a file gets one, which
    /// says nothing about what the image shows.
    fn link(&self, mut row: Row<'_, 'a>) {
        row.set("observationID", format!("{}:media", self.record.id));
        row.set("mediaID", &*self.record.image.id);
        self.place_and_time(&mut row);
        row.set("observationLevel", Level::Media.name());
        row.set("observationType", "unclassified");
        row.end();
    }
}

/// As told, unless a person has changed the class since; then, and where nothing was told, as the class says.
fn sex_and_life_stage(record: &Record) -> (&'static str, &'static str) {
    let (sex, life_stage) = match record.class {
        Class::Buck => ("male", ""),
        Class::Doe => ("female", ""),
        Class::Fawn => ("", "juvenile"),
        Class::Unknown => ("", ""),
    };
    if record.is_corrected {
        return (sex, life_stage);
    }
    let told = |text: &Option<String>, known_values: &'static [&'static str], otherwise| {
        let told = known(text.as_deref(), known_values);
        if told.is_empty() { otherwise } else { told }
    };
    (told(&record.sex, &SEXES, sex), told(&record.life_stage, &LIFE_STAGES, life_stage))
}

fn classification<'a>(row: &mut Row<'_, 'a>, record: &'a Record) {
    let is_a_persons = record.is_corrected || record.reviewed_by.is_some();
    if is_a_persons {
        // Where nobody signed, who and when is not known; the model's name and confidence are those of another class.
        row.set("classificationMethod", "human");
        row.set("classifiedBy", record.reviewed_by.as_deref().unwrap_or_default());
        row.set("classificationTimestamp", record.reviewed_at.map(time).unwrap_or_default());
        return;
    }
    let told = known(record.classification_method.as_deref(), &METHODS);
    // Nobody but a model draws a box and says how sure it is.
    let machine = if record.bbox.is_some() && record.confidence.is_some() { "machine" } else { "" };
    row.set("classificationMethod", if told.is_empty() { machine } else { told });
    row.set("classifiedBy", record.classified_by.as_deref().unwrap_or_default());
    row.set("classificationTimestamp", record.created_at.map(time).unwrap_or_default());
    let confidence = record.confidence.filter(|confidence| (0.0..=1.0).contains(confidence));
    row.set("classificationProbability", confidence.map(|number| number.to_string()).unwrap_or_default());
}

/// The box of a row about one image, where its photograph's size is known.
fn box_of(record: &Record) -> Option<BoundingBox> {
    let bbox = record.bbox.filter(|_| record.level == Level::Media)?;
    bbox.fractions().and_then(within)
}

/// The part of a box that lies within the image.
fn within(bbox: BoundingBox) -> Option<BoundingBox> {
    let (x, y) = (bbox.x.clamp(0.0, 1.0), bbox.y.clamp(0.0, 1.0));
    if x == bbox.x && y == bbox.y && bbox.x + bbox.width <= 1.0 && bbox.y + bbox.height <= 1.0 {
        return (bbox.width >= 1e-15 && bbox.height >= 1e-15).then_some(bbox);
    }
    let width = (bbox.x + bbox.width).clamp(0.0, 1.0) - x;
    let height = (bbox.y + bbox.height).clamp(0.0, 1.0) - y;
    (width >= 1e-15 && height >= 1e-15).then_some(BoundingBox { x, y, width, height })
}
