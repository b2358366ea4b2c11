//! A whole SQLite database as text, to compare two of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its database has failed")]

use sqlx::{AssertSqlSafe, SqlitePool};

/// Every row of every table, with its values as SQL literals.
pub(crate) async fn dump(url: &str) -> Vec<String> {
    let pool = SqlitePool::connect(url).await.unwrap();
    let mut rows = Vec::new();
    for table in ["dataset", "locations", "deployments", "images", "deer", "detections", "detection_vectors"]
    {
        let columns: Vec<String> =
            sqlx::query_scalar("select 'quote(\"' || name || '\")' from pragma_table_info($1)")
                .bind(table)
                .fetch_all(&pool)
                .await
                .unwrap();
        let sql = format!("select {} from {table} order by 1", columns.join(" || ',' || "));
        let values: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&pool).await.unwrap();
        rows.extend(values.into_iter().map(|row| format!("{table}: {row}")));
    }
    rows
}

/// That two databases hold the same; else the first row that differs, for whole databases are no message.
pub(crate) fn assert_same(one: &[String], other: &[String], when: &str) {
    let differs = one.iter().zip(other).find(|(one, other)| one != other);
    let shown = differs.map(|(one, other)| (one.get(..300), other.get(..300)));
    assert!(
        shown.is_none() && one.len() == other.len(),
        "{when}: {} and {} rows, {shown:?}",
        one.len(),
        other.len()
    );
}
