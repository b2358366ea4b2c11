//! Rows as the SQL files name them, and what they become. Generic over the form of an instant: PostgreSQL has
//! a type for it, SQLite an integer (`Micros`).

use chrono::{DateTime, Utc};
use deertrack_survey::{BoundingBox, Deployment, Place, final_class};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, FromRow, Sqlite, Type};

use crate::catalog::LeftOut;
use crate::embedding::{Embedding, Profile};
use crate::record::{Image, Individual, Level, Record, Sighting};

#[derive(FromRow)]
pub(super) struct LeftOutRow {
    rejected: i64,
    duplicates: i64,
}

impl From<LeftOutRow> for LeftOut {
    fn from(row: LeftOutRow) -> Self {
        let count = |count: i64| u64::try_from(count).unwrap_or_default();
        Self { rejected: count(row.rejected), duplicates: count(row.duplicates) }
    }
}

#[derive(FromRow)]
pub(super) struct PlaceRow {
    id: String,
    name: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    coordinate_uncertainty: Option<f64>,
    timezone: Option<String>,
}

#[derive(FromRow)]
pub(super) struct DeploymentRow<T> {
    id: String,
    place_id: String,
    camera: Option<String>,
    start: T,
    end: Option<T>,
}

#[derive(FromRow)]
pub(super) struct RecordRow<T> {
    id: String,
    classification: Option<String>,
    corrected_classification: Option<String>,
    confidence: Option<f64>,
    bbox_x: Option<f64>,
    bbox_y: Option<f64>,
    bbox_width: Option<f64>,
    bbox_height: Option<f64>,
    deer_id: Option<String>,
    count: i32,
    burst_id: Option<String>,
    observation_level: Option<String>,
    scientific_name: Option<String>,
    sex: Option<String>,
    life_stage: Option<String>,
    behavior: Option<String>,
    classification_method: Option<String>,
    classified_by: Option<String>,
    created_at: Option<T>,
    #[sqlx(flatten)]
    image: ImageRow<T>,
}

#[derive(FromRow)]
pub(super) struct SightingRow<T> {
    id: String,
    image_id: String,
    taken_at: Option<T>,
    place_id: Option<String>,
    classification: Option<String>,
    corrected_classification: Option<String>,
    classification_method: Option<String>,
    confidence: Option<f64>,
    bbox_x: Option<f64>,
    bbox_y: Option<f64>,
    bbox_width: Option<f64>,
    bbox_height: Option<f64>,
    deer_id: Option<String>,
    count: i32,
    scientific_name: Option<String>,
}

#[derive(FromRow)]
pub(super) struct ImageRow<T> {
    image_id: String,
    path: Option<String>,
    taken_at: Option<T>,
    place_id: Option<String>,
    deployment_id: Option<String>,
    width: Option<i32>,
    height: Option<i32>,
    media_type: Option<String>,
    capture_method: Option<String>,
}

#[derive(FromRow)]
pub(super) struct IndividualRow<T> {
    id: String,
    name: String,
    sex: Option<String>,
    first_seen: Option<T>,
    last_seen: Option<T>,
}

/// Without its vector: each database has forms of its own for that.
#[derive(FromRow)]
pub(super) struct EmbeddingRow<T> {
    id: String,
    image_id: String,
    taken_at: Option<T>,
    place_id: Option<String>,
    classification: Option<String>,
    corrected_classification: Option<String>,
    bbox_x: Option<f64>,
    bbox_y: Option<f64>,
    bbox_width: Option<f64>,
    bbox_height: Option<f64>,
    burst_id: Option<String>,
    deer_id: Option<String>,
    true_deer_id: Option<String>,
    version: Option<String>,
}

/// Without its vector.
#[derive(FromRow)]
pub(super) struct ProfileRow {
    id: String,
    name: String,
    sex: Option<String>,
    founder_detection_id: Option<String>,
    version: Option<String>,
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            latitude: row.latitude,
            longitude: row.longitude,
            coordinate_uncertainty: row.coordinate_uncertainty,
            zone: row.timezone.and_then(|name| name.parse().ok()),
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
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<RecordRow<T>> for Record {
    fn from(row: RecordRow<T>) -> Self {
        let corrected = row.corrected_classification.as_deref();
        Self {
            class: final_class(corrected, row.classification.as_deref()),
            is_corrected: is_correction(corrected),
            bbox: bounding_box([row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height]),
            level: if row.observation_level.as_deref() == Some(Level::Event.name()) {
                Level::Event
            } else {
                Level::Media
            },
            id: row.id,
            image: row.image.into(),
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
            created_at: row.created_at.map(Into::into),
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<SightingRow<T>> for Sighting {
    fn from(row: SightingRow<T>) -> Self {
        let corrected = row.corrected_classification.as_deref();
        Self {
            class: final_class(corrected, row.classification.as_deref()),
            is_reviewed: is_correction(corrected) || row.classification_method.as_deref() == Some("human"),
            bbox: bounding_box([row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height]),
            id: row.id,
            image_id: row.image_id,
            taken_at: row.taken_at.map(Into::into),
            place_id: row.place_id,
            confidence: row.confidence,
            deer_id: row.deer_id,
            count: animals(row.count),
            scientific_name: row.scientific_name,
        }
    }
}

impl<T: Into<DateTime<Utc>>> EmbeddingRow<T> {
    pub(super) fn with(self, vector: Option<Vec<f32>>) -> Embedding {
        Embedding {
            class: final_class(self.corrected_classification.as_deref(), self.classification.as_deref()),
            bbox: bounding_box([self.bbox_x, self.bbox_y, self.bbox_width, self.bbox_height]),
            id: self.id,
            image_id: self.image_id,
            taken_at: self.taken_at.map(Into::into),
            place_id: self.place_id,
            burst_id: self.burst_id,
            deer_id: self.deer_id,
            true_deer_id: self.true_deer_id,
            version: self.version,
            vector,
        }
    }
}

impl ProfileRow {
    pub(super) fn with(self, vector: Option<Vec<f32>>) -> Profile {
        Profile {
            id: self.id,
            name: self.name,
            class: final_class(None, self.sex.as_deref()),
            founder_detection_id: self.founder_detection_id,
            version: self.version,
            vector,
        }
    }
}

fn is_correction(label: Option<&str>) -> bool {
    label.is_some_and(|label| !label.trim().is_empty())
}

fn animals(count: i32) -> u32 {
    u32::try_from(count).unwrap_or(0).max(1)
}

fn bounding_box(numbers: [Option<f64>; 4]) -> Option<BoundingBox> {
    let [Some(x), Some(y), Some(width), Some(height)] = numbers else { return None };
    Some(BoundingBox { x, y, width, height })
}

impl<T: Into<DateTime<Utc>>> From<ImageRow<T>> for Image {
    fn from(row: ImageRow<T>) -> Self {
        Self {
            id: row.image_id,
            path: row.path,
            taken_at: row.taken_at.map(Into::into),
            place_id: row.place_id,
            deployment_id: row.deployment_id,
            width: row.width.and_then(|pixels| pixels.try_into().ok()),
            height: row.height.and_then(|pixels| pixels.try_into().ok()),
            media_type: row.media_type,
            capture_method: row.capture_method,
        }
    }
}

impl<T: Into<DateTime<Utc>>> From<IndividualRow<T>> for Individual {
    fn from(row: IndividualRow<T>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            sex: final_class(None, row.sex.as_deref()),
            first_seen: row.first_seen.map(Into::into),
            last_seen: row.last_seen.map(Into::into),
        }
    }
}

/// An instant as SQLite holds it: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Micros(pub(super) DateTime<Utc>);

impl From<Micros> for DateTime<Utc> {
    fn from(micros: Micros) -> Self {
        micros.0
    }
}

impl Type<Sqlite> for Micros {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Micros {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.0.timestamp_micros(), buffer)
    }
}

impl Decode<'_, Sqlite> for Micros {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<'_, Sqlite>>::decode(value)?;
        DateTime::from_timestamp_micros(micros)
            .map(Self)
            .ok_or_else(|| format!("{micros} microseconds is no instant").into())
    }
}
