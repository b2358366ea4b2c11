//! What was done to the system, and whom it met.

use std::time::Instant;

use crate::plan::Disturbance;

/// A disturbance that has been.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    pub(crate) what: Disturbance,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// What else is to be said of it: where a file was cut, say.
    pub(crate) note: String,
}

/// Jobs that a disturbance met, and when.
pub(crate) struct Met {
    pub(crate) by: Disturbance,
    pub(crate) at: Instant,
    /// The jobs that its worker held, and their delivery; `None` when it met Redis, and so everybody.
    pub(crate) jobs: Option<Vec<(String, u64)>>,
}
