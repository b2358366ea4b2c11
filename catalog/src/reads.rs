//! What is read alike from both databases: the same statements into the same rows. An [`Adapter`] brings what differs:
//! the connection, the form of an instant, and vectors.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deertrack_survey::{BoxUnit, Deployment, Place, TimeRange};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use sqlx::{Error, FromRow};

use crate::catalog::{Asked, Catalog, LeftOut, Repeats, Seen, joined};
use crate::cells::{AnyRow, Cells};
use crate::embedding::{Embedding, Profile};
use crate::failure::CatalogError;
use crate::frame_row::{FilesRow, FrameRow};
use crate::held::{Held, State};
use crate::left_out_row::LeftOutRow;
use crate::map::look::Look;
use crate::record::{Dataset, Frame, Image, Individual, Record, ToldDeployment};
use crate::row::{
    DeploymentRow, ImageRow, IndividualRow, PlaceRow, RecordRow, SightingRow, ToldDeploymentRow,
};
use crate::seen::{is_seen_in, of_photographs, seen_in};
use crate::statements::Statements;

/// A database that is read.
#[async_trait]
pub(crate) trait Adapter: Send + Sync {
    /// As the driver gives them.
    type Row: sqlx::Row + AnyRow;
    /// A row of many.
    type Streamed: AnyRow + 'static;
    /// As the database has it.
    type Instant: Into<DateTime<Utc>> + Send + Unpin + 'static;

    /// Where everything is, and the statements.
    fn held(&self) -> &Held;

    /// What answers where everything is.
    fn look(&self) -> &dyn Look;

    /// The rows of a statement.
    fn fetch<'a>(&'a self, sql: String, about: About<'a>) -> BoxStream<'a, Result<Self::Row, CatalogError>>;

    /// What `read` makes of the rows of a range, one by one.
    fn each<'a, T: Send + 'static>(
        &'a self,
        sql: String,
        range: TimeRange,
        read: impl Fn(&Self::Streamed) -> Result<Option<T>, Error> + Send + Sync + 'static,
    ) -> BoxStream<'a, Result<T, CatalogError>>;

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

/// What a row becomes; nothing where it is not of interest.
trait Read<R, T>: Fn(&R, BoxUnit) -> Result<Option<T>, Error> + Clone + Send + Sync + 'static {}

impl<R, T, F> Read<R, T> for F where
    F: Fn(&R, BoxUnit) -> Result<Option<T>, Error> + Clone + Send + Sync + 'static
{
}

/// Reads a row of few: its cells are found by their names.
fn named<D, R, T>(keep: fn(D) -> Option<T>) -> impl Read<R, T>
where
    R: sqlx::Row,
    D: for<'r> FromRow<'r, R> + 'static,
    T: 'static,
{
    move |row: &R, _: BoxUnit| Ok(keep(D::from_row(row)?))
}

/// Reads a detection of a deer.
fn record<R: AnyRow>(row: &R, unit: BoxUnit) -> Result<Option<Record>, Error> {
    Ok(RecordRow::next(&mut Cells::of(row))?.of_deer(unit).ok())
}

fn image<R: AnyRow>(row: &R, _: BoxUnit) -> Result<Option<Image>, Error> {
    Ok(Some(ImageRow::next(&mut Cells::of(row))?.into()))
}

impl<A: Adapter> Reads<A> {
    /// The rows of a statement; none where the statement's table is not there. A table that has changed since the map was
    /// made is looked at again, once.
    async fn rows<T: Send>(
        &self,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        read: impl Read<A::Row, T>,
    ) -> Result<Vec<T>, CatalogError> {
        let held = self.0.held();
        match self.rows_by(&held.now(), statement, about.clone(), &read).await {
            Err(error) if error.may_be_a_changed_table() => {
                held.again(self.0.look()).await?;
                self.rows_by(&held.now(), statement, about, &read).await
            }
            done => done,
        }
    }

    async fn rows_by<T: Send>(
        &self,
        state: &State,
        statement: fn(&Statements) -> Option<&str>,
        about: About<'_>,
        read: &impl Read<A::Row, T>,
    ) -> Result<Vec<T>, CatalogError> {
        let Some(sql) = statement(&state.sql) else { return Ok(Vec::new()) };
        let mut rows = self.0.fetch(sql.to_owned(), about);
        let mut kept = Vec::new();
        while let Some(row) = rows.try_next().await? {
            kept.extend(read(&row, state.map.unit)?);
        }
        Ok(kept)
    }

    /// The rows of a range one by one: nothing is held but the next few. A table that has changed before the first row is
    /// looked at again, once.
    fn one_by_one<'a, T: Send + 'static>(
        &'a self,
        statement: fn(&Statements) -> &str,
        range: TimeRange,
        read: impl Read<A::Streamed, T>,
    ) -> BoxStream<'a, Result<T, CatalogError>> {
        let begun = async move {
            let permit = self.0.held().stream().await;
            let begin = || async {
                let (state, read) = (self.0.held().now(), read.clone());
                let (sql, unit) = (statement(&state.sql).to_owned(), state.map.unit);
                let mut rows = self.0.each(sql, range.clone(), move |row| read(row, unit));
                let first = rows.try_next().await?;
                Ok::<_, CatalogError>(stream::iter(first.map(Ok)).chain(rows))
            };
            let rows = match begin().await {
                Err(error) if error.may_be_a_changed_table() => {
                    self.0.held().again(self.0.look()).await?;
                    begin().await?
                }
                begun => begun?,
            };
            Ok::<_, CatalogError>(held_with(permit, rows))
        };
        stream::once(begun).try_flatten().boxed()
    }
}

/// The rows, and something that is dropped with them.
fn held_with<T>(with: impl Send, rows: impl Stream<Item = T> + Send) -> impl Stream<Item = T> + Send {
    rows.map(move |row| {
        let _with = &with;
        row
    })
}

#[async_trait]
impl<A: Adapter> Catalog for Reads<A>
where
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
        let rows =
            self.one_by_one(|sql| &sql.records_in, of_photographs(&range), record).try_collect().await?;
        Ok(seen_in(rows, &range))
    }

    async fn repeats_in(&self, range: TimeRange) -> Result<Vec<Record>, CatalogError> {
        let rows =
            self.one_by_one(|sql| &sql.repeats_in, of_photographs(&range), record).try_collect().await?;
        Ok(seen_in(rows, &range))
    }

    async fn records_of(&self, ids: &[String]) -> Result<Asked, CatalogError> {
        let read =
            |row: &A::Row, unit: BoxUnit| Ok(Some(RecordRow::next(&mut Cells::of(row))?.of_deer(unit)));
        Ok(self.rows(|sql| Some(&sql.records_of), About::Ids(ids), read).await?.into_iter().collect())
    }

    fn detections(&self, range: TimeRange) -> BoxStream<'_, Result<Seen, CatalogError>> {
        let photographs = of_photographs(&range);
        self.one_by_one(
            |sql| &sql.sightings,
            photographs,
            move |row: &A::Streamed, unit: BoxUnit| {
                let row = SightingRow::next(&mut Cells::of(row))?;
                let is_photographed_in = row.taken_at().is_some_and(|at| range.contains(&at));
                Ok(match row.counted(unit) {
                    Ok(sighting) => is_seen_in(&sighting, &range).then_some(Seen::Counted(sighting)),
                    Err(reason) => is_photographed_in.then_some(Seen::LeftOut(reason)),
                })
            },
        )
    }

    fn records(&self, range: TimeRange, repeats: Repeats) -> BoxStream<'_, Result<Record, CatalogError>> {
        let statement: fn(&Statements) -> &str = match repeats {
            Repeats::Without => |sql| &sql.records_in,
            Repeats::With => |sql| &sql.records_with_repeats,
        };
        let photographs = of_photographs(&range);
        self.one_by_one(statement, photographs, move |row: &A::Streamed, unit: BoxUnit| {
            Ok(record(row, unit)?.filter(|row| is_seen_in(row, &range)))
        })
    }

    async fn count_detections(&self, range: TimeRange) -> Result<Option<u64>, CatalogError> {
        let photographs = of_photographs(&range);
        let has_others = named(|(has_others,): (bool,)| Some(has_others));
        let has_others =
            self.rows(|sql| Some(&sql.beyond), About::Range(photographs.clone()), has_others).await?;
        // Of everything, the rows need not be joined to be counted.
        let is_part = has_others.first() != Some(&false);
        self.count_embeddings(is_part.then_some(photographs), false).await
    }

    async fn left_out_in(&self, range: TimeRange) -> Result<LeftOut, CatalogError> {
        Ok(self
            .rows(|sql| Some(&sql.left_out), About::Range(range), named(Some::<LeftOutRow>))
            .await?
            .into_iter()
            .collect())
    }

    async fn images(&self, range: TimeRange) -> Result<Vec<Image>, CatalogError> {
        self.photographs(range).try_collect().await
    }

    fn frames(&self, range: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>> {
        self.one_by_one(
            |sql| &sql.frames,
            range,
            |row: &A::Streamed, _: BoxUnit| Ok(Some(FrameRow::next(&mut Cells::of(row))?.into())),
        )
    }

    async fn photographed(&self, range: TimeRange) -> Result<BTreeSet<String>, CatalogError> {
        let place = named(|(place,): (String,)| Some(place));
        Ok(self.rows(|sql| Some(&sql.photographed), About::Range(range), place).await?.into_iter().collect())
    }

    fn photographs(&self, range: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        self.one_by_one(|sql| &sql.images, range, image)
    }

    async fn files(&self, range: TimeRange) -> Result<BTreeMap<Option<String>, u64>, CatalogError> {
        let keep = named(|row: FilesRow| Some((row.place_id, row.files.unsigned_abs())));
        Ok(self.rows(|sql| Some(&sql.files), About::Range(range), keep).await?.into_iter().collect())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        let keep = named(|row: IndividualRow<A::Instant>| Some(row.into()));
        self.rows(|sql| sql.individuals.as_deref(), About::Everything, keep).await
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        self.rows(|sql| Some(&sql.places), About::Everything, named(|row: PlaceRow| Some(row.into()))).await
    }

    async fn deployments(&self, range: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        let keep = named(|row: DeploymentRow<A::Instant>| Some(row.into()));
        self.rows(|sql| sql.deployments.as_deref(), About::Range(range), keep).await
    }

    async fn told_deployments(&self, range: TimeRange) -> Result<Vec<ToldDeployment>, CatalogError> {
        let keep = named(|row: ToldDeploymentRow<A::Instant>| Some(row.into()));
        self.rows(|sql| sql.told_deployments.as_deref(), About::Range(range), keep).await
    }

    fn embeddings(&self, range: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        // Only the first row can tell: what was given is not read twice.
        let begun = async move {
            let permit = self.0.held().stream().await;
            let mut rows = self.0.embeddings(range.clone());
            let rows = match rows.try_next().await {
                Err(error) if error.may_be_a_changed_table() => {
                    self.0.held().again(self.0.look()).await?;
                    self.0.embeddings(range)
                }
                first => stream::iter(first.transpose()).chain(rows).boxed(),
            };
            Ok::<_, CatalogError>(held_with(permit, rows))
        };
        stream::once(begun).try_flatten().boxed()
    }

    async fn count_embeddings(
        &self,
        range: Option<TimeRange>,
        embedded: bool,
    ) -> Result<Option<u64>, CatalogError> {
        let keep = named(|(count,): (i64,)| u64::try_from(count).ok());
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
        self.rows(|sql| sql.datasets.as_deref(), About::Everything, named(Some::<Dataset>)).await
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        let keep = named(|(name,): (String,)| Some(name));
        Ok(joined(&self.rows(|sql| sql.dataset.as_deref(), About::Everything, keep).await?))
    }

    async fn refresh(&self) -> Result<(), CatalogError> {
        self.0.held().refresh(self.0.look()).await
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        let keep = named(|(has_rows,): (bool,)| Some(has_rows));
        self.rows(|sql| Some(&sql.ping), About::Everything, keep).await.map(|_has_rows| ())
    }
}
