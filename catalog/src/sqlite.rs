//! The embedded SQLite file, opened read-only: exports cannot change it.
//!
//! Its tables are usually our own (`migrations/sqlite`), but are looked at like any other's ([`map`](crate::map)). Text
//! is ordered by its bytes, SQLite's default.

use std::time::Duration;

use async_trait::async_trait;
use deertrack_survey::{BoxUnit, Deployment, Place, TimeRange};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, Row};

use super::embedding::from_le_bytes;
use super::row::{
    DeploymentRow, EmbeddingRow, ImageRow, IndividualRow, PlaceRow, ProfileRow, RecordRow, SightingRow,
    ToldDeploymentRow,
};
use crate::catalog::{Asked, Catalog, LeftOut, joined};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::held::{Held, State};
use crate::left_out_row::LeftOutRow;
use crate::map::file::Mapping;
use crate::micros::Micros;
use crate::record::{Dataset, Image, Individual, Record, Sighting, ToldDeployment};
use crate::statements::{Statements, templates};

const CONNECTIONS: u32 = 4;
/// How long to wait for a writer's lock. An import holds it only while it commits (WAL).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The tables of a SQLite file.
pub(super) struct SqliteCatalog {
    pool: SqlitePool,
    held: Held,
}

/// What a statement is asked about.
#[derive(Clone, Copy)]
enum About<'a> {
    Everything,
    Range(&'a TimeRange),
    Ids(&'a [String]),
}

impl SqliteCatalog {
    /// Opens the file and looks where everything is.
    pub(super) async fn connect(
        options: SqliteConnectOptions,
        mapping: Mapping,
    ) -> Result<Self, CatalogError> {
        let pool = pool(options).await?;
        let held = Held::make(&pool, mapping, templates!("sqlite")).await?;
        Ok(Self { pool, held })
    }

    /// As that of PostgreSQL.
    async fn rows<R, T>(
        &self,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        keep: fn(R, BoxUnit) -> Option<T>,
    ) -> Result<Vec<T>, CatalogError>
    where
        R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
        T: Send,
    {
        match self.rows_by(&self.held.now(), statement, about, keep).await {
            Err(error) if error.may_be_a_changed_table() => {
                self.held.again(&self.pool).await?;
                self.rows_by(&self.held.now(), statement, about, keep).await
            }
            done => done,
        }
    }

    async fn rows_by<R, T>(
        &self,
        state: &State,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        keep: fn(R, BoxUnit) -> Option<T>,
    ) -> Result<Vec<T>, CatalogError>
    where
        R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
        T: Send,
    {
        let Some(sql) = statement(&state.sql) else { return Ok(Vec::new()) };
        let query = sqlx::query_as(AssertSqlSafe(sql));
        let query = match about {
            About::Everything => query,
            About::Range(range) => query.bind(Micros(range.start)).bind(Micros(range.end)),
            About::Ids(ids) => query.bind(Json(ids)),
        };
        let mut rows = query.fetch(&self.pool);
        let mut kept = Vec::new();
        while let Some(row) = rows.try_next().await? {
            kept.extend(keep(row, state.map.unit));
        }
        Ok(kept)
    }
}

/// A file that is only read.
pub(super) async fn pool(options: SqliteConnectOptions) -> Result<SqlitePool, CatalogError> {
    let path = options.get_filename().to_owned();
    if !path.exists() {
        return Err(CatalogError::NoFile(path));
    }
    let options = options.read_only(true).create_if_missing(false).busy_timeout(BUSY_TIMEOUT);
    Ok(SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?)
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<Micros>, unit| row.of_deer(unit).ok();
        self.rows(|sql| Some(&sql.records_in), About::Range(&range), keep).await
    }

    async fn repeats_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<Micros>, unit| row.of_deer(unit).ok();
        self.rows(|sql| Some(&sql.repeats_in), About::Range(&range), keep).await
    }

    async fn records_of(&self, ids: &[String]) -> Result<Asked, CatalogError> {
        let keep = |row: RecordRow<Micros>, unit| Some(row.of_deer(unit));
        Ok(self.rows(|sql| Some(&sql.records_of), About::Ids(ids), keep).await?.into_iter().collect())
    }

    async fn sightings_in(&self, range: TimeRange) -> Result<Vec<Sighting>, CatalogError> {
        let keep = |row: SightingRow<Micros>, unit| row.of_deer(unit);
        self.rows(|sql| Some(&sql.sightings_in), About::Range(&range), keep).await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        let rows: Vec<LeftOutRow> =
            self.rows(|sql| Some(&sql.left_out), About::Range(&range), |row, _| Some(row)).await?;
        Ok(rows.into_iter().collect())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let keep = |row: ImageRow<Micros>, _| Some(row.into());
        self.rows(|sql| Some(&sql.images), About::Range(&range), keep).await
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let keep = |row: IndividualRow<Micros>, _| Some(row.into());
        self.rows(|sql| sql.individuals.as_deref(), About::Everything, keep).await
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        self.rows(|sql| Some(&sql.places), About::Everything, |row: PlaceRow, _| Some(row.into())).await
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let keep = |row: DeploymentRow<Micros>, _| Some(row.into());
        self.rows(|sql| sql.deployments.as_deref(), About::Range(&range), keep).await
    }

    async fn told_deployments(&self, range: TimeRange) -> Result<Vec<ToldDeployment>, CatalogError> {
        let keep = |row: ToldDeploymentRow<Micros>, _| Some(row.into());
        self.rows(|sql| sql.told_deployments.as_deref(), About::Range(&range), keep).await
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        let state = self.held.now();
        let unit = state.map.unit;
        let embedding = move |row: SqliteRow| -> Result<Option<Embedding>, CatalogError> {
            Ok(EmbeddingRow::<Micros>::from_row(&row)?.of_deer(unit, vector(&row, "detection")?))
        };
        sqlx::query(AssertSqlSafe(state.sql.embeddings.clone()))
            .bind(range.as_ref().map(|range| Micros(range.start)))
            .bind(range.as_ref().map(|range| Micros(range.end)))
            .fetch(&self.pool)
            .map_err(CatalogError::from)
            .try_filter_map(move |row| async move { embedding(row) })
            .boxed()
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        let state = self.held.now();
        let Some(sql) = &state.sql.profiles else { return Ok(Vec::new()) };
        let rows = sqlx::query(AssertSqlSafe(sql.as_str())).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(ProfileRow::from_row(row)?.with(vector(row, "deer")?))).collect()
    }

    async fn datasets(&self) -> Result<Vec<Dataset>, CatalogError> {
        self.rows(|sql| sql.datasets.as_deref(), About::Everything, |row: Dataset, _| Some(row)).await
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let keep = |(name,): (String,), _| Some(name);
        Ok(joined(&self.rows(|sql| sql.dataset.as_deref(), About::Everything, keep).await?))
    }

    async fn refresh(&self) -> Result<(), CatalogError> {
        self.held.refresh(&self.pool).await
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        let keep = |(has_rows,): (bool,), _| Some(has_rows);
        self.rows(|sql| Some(&sql.ping), About::Everything, keep).await.map(|_has_rows| ())
    }
}

fn vector(row: &SqliteRow, of: &'static str) -> Result<Option<Vec<f32>>, CatalogError> {
    let bytes: Option<&[u8]> = row.try_get("vector")?;
    bytes.map(|bytes| from_le_bytes(bytes, of, row.try_get("id")?)).transpose()
}
