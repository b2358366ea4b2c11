//! What a scan finds.

use serde::Serialize;

/// A gallery row and its cosine with the probe.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Candidate {
    /// Gallery row.
    pub index: u32,
    /// Cosine, within [-1, 1].
    pub score: f64,
}

/// The two best gallery rows of one probe. Ties go to the lower row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Match {
    /// The best.
    pub best: Candidate,
    /// The next; none if only one row may be compared.
    pub second: Option<Candidate>,
}
