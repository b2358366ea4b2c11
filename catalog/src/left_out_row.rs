//! Rows of what is left out, by standing and label, and what they add up to.

use deertrack_survey::{Subject, subject};
use sqlx::FromRow;

use crate::catalog::LeftOut;

/// Rows of one standing and one pair of labels.
#[derive(FromRow)]
pub(super) struct LeftOutRow {
    is_rejected: bool,
    is_duplicate: bool,
    classification: Option<String>,
    corrected_classification: Option<String>,
    rows: i64,
}

impl FromIterator<LeftOutRow> for LeftOut {
    fn from_iter<I: IntoIterator<Item = LeftOutRow>>(rows: I) -> Self {
        let mut left_out = Self::default();
        for row in rows {
            let count = u64::try_from(row.rows).unwrap_or_default();
            if row.is_rejected {
                left_out.rejected += count;
            } else if row.is_duplicate {
                left_out.duplicates += count;
            } else {
                match subject(row.corrected_classification.as_deref(), row.classification.as_deref()) {
                    Subject::Deer(_) => {}
                    Subject::NoDeer(label) => *left_out.no_deer.entry(label).or_default() += count,
                    Subject::Unfamiliar(label) => *left_out.unfamiliar.entry(label).or_default() += count,
                }
            }
        }
        left_out
    }
}
