//! A platform's PostgreSQL (15 or newer), read and never written.
//!
//! Ids may be of any type: they are read through a cast to text and ordered by their bytes, so that the order does not
//! depend on the server's locale. A timestamp without a zone is taken as UTC (the session's zone is UTC).
//! Which tables and columns are read is the duty of [`map`](crate::map).

mod vectors;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deertrack_survey::{BoxUnit, Deployment, Place, TimeRange};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, FromRow};

use super::row::{
    DeploymentRow, ImageRow, IndividualRow, PlaceRow, RecordRow, SightingRow, ToldDeploymentRow,
};
use crate::catalog::{Asked, Catalog, LeftOut, joined};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::held::{Held, State};
use crate::left_out_row::LeftOutRow;
use crate::map::file::Mapping;
use crate::record::{Dataset, Image, Individual, Record, Sighting, ToldDeployment};
use crate::statements::{Statements, templates};

/// A worker runs few jobs at once and each asks one question at a time; a platform's connections are scarce.
const CONNECTIONS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any of our queries takes, shorter than a job's time limit, so that the job fails with this reason.
const STATEMENT_TIMEOUT: &str = "60s";

/// The tables of a PostgreSQL.
pub(super) struct PostgresCatalog {
    pool: PgPool,
    held: Held,
}

/// What a statement is asked about.
#[derive(Clone, Copy)]
enum About<'a> {
    Everything,
    Range(&'a TimeRange),
    Ids(&'a [String]),
}

type Instant = DateTime<Utc>;

impl PostgresCatalog {
    /// Connects and looks where everything is.
    pub(super) async fn connect(options: PgConnectOptions, mapping: Mapping) -> Result<Self, CatalogError> {
        let pool = pool(options).await?;
        let held = Held::make(&pool, mapping, templates!("postgres")).await?;
        Ok(Self { pool, held })
    }

    /// The rows of a statement as `keep` reads them; none where the statement's table is not there. A table that has
    /// changed since the map was made is looked at again, once.
    async fn rows<R, T>(
        &self,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        keep: fn(R, BoxUnit) -> Option<T>,
    ) -> Result<Vec<T>, CatalogError>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
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

    // `AssertSqlSafe`: statements are our own files over names of columns and the operator's mapping file; no input of a
    // user of exports.
    async fn rows_by<R, T>(
        &self,
        state: &State,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        keep: fn(R, BoxUnit) -> Option<T>,
    ) -> Result<Vec<T>, CatalogError>
    where
        R: for<'r> FromRow<'r, PgRow> + Send + Unpin,
        T: Send,
    {
        let Some(sql) = statement(&state.sql) else { return Ok(Vec::new()) };
        let query = sqlx::query_as(AssertSqlSafe(sql));
        let query = match about {
            About::Everything => query,
            About::Range(range) => query.bind(range.start).bind(range.end),
            About::Ids(ids) => query.bind(ids),
        };
        let mut rows = query.fetch(&self.pool);
        let mut kept = Vec::new();
        while let Some(row) = rows.try_next().await? {
            kept.extend(keep(row, state.map.unit));
        }
        Ok(kept)
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
impl Catalog for PostgresCatalog {
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<Instant>, unit| row.of_deer(unit).ok();
        self.rows(|sql| Some(&sql.records_in), About::Range(&range), keep).await
    }

    async fn repeats_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<Instant>, unit| row.of_deer(unit).ok();
        self.rows(|sql| Some(&sql.repeats_in), About::Range(&range), keep).await
    }

    async fn records_of(&self, ids: &[String]) -> Result<Asked, CatalogError> {
        let keep = |row: RecordRow<Instant>, unit| Some(row.of_deer(unit));
        Ok(self.rows(|sql| Some(&sql.records_of), About::Ids(ids), keep).await?.into_iter().collect())
    }

    async fn sightings_in(&self, range: TimeRange) -> Result<Vec<Sighting>, CatalogError> {
        let keep = |row: SightingRow<Instant>, unit| row.of_deer(unit);
        self.rows(|sql| Some(&sql.sightings_in), About::Range(&range), keep).await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        let rows: Vec<LeftOutRow> =
            self.rows(|sql| Some(&sql.left_out), About::Range(&range), |row, _| Some(row)).await?;
        Ok(rows.into_iter().collect())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let keep = |row: ImageRow<Instant>, _| Some(row.into());
        self.rows(|sql| Some(&sql.images), About::Range(&range), keep).await
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let keep = |row: IndividualRow<Instant>, _| Some(row.into());
        self.rows(|sql| sql.individuals.as_deref(), About::Everything, keep).await
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        self.rows(|sql| Some(&sql.places), About::Everything, |row: PlaceRow, _| Some(row.into())).await
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let keep = |row: DeploymentRow<Instant>, _| Some(row.into());
        self.rows(|sql| sql.deployments.as_deref(), About::Range(&range), keep).await
    }

    async fn told_deployments(&self, range: TimeRange) -> Result<Vec<ToldDeployment>, CatalogError> {
        let keep = |row: ToldDeploymentRow<Instant>, _| Some(row.into());
        self.rows(|sql| sql.told_deployments.as_deref(), About::Range(&range), keep).await
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        let state = self.held.now();
        if let Err(unknown_type) = vectors::check(&state.map, vectors::DETECTIONS) {
            return stream::once(async { Err(unknown_type) }).boxed();
        }
        let unit = state.map.unit;
        sqlx::query(AssertSqlSafe(state.sql.embeddings.clone()))
            .bind(range.as_ref().map(|range| range.start))
            .bind(range.as_ref().map(|range| range.end))
            .fetch(&self.pool)
            .map_err(CatalogError::from)
            .try_filter_map(move |row| async move { vectors::embedding(&row, unit) })
            .boxed()
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        let state = self.held.now();
        vectors::check(&state.map, vectors::DEER)?;
        let Some(sql) = &state.sql.profiles else { return Ok(Vec::new()) };
        let rows =
            sqlx::query(AssertSqlSafe(sql.as_str())).fetch(&self.pool).map(|row| vectors::profile(&row?));
        rows.try_collect().await
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
        let explain = format!("explain {}", catalog.held.now().sql.records_in);
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
