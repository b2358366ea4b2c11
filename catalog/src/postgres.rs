//! A platform's PostgreSQL (15 or newer), read and never written.
//!
//! Ids may be of any type: they are read through a cast to text and ordered by their bytes, so that the order does not
//! depend on the server's locale. A timestamp without a zone is taken as UTC (the session's zone is UTC). Rows of a range
//! come in a task of their own ([`stream`]).
//! Which tables and columns are read is the duty of [`map`](crate::map).

mod copied;
pub(crate) mod stream;
mod vectors;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deertrack_survey::TimeRange;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Error};

use self::stream::Streamed;
use crate::connections::CONNECTIONS;
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::held::Held;
use crate::map::file::Mapping;
use crate::map::look::Look;
use crate::reads::{About, Adapter};

const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any of our queries takes but those whose rows come one by one, shorter than a job's time limit, so that the
/// job fails with this reason.
const STATEMENT_TIMEOUT: &str = "60s";

/// The tables of a PostgreSQL.
pub(super) struct PostgresCatalog {
    pool: PgPool,
    held: Held,
}

impl PostgresCatalog {
    /// Connects and looks where everything is.
    pub(super) async fn connect(options: PgConnectOptions, mapping: Mapping) -> Result<Self, CatalogError> {
        Self::over(pool(options).await?, mapping).await
    }

    async fn over(pool: PgPool, mapping: Mapping) -> Result<Self, CatalogError> {
        let held = Held::make(&pool, mapping).await?;
        Ok(Self { pool, held })
    }
}

/// A session for whoever only reads.
pub(super) async fn pool(options: PgConnectOptions) -> Result<PgPool, CatalogError> {
    let options = options
        .application_name("deertrack")
        .options([("default_transaction_read_only", "on"), ("statement_timeout", STATEMENT_TIMEOUT)]);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(pool.connect_with(options).await?)
}

#[async_trait]
impl Adapter for PostgresCatalog {
    type Row = PgRow;
    type Streamed = Streamed;
    type Instant = DateTime<Utc>;

    fn held(&self) -> &Held {
        &self.held
    }

    fn look(&self) -> &dyn Look {
        &self.pool
    }

    // `AssertSqlSafe`: statements are our own files over names of columns and the operator's mapping file; no input of a
    // user of exports.
    fn fetch<'a>(&'a self, sql: String, about: About<'a>) -> BoxStream<'a, Result<PgRow, CatalogError>> {
        match about {
            About::Everything => {
                sqlx::query(AssertSqlSafe(sql)).fetch(&self.pool).map_err(CatalogError::from).boxed()
            }
            About::Range(range) => {
                let query = sqlx::query(AssertSqlSafe(sql)).bind(range.start).bind(range.end);
                query.fetch(&self.pool).map_err(CatalogError::from).boxed()
            }
            About::Ids(ids) => {
                let query = sqlx::query(AssertSqlSafe(sql)).bind(ids);
                query.fetch(&self.pool).map_err(CatalogError::from).boxed()
            }
        }
    }

    fn each<'a, T: Send + 'static>(
        &'a self,
        sql: String,
        range: TimeRange,
        read: impl Fn(&Streamed) -> Result<Option<T>, Error> + Send + Sync + 'static,
    ) -> BoxStream<'a, Result<T, CatalogError>> {
        stream::rows(&self.pool, sql, Some(range), move |row| Ok(read(row)?))
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        let state = self.held.now();
        if let Err(unknown_type) = vectors::check(&state.map, vectors::DETECTIONS) {
            return futures::stream::once(async { Err(unknown_type) }).boxed();
        }
        let unit = state.map.unit;
        let read = move |row: &Streamed| vectors::embedding(row, unit);
        stream::rows(&self.pool, state.sql.embeddings.clone(), range, read)
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        let state = self.held.now();
        vectors::check(&state.map, vectors::DEER)?;
        let Some(sql) = &state.sql.profiles else { return Ok(Vec::new()) };
        let rows =
            sqlx::query(AssertSqlSafe(sql.as_str())).fetch(&self.pool).map(|row| vectors::profile(&row?));
        rows.try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Executor;

    use super::*;
    use crate::catalog::Catalog;
    use crate::connect::Target;
    use crate::connect::migrate;
    use crate::reads::Reads;

    /// Ten years of images every 20 minutes: enough rows for the planner to have a choice.
    const TEN_YEARS: &str = "
        insert into images (id, timestamp)
        select n::text, timestamptz '2016-01-01Z' + n * interval '20 minutes' from generate_series(1, 262800) n";
    const DETECTIONS: &str = "
        insert into detections (id, image_id, classification)
        select n::text, n::text, 'doe' from generate_series(1, 262800) n";

    async fn catalog(url: &str) -> PostgresCatalog {
        let Target::Postgres(options) = Target::of(url).unwrap() else { panic!("{url} is no PostgreSQL") };
        PostgresCatalog::connect(*options, Mapping::default()).await.unwrap()
    }

    #[tokio::test]
    async fn a_years_range_uses_the_index_on_timestamps() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        let writer = PgPool::connect(&url).await.unwrap();
        for statement in [TEN_YEARS, DETECTIONS, "analyze"] {
            sqlx::query(statement).execute(&writer).await.unwrap();
        }

        let catalog = catalog(&url).await;
        let mut session = catalog.pool.acquire().await.unwrap();
        for (setting, value) in [("start", "2025-01-01Z"), ("end", "2026-01-01Z")] {
            let set =
                sqlx::query("select set_config('deertrack.' || $1, $2, false)").bind(setting).bind(value);
            set.execute(&mut *session).await.unwrap();
        }
        let explain = format!("explain {}", catalog.held.now().sql.records_in);
        let plan: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *session).await.unwrap();
        let plan = plan.join("\n");
        assert!(
            plan.contains("images_timestamp") && plan.contains("Index Cond: ((\"timestamp\" >="),
            "{plan}"
        );
        assert!(!plan.contains("Seq Scan on images"), "{plan}");
    }

    #[tokio::test]
    async fn rows_that_are_read_for_longer_than_a_statement_may_take_all_come() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        let writer = PgPool::connect(&url).await.unwrap();
        sqlx::query(TEN_YEARS).execute(&writer).await.unwrap();

        let Target::Postgres(options) = Target::of(&url).unwrap() else { panic!("{url} is no PostgreSQL") };
        let options = options.options([("statement_timeout", "500ms")]);
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let catalog = Reads(PostgresCatalog::over(pool, Mapping::default()).await.unwrap());
        let range = "2000-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap();
        let sightings = catalog.sightings(range.clone()).try_collect::<Vec<_>>().await.unwrap();
        assert_eq!(sightings, [], "and rows of another form on the same connection");
        let mut frames = catalog.frames(range);
        let mut read = 0;
        while frames.try_next().await.unwrap().is_some() {
            read += 1;
            if read == 100_000 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        assert_eq!(read, 262_800);
    }

    #[tokio::test]
    async fn who_stops_reading_has_the_connection_back_at_once() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        let writer = PgPool::connect(&url).await.unwrap();
        sqlx::query(TEN_YEARS).execute(&writer).await.unwrap();

        let Target::Postgres(options) = Target::of(&url).unwrap() else { panic!("{url} is no PostgreSQL") };
        let one = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
        let pool = one.connect_with(*options).await.unwrap();
        let catalog = Reads(PostgresCatalog::over(pool, Mapping::default()).await.unwrap());
        let range = "2000-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap();
        for _ in 0..3 {
            let mut frames = catalog.frames(range.clone());
            assert!(frames.try_next().await.unwrap().is_some());
            drop(frames);
            catalog.ping().await.unwrap();
        }
        let running =
            "select count(*) from pg_stat_activity where datname = current_database() and query like 'copy%'
            and state = 'active'";
        let mut copying = 1_i64;
        for _ in 0..50 {
            copying = sqlx::query_scalar(running).fetch_one(&writer).await.unwrap();
            if copying == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(copying, 0, "the server has stopped too");
    }

    #[tokio::test]
    async fn streams_leave_connections_to_questions_and_wait_for_one_another() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        PgPool::connect(&url).await.unwrap().execute(TEN_YEARS).await.unwrap();
        let catalog = Reads(catalog(&url).await);
        let range = || "2000-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap();
        let mut reading = Vec::new();
        for _ in 0..4 {
            let mut frames = catalog.frames(range());
            assert!(frames.try_next().await.unwrap().is_some());
            reading.push(frames);
        }
        let mut fifth = catalog.frames(range());
        assert!(tokio::time::timeout(Duration::from_millis(300), fifth.try_next()).await.is_err());
        catalog.ping().await.unwrap();
        drop(reading.pop());
        assert!(fifth.try_next().await.unwrap().is_some());
    }

    #[tokio::test]
    async fn rows_whose_reader_died_are_not_taken_for_all() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        PgPool::connect(&url).await.unwrap().execute(TEN_YEARS).await.unwrap();
        let catalog = catalog(&url).await;
        let sql = catalog.held.now().sql.frames.clone();
        let range = "2000-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap();
        let read = std::sync::atomic::AtomicUsize::new(0);
        let mut rows = catalog.each(sql, range, move |_| {
            assert!(read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 1_000, "meant to happen");
            Ok(Some(()))
        });
        let died = loop {
            match rows.try_next().await {
                Ok(Some(())) => {}
                end => break end,
            }
        };
        assert!(matches!(died, Err(CatalogError::Unavailable(Error::WorkerCrashed))), "{died:?}");
    }

    #[tokio::test]
    async fn its_connections_cannot_write_and_say_who_they_are() {
        let url = deertrack_testkit::postgres::database();
        migrate(&url).await.unwrap();
        let catalog = catalog(&url).await;
        let refused = sqlx::query("delete from images").execute(&catalog.pool).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "25006");
        for (setting, expected) in [("application_name", "deertrack"), ("statement_timeout", "1min")] {
            let value: String = sqlx::query_scalar("select current_setting($1)")
                .bind(setting)
                .fetch_one(&catalog.pool)
                .await
                .unwrap();
            assert_eq!(value, expected);
        }
    }
}
