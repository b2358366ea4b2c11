//! Rows by a cursor of the server, some thousand at a time: a statement that gave all of them would last as long as whoever
//! reads them takes, and run into the server's limit for statements. One transaction, so one state of the tables.

use std::collections::VecDeque;

use deertrack_survey::TimeRange;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use crate::failure::CatalogError;

/// Rows of one answer: a megabyte or so.
const AT_ONCE: usize = 2_000;

/// What is read of it.
struct Cursor {
    transaction: Transaction<'static, Postgres>,
    rows: VecDeque<PgRow>,
    is_over: bool,
}

/// The rows of a statement about a range, its two parameters; both are null without one.
pub(super) fn rows(
    pool: &PgPool,
    sql: String,
    range: Option<TimeRange>,
) -> BoxStream<'_, Result<PgRow, CatalogError>> {
    let opened = async move {
        let cursor = Cursor::open(pool, &sql, range).await?;
        Ok::<_, CatalogError>(stream::try_unfold(cursor, Cursor::next))
    };
    stream::once(opened)
        .flat_map(|opened| match opened {
            Ok(rows) => rows.boxed(),
            Err(error) => stream::once(async { Err(error) }).boxed(),
        })
        .boxed()
}

impl Cursor {
    async fn open(pool: &PgPool, sql: &str, range: Option<TimeRange>) -> Result<Self, CatalogError> {
        let mut transaction = pool.begin().await?;
        // It will be read to its end, so the plan shall be that of all rows.
        sqlx::query("set local cursor_tuple_fraction = 1").execute(&mut *transaction).await?;
        sqlx::query(AssertSqlSafe(format!("declare streamed no scroll cursor for {sql}")))
            .bind(range.as_ref().map(|range| range.start))
            .bind(range.as_ref().map(|range| range.end))
            .execute(&mut *transaction)
            .await?;
        Ok(Self { transaction, rows: VecDeque::new(), is_over: false })
    }

    async fn next(mut self) -> Result<Option<(PgRow, Self)>, CatalogError> {
        if self.rows.is_empty() && !self.is_over {
            // Not kept as a prepared statement: the next cursor of this connection has other columns.
            let fetch = sqlx::query(AssertSqlSafe(format!("fetch forward {AT_ONCE} from streamed")));
            self.rows = fetch.persistent(false).fetch_all(&mut *self.transaction).await?.into();
            self.is_over = self.rows.len() < AT_ONCE;
        }
        Ok(self.rows.pop_front().map(|row| (row, self)))
    }
}
