//! Vectors as they come from the database, each checked against those before it: what is wrong with one is told with the
//! id of its row.

use deertrack_reid::Vectors;

use crate::JobError;

/// How many numbers all vectors of an analysis may have together: 1 GiB.
const MAX_NUMBERS: usize = 1 << 28;

/// Vectors one after the other.
pub(super) struct Rows {
    /// What a row is, for messages.
    of: &'static str,
    dim: usize,
    values: Vec<f32>,
}

impl Rows {
    pub(super) fn new(of: &'static str) -> Self {
        Self { of, dim: 0, values: Vec::new() }
    }

    pub(super) fn push(&mut self, id: &str, vector: &[f32]) -> Result<(), JobError> {
        let refuse = |what: String| Err(JobError::Reject(format!("The vector of {} {id} {what}", self.of)));
        if self.values.is_empty() {
            self.dim = vector.len();
        }
        if vector.len() != self.dim {
            return refuse(format!(
                "has {} numbers, those before it have {}: they cannot be compared. Embed all with one model.",
                vector.len(),
                self.dim
            ));
        }
        if !vector.iter().all(|number| number.is_finite()) {
            return refuse("holds a number that is NaN or infinite. Embed it again.".to_owned());
        }
        if self.values.len() + vector.len() > MAX_NUMBERS {
            let most = MAX_NUMBERS / self.dim;
            let text =
                format!("More than {most} detections are too many for one analysis: choose a shorter range.");
            return Err(JobError::Reject(text));
        }
        self.values.extend_from_slice(vector);
        Ok(())
    }

    pub(super) fn finish(self, set: &'static str) -> Result<Vectors, JobError> {
        Vectors::new(set, self.dim, self.values).map_err(|error| JobError::Reject(error.to_string()))
    }
}
