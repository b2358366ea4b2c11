//! Vectors as they come from the database, each checked against those before it: what is wrong with one is told with the
//! id of its row.

use deertrack_reid::probes::Gathering;
use deertrack_reid::{Probes, Scratch, Vectors};

use super::failure::failed;
use crate::JobError;

/// What all vectors of one kind have in common.
pub(super) struct Form {
    /// What a row is, for messages.
    of: &'static str,
    dim: Option<usize>,
}

impl Form {
    pub(super) fn new(of: &'static str) -> Self {
        Self { of, dim: None }
    }

    /// Whether a vector may stand beside those before it.
    fn check(&mut self, id: &str, vector: &[f32]) -> Result<(), JobError> {
        let refuse = |what: String| Err(JobError::Reject(format!("The vector of {} {id} {what}", self.of)));
        let dim = *self.dim.get_or_insert(vector.len());
        if vector.len() != dim {
            return refuse(format!(
                "has {} numbers, those before it have {dim}: they cannot be compared. Embed all with one model.",
                vector.len()
            ));
        }
        if !vector.iter().all(|number| number.is_finite()) {
            return refuse("holds a number that is NaN or infinite. Embed it again.".to_owned());
        }
        Ok(())
    }
}

/// Vectors of the known deer, in memory.
pub(super) struct Gallery {
    form: Form,
    values: Vec<f32>,
}

impl Gallery {
    pub(super) fn new() -> Self {
        Self { form: Form::new("deer"), values: Vec::new() }
    }

    pub(super) fn push(&mut self, id: &str, vector: &[f32]) -> Result<(), JobError> {
        self.form.check(id, vector)?;
        self.values.extend_from_slice(vector);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vectors, JobError> {
        Vectors::new("profiles", self.form.dim.unwrap_or_default(), self.values).map_err(failed)
    }
}

/// Vectors of the detections, on disk where they are many.
pub(super) struct Rows<'a> {
    form: Form,
    gathering: Gathering<'a>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(scratch: &'a dyn Scratch) -> Self {
        Self { form: Form::new("detection"), gathering: Gathering::new("detections", scratch) }
    }

    pub(super) fn push(&mut self, id: &str, vector: &[f32]) -> Result<(), JobError> {
        self.form.check(id, vector)?;
        self.gathering.push(vector).map_err(failed)
    }

    pub(super) fn finish(self) -> Result<Probes, JobError> {
        self.gathering.finish().map_err(failed)
    }
}
