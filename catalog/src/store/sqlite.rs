//! Upserts into the embedded tables: a prepared statement for several rows at once, for each statement is a message to
//! the driver's thread and back.

use sqlx::{AssertSqlSafe, Error, Sqlite, Transaction};

use super::row::le_bytes;
use super::table::{Stored, Value};
use crate::micros::Micros;

/// Rows a statement.
const AT_ONCE: usize = 50;

/// Writes the rows and says how many it wrote: one whose id is that of another data set is not.
pub(super) async fn upsert<R: Stored>(tx: &mut Transaction<'_, Sqlite>, rows: &[R]) -> Result<u64, Error> {
    let mut written = 0;
    for rows in rows.chunks(AT_ONCE) {
        let mut query = sqlx::query(AssertSqlSafe(statement::<R>(rows.len())));
        for row in rows {
            for column in R::TABLE.columns {
                query = match column.value {
                    Value::Text(of) => query.bind(of(row)),
                    Value::Float(of) => query.bind(of(row)),
                    Value::Integer(of) => query.bind(of(row)),
                    Value::Offset(of) => query.bind(of(row)),
                    Value::Boolean(of) => query.bind(of(row)),
                    Value::Instant(of) => query.bind(of(row).map(Micros)),
                    Value::Vector(of) => query.bind(of(row).map(le_bytes)),
                };
            }
        }
        written += query.execute(&mut **tx).await?.rows_affected();
    }
    Ok(written)
}

fn statement<R: Stored>(rows: usize) -> String {
    let row = format!("({})", vec!["?"; R::TABLE.columns.len()].join(", "));
    R::TABLE.upsert(&format!("values {}", vec![row.as_str(); rows].join(", ")))
}
