//! One detection as a row of `observations.csv`.

use chrono::{DateTime, Utc};
use deertrack_catalog::{Level, Record};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;

use super::source::Extra;
use super::standard::{Form, LIFE_STAGES, METHODS, SEXES};
use super::survey::Survey;
use super::totals::When;
use super::writer::{Row, known, time};

/// A detection where and when it was.
pub(super) struct Seen<'a> {
    pub(super) record: &'a Record,
    pub(super) survey: &'a Survey,
    /// Its index.
    pub(super) stand: usize,
    pub(super) taken_at: DateTime<Utc>,
    /// Its image is among the media.
    pub(super) has_file: bool,
    /// What such a row does not tell, its package did not tell.
    pub(super) is_of_a_package: bool,
    /// Its own, else that for rows that do not tell theirs.
    pub(super) species: &'a str,
}

impl<'a> Seen<'a> {
    /// One at a stand, by its index; whether its image is among the media is not known yet. `None` where it has no time.
    pub(super) fn of(survey: &'a Survey, record: &'a Record, stand: usize) -> Option<Self> {
        Some(Self {
            record,
            survey,
            stand,
            taken_at: record.image.taken_at?,
            has_file: false,
            is_of_a_package: survey.sources.is_package(record.dataset_id.as_deref()),
            species: survey.species(record),
        })
    }

    pub(super) fn write(&self, mut row: Row<'_, 'a>) {
        let record = self.record;
        let mut extra = Extra::of(record.extra.as_deref());
        row.set("observationID", self.id());
        if record.level == Level::Media {
            let image = &record.image;
            row.set("mediaID", self.survey.ids.media.told(&image.id, image.source_id.as_deref()));
        }
        let stand = &self.survey.stands[self.stand].id;
        row.set("deploymentID", self.survey.ids.deployments.told(stand));
        row.set("eventID", self.event_id());
        let [start, end] = self.span(&extra);
        row.set("eventStart", time(start.0, start.1));
        row.set("eventEnd", time(end.0, end.1));
        row.set("observationLevel", record.level.name());
        row.set("observationType", "animal");
        row.set("scientificName", self.species);
        match extra.get("count") {
            _ if record.is_count_told == Some(false) => {}
            Some(told) => row.set("count", told.to_owned()),
            None => row.set("count", record.count.to_string()),
        }
        let (sex, life_stage) = self.sex_and_life_stage();
        row.set("sex", sex);
        row.set("lifeStage", life_stage);
        row.set("behavior", record.behavior.as_deref().unwrap_or_default());
        let deer = record.deer_id.as_deref().map(|id| self.survey.ids.deer.told(id));
        row.set("individualID", deer.unwrap_or_default());
        if let Some(bbox) = box_of(record) {
            row.set("bboxX", bbox.x.to_string());
            row.set("bboxY", bbox.y.to_string());
            row.set("bboxWidth", bbox.width.to_string());
            row.set("bboxHeight", bbox.height.to_string());
        }
        self.classification(&mut row, &extra);
        if record.is_corrected || record.reviewed_by.is_some() {
            extra = extra.without(&["classificationTimestamp", "classificationProbability", "count"]);
        }
        row.fill(&extra);
        row.end();
    }

    fn id(&self) -> &'a str {
        self.survey.ids.observations.told(&self.record.id, self.record.source_id.as_deref())
    }

    /// From when to when its event was, as told.
    fn span(&self, extra: &Extra) -> [When; 2] {
        let record = self.record;
        let start = record.starts_at.unwrap_or(self.taken_at);
        let end = record.ends_at.unwrap_or(start);
        let offset = record.utc_offset_seconds;
        [(start, offset), (end, end_offset_seconds(extra, end).or(offset))]
    }

    /// An event of a file needs a name, for that is how the two are linked; a package that has none keeps none.
    pub(super) fn event_id(&self) -> &'a str {
        let told = self.record.event_id.as_deref();
        if self.is_of_a_package {
            return told.unwrap_or_default();
        }
        let is_event_of_a_file = self.record.level == Level::Event && self.has_file;
        let own = if is_event_of_a_file { self.record.id.as_str() } else { "" };
        told.or(self.record.burst_id.as_deref()).unwrap_or(own)
    }

    /// As told, unless a person has changed the class since; then, and where nothing was told, as the class says.
    fn sex_and_life_stage(&self) -> (&'static str, &'static str) {
        let record = self.record;
        let (sex, life_stage) = match record.class {
            _ if self.is_of_a_package && !record.is_corrected => ("", ""),
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

    fn classification(&self, row: &mut Row<'_, 'a>, extra: &Extra) {
        let record = self.record;
        if record.is_corrected || record.reviewed_by.is_some() {
            // Where nobody signed, who and when is not known; the model's name and confidence are those of another class.
            row.set("classificationMethod", "human");
            row.set("classifiedBy", record.reviewed_by.as_deref().unwrap_or_default());
            let at = record.reviewed_at.map(|at| time(at, None));
            row.set("classificationTimestamp", at.unwrap_or_default());
            return;
        }
        let told = known(record.classification_method.as_deref(), &METHODS);
        // Nobody but a model draws a box and says how sure it is.
        let by_machine = !self.is_of_a_package && record.bbox.is_some() && record.confidence.is_some();
        let machine = if by_machine { "machine" } else { "" };
        row.set("classificationMethod", if told.is_empty() { machine } else { told });
        row.set("classifiedBy", record.classified_by.as_deref().unwrap_or_default());
        let told_at = extra.get("classificationTimestamp");
        // As told, with its offset, where the standard takes it: `fill` writes that.
        let is_filled = told_at.is_some_and(|told| Form::Time.takes(told));
        if !is_filled && (told_at.is_some() || !self.is_of_a_package) {
            row.set(
                "classificationTimestamp",
                record.created_at.map(|at| time(at, None)).unwrap_or_default(),
            );
        }
        let confidence = record.confidence.filter(|confidence| (0.0..=1.0).contains(confidence));
        let probability = confidence.map(|number| number.to_string()).unwrap_or_default();
        row.set("classificationProbability", probability);
    }
}

/// Of the end as told, where that is another one than that of the start.
fn end_offset_seconds(extra: &Extra, end: DateTime<Utc>) -> Option<i32> {
    let told = DateTime::parse_from_rfc3339(extra.get("eventEnd")?).ok()?;
    (told == end).then(|| told.offset().local_minus_utc())
}

/// What is held of the row of an event, to link media to it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Of the row, as told.
    pub(super) id: String,
    stand: usize,
    event_id: String,
    span: [When; 2],
    /// As [`Seen::is_of_a_package`].
    pub(super) is_of_a_package: bool,
}

impl Event {
    /// `None` where it has no name, for by that it is linked.
    pub(super) fn of(seen: &Seen<'_>) -> Option<Self> {
        let event_id = Some(seen.event_id()).filter(|id| !id.is_empty())?;
        Some(Self {
            id: seen.id().to_owned(),
            stand: seen.stand,
            event_id: event_id.to_owned(),
            span: seen.span(&Extra::of(seen.record.extra.as_deref())),
            is_of_a_package: seen.is_of_a_package,
        })
    }

    pub(super) fn place_and_time<'a>(&'a self, survey: &'a Survey, row: &mut Row<'_, 'a>) {
        row.set("deploymentID", survey.ids.deployments.told(&survey.stands[self.stand].id));
        row.set("eventID", &*self.event_id);
        let [start, end] = self.span;
        row.set("eventStart", time(start.0, start.1));
        row.set("eventEnd", time(end.0, end.1));
    }
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
