//! Upserts into the embedded tables: a prepared statement for several rows at once, for each statement is a message to
//! the driver's thread and back.

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Error, Sqlite, Transaction};

use super::row::le_bytes;
use super::table::{Column, Stored, Value};
use crate::micros::Micros;

/// Rows a statement.
const AT_ONCE: usize = 50;

/// Writes the rows and says how many it wrote: one whose id is that of another data set is not.
pub(super) async fn upsert<R: Stored>(tx: &mut Transaction<'_, Sqlite>, rows: &[R]) -> Result<u64, Error> {
    let columns: Vec<&Column<R>> = R::TABLE.columns.iter().filter(|column| column.apart.is_none()).collect();
    let mut written = 0;
    for rows in rows.chunks(AT_ONCE) {
        let values = values(rows.len(), columns.len());
        let mut query = sqlx::query(AssertSqlSafe(R::TABLE.upsert(&columns, &values)));
        for row in rows {
            query = columns.iter().fold(query, |query, column| bind(query, &column.value, row));
        }
        let wrote = query.execute(&mut **tx).await?.rows_affected();
        if wrote < rows.len() as u64 {
            return Ok(written + wrote);
        }
        written += wrote;
        upsert_apart(tx, rows).await?;
    }
    Ok(written)
}

/// Writes the values that have tables of their own; what a row does not tell stays as it was there.
async fn upsert_apart<R: Stored>(tx: &mut Transaction<'_, Sqlite>, rows: &[R]) -> Result<(), Error> {
    let key = &R::TABLE.columns[0];
    let apart = R::TABLE.columns.iter().filter_map(|column| Some((column.apart?, column)));
    for (table, column) in apart {
        let told: Vec<&R> = rows.iter().filter(|row| column.value.is_told(row)).collect();
        if told.is_empty() {
            continue;
        }
        let (values, name) = (values(told.len(), 2), column.name);
        let sql = format!(
            "insert into {table} (detection_id, {name}) {values} on conflict (detection_id) do update set {name} = \
             excluded.{name}"
        );
        let query = told.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, row| {
            bind(bind(query, &key.value, row), &column.value, row)
        });
        query.execute(&mut **tx).await?;
    }
    Ok(())
}

fn bind<'q, R>(
    query: Query<'q, Sqlite, SqliteArguments>,
    value: &Value<R>,
    row: &'q R,
) -> Query<'q, Sqlite, SqliteArguments> {
    match value {
        Value::Text(of) => query.bind(of(row)),
        Value::Float(of) => query.bind(of(row)),
        Value::Integer(of) => query.bind(of(row)),
        Value::Offset(of) => query.bind(of(row)),
        Value::Boolean(of) => query.bind(of(row)),
        Value::Instant(of) => query.bind(of(row).map(Micros)),
        Value::Vector(of) => query.bind(of(row).map(le_bytes)),
    }
}

/// `values (?, ...), (?, ...)`.
fn values(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    format!("values {}", vec![row.as_str(); rows].join(", "))
}
