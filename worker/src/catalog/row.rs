//! Rows as the SQL files name them, and what they become. Generic over the form of an instant: PostgreSQL has
//! a type for it, SQLite an integer (`Micros`).

use chrono::{DateTime, Utc};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, FromRow, Sqlite, Type};

use super::class::final_class;
use super::{Deployment, Detection, Place};

#[derive(FromRow)]
pub(super) struct DetectionRow<T> {
    id: String,
    image_id: String,
    taken_at: T,
    place_id: Option<String>,
    classification: Option<String>,
    corrected_classification: Option<String>,
    deer_id: Option<String>,
    count: i32,
}

#[derive(FromRow)]
pub(super) struct PlaceRow {
    id: String,
    name: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

#[derive(FromRow)]
pub(super) struct DeploymentRow<T> {
    id: String,
    place_id: String,
    camera: Option<String>,
    start: T,
    end: Option<T>,
}

impl<T: Into<DateTime<Utc>>> From<DetectionRow<T>> for Detection {
    fn from(row: DetectionRow<T>) -> Self {
        Self {
            class: final_class(row.corrected_classification.as_deref(), row.classification.as_deref()),
            id: row.id,
            image_id: row.image_id,
            taken_at: row.taken_at.into(),
            place_id: row.place_id,
            deer_id: row.deer_id,
            count: u32::try_from(row.count).unwrap_or(0).max(1),
        }
    }
}

impl From<PlaceRow> for Place {
    fn from(row: PlaceRow) -> Self {
        Self { id: row.id, name: row.name, latitude: row.latitude, longitude: row.longitude }
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
