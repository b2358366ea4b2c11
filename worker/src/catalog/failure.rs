//! Whether a database failure may pass by itself. The run loop tries again only then.

use sqlx::Error;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

use super::CatalogError;

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
    fn a_missing_table_or_a_wrong_password_does_not_pass() {
        for code in ["42P01", "42703", "28P01", "3D000", "25006", ""] {
            assert!(!is_passing_sqlstate(code), "{code}");
        }
        assert!(!is_passing_sqlite_code(1) && !is_passing_sqlite_code(26));
        assert!(matches!(CatalogError::from(Error::RowNotFound), CatalogError::Unexpected(_)));
    }
}
