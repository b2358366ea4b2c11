//! The write side of our own tables, for sources only: exports have no way here.
//!
//! All rows are upserted by their ids in one transaction, so that a source can be read twice and a failure leaves
//! nothing behind. A row of one data set never replaces one of another: see [`CatalogError::OtherDataset`].

mod postgres;
mod row;
mod sqlite;
mod table;
mod tables;

use std::collections::HashSet;
use std::path::PathBuf;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction};

pub use crate::record::Level;
pub use row::{NewDataset, NewDeer, NewDeployment, NewDetection, NewImage, NewPlace};

use self::table::Stored;
use super::connect::{Target, migrate, sqlite_file, writable};
use crate::failure::CatalogError;
use crate::map::dialect::Dialect;

/// Rows a statement: enough to hide the round trip, few enough to keep a batch of vectors under a few megabytes.
const BATCH: usize = 500;
/// Pages of SQLite that are held while rows are written, in kB below 0. With its own 2 MB the pages of indexes are
/// written to the log and read back again and again; with 32 MB an import took a tenth less time and twice the memory.
const SQLITE_CACHE: &str = "-8192";
/// Ids that are looked through at a time.
const PAGE: usize = 10_000;

/// A database to write to.
pub struct Store {
    pool: Pool,
    /// The SQLite file, if there was none before.
    made: Option<PathBuf>,
}

enum Pool {
    Postgres(PgPool),
    Sqlite(SqlitePool),
}

impl Store {
    /// Opens the database that `database_url` names; makes the SQLite file and the tables where they are missing.
    ///
    /// # Errors
    /// As [`migrate`].
    pub async fn open(database_url: &str) -> Result<Self, CatalogError> {
        let made = sqlite_file(database_url).filter(|file| !file.exists());
        migrate(database_url).await?;
        let pool = match Target::of(database_url)? {
            Target::Postgres(options) => Pool::Postgres(
                PgPoolOptions::new()
                    .max_connections(1)
                    .connect_with(options.application_name("deertrack import"))
                    .await?,
            ),
            Target::Sqlite(options) => Pool::Sqlite(
                SqlitePoolOptions::new()
                    .max_connections(1)
                    .connect_with(writable(*options).pragma("cache_size", SQLITE_CACHE))
                    .await?,
            ),
        };
        Ok(Self { pool, made })
    }

    /// Begins the transaction; what is written is seen by others after [`Writing::commit`], or never.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&mut self) -> Result<Writing, CatalogError> {
        Ok(Writing(match &self.pool {
            Pool::Postgres(pool) => Tx::Postgres(pool.begin().await?),
            Pool::Sqlite(pool) => Tx::Sqlite(pool.begin().await?),
        }))
    }

    /// Closes the connection and takes back the SQLite file, if this store made it: nothing came of it.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub async fn discard(mut self) -> Result<(), CatalogError> {
        let made = self.made.take();
        self.close().await;
        made.map_or(Ok(()), |file| std::fs::remove_file(file).map_err(|error| sqlx::Error::Io(error).into()))
    }

    /// Closes the connection; with SQLite this also folds the log into the file.
    pub async fn close(self) {
        match self.pool {
            Pool::Postgres(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}

/// A transaction. Dropped without [`Writing::commit`], it leaves nothing.
#[must_use]
pub struct Writing(Tx);

enum Tx {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// A data set that is there.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct KnownDataset {
    /// Its id.
    pub id: String,
    /// For people.
    pub name: String,
    /// What its ids begin with.
    pub id_prefix: String,
    /// SHA-256 of the tables it was read from; `None`: an older version of this program did not keep it.
    pub fingerprint: Option<String>,
    /// What its import found that reports must say: a JSON object.
    pub notes: Option<String>,
}

/// Runs a query of one column, with the data set bound, and gives its values.
macro_rules! texts {
    ($self:ident, $sql:expr, $dataset_id:expr) => {
        match &mut $self.0 {
            Tx::Postgres(tx) => sqlx::query_scalar($sql).bind($dataset_id).fetch_all(&mut **tx).await?,
            Tx::Sqlite(tx) => sqlx::query_scalar($sql).bind($dataset_id).fetch_all(&mut **tx).await?,
        }
    };
}

/// What of other data sets may have the same name.
#[derive(Clone, Copy, Debug)]
pub enum Named {
    /// Events (`burst_id`).
    Events,
    /// Places, by what people call them.
    PlaceNames,
    /// Known deer, by what people call them.
    DeerNames,
}

impl Named {
    fn of_others(self) -> &'static str {
        match self {
            Self::Events => {
                "select distinct burst_id from detections where dataset_id is distinct from $1 and burst_id is not null"
            }
            Self::PlaceNames => "select name from locations where dataset_id is distinct from $1",
            Self::DeerNames => "select name from deer where dataset_id is distinct from $1",
        }
    }
}

/// Tables whose rows belong to a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owned {
    /// What was detected.
    Detections,
    /// Photographs and events.
    Images,
    /// When cameras stood where.
    Deployments,
    /// Where they stood.
    Places,
    /// Known deer.
    Deer,
}

impl Owned {
    /// In the order in which they can be removed.
    pub const ALL: [Self; 5] = [Self::Detections, Self::Images, Self::Deployments, Self::Places, Self::Deer];

    fn table(self) -> &'static str {
        match self {
            Self::Detections => "detections",
            Self::Images => "images",
            Self::Deployments => "deployments",
            Self::Places => "locations",
            Self::Deer => "deer",
        }
    }

    /// The rows that have none of another data set behind them: those stay.
    fn is_free(self) -> &'static str {
        match self {
            Self::Detections | Self::Images | Self::Deployments => "true",
            Self::Places => {
                "not exists (select 1 from deployments p where p.location_id = t.id) \
                 and not exists (select 1 from images i where i.location_id = t.id)"
            }
            Self::Deer => "not exists (select 1 from detections d where d.deer_id = t.id)",
        }
    }

    /// The statement that finds one of the ids that are bound first in a row of another data set than is bound next.
    fn among_others(self, dialect: Dialect) -> String {
        let (table, is_among) = (self.table(), dialect.is_among("id"));
        format!("select id from {table} where {is_among} and dataset_id is distinct from $2 limit 1")
    }

    /// The statement that deletes the rows whose ids are bound, as many as are free.
    fn delete(self, dialect: Dialect) -> String {
        format!("delete from {} as t where {} and {}", self.table(), dialect.is_among("t.id"), self.is_free())
    }
}

/// Every method: ids must differ within one call; an error means that the transaction is over. An upsert of a row whose
/// id is that of another data set's row is refused.
#[expect(
    clippy::missing_errors_doc,
    reason = "all fail alike: when the database does not answer or refuses a row"
)]
impl Writing {
    async fn upsert<R: Stored>(&mut self, rows: &[R]) -> Result<(), CatalogError> {
        for batch in rows.chunks(BATCH) {
            let written = match &mut self.0 {
                Tx::Postgres(tx) => postgres::upsert(tx, batch).await?,
                Tx::Sqlite(tx) => sqlite::upsert(tx, batch).await?,
            };
            if written < batch.len() as u64 {
                return Err(CatalogError::OtherDataset { table: R::TABLE.name });
            }
        }
        Ok(())
    }

    /// Upserts data sets.
    pub async fn datasets(&mut self, rows: &[NewDataset]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Upserts places.
    pub async fn places(&mut self, rows: &[NewPlace]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Upserts deployments. Their places must be there.
    pub async fn deployments(&mut self, rows: &[NewDeployment]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Upserts images. Their deployments and places must be there.
    pub async fn images(&mut self, rows: &[NewImage]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Upserts known deer.
    pub async fn deer(&mut self, rows: &[NewDeer]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Upserts detections. Their images and deer must be there. Corrections, rejections and duplicates that people
    /// marked since are kept.
    pub async fn detections(&mut self, rows: &[NewDetection]) -> Result<(), CatalogError> {
        self.upsert(rows).await
    }

    /// Removes the rows of a data set that are none of those to keep, and says how many they were: what an earlier version
    /// of the source, or an import with other options, left.
    pub async fn remove_others(
        &mut self,
        table: Owned,
        dataset_id: &str,
        is_kept: impl Fn(&str) -> bool,
    ) -> Result<u64, CatalogError> {
        let (mut removed, mut after) = (0, String::new());
        loop {
            let mut ids = self.ids_after(table, dataset_id, &after).await?;
            let Some(last) = ids.last() else { return Ok(removed) };
            after.clone_from(last);
            ids.retain(|id| !is_kept(id));
            for ids in ids.chunks(BATCH) {
                removed += match &mut self.0 {
                    Tx::Postgres(tx) => {
                        let delete = sqlx::query(AssertSqlSafe(table.delete(Dialect::Postgres)));
                        delete.bind(ids).execute(&mut **tx).await?.rows_affected()
                    }
                    Tx::Sqlite(tx) => {
                        let delete = sqlx::query(AssertSqlSafe(table.delete(Dialect::Sqlite)));
                        delete.bind(Json(ids)).execute(&mut **tx).await?.rows_affected()
                    }
                };
            }
        }
    }

    /// The next ids of a data set in a table, a page of them.
    async fn ids_after(
        &mut self,
        table: Owned,
        dataset_id: &str,
        after: &str,
    ) -> Result<Vec<String>, CatalogError> {
        let table = table.table();
        let sql =
            format!("select id from {table} where dataset_id = $1 and id > $2 order by id limit {PAGE}");
        let sql = AssertSqlSafe(sql);
        Ok(match &mut self.0 {
            Tx::Postgres(tx) => {
                sqlx::query_scalar(sql).bind(dataset_id).bind(after).fetch_all(&mut **tx).await?
            }
            Tx::Sqlite(tx) => {
                sqlx::query_scalar(sql).bind(dataset_id).bind(after).fetch_all(&mut **tx).await?
            }
        })
    }

    /// The data sets that are there, by id.
    pub async fn known_datasets(&mut self) -> Result<Vec<KnownDataset>, CatalogError> {
        let sql = "select id, name, id_prefix, fingerprint, notes from dataset order by id";
        Ok(match &mut self.0 {
            Tx::Postgres(tx) => sqlx::query_as(sql).fetch_all(&mut **tx).await?,
            Tx::Sqlite(tx) => sqlx::query_as(sql).fetch_all(&mut **tx).await?,
        })
    }

    /// Whether a table has rows that are not of this data set.
    pub async fn has_others(&mut self, table: Owned, dataset_id: &str) -> Result<bool, CatalogError> {
        let sql = format!("select id from {} where dataset_id is distinct from $1 limit 1", table.table());
        let ids: Vec<String> = texts!(self, AssertSqlSafe(sql), dataset_id);
        Ok(!ids.is_empty())
    }

    /// Whether one of these ids is that of a row in a table that is not of this data set.
    pub async fn has_one_of_others(
        &mut self,
        table: Owned,
        dataset_id: &str,
        ids: &[String],
    ) -> Result<bool, CatalogError> {
        for ids in ids.chunks(BATCH) {
            let found: Vec<String> = match &mut self.0 {
                Tx::Postgres(tx) => {
                    let found = sqlx::query_scalar(AssertSqlSafe(table.among_others(Dialect::Postgres)));
                    found.bind(ids).bind(dataset_id).fetch_all(&mut **tx).await?
                }
                Tx::Sqlite(tx) => {
                    let found = sqlx::query_scalar(AssertSqlSafe(table.among_others(Dialect::Sqlite)));
                    found.bind(Json(ids)).bind(dataset_id).fetch_all(&mut **tx).await?
                }
            };
            if !found.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The names that are not of this data set.
    pub async fn names_of_others(
        &mut self,
        what: Named,
        dataset_id: &str,
    ) -> Result<HashSet<String>, CatalogError> {
        let names: Vec<String> = texts!(self, what.of_others(), dataset_id);
        Ok(names.into_iter().collect())
    }

    /// Makes all of it visible at once.
    pub async fn commit(self) -> Result<(), CatalogError> {
        match self.0 {
            Tx::Postgres(tx) => tx.commit().await?,
            Tx::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
