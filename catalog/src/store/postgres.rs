//! Upserts into our tables on PostgreSQL: one statement a batch, each column one array.

use sqlx::{AssertSqlSafe, Error, Postgres, Transaction};

use super::row::le_bytes;
use super::table::{Stored, Value};

/// Writes the rows and says how many it wrote: one whose id is that of another data set is not.
pub(super) async fn upsert<R: Stored>(tx: &mut Transaction<'_, Postgres>, rows: &[R]) -> Result<u64, Error> {
    let arrays: Vec<String> =
        (1..).zip(R::TABLE.columns).map(|(n, column)| array(n, &column.value)).collect();
    let columns: Vec<_> = R::TABLE.columns.iter().collect();
    let sql = R::TABLE.upsert(&columns, &format!("select * from unnest({})", arrays.join(", ")));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for column in R::TABLE.columns {
        query = match column.value {
            Value::Text(of) => query.bind(rows.iter().map(of).collect::<Vec<_>>()),
            Value::Float(of) => query.bind(rows.iter().map(of).collect::<Vec<_>>()),
            Value::Integer(of) => query.bind(rows.iter().map(|row| of(row).map(count)).collect::<Vec<_>>()),
            Value::Offset(of) => query.bind(rows.iter().map(of).collect::<Vec<_>>()),
            Value::Boolean(of) => query.bind(rows.iter().map(of).collect::<Vec<_>>()),
            Value::Instant(of) => query.bind(rows.iter().map(of).collect::<Vec<_>>()),
            Value::Vector(of) => query.bind(rows.iter().map(|row| of(row).map(le_bytes)).collect::<Vec<_>>()),
        };
    }
    Ok(query.execute(&mut **tx).await?.rows_affected())
}

fn array<R>(number: usize, value: &Value<R>) -> String {
    let ty = match value {
        Value::Text(_) => "text",
        Value::Float(_) => "float8",
        Value::Integer(_) | Value::Offset(_) => "integer",
        Value::Boolean(_) => "boolean",
        Value::Instant(_) => "timestamptz",
        Value::Vector(_) => "bytea",
    };
    format!("${number}::{ty}[]")
}

/// PostgreSQL's integer is signed. What does not fit is no count and no size; the table's check refuses 0.
fn count(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(0)
}
