//! Rows of what is left out, by standing and label, and what they add up to.

use deertrack_schemas::Class;
use deertrack_survey::{Subject, subject};
use sqlx::FromRow;

use crate::catalog::{LeftOut, Reason};

/// Rows of one standing and one pair of labels.
#[derive(FromRow)]
pub(super) struct LeftOutRow {
    is_rejected: bool,
    is_duplicate: bool,
    classification: Option<String>,
    corrected_classification: Option<String>,
    rows: i64,
}

/// The class of a deer by its labels, the corrected one first, or what else it is.
pub(super) fn of_deer([corrected, classification]: [Option<&str>; 2]) -> Result<Class, Reason> {
    match subject(corrected, classification) {
        Subject::Deer(class) => Ok(class),
        Subject::NoDeer(label) => Err(Reason::NoDeer(label)),
        Subject::Unfamiliar(label) => Err(Reason::Unfamiliar(label)),
    }
}

impl FromIterator<LeftOutRow> for LeftOut {
    fn from_iter<I: IntoIterator<Item = LeftOutRow>>(rows: I) -> Self {
        let mut left_out = Self::default();
        for row in rows {
            let count = u64::try_from(row.rows).unwrap_or_default();
            let labels = [row.corrected_classification.as_deref(), row.classification.as_deref()];
            let reason = match (row.is_rejected, row.is_duplicate) {
                (true, _) => Some(Reason::Rejected),
                (false, true) => Some(Reason::Duplicate),
                (false, false) => of_deer(labels).err(),
            };
            if let Some(reason) = reason {
                left_out.add(reason, count);
            }
        }
        left_out
    }
}
