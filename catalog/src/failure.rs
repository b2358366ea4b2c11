//! Why the database cannot answer, and whether that may pass by itself: another try is of use only then.

use std::path::PathBuf;

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

use crate::map::file::MapProblem;

/// The database cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// It cannot be reached, or gave up: another try may help.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] Error),
    /// It answered with something unexpected: a missing table, a value of a wrong form.
    #[error("the database does not answer as expected: {0}")]
    Unexpected(#[source] Error),
    /// The URL names no database that this program reads.
    #[error("DATABASE_URL begins with {0:?}, which is neither postgres:// nor sqlite://")]
    UnknownScheme(String),
    /// Vectors are stored in a way that this program does not read.
    #[error(
        "{table}.feature_vector is of type {ty}; real[], double precision[], vector (pgvector) and bytea are read"
    )]
    VectorType {
        /// Of the detections or of the deer.
        table: &'static str,
        /// As PostgreSQL names it.
        ty: String,
    },
    /// A mapping file is wrong.
    #[error("{file}: {}", listed(.problems))]
    Map {
        /// The file.
        file: String,
        /// Each wrong line.
        problems: Vec<MapProblem>,
    },
    /// One vector cannot be read.
    #[error("the vector of {of} {id} {reason}")]
    Vector {
        /// `detection` or `deer`.
        of: &'static str,
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A source would have replaced a row that is not its own.
    #[error("a row of {table} has the id of another data set's row: nothing was written")]
    OtherDataset {
        /// As it is called in the database.
        table: &'static str,
    },
    /// Reading makes no database.
    #[error("there is no database {}: make one with `deertrack import` or `deertrack simulate`", .0.display())]
    NoFile(PathBuf),
}

fn listed(problems: &[MapProblem]) -> String {
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    told.join("\n  ")
}

impl CatalogError {
    /// Whether the database cannot be reached at all, by anybody: it is stopped, starts, is cut off, has no connection
    /// left or lets nobody in. What it answered itself, about this question alone, is no such thing.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Unavailable(Error::Database(error)) | Self::Unexpected(Error::Database(error)) => {
                is_away_answer(error.as_ref())
            }
            Self::Unavailable(_) | Self::NoFile(_) => true,
            _ => false,
        }
    }

    /// Whether it may be that a table has changed since somebody looked where everything is.
    pub(crate) fn may_be_a_changed_table(&self) -> bool {
        let Self::Unexpected(Error::Database(error)) = self else {
            return matches!(self, Self::Unexpected(Error::ColumnDecode { .. }));
        };
        let Some(code) = error.code() else { return false };
        if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
            is_changed_sqlstate(&code)
        } else {
            // SQLite's own code for "no such column", as for all that is wrong with a statement.
            code == "1"
        }
    }
}

/// No such column, table, function or schema, another type, a plan whose result has another type now, a right that was
/// taken away, a value that a cast does not take.
fn is_changed_sqlstate(code: &str) -> bool {
    matches!(code, "42703" | "42P01" | "42883" | "3F000" | "42804" | "42846" | "0A000" | "42501" | "22P02")
}

impl From<Error> for CatalogError {
    fn from(error: Error) -> Self {
        if is_passing(&error) { Self::Unavailable(error) } else { Self::Unexpected(error) }
    }
}

impl From<MigrateError> for CatalogError {
    fn from(error: MigrateError) -> Self {
        Error::from(error).into()
    }
}

fn is_passing(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(error) => is_passing_answer(error.as_ref()),
        Error::Migrate(error) => match error.as_ref() {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => is_passing(error),
            _ => false,
        },
        _ => false,
    }
}

fn is_passing_answer(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        is_passing_sqlstate(&code)
    } else {
        code.parse().is_ok_and(is_passing_sqlite_code)
    }
}

fn is_away_answer(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        is_away_sqlstate(&code)
    } else {
        code.parse().is_ok_and(is_away_sqlite_code)
    }
}

/// As below, with 28 (it lets us not in) and 3D (there is no such database); without a lock that was not free, a statement
/// that took too long, and what another transaction rolled back.
fn is_away_sqlstate(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "28" | "3D" | "53" | "57" | "58")) && code != "57014"
}

/// Primary result codes: 10 input/output, 13 disk full, 14 cannot open.
fn is_away_sqlite_code(code: u32) -> bool {
    matches!(code & 0xff, 10 | 13 | 14)
}

/// Classes of SQLSTATE: 08 connection, 53 resources, 57 told to stop (57014 is our own statement timeout), 58 system;
/// 40 rolled back for another transaction, 55P03 a lock was not free.
fn is_passing_sqlstate(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "40" | "53" | "57" | "58")) || code == "55P03"
}

/// Primary result codes (the low byte): 5 busy, 6 locked, 10 input/output, 13 disk full, 14 cannot open.
fn is_passing_sqlite_code(code: u32) -> bool {
    matches!(code & 0xff, 5 | 6 | 10 | 13 | 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_database_answers_while_it_starts_stops_or_is_busy_passes() {
        for code in ["57P03", "57P01", "57014", "53300", "08006", "40001", "40P01", "55P03"] {
            assert!(is_passing_sqlstate(code), "{code}");
        }
        assert!(is_passing_sqlite_code(5) && is_passing_sqlite_code(261) && is_passing_sqlite_code(14));
    }

    #[test]
    fn a_database_that_nobody_reaches_is_away_and_one_that_answers_is_not() {
        for code in ["57P03", "57P01", "53300", "08006", "28P01", "28000", "3D000", "58030"] {
            assert!(is_away_sqlstate(code), "{code}");
        }
        for code in ["57014", "40001", "55P03", "42P01", "25006", ""] {
            assert!(!is_away_sqlstate(code), "{code}");
        }
        assert!(is_away_sqlite_code(14) && is_away_sqlite_code(266) && !is_away_sqlite_code(5));
        let unresolved = std::io::Error::other("failed to lookup address information");
        assert!(CatalogError::from(Error::Io(unresolved)).is_away());
        assert!(CatalogError::from(Error::PoolTimedOut).is_away());
        assert!(!CatalogError::from(Error::RowNotFound).is_away());
    }

    #[test]
    fn a_missing_table_or_a_wrong_password_does_not_pass() {
        for code in ["42P01", "42703", "28P01", "3D000", "25006", ""] {
            assert!(!is_passing_sqlstate(code), "{code}");
        }
        assert!(!is_passing_sqlite_code(1) && !is_passing_sqlite_code(26));
        assert!(matches!(CatalogError::from(Error::RowNotFound), CatalogError::Unexpected(_)));
    }
}
