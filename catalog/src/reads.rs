//! What is read alike from both databases: the same statements into the same rows. An [`Adapter`] brings what differs:
//! the connection, the form of an instant, and vectors.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deertrack_survey::{BoxUnit, Deployment, Place, TimeRange};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sqlx::FromRow;

use crate::catalog::{Asked, Catalog, LeftOut, Repeats, joined};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::frame_row::{FilesRow, FrameRow};
use crate::held::{Held, State};
use crate::left_out_row::LeftOutRow;
use crate::map::look::Look;
use crate::record::{Dataset, Frame, Image, Individual, Record, Sighting, ToldDeployment};
use crate::row::{
    DeploymentRow, ImageRow, IndividualRow, PlaceRow, RecordRow, SightingRow, ToldDeploymentRow,
};
use crate::seen::{is_seen_in, of_photographs, seen_in};
use crate::statements::Statements;

/// A database that is read.
#[async_trait]
pub(crate) trait Adapter: Send + Sync {
    /// As the driver gives them.
    type Row: sqlx::Row;
    /// As the database has it.
    type Instant: Into<DateTime<Utc>> + Send + Unpin;

    /// Where everything is, and the statements.
    fn held(&self) -> &Held;

    /// What answers where everything is.
    fn look(&self) -> &dyn Look;

    /// The rows of a statement.
    fn fetch<'a>(&'a self, sql: String, about: About<'a>) -> BoxStream<'a, Result<Self::Row, CatalogError>>;

    /// As [`Catalog::embeddings`].
    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>>;

    /// As [`Catalog::profiles`].
    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError>;
}

/// What a statement is asked about.
#[derive(Clone)]
pub(crate) enum About<'a> {
    Everything,
    Range(TimeRange),
    Ids(&'a [String]),
}

/// The catalog of a database.
pub(crate) struct Reads<A>(pub(crate) A);

impl<A: Adapter> Reads<A> {
    /// The rows of a statement as `keep` reads them; none where the statement's table is not there. A table that has
    /// changed since the map was made is looked at again, once.
    async fn rows<R, T>(
        &self,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        keep: fn(R, BoxUnit) -> Option<T>,
    ) -> Result<Vec<T>, CatalogError>
    where
        R: for<'r> FromRow<'r, A::Row> + Send,
        T: Send,
    {
        let held = self.0.held();
        match self.rows_by(&held.now(), statement, about.clone(), keep).await {
            Err(error) if error.may_be_a_changed_table() => {
                held.again(self.0.look()).await?;
                self.rows_by(&held.now(), statement, about, keep).await
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
        R: for<'r> FromRow<'r, A::Row> + Send,
        T: Send,
    {
        let Some(sql) = statement(&state.sql) else { return Ok(Vec::new()) };
        let mut rows = self.0.fetch(sql.to_owned(), about);
        let mut kept = Vec::new();
        while let Some(row) = rows.try_next().await? {
            kept.extend(keep(R::from_row(&row)?, state.map.unit));
        }
        Ok(kept)
    }
}

impl<A: Adapter> Reads<A> {
    /// The rows of a range as `keep` reads them, one by one: nothing is held but the next few. A table that has changed
    /// before the first row is looked at again, once.
    fn one_by_one<'a, R, T>(
        &'a self,
        statement: fn(&Statements) -> &str,
        range: TimeRange,
        keep: impl Fn(R, BoxUnit) -> Option<T> + Send + 'a,
    ) -> BoxStream<'a, Result<T, CatalogError>>
    where
        R: for<'r> FromRow<'r, A::Row> + Send + 'a,
        T: Send + 'a,
    {
        let begun = async move {
            let begin = || async {
                let state = self.0.held().now();
                let sql = statement(&state.sql).to_owned();
                let mut rows = self.0.fetch(sql, About::Range(range.clone()));
                let first = rows.try_next().await?;
                Ok::<_, CatalogError>((stream::iter(first.map(Ok)).chain(rows), state.map.unit))
            };
            let (rows, unit) = match begin().await {
                Err(error) if error.may_be_a_changed_table() => {
                    self.0.held().again(self.0.look()).await?;
                    begin().await?
                }
                begun => begun?,
            };
            let kept = rows.map(move |row| Ok(keep(R::from_row(&row?)?, unit)));
            Ok::<_, CatalogError>(kept.try_filter_map(|kept| async { Ok(kept) }))
        };
        stream::once(begun).try_flatten().boxed()
    }
}

#[async_trait]
impl<A: Adapter> Catalog for Reads<A>
where
    RecordRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    SightingRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    ImageRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    FrameRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    FilesRow: for<'r> FromRow<'r, A::Row>,
    IndividualRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    DeploymentRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    ToldDeploymentRow<A::Instant>: for<'r> FromRow<'r, A::Row>,
    PlaceRow: for<'r> FromRow<'r, A::Row>,
    LeftOutRow: for<'r> FromRow<'r, A::Row>,
    Dataset: for<'r> FromRow<'r, A::Row>,
    (String,): for<'r> FromRow<'r, A::Row>,
    (bool,): for<'r> FromRow<'r, A::Row>,
    (i64,): for<'r> FromRow<'r, A::Row>,
{
    async fn records_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<A::Instant>, unit| row.of_deer(unit).ok();
        let rows = self.rows(|sql| Some(&sql.records_in), About::Range(of_photographs(&range)), keep).await?;
        Ok(seen_in(rows, &range))
    }

    async fn repeats_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let keep = |row: RecordRow<A::Instant>, unit| row.of_deer(unit).ok();
        let rows = self.rows(|sql| Some(&sql.repeats_in), About::Range(of_photographs(&range)), keep).await?;
        Ok(seen_in(rows, &range))
    }

    async fn records_of(&self, ids: &[String]) -> Result<Asked, CatalogError> {
        let keep = |row: RecordRow<A::Instant>, unit| Some(row.of_deer(unit));
        Ok(self.rows(|sql| Some(&sql.records_of), About::Ids(ids), keep).await?.into_iter().collect())
    }

    fn sightings(&self, range: TimeRange) -> BoxStream<'_, Result<Sighting, CatalogError>> {
        let photographs = of_photographs(&range);
        self.one_by_one(
            |sql| &sql.sightings,
            photographs,
            move |row: SightingRow<A::Instant>, unit| row.of_deer(unit).filter(|row| is_seen_in(row, &range)),
        )
    }

    fn records(&self, range: TimeRange, repeats: Repeats) -> BoxStream<'_, Result<Record, CatalogError>> {
        let statement: fn(&Statements) -> &str = match repeats {
            Repeats::Without => |sql| &sql.records_in,
            Repeats::With => |sql| &sql.records_with_repeats,
        };
        let photographs = of_photographs(&range);
        self.one_by_one(statement, photographs, move |row: RecordRow<A::Instant>, unit| {
            row.of_deer(unit).ok().filter(|row| is_seen_in(row, &range))
        })
    }

    async fn count_detections(&self, range: TimeRange) -> Result<Option<u64>, CatalogError> {
        self.count_embeddings(Some(of_photographs(&range)), false).await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        let keep = |row: LeftOutRow, _| Some(row);
        Ok(self.rows(|sql| Some(&sql.left_out), About::Range(range), keep).await?.into_iter().collect())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        let keep = |row: ImageRow<A::Instant>, _| Some(row.into());
        self.rows(|sql| Some(&sql.images), About::Range(range), keep).await
    }

    fn frames(&self, range: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>> {
        self.one_by_one(|sql| &sql.frames, range, |row: FrameRow<A::Instant>, _| Some(row.into()))
    }

    async fn photographed(&self, range: TimeRange) -> Result<BTreeSet<String>, CatalogError> {
        let keep = |(place,): (String,), _| Some(place);
        Ok(self.rows(|sql| Some(&sql.photographed), About::Range(range), keep).await?.into_iter().collect())
    }

    fn photographs(&self, range: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        self.one_by_one(|sql| &sql.images, range, |row: ImageRow<A::Instant>, _| Some(row.into()))
    }

    async fn files(&self, range: TimeRange) -> Result<BTreeMap<Option<String>, u64>, CatalogError> {
        let keep = |row: FilesRow, _| Some((row.place_id, row.files.unsigned_abs()));
        Ok(self.rows(|sql| Some(&sql.files), About::Range(range), keep).await?.into_iter().collect())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let keep = |row: IndividualRow<A::Instant>, _| Some(row.into());
        self.rows(|sql| sql.individuals.as_deref(), About::Everything, keep).await
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        self.rows(|sql| Some(&sql.places), About::Everything, |row: PlaceRow, _| Some(row.into())).await
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let keep = |row: DeploymentRow<A::Instant>, _| Some(row.into());
        self.rows(|sql| sql.deployments.as_deref(), About::Range(range), keep).await
    }

    async fn told_deployments(&self, range: TimeRange) -> Result<Vec<ToldDeployment>, CatalogError> {
        let keep = |row: ToldDeploymentRow<A::Instant>, _| Some(row.into());
        self.rows(|sql| sql.told_deployments.as_deref(), About::Range(range), keep).await
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        // Only the first row can tell: what was given is not read twice.
        let begun = async move {
            let mut rows = self.0.embeddings(range.clone());
            match rows.try_next().await {
                Err(error) if error.may_be_a_changed_table() => {
                    self.0.held().again(self.0.look()).await?;
                    Ok::<_, CatalogError>(self.0.embeddings(range))
                }
                first => Ok(stream::iter(first.transpose()).chain(rows).boxed()),
            }
        };
        stream::once(begun).try_flatten().boxed()
    }

    async fn count_embeddings(
        &self,
        range: Option<TimeRange>,
        embedded: bool,
    ) -> Result<Option<u64>, CatalogError> {
        let keep = |(count,): (i64,), _| u64::try_from(count).ok();
        let counted = match (range, embedded) {
            (None, false) => self.rows(|sql| Some(&sql.counts[0][0]), About::Everything, keep).await,
            (None, true) => self.rows(|sql| Some(&sql.counts[0][1]), About::Everything, keep).await,
            (Some(range), false) => self.rows(|sql| Some(&sql.counts[1][0]), About::Range(range), keep).await,
            (Some(range), true) => self.rows(|sql| Some(&sql.counts[1][1]), About::Range(range), keep).await,
        };
        Ok(counted?.first().copied())
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        match self.0.profiles().await {
            Err(error) if error.may_be_a_changed_table() => {
                self.0.held().again(self.0.look()).await?;
                self.0.profiles().await
            }
            done => done,
        }
    }

    async fn datasets(&self) -> Result<Vec<Dataset>, CatalogError> {
        self.rows(|sql| sql.datasets.as_deref(), About::Everything, |row: Dataset, _| Some(row)).await
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let keep = |(name,): (String,), _| Some(name);
        Ok(joined(&self.rows(|sql| sql.dataset.as_deref(), About::Everything, keep).await?))
    }

    async fn refresh(&self) -> Result<(), CatalogError> {
        self.0.held().refresh(self.0.look()).await
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        let keep = |(has_rows,): (bool,), _| Some(has_rows);
        self.rows(|sql| Some(&sql.ping), About::Everything, keep).await.map(|_has_rows| ())
    }
}
