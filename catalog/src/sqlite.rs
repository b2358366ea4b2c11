//! The embedded SQLite file, opened read-only: exports cannot change it.
//!
//! Its tables are always our own (`migrations/sqlite`), so every column is there. Text is ordered by its bytes,
//! SQLite's default.

use std::time::Duration;

use async_trait::async_trait;
use deertrack_survey::{Deployment, Place, TimeRange};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::types::Json;
use sqlx::{FromRow, Row};

use super::embedding::from_le_bytes;
use super::row::{
    DeploymentRow, EmbeddingRow, ImageRow, IndividualRow, LeftOutRow, Micros, PlaceRow, ProfileRow,
    RecordRow, SightingRow,
};
use crate::catalog::{Catalog, LeftOut, joined};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::record::{Image, Individual, Record, Sighting};

const CONNECTIONS: u32 = 4;
/// How long to wait for a writer's lock. An import holds it only while it commits (WAL).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The tables of a SQLite file.
pub(super) struct SqliteCatalog {
    pool: SqlitePool,
}

impl SqliteCatalog {
    /// Opens the file.
    pub(super) async fn connect(options: SqliteConnectOptions) -> Result<Self, CatalogError> {
        let path = options.get_filename().to_owned();
        if !path.exists() {
            return Err(CatalogError::NoFile(path));
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options.read_only(true).create_if_missing(false).busy_timeout(BUSY_TIMEOUT))
            .await?;
        Ok(Self { pool })
    }
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let sql = concat!(include_str!("sql/sqlite/records.sql"), include_str!("sql/sqlite/records_in.sql"));
        let rows: Vec<RecordRow<Micros>> = sqlx::query_as(sql)
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Record::from).collect())
    }

    async fn records_of(&self, ids: &[String]) -> Result<Vec<Record>, CatalogError> {
        let sql = concat!(include_str!("sql/sqlite/records.sql"), include_str!("sql/sqlite/records_of.sql"));
        let rows: Vec<RecordRow<Micros>> = sqlx::query_as(sql).bind(Json(ids)).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Record::from).collect())
    }

    async fn sightings_in(&self, range: TimeRange) -> Result<Vec<Sighting>, CatalogError> {
        let sql =
            concat!(include_str!("sql/sqlite/sightings.sql"), include_str!("sql/sqlite/records_in.sql"));
        sqlx::query_as(sql)
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch(&self.pool)
            .map(|row: Result<SightingRow<Micros>, _>| Ok(row?.into()))
            .try_collect()
            .await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        let row: LeftOutRow = sqlx::query_as(include_str!("sql/sqlite/left_out.sql"))
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch_one(&self.pool)
            .await?;
        Ok(row.into())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let rows: Vec<ImageRow<Micros>> = sqlx::query_as(include_str!("sql/sqlite/images.sql"))
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Image::from).collect())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let rows: Vec<IndividualRow<Micros>> =
            sqlx::query_as(include_str!("sql/sqlite/individuals.sql")).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Individual::from).collect())
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        let rows: Vec<PlaceRow> =
            sqlx::query_as(include_str!("sql/sqlite/places.sql")).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Place::from).collect())
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let rows: Vec<DeploymentRow<Micros>> = sqlx::query_as(include_str!("sql/sqlite/deployments.sql"))
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Deployment::from).collect())
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        sqlx::query(include_str!("sql/sqlite/embeddings.sql"))
            .bind(range.as_ref().map(|range| Micros(range.start)))
            .bind(range.as_ref().map(|range| Micros(range.end)))
            .fetch(&self.pool)
            .map(|row| {
                let row = row?;
                let known = EmbeddingRow::<Micros>::from_row(&row)?;
                Ok(known.with(vector(&row, "detection")?))
            })
            .boxed()
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        let rows = sqlx::query(include_str!("sql/sqlite/profiles.sql")).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(ProfileRow::from_row(row)?.with(vector(row, "deer")?))).collect()
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let names: Vec<String> =
            sqlx::query_scalar(include_str!("sql/sqlite/dataset.sql")).fetch_all(&self.pool).await?;
        Ok(joined(&names))
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        sqlx::query(include_str!("sql/sqlite/ping.sql")).execute(&self.pool).await?;
        Ok(())
    }
}

fn vector(row: &SqliteRow, of: &'static str) -> Result<Option<Vec<f32>>, CatalogError> {
    let bytes: Option<&[u8]> = row.try_get("vector")?;
    bytes.map(|bytes| from_le_bytes(bytes, of, row.try_get("id")?)).transpose()
}
