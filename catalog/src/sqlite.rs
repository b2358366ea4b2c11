//! The embedded SQLite file, opened read-only: exports cannot change it.
//!
//! Its tables are usually our own (`migrations/sqlite`), but are looked at like any other's ([`map`](crate::map)). Text
//! is ordered by its bytes, SQLite's default.

use std::time::Duration;

use async_trait::async_trait;
use deertrack_survey::TimeRange;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, Error, FromRow, Row};

use super::embedding::from_le_bytes;
use super::embedding_row::{EmbeddingRow, ProfileRow};
use crate::cells::Cells;
use crate::connections::CONNECTIONS;
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::held::Held;
use crate::map::file::Mapping;
use crate::map::look::Look;
use crate::micros::Micros;
use crate::paced::{DRIVER_ROWS, Paced};
use crate::reads::{About, Adapter};

/// How long to wait for a writer's lock. An import holds it only while it commits (WAL).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The tables of a SQLite file.
pub(super) struct SqliteCatalog {
    pool: SqlitePool,
    held: Held,
}

impl SqliteCatalog {
    /// Opens the file and looks where everything is.
    pub(super) async fn connect(
        options: SqliteConnectOptions,
        mapping: Mapping,
    ) -> Result<Self, CatalogError> {
        let pool = pool(options).await?;
        let held = Held::make(&pool, mapping).await?;
        Ok(Self { pool, held })
    }
}

/// A file that is only read.
pub(super) async fn pool(options: SqliteConnectOptions) -> Result<SqlitePool, CatalogError> {
    let path = options.get_filename().to_owned();
    if !path.exists() {
        return Err(CatalogError::NoFile(path));
    }
    let options = options
        .read_only(true)
        .create_if_missing(false)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(DRIVER_ROWS);
    Ok(SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?)
}

#[async_trait]
impl Adapter for SqliteCatalog {
    type Row = SqliteRow;
    type Streamed = SqliteRow;
    type Instant = Micros;

    fn held(&self) -> &Held {
        &self.held
    }

    fn look(&self) -> &dyn Look {
        &self.pool
    }

    fn fetch<'a>(&'a self, sql: String, about: About<'a>) -> BoxStream<'a, Result<SqliteRow, CatalogError>> {
        let query = sqlx::query(AssertSqlSafe(sql));
        let query = match about {
            About::Everything => query,
            About::Range(range) => query.bind(Micros(range.start)).bind(Micros(range.end)),
            About::Ids(ids) => query.bind(Json(ids)),
        };
        Paced::new(query.fetch(&self.pool)).map_err(CatalogError::from).boxed()
    }

    fn each<'a, T: Send + 'static>(
        &'a self,
        sql: String,
        range: TimeRange,
        read: impl Fn(&SqliteRow) -> Result<Option<T>, Error> + Send + Sync + 'static,
    ) -> BoxStream<'a, Result<T, CatalogError>> {
        self.fetch(sql, About::Range(range))
            .map(move |row| Ok(read(&row?)?))
            .try_filter_map(|kept| std::future::ready(Ok(kept)))
            .boxed()
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        let state = self.held.now();
        let unit = state.map.unit;
        let embedding = move |row: SqliteRow| -> Result<Option<Embedding>, CatalogError> {
            Ok(EmbeddingRow::next(&mut Cells::of(&row))?.of_deer(unit, vector(&row, "detection")?))
        };
        let query = sqlx::query(AssertSqlSafe(state.sql.embeddings.clone()))
            .bind(range.as_ref().map(|range| Micros(range.start)))
            .bind(range.as_ref().map(|range| Micros(range.end)));
        Paced::new(query.fetch(&self.pool))
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
}

fn vector(row: &SqliteRow, of: &'static str) -> Result<Option<Vec<f32>>, CatalogError> {
    let bytes: Option<&[u8]> = row.try_get("vector")?;
    bytes.map(|bytes| from_le_bytes(bytes, of, row.try_get("id")?)).transpose()
}

#[cfg(test)]
mod tests {
    /// Under it idle connections leave others no page cache (`.cargo/config.toml`).
    #[tokio::test]
    async fn connections_have_page_caches_of_their_own() {
        let memory = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
        let is_shared = "select sqlite_compileoption_used('ENABLE_MEMORY_MANAGEMENT')";
        assert_eq!(sqlx::query_scalar::<_, i64>(is_shared).fetch_one(&memory).await.unwrap(), 0);
    }
}
