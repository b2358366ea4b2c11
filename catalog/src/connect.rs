//! Which database a URL names, and how to reach or prepare it.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::postgres::PostgresCatalog;
use super::reads::Reads;
use super::sqlite::{BUSY_TIMEOUT, SqliteCatalog};
use crate::catalog::Catalog;
use crate::failure::CatalogError;
use crate::map::file::Mapping;

/// Opens the catalog that `database_url` names, for reading only: `postgres://` or `sqlite:`.
///
/// # Errors
/// `Unavailable` when the server does not answer, `NoFile` when the SQLite file is not there, `UnknownScheme`, and
/// `Unexpected` for all else (a wrong password, a URL that cannot be read, a file that is no database).
pub async fn connect(database_url: &str) -> Result<Arc<dyn Catalog>, CatalogError> {
    connect_mapped(database_url, Mapping::default()).await
}

/// As [`connect`], with a mapping file for tables and columns of other names.
///
/// # Errors
/// As [`connect`]; `Map` with each line of the file that does not fit the database.
pub async fn connect_mapped(database_url: &str, mapping: Mapping) -> Result<Arc<dyn Catalog>, CatalogError> {
    Ok(match Target::of(database_url)? {
        Target::Postgres(options) => Arc::new(Reads(PostgresCatalog::connect(*options, mapping).await?)),
        Target::Sqlite(options) => Arc::new(Reads(SqliteCatalog::connect(*options, mapping).await?)),
    })
}

/// Brings the tables of the database that `database_url` names to this version: makes the SQLite file and its tables,
/// or the tables in an empty PostgreSQL database. Safe to repeat.
///
/// # Errors
/// As [`connect`]; `Unexpected` also when the PostgreSQL already has tables of these names that are not ours.
pub async fn migrate(database_url: &str) -> Result<(), CatalogError> {
    match Target::of(database_url)? {
        Target::Postgres(options) => {
            let pool = PgPoolOptions::new().max_connections(1).connect_with(*options).await?;
            sqlx::migrate!("migrations/postgres").run(&pool).await?;
            pool.close().await;
        }
        Target::Sqlite(options) => {
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(writable(*options)).await?;
            sqlx::migrate!("migrations/sqlite").run(&pool).await?;
            pool.close().await;
        }
    }
    Ok(())
}

/// The file of the SQLite database that `database_url` names; `None` for other databases.
pub fn sqlite_file(database_url: &str) -> Option<PathBuf> {
    match Target::of(database_url) {
        Ok(Target::Sqlite(options)) => Some(options.get_filename().to_owned()),
        _ => None,
    }
}

/// The database that a URL names.
pub(super) enum Target {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

impl Target {
    pub(super) fn of(database_url: &str) -> Result<Self, CatalogError> {
        match database_url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => {
                Ok(Self::Postgres(Box::new(PgConnectOptions::from_str(database_url)?)))
            }
            Some("sqlite") => Ok(Self::Sqlite(Box::new(SqliteConnectOptions::from_str(database_url)?))),
            // The rest of the URL may hold a password.
            scheme => Err(CatalogError::UnknownScheme(scheme.unwrap_or_default().to_owned())),
        }
    }
}

/// How to open the file for writing: created when missing, WAL so that readers and the one writer do not wait for
/// each other.
pub(super) fn writable(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options.create_if_missing(true).journal_mode(SqliteJournalMode::Wal).busy_timeout(BUSY_TIMEOUT)
}
