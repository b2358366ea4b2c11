//! `observations.csv`: detections of the level and species that were chosen, and the animals known by name.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{Level, NewDeer, NewDetection, NewImage, Writing};
use deertrack_schemas::Class;
use deertrack_survey::BoundingBox;

use super::deployments::Stands;
use super::media::Media;
use super::options::Options;
use super::package::Package;
use super::reading::Reading;
use super::survey::{Glance, Survey, required_table};
use crate::error::{BadRow, ImportError};
use crate::table::Row;

const COLUMNS: [&str; 5] =
    ["observationID", "deploymentID", "eventStart", "observationLevel", "observationType"];
/// Rows that are held before they are written.
const BATCH: usize = 500;

/// What was taken.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) detections: HashSet<String>,
    /// With the images that show none of what was chosen.
    pub(super) images: HashSet<String>,
    pub(super) animals: u64,
    pub(super) classes: BTreeMap<&'static str, u64>,
    pub(super) individuals: HashSet<String>,
    pub(super) incomplete_boxes: u64,
}

/// One row, read in full.
enum Observation {
    NotTaken(&'static str),
    Taken(Box<Found>),
}

struct Found {
    detection: NewDetection,
    /// The image that the row itself makes: it has no file.
    image: Option<NewImage>,
    taken_at: DateTime<Utc>,
    has_incomplete_box: bool,
}

pub(super) async fn import(
    package: &Package,
    dataset_id: &str,
    stands: &Stands,
    media: Media,
    survey: &Survey,
    reading: &mut Reading<'_>,
    writing: &mut Writing,
) -> Result<Taken, ImportError> {
    let mut table = required_table(package, "observations", &COLUMNS)?;
    let reader = Reader { dataset_id, stands, media: &media, survey, options: reading.options };
    let mut taken = Taken { images: media.keys().cloned().collect(), ..Taken::default() };
    let mut deer = BTreeMap::<String, Sightings>::new();
    let mut batch = Batch::default();
    while let Some(row) = table.next(|row| {
        let observation = reader.read(row)?;
        match &observation {
            Observation::Taken(found) if taken.detections.contains(&found.detection.id) => {
                Err(row.bad("observationID", "not unique"))
            }
            _ => Ok(observation),
        }
    })? {
        let found = match reading.accept(row)? {
            None => continue,
            Some(Observation::NotTaken(reason)) => {
                reading.skip(reason);
                continue;
            }
            Some(Observation::Taken(found)) => found,
        };
        taken.note(&found);
        if let Some(id) = &found.detection.deer_id {
            deer.entry(id.clone()).or_default().add(found.taken_at, found.detection.class);
            batch.deer.insert(id.clone());
        }
        if let Some(image) = found.image.filter(|image| taken.images.insert(image.id.clone())) {
            batch.images.push(image);
        }
        batch.detections.push(found.detection);
        if batch.detections.len() == BATCH {
            batch.write(dataset_id, &deer, writing).await?;
        }
    }
    batch.write(dataset_id, &deer, writing).await?;
    taken.individuals = deer.into_keys().collect();
    Ok(taken)
}

impl Taken {
    fn note(&mut self, found: &Found) {
        self.detections.insert(found.detection.id.clone());
        self.animals += u64::from(found.detection.count);
        *self.classes.entry(found.detection.class.name()).or_default() += 1;
        self.incomplete_boxes += u64::from(found.has_incomplete_box);
    }
}

#[derive(Default)]
struct Batch {
    images: Vec<NewImage>,
    /// Ids of the deer that its detections show.
    deer: BTreeSet<String>,
    detections: Vec<NewDetection>,
}

impl Batch {
    /// Writes in the order of references. A deer is written with what is known of it so far, and again when more is.
    async fn write(
        &mut self,
        dataset_id: &str,
        deer: &BTreeMap<String, Sightings>,
        writing: &mut Writing,
    ) -> Result<(), ImportError> {
        let deer: Vec<NewDeer> = self.deer.iter().map(|id| deer[id].deer(id, dataset_id)).collect();
        writing.images(&self.images).await?;
        writing.deer(&deer).await?;
        writing.detections(&self.detections).await?;
        *self = Self::default();
        Ok(())
    }
}

/// When an animal was seen, and as what: its class is that of the last row that tells one (a fawn grows up).
#[derive(Default)]
struct Sightings {
    span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    told: Option<(DateTime<Utc>, Class)>,
}

impl Sightings {
    fn add(&mut self, at: DateTime<Utc>, class: Class) {
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
        if class != Class::Unknown && self.told.is_none_or(|(told_at, _)| told_at <= at) {
            self.told = Some((at, class));
        }
    }

    fn deer(&self, id: &str, dataset_id: &str) -> NewDeer {
        NewDeer {
            dataset_id: Some(dataset_id.to_owned()),
            first_seen: self.span.map(|(first, _)| first),
            last_seen: self.span.map(|(_, last)| last),
            ..NewDeer::of(id, id, self.told.map_or(Class::Unknown, |(_, class)| class))
        }
    }
}

struct Reader<'a> {
    dataset_id: &'a str,
    stands: &'a Stands,
    media: &'a Media,
    survey: &'a Survey,
    options: &'a Options,
}

impl Reader<'_> {
    fn read(&self, row: &Row<'_>) -> Result<Observation, BadRow> {
        let glance = Glance::at(row)?;
        if !glance.is_animal {
            return Ok(Observation::NotTaken(
                "of no animal (blank, person, vehicle, unknown or unclassified)",
            ));
        }
        if !glance.is_chosen(self.options) {
            return Ok(Observation::NotTaken("of another species"));
        }
        if glance.level != self.survey.level {
            return Ok(Observation::NotTaken(match glance.level {
                Level::Media => "media-level; events were taken, both together would count twice",
                Level::Event => "event-level; images were taken, both together would count twice",
            }));
        }
        let id = row.required("observationID")?;
        let start = row.instant("eventStart")?;
        let (image_id, own_image) = self.image(row, id, start)?;
        let class = class(row)?;
        let (bbox, has_incomplete_box) = bounding_box(row)?;
        let taken_at = self.media.get(&image_id).copied().unwrap_or(start);
        let detection = NewDetection {
            dataset_id: Some(self.dataset_id.to_owned()),
            confidence: row.number("classificationProbability", 0.0, 1.0)?,
            bbox,
            deer_id: row.owned("individualID"),
            count: row.count("count")?.unwrap_or(1),
            burst_id: row.owned("eventID"),
            level: glance.level,
            scientific_name: row.owned("scientificName"),
            sex: row.owned("sex"),
            life_stage: row.owned("lifeStage"),
            behavior: row.owned("behavior"),
            classification_method: row.owned("classificationMethod"),
            classified_by: row.owned("classifiedBy"),
            created_at: Some(row.optional_instant("classificationTimestamp")?.unwrap_or(taken_at)),
            ..NewDetection::of(id, image_id, class)
        };
        Ok(Observation::Taken(Box::new(Found { detection, image: own_image, taken_at, has_incomplete_box })))
    }

    /// The image that a row is of, and whether that image is made by the row itself: it has no file then.
    fn image(
        &self,
        row: &Row<'_>,
        id: &str,
        start: DateTime<Utc>,
    ) -> Result<(String, Option<NewImage>), BadRow> {
        let deployment_id = row.required("deploymentID")?;
        let place = self.stands.place_of(deployment_id);
        let place = place.ok_or_else(|| row.bad("deploymentID", "not among the deployments"))?;
        let image_id = match self.survey.level {
            Level::Media => {
                let image_id = row.required("mediaID")?;
                if self.survey.has_media && !self.media.contains_key(image_id) {
                    return Err(row.bad("mediaID", "not among the media"));
                }
                image_id.to_owned()
            }
            Level::Event => {
                let event_id = row.text("eventID").unwrap_or(id);
                // The prefix keeps ids of events and of media apart.
                self.first_image(event_id).unwrap_or_else(|| format!("event:{event_id}"))
            }
        };
        if self.media.contains_key(&image_id) {
            return Ok((image_id, None));
        }
        let image = NewImage {
            id: image_id.clone(),
            dataset_id: Some(self.dataset_id.to_owned()),
            location_id: Some(place.to_owned()),
            deployment_id: Some(deployment_id.to_owned()),
            timestamp: Some(start),
            ..NewImage::default()
        };
        Ok((image_id, Some(image)))
    }

    /// The first image that media-level rows show of an event.
    fn first_image(&self, event_id: &str) -> Option<String> {
        let images = self.survey.images_of_events.get(event_id)?;
        let taken = images.iter().filter_map(|id| Some((*self.media.get(id)?, id)));
        taken.min().map(|(_, id)| id.clone())
    }
}

fn class(row: &Row<'_>) -> Result<Class, BadRow> {
    let stage = row.choice("lifeStage", &[("adult", false), ("subadult", false), ("juvenile", true)])?;
    let sex = row.choice("sex", &[("female", Class::Doe), ("male", Class::Buck)])?;
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
