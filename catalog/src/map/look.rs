//! What is asked of a database to make a map of it.

use async_trait::async_trait;
use futures::TryStreamExt;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Executor, Row, SqlSafeStr, Statement, TypeInfo};

use super::Column;
use super::dialect::Dialect;
use crate::failure::CatalogError;

/// Looks at the tables of a database. All SQL comes from this folder, or from the operator's mapping file.
#[async_trait]
pub(crate) trait Look: Sync {
    fn dialect(&self) -> Dialect;

    /// Columns of a table or view that may be read, by its quoted name; none where there is no such table.
    async fn columns(&self, quoted: &str) -> Result<Vec<Column>, CatalogError>;

    /// Tables and views that may be read, for people.
    async fn tables(&self) -> Result<Vec<String>, CatalogError>;

    /// The columns that a statement would give, without running it, or the database's own words of why not.
    async fn describe(&self, sql: &str) -> Result<Result<Vec<Column>, String>, CatalogError>;

    /// Rows of texts.
    async fn texts(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, CatalogError>;

    /// Changes when a table does.
    async fn fingerprint(&self) -> Result<String, CatalogError>;
}

#[async_trait]
impl Look for PgPool {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn columns(&self, quoted: &str) -> Result<Vec<Column>, CatalogError> {
        let rows: Vec<(String, String)> =
            sqlx::query_as(include_str!("../sql/postgres/columns.sql")).bind(quoted).fetch_all(self).await?;
        Ok(rows.into_iter().map(|(name, ty)| Column { name, ty }).collect())
    }

    async fn tables(&self) -> Result<Vec<String>, CatalogError> {
        Ok(sqlx::query_scalar(include_str!("../sql/postgres/tables.sql")).fetch_all(self).await?)
    }

    async fn describe(&self, sql: &str) -> Result<Result<Vec<Column>, String>, CatalogError> {
        let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
        let mut connection = self.acquire().await?;
        match (&mut *connection).prepare(sql).await {
            Ok(statement) => Ok(described(&statement)),
            Err(sqlx::Error::Database(error)) => Ok(Err(error.message().to_owned())),
            Err(other) => Err(other.into()),
        }
    }

    async fn texts(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, CatalogError> {
        let all = |row: PgRow| (0..row.len()).map(|index| row.try_get(index)).collect();
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).try_map(all);
        Ok(rows.fetch(self).try_collect().await?)
    }

    async fn fingerprint(&self) -> Result<String, CatalogError> {
        Ok(sqlx::query_scalar(include_str!("../sql/postgres/fingerprint.sql")).fetch_one(self).await?)
    }
}

#[async_trait]
impl Look for SqlitePool {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn columns(&self, quoted: &str) -> Result<Vec<Column>, CatalogError> {
        let name = quoted.trim_matches('"').replace("\"\"", "\"");
        let rows: Vec<(String, String)> =
            sqlx::query_as("select name, type from pragma_table_info($1) order by cid")
                .bind(name)
                .fetch_all(self)
                .await?;
        Ok(rows.into_iter().map(|(name, ty)| Column { name, ty }).collect())
    }

    async fn tables(&self) -> Result<Vec<String>, CatalogError> {
        Ok(sqlx::query_scalar(include_str!("../sql/sqlite/tables.sql")).fetch_all(self).await?)
    }

    async fn describe(&self, sql: &str) -> Result<Result<Vec<Column>, String>, CatalogError> {
        let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
        let mut connection = self.acquire().await?;
        match (&mut *connection).prepare(sql).await {
            Ok(statement) => Ok(described(&statement)),
            Err(sqlx::Error::Database(error)) => Ok(Err(error.message().to_owned())),
            Err(other) => Err(other.into()),
        }
    }

    async fn texts(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, CatalogError> {
        let all = |row: SqliteRow| (0..row.len()).map(|index| row.try_get(index)).collect();
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).persistent(false).try_map(all);
        Ok(rows.fetch(self).try_collect().await?)
    }

    async fn fingerprint(&self) -> Result<String, CatalogError> {
        let version: i64 = sqlx::query_scalar("pragma schema_version").fetch_one(self).await?;
        Ok(version.to_string())
    }
}

fn described<S: Statement>(statement: &S) -> Result<Vec<Column>, String> {
    let parameters = match statement.parameters() {
        Some(sqlx::Either::Left(types)) => types.len(),
        Some(sqlx::Either::Right(count)) => count,
        None => 0,
    };
    if parameters > 0 {
        return Err("it has a parameter, and nobody fills it".to_owned());
    }
    let column = |column: &<S::Database as sqlx::Database>::Column| Column {
        name: column.name().to_owned(),
        ty: column.type_info().name().to_owned(),
    };
    Ok(statement.columns().iter().map(column).collect())
}
