//! `--failures`: a CSV file that tells when cameras did not work. A package has no column for that; where it tells a gap by
//! two deployments nothing needs to be told beside.

use std::path::Path;

use deertrack_catalog::corrections::Failure;

use super::deployments::Stands;
use super::near::nearest;
use super::observations::Observations;
use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

/// Each with its other spellings.
const COLUMNS: [&[&str]; 4] = [&["deployment_id", "deployment"], &["start"], &["end"], &["reason"]];

/// A row.
pub(super) struct Told {
    deployment: String,
    failure: Failure,
    at: BadRow,
}

/// Reads the file.
///
/// # Errors
/// When it is of another form, or a value is wrong.
pub(super) fn read(path: &Path) -> Result<Vec<Told>, ImportError> {
    let mut table = Table::of_people(path, &COLUMNS)?;
    let mut rows = Vec::new();
    while let Some(row) = table.next(told)? {
        rows.push(row.map_err(ImportError::BadCorrection)?);
    }
    if rows.is_empty() {
        return Err(ImportError::WrongForm { path: path.to_owned(), reason: "it has no row".to_owned() });
    }
    Ok(rows)
}

fn told(row: &Row<'_>) -> Result<Told, BadRow> {
    let deployment = row.required("deployment_id")?.to_owned();
    let (start, end) = (row.instant("start")?, row.instant("end")?);
    if end <= start {
        return Err(row.bad("end", "not after the start"));
    }
    Ok(Told {
        deployment,
        failure: Failure { start, end, reason: row.owned("reason") },
        at: row.bad("deployment_id", ""),
    })
}

/// Gives each deployment its failures; its times must be settled.
///
/// # Errors
/// When there is no such deployment, or it did not stand at all then.
pub(super) fn mark(stands: &mut Stands, rows: Vec<Told>) -> Result<(), ImportError> {
    for Told { deployment, failure, at } in rows {
        let bad = |reason: String| Err(ImportError::BadCorrection(BadRow { reason, ..at.clone() }));
        let Some(number) = stands.number(&deployment) else {
            let near = nearest(&deployment, stands.all.iter().map(|stand| stand.id.as_str()));
            return bad(format!("not a deployment of the package{near}"));
        };
        let stand = &mut stands.all[number];
        let (from, to) = (failure.start.to_rfc3339(), failure.end.to_rfc3339());
        let Some(failure) = failure.within(&(stand.start.to_utc()..stand.end.to_utc())) else {
            let (start, end) = (stand.start.to_rfc3339(), stand.end.to_rfc3339());
            return bad(format!(
                "a deployment from {start} to {end}, and the failure is outside of that, from {from} to {to}"
            ));
        };
        stand.failures.push(failure);
    }
    for stand in &mut stands.all {
        stand.failures.sort();
        stand.failures.dedup();
    }
    Ok(())
}

/// Deployments with failures, and periods in all.
pub(super) fn counts(stands: &Stands) -> [u64; 2] {
    let failed = stands.all.iter().filter(|stand| !stand.failures.is_empty());
    [failed.count() as u64, stands.all.iter().map(|stand| stand.failures.len() as u64).sum()]
}

/// Rows of the chosen species at such times.
pub(super) fn rows(stands: &Stands, observations: &Observations) -> u64 {
    let rows = observations.found.iter().filter(|found| {
        let failures = &stands.all[found.seen.stand].failures;
        failures.iter().any(|failure| failure.start <= found.seen.start && found.seen.start < failure.end)
    });
    rows.count() as u64
}
