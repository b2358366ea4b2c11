//! The embedded SQLite file, opened read-only: exports cannot change it.
//!
//! Its tables are always our own (`migrations/sqlite`), so every column is there. Text is ordered by its bytes,
//! SQLite's default.

use std::time::Duration;

use async_trait::async_trait;
use deertrack_schemas::Class;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::types::Json;

use super::row::{DeploymentRow, DetectionRow, ImageRow, IndividualRow, Micros, PlaceRow, RecordRow};
use super::{Catalog, CatalogError, Deployment, Detection, Image, Individual, Place, Record, TimeRange};

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
    async fn detections(&self, range: TimeRange, classes: &[Class]) -> Result<Vec<Detection>, CatalogError> {
        let rows: Vec<DetectionRow<Micros>> = sqlx::query_as(include_str!("sql/sqlite/detections.sql"))
            .bind(Micros(range.start))
            .bind(Micros(range.end))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Detection::from).filter(|row| classes.contains(&row.class)).collect())
    }

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

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let names: Vec<String> =
            sqlx::query_scalar(include_str!("sql/sqlite/dataset.sql")).fetch_all(&self.pool).await?;
        Ok(super::joined(&names))
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        sqlx::query(include_str!("sql/sqlite/ping.sql")).execute(&self.pool).await?;
        Ok(())
    }
}
