//! A platform's PostgreSQL (15 or newer), read and never written.
//!
//! Ids may be of any type: they are read through a cast to text and ordered by their bytes, so that the order does not
//! depend on the server's locale. A timestamp without a zone is taken as UTC (the session's zone is UTC).
//! The tables of older platforms may lack columns, see `template`.

mod vectors;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deertrack_survey::{Deployment, Place, TimeRange};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::row::{DeploymentRow, ImageRow, IndividualRow, LeftOutRow, PlaceRow, RecordRow, SightingRow};
use super::template::{Columns, TABLES};
use crate::catalog::{Catalog, LeftOut, joined};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::record::{Image, Individual, Record, Sighting};

/// A worker runs few jobs at once and each asks one question at a time; a platform's connections are scarce.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any of our queries takes, shorter than a job's time limit, so that the job fails with this reason.
const STATEMENT_TIMEOUT: &str = "60s";

/// The tables of a PostgreSQL.
pub(super) struct PostgresCatalog {
    pool: PgPool,
    sql: Sql,
}

impl PostgresCatalog {
    /// Connects and looks which of the optional tables and columns are there.
    pub(super) async fn connect(options: PgConnectOptions) -> Result<Self, CatalogError> {
        let options = options
            .application_name("deertrack")
            .options([("default_transaction_read_only", "on"), ("statement_timeout", STATEMENT_TIMEOUT)]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        let sql = Sql::new(&columns(&pool).await?);
        Ok(Self { pool, sql })
    }
}

async fn columns(pool: &PgPool) -> Result<Columns, CatalogError> {
    let tables = TABLES.map(|(_, table)| table);
    let rows = sqlx::query(include_str!("sql/postgres/columns.sql")).bind(tables).fetch_all(pool).await?;
    let names = ["table_name", "column_name", "type_name"];
    let column = |row: &PgRow| -> Result<[String; 3], sqlx::Error> {
        let [table, column, ty] = names.map(|name| row.try_get(name));
        Ok([table?, column?, ty?])
    };
    let all: Result<Vec<_>, sqlx::Error> = rows.iter().map(column).collect();
    Ok(all?.into_iter().collect())
}

/// The statements for the columns that are there; `None` where the whole table is not.
struct Sql {
    records_in: String,
    records_of: String,
    sightings_in: String,
    left_out: String,
    images: String,
    individuals: Option<String>,
    places: String,
    deployments: Option<String>,
    dataset: Option<&'static str>,
    vectors: vectors::Sql,
}

impl Sql {
    fn new(columns: &Columns) -> Self {
        let has_deployments = columns.has_all("deployments", &["id", "location_id", "start"]);
        if !has_deployments {
            tracing::info!("the database has no table of deployments: reports will know no camera effort");
        }
        Self {
            records_in: columns.fill(concat!(
                include_str!("sql/postgres/records.sql"),
                include_str!("sql/postgres/records_in.sql")
            )),
            records_of: columns.fill(concat!(
                include_str!("sql/postgres/records.sql"),
                include_str!("sql/postgres/records_of.sql")
            )),
            sightings_in: columns.fill(concat!(
                include_str!("sql/postgres/sightings.sql"),
                include_str!("sql/postgres/records_in.sql")
            )),
            left_out: columns.fill(include_str!("sql/postgres/left_out.sql")),
            images: columns.fill(include_str!("sql/postgres/images.sql")),
            individuals: columns
                .has("deer", "id")
                .then(|| columns.fill(include_str!("sql/postgres/individuals.sql"))),
            places: columns.fill(include_str!("sql/postgres/places.sql")),
            deployments: has_deployments.then(|| columns.fill(include_str!("sql/postgres/deployments.sql"))),
            vectors: vectors::Sql::new(columns),
            dataset: columns.has("dataset", "name").then_some(include_str!("sql/postgres/dataset.sql")),
        }
    }
}

// `AssertSqlSafe` below: the statements are our own files with names of columns from `template`; no user's input.
#[async_trait]
impl Catalog for PostgresCatalog {
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let rows: Vec<RecordRow<DateTime<Utc>>> = sqlx::query_as(AssertSqlSafe(self.sql.records_in.as_str()))
            .bind(range.start)
            .bind(range.end)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Record::from).collect())
    }

    async fn records_of(&self, ids: &[String]) -> Result<Vec<Record>, CatalogError> {
        let rows: Vec<RecordRow<DateTime<Utc>>> = sqlx::query_as(AssertSqlSafe(self.sql.records_of.as_str()))
            .bind(ids)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Record::from).collect())
    }

    async fn sightings_in(&self, range: TimeRange) -> Result<Vec<Sighting>, CatalogError> {
        sqlx::query_as(AssertSqlSafe(self.sql.sightings_in.as_str()))
            .bind(range.start)
            .bind(range.end)
            .fetch(&self.pool)
            .map(|row: Result<SightingRow<DateTime<Utc>>, _>| Ok(row?.into()))
            .try_collect()
            .await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        let row: LeftOutRow = sqlx::query_as(AssertSqlSafe(self.sql.left_out.as_str()))
            .bind(range.start)
            .bind(range.end)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.into())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let rows: Vec<ImageRow<DateTime<Utc>>> = sqlx::query_as(AssertSqlSafe(self.sql.images.as_str()))
            .bind(range.start)
            .bind(range.end)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Image::from).collect())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let Some(sql) = &self.sql.individuals else { return Ok(Vec::new()) };
        let rows: Vec<IndividualRow<DateTime<Utc>>> =
            sqlx::query_as(AssertSqlSafe(sql.as_str())).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Individual::from).collect())
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        let sql = AssertSqlSafe(self.sql.places.as_str());
        let rows: Vec<PlaceRow> = sqlx::query_as(sql).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(Place::from).collect())
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let Some(sql) = &self.sql.deployments else { return Ok(Vec::new()) };
        let rows: Vec<DeploymentRow<DateTime<Utc>>> = sqlx::query_as(AssertSqlSafe(sql.as_str()))
            .bind(range.start)
            .bind(range.end)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Deployment::from).collect())
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        match self.sql.vectors.embeddings() {
            Ok(sql) => sqlx::query(AssertSqlSafe(sql))
                .bind(range.as_ref().map(|range| range.start))
                .bind(range.as_ref().map(|range| range.end))
                .fetch(&self.pool)
                .map(|row| vectors::embedding(&row?))
                .boxed(),
            Err(unknown_type) => stream::once(async { Err(unknown_type) }).boxed(),
        }
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        let Some(sql) = self.sql.vectors.profiles()? else { return Ok(Vec::new()) };
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch(&self.pool).map(|row| vectors::profile(&row?));
        rows.try_collect().await
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let Some(sql) = self.sql.dataset else { return Ok(None) };
        let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(&self.pool).await?;
        Ok(joined(&names))
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        sqlx::query(include_str!("sql/postgres/ping.sql")).execute(&self.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::Target;
    use crate::connect::migrate;

    /// Ten years of images every 20 minutes: enough rows for the planner to have a choice.
    const TEN_YEARS: &str = "
        insert into images (id, timestamp)
        select n::text, timestamptz '2016-01-01Z' + n * interval '20 minutes' from generate_series(1, 262800) n";
    const DETECTIONS: &str = "
        insert into detections (id, image_id, classification)
        select n::text, n::text, 'doe' from generate_series(1, 262800) n";

    async fn catalog(url: &str) -> PostgresCatalog {
        let Target::Postgres(options) = Target::of(url).unwrap() else { panic!("{url} is no PostgreSQL") };
        PostgresCatalog::connect(*options).await.unwrap()
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
        let explain = format!("explain {}", catalog.sql.records_in);
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
            .bind("2025-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap())
            .bind("2026-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap())
            .fetch_all(&catalog.pool)
            .await
            .unwrap();
        let plan = plan.join("\n");
        assert!(
            plan.contains("images_timestamp") && plan.contains("Index Cond: ((\"timestamp\" >="),
            "{plan}"
        );
        assert!(!plan.contains("Seq Scan on images"), "{plan}");
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
