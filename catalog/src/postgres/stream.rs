//! The rows of a range as the server finds them: one `COPY` in a read-only transaction of its own, so one state of the
//! tables. No cursor, for those have no parallel plans and wait between their answers; and of a million rows the driver
//! takes twice as long to read one of an ordinary answer. The statement lasts as long as whoever reads the rows takes, so
//! the server's limit for statements does not hold for it; a lock that nobody gives back ends it nevertheless.

use bytes::Bytes;
use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use deertrack_survey::TimeRange;
use futures::TryStreamExt;
use futures::stream::{self, BoxStream, StreamExt};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Error, Executor, SqlSafeStr};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::copied::Copied;
use crate::failure::CatalogError;

/// Rows that are handed on at a time: some ten kilobytes, for an allocator gives larger ones back to the system each time.
const AT_ONCE: usize = 128;
/// Of these, how many may wait: a megabyte or so.
const AHEAD: usize = 16;
/// The range in a streamed statement: `COPY` takes no parameters, so they are settings of its transaction.
pub(crate) const RANGE: [&str; 2] = [
    "nullif(current_setting('deertrack.start'), '')::timestamptz",
    "nullif(current_setting('deertrack.end'), '')::timestamptz",
];
const SET_RANGE: &str =
    "select set_config('deertrack.start', $1, true), set_config('deertrack.end', $2, true)";
const BEGIN: &str = "begin read only; set local statement_timeout = 0; set local lock_timeout = '60s'";

/// A row on its way.
pub(crate) type Streamed = Copied<Bytes>;

/// What was read, or that this was all: rows that only stop are not all rows.
enum Read<T> {
    Rows(Vec<T>),
    Failed(CatalogError),
    All,
}

/// What `keep` makes of the rows of a statement about a range ([`RANGE`]); both ends are null without one.
pub(super) fn rows<T: Send + 'static>(
    pool: &PgPool,
    sql: String,
    range: Option<TimeRange>,
    keep: impl Fn(&Streamed) -> Result<Option<T>, CatalogError> + Send + 'static,
) -> BoxStream<'static, Result<T, CatalogError>> {
    let (give, coming) = channel::<Read<T>>(AHEAD);
    let pool = pool.clone();
    let reading = async move {
        let last = match read(&pool, &sql, range, keep, &give).await {
            Ok(()) => Read::All,
            Err(error) => Read::Failed(error),
        };
        drop(give.send(last).await);
    };
    // A task of its own: rows are read while others are worked on.
    let started = stream::once(async move {
        tokio::spawn(reading);
        coming
    });
    let batches = started.flat_map(|coming| stream::try_unfold(coming, next));
    batches.map_ok(|rows| stream::iter(rows.into_iter().map(Ok))).try_flatten().boxed()
}

/// The next rows; nothing behind the last.
async fn next<T>(mut coming: Receiver<Read<T>>) -> Result<Option<(Vec<T>, Receiver<Read<T>>)>, CatalogError> {
    match coming.recv().await {
        Some(Read::Rows(rows)) => Ok(Some((rows, coming))),
        Some(Read::Failed(error)) => Err(error),
        Some(Read::All) => Ok(None),
        None => Err(Error::WorkerCrashed.into()),
    }
}

/// Reads until nobody takes the rows any more. A connection whose rows were not all read is closed: they are still on
/// their way.
async fn read<T>(
    pool: &PgPool,
    sql: &str,
    range: Option<TimeRange>,
    keep: impl Fn(&Streamed) -> Result<Option<T>, CatalogError>,
    give: &Sender<Read<T>>,
) -> Result<(), CatalogError> {
    let mut connection = pool.acquire().await?;
    let reading = read_all(&mut connection, sql, range, keep, give);
    let done = tokio::select! {
        done = reading => done,
        () = give.closed() => Ok(false),
    };
    if !matches!(done, Ok(true)) {
        // Whether it can still be told so is of no interest.
        drop(connection.close().await);
    }
    done.map(|_| ())
}

/// Whether all rows were read and taken.
async fn read_all<T>(
    connection: &mut PgConnection,
    sql: &str,
    range: Option<TimeRange>,
    keep: impl Fn(&Streamed) -> Result<Option<T>, CatalogError>,
    give: &Sender<Read<T>>,
) -> Result<bool, CatalogError> {
    connection.execute(BEGIN).await?;
    let [start, end] = match range {
        Some(range) => [range.start, range.end].map(told),
        None => [String::new(), String::new()],
    };
    sqlx::query(SET_RANGE).bind(start).bind(end).execute(&mut *connection).await?;
    let mut row = Copied::of(&connection.prepare(AssertSqlSafe(sql).into_sql_str()).await?);
    let mut messages =
        connection.copy_out_raw(&format!("copy (\n{sql}\n) to stdout (format binary)")).await?;
    let mut kept = Vec::with_capacity(AT_ONCE);
    while let Some(message) = messages.try_next().await? {
        if row.take(message)? {
            kept.extend(keep(&row)?);
        }
        if kept.len() == AT_ONCE {
            let full = std::mem::replace(&mut kept, Vec::with_capacity(AT_ONCE));
            if give.send(Read::Rows(full)).await.is_err() {
                return Ok(false);
            }
        }
    }
    drop(messages);
    connection.execute("commit").await?;
    Ok(give.send(Read::Rows(kept)).await.is_ok())
}

/// As the server reads it, which knows no year 0.
fn told(at: DateTime<Utc>) -> String {
    match at.year() {
        ..1 => "-infinity".to_owned(),
        1..10_000 => at.to_rfc3339_opts(SecondsFormat::Micros, true),
        10_000.. => "infinity".to_owned(),
    }
}
