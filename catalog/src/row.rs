//! Rows as the SQL files name them, and what they become. Generic over the form of an instant: PostgreSQL has
//! a type for it, SQLite an integer (`micros`).

use chrono::{DateTime, Utc};
use deertrack_survey::reviewed::is_of_a_person;
use deertrack_survey::{BoxUnit, Deployment, ImageBox, Place, Subject, class_of_deer, subject};
use sqlx::FromRow;

use crate::catalog::{Other, Reason};
use crate::cells::{AnyRow, Cells, row};
use crate::corrections::Failure;
use crate::left_out_row::of_deer;
use crate::record::{Image, Individual, Level, Record, Sighting, ToldDeployment};

#[derive(FromRow)]
pub(super) struct PlaceRow {
    id: String,
    name: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    coordinate_uncertainty: Option<f64>,
    timezone: Option<String>,
    zone_source: Option<String>,
}

#[derive(FromRow)]
pub(super) struct DeploymentRow<T> {
    id: String,
    place_id: String,
    camera: Option<String>,
    start: T,
    end: Option<T>,
    failures: Option<String>,
}

#[derive(FromRow)]
pub(super) struct ToldDeploymentRow<T> {
    #[sqlx(flatten)]
    deployment: DeploymentRow<T>,
    dataset_id: Option<String>,
    source_id: Option<String>,
    camera_id: Option<String>,
    start_offset_seconds: Option<i32>,
    end_offset_seconds: Option<i32>,
    clock_problem: Option<String>,
    extra: Option<String>,
}

row! {
    /// A detection, whole, without its photograph.
    pub(super) struct DetectionRow {
        id: String,
        classification: Option<&'r str>,
        corrected_classification: Option<&'r str>,
        confidence: Option<f64>,
        bbox_x: Option<f64>,
        bbox_y: Option<f64>,
        bbox_width: Option<f64>,
        bbox_height: Option<f64>,
        deer_id: Option<String>,
        count: i32,
        burst_id: Option<String>,
        observation_level: Option<&'r str>,
        scientific_name: Option<String>,
        sex: Option<String>,
        life_stage: Option<String>,
        behavior: Option<String>,
        classification_method: Option<String>,
        classified_by: Option<String>,
        is_reviewed: Option<bool>,
        reviewed_by: Option<String>,
        reviewed_at: Option<DateTime<Utc>>,
        created_at: Option<DateTime<Utc>>,
        dataset_id: Option<String>,
        source_id: Option<String>,
        event_id: Option<String>,
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
        utc_offset_seconds: Option<i32>,
        is_count_told: Option<bool>,
        repeats_id: Option<String>,
        extra: Option<String>,
    }
}

/// A detection and its photograph.
pub(super) struct RecordRow<'r> {
    detection: DetectionRow<'r>,
    image: ImageRow<'r>,
}

row! {
    /// What counting needs of a detection.
    pub(super) struct SightingRow {
        id: String,
        image_id: String,
        taken_at: Option<DateTime<Utc>>,
        place_id: Option<String>,
        classification: Option<&'r str>,
        corrected_classification: Option<&'r str>,
        classification_method: Option<&'r str>,
        classified_by: Option<&'r str>,
        is_reviewed: Option<bool>,
        reviewed_by: Option<&'r str>,
        confidence: Option<f64>,
        bbox_x: Option<f64>,
        bbox_y: Option<f64>,
        bbox_width: Option<f64>,
        bbox_height: Option<f64>,
        box_width: Option<i32>,
        box_height: Option<i32>,
        deer_id: Option<String>,
        count: i32,
        scientific_name: Option<String>,
        burst_id: Option<String>,
        observation_level: Option<&'r str>,
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
        left_out: Option<&'r str>,
    }
}

row! {
    /// A photograph, whole.
    pub(super) struct ImageRow {
        image_id: String,
        path: Option<String>,
        file_name: Option<String>,
        processing_status: Option<&'r str>,
        taken_at: Option<DateTime<Utc>>,
        place_id: Option<String>,
        deployment_id: Option<String>,
        width: Option<i32>,
        height: Option<i32>,
        media_type: Option<String>,
        capture_method: Option<String>,
        image_dataset_id: Option<String>,
        image_source_id: Option<String>,
        image_burst_id: Option<String>,
        image_file_public: Option<bool>,
        image_utc_offset_seconds: Option<i32>,
        image_sees_people: bool,
        image_extra: Option<String>,
    }
}

#[derive(FromRow)]
pub(super) struct IndividualRow<T> {
    id: String,
    name: String,
    sex: Option<String>,
    species: Option<String>,
    status: Option<String>,
    best_photo_id: Option<String>,
    first_seen: Option<T>,
    last_seen: Option<T>,
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Self {
        let zone = row.timezone.and_then(|name| name.parse().ok());
        let is_of_offset = row.zone_source.as_deref() == Some("offset");
        Self {
            id: row.id,
            name: row.name,
            latitude: row.latitude.filter(|degrees| (-90.0..=90.0).contains(degrees)),
            longitude: row.longitude.filter(|degrees| (-180.0..=180.0).contains(degrees)),
            coordinate_uncertainty: row.coordinate_uncertainty,
            zone: zone.filter(|_| !is_of_offset),
            offset_zone: zone.filter(|_| is_of_offset),
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<DeploymentRow<T>> for Deployment {
    fn from(row: DeploymentRow<T>) -> Self {
        Self {
            id: row.id,
            place_id: row.place_id,
            camera: row.camera,
            start: row.start.into(),
            end: row.end.map(Into::into),
            failures: Failure::list(row.failures.as_deref()).iter().map(Failure::range).collect(),
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<ToldDeploymentRow<T>> for ToldDeployment {
    fn from(row: ToldDeploymentRow<T>) -> Self {
        Self {
            failures: row.deployment.failures.clone(),
            deployment: row.deployment.into(),
            dataset_id: row.dataset_id,
            source_id: row.source_id,
            camera_id: row.camera_id,
            start_offset_seconds: row.start_offset_seconds,
            end_offset_seconds: row.end_offset_seconds,
            clock_problem: row.clock_problem,
            extra: row.extra,
        }
    }
}

impl<'r> RecordRow<'r> {
    /// Reads its cells.
    pub(super) fn next<R: AnyRow>(cells: &mut Cells<'r, R>) -> Result<Self, sqlx::Error> {
        Ok(Self { detection: DetectionRow::next(cells)?, image: ImageRow::next(cells)? })
    }

    /// The row as a record of a deer, or what else it shows. Boxes are in `unit`.
    pub(super) fn of_deer(self, unit: BoxUnit) -> Result<Record, Other> {
        let Self { detection: row, image } = self;
        let corrected = row.corrected_classification;
        let is_corrected = is_told(corrected);
        let class = match subject(corrected, row.classification) {
            Subject::Deer(class) => class,
            Subject::NoDeer(label) | Subject::Unfamiliar(label) => {
                return Err(Other { id: row.id, image_id: image.image_id, label });
            }
        };
        Ok(Record {
            class,
            is_corrected,
            is_reviewed: is_corrected
                || is_reviewed(
                    row.is_reviewed,
                    row.reviewed_by.as_deref(),
                    row.classification_method.as_deref(),
                    row.classified_by.as_deref(),
                ),
            bbox: image_box(
                [row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height],
                unit,
                [image.width, image.height],
            ),
            level: level(row.observation_level),
            id: row.id,
            image: image.into(),
            confidence: row.confidence,
            deer_id: row.deer_id,
            count: animals(row.count),
            burst_id: row.burst_id,
            scientific_name: row.scientific_name,
            sex: row.sex,
            life_stage: row.life_stage,
            behavior: row.behavior,
            classification_method: row.classification_method,
            classified_by: row.classified_by,
            reviewed_by: row.reviewed_by.filter(|name| !name.trim().is_empty()),
            reviewed_at: row.reviewed_at,
            created_at: row.created_at,
            dataset_id: row.dataset_id,
            source_id: row.source_id,
            event_id: row.event_id,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            utc_offset_seconds: row.utc_offset_seconds,
            is_count_told: row.is_count_told,
            repeats_id: row.repeats_id,
            extra: row.extra,
        })
    }
}

impl SightingRow<'_> {
    /// When its photograph was taken.
    pub(super) fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }

    /// The row as counting needs it, or why it does not count.
    pub(super) fn counted(self, unit: BoxUnit) -> Result<Sighting, Reason> {
        match self.left_out {
            Some("rejected") => return Err(Reason::Rejected),
            Some(_) => return Err(Reason::Duplicate),
            None => {}
        }
        let corrected = self.corrected_classification;
        let class = of_deer([corrected, self.classification])?;
        Ok(Sighting {
            class,
            is_reviewed: is_told(corrected)
                || is_reviewed(
                    self.is_reviewed,
                    self.reviewed_by,
                    self.classification_method,
                    self.classified_by,
                ),
            bbox: image_box(
                [self.bbox_x, self.bbox_y, self.bbox_width, self.bbox_height],
                unit,
                [self.box_width, self.box_height],
            ),
            id: self.id,
            image_id: self.image_id,
            taken_at: self.taken_at,
            place_id: self.place_id,
            confidence: self.confidence,
            deer_id: self.deer_id,
            count: animals(self.count),
            scientific_name: self.scientific_name,
            burst_id: self.burst_id,
            level: level(self.observation_level),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        })
    }
}

fn is_told(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

/// A person has looked at it, as one of the ways to say so says.
fn is_reviewed(
    flag: Option<bool>,
    by: Option<&str>,
    method: Option<&str>,
    classified_by: Option<&str>,
) -> bool {
    flag == Some(true) || is_told(by) || is_of_a_person(method, classified_by)
}

fn is_dead(status: &str) -> bool {
    matches!(status.trim().to_ascii_lowercase().as_str(), "deceased" | "dead" | "harvested")
}

/// A failed or waiting image is one that nobody looked at: without detections it is not an image without a deer.
pub(super) fn is_looked_at(status: Option<&str>) -> bool {
    let status = status.map(|status| status.trim().to_ascii_lowercase());
    !matches!(status.as_deref(), Some("pending" | "processing" | "queued" | "failed" | "error"))
}

fn level(told: Option<&str>) -> Level {
    if told == Some(Level::Event.name()) { Level::Event } else { Level::Media }
}

fn animals(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0).max(1)
}

pub(super) fn image_box(
    numbers: [Option<f64>; 4],
    unit: BoxUnit,
    size: [Option<i32>; 2],
) -> Option<ImageBox> {
    let [Some(x), Some(y), Some(width), Some(height)] = numbers else { return None };
    let [across, down] =
        size.map(|side| side.and_then(|pixels| u32::try_from(pixels).ok()).filter(|side| *side > 0));
    Some(ImageBox::of([x, y, width, height], unit, across.zip(down)))
}

impl From<ImageRow<'_>> for Image {
    fn from(row: ImageRow<'_>) -> Self {
        Self {
            id: row.image_id,
            is_looked_at: is_looked_at(row.processing_status),
            path: row.path.filter(|path| !path.trim().is_empty()).or_else(|| row.file_name.clone()),
            file_name: row.file_name,
            taken_at: row.taken_at,
            place_id: row.place_id,
            deployment_id: row.deployment_id,
            width: row.width.and_then(|pixels| pixels.try_into().ok()),
            height: row.height.and_then(|pixels| pixels.try_into().ok()),
            media_type: row.media_type,
            capture_method: row.capture_method,
            dataset_id: row.image_dataset_id,
            source_id: row.image_source_id,
            burst_id: row.image_burst_id,
            file_public: row.image_file_public,
            utc_offset_seconds: row.image_utc_offset_seconds,
            sees_people: row.image_sees_people,
            extra: row.image_extra,
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<IndividualRow<T>> for Individual {
    fn from(row: IndividualRow<T>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            sex: class_of_deer(row.sex.as_deref()),
            species: row.species,
            is_deceased: row.status.as_deref().is_some_and(is_dead),
            best_photo_id: row.best_photo_id,
            first_seen: row.first_seen.map(Into::into),
            last_seen: row.last_seen.map(Into::into),
        }
    }
}
