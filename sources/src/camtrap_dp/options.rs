//! What to take of a package, and as what.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use deertrack_catalog::corrections::Shift;

/// What to take of a package, and as what.
#[derive(Clone, Debug)]
pub struct Options {
    /// Scientific names, in any case; a name takes what is part of it, `*` every animal.
    /// None: all deer (Cervidae).
    pub species: Vec<String>,
    /// Which level of observations to take.
    pub observations: Observations,
    /// Leave out rows that cannot be used, instead of stopping at the first.
    pub skip_invalid: bool,
    /// Replace a data set of the same name also where its content is another.
    pub replace: bool,
    /// The data set's name, instead of the package's own.
    pub name: Option<String>,
    /// A CSV file that corrects places.
    pub places: Option<PathBuf>,
    /// Deployments, and what to add to the times that their clocks told.
    pub shifts: Vec<(String, Shift)>,
    /// A CSV file that tells when cameras did not work.
    pub failures: Option<PathBuf>,
    /// About how many rows of media and observations are held at a time; a deployment with more is held as a whole.
    pub rows_at_once: u64,
    /// The clock that no other one is ahead of.
    pub now: DateTime<Utc>,
}

/// About 30 MB of them.
const ROWS_AT_ONCE: u64 = 20_000;

impl Default for Options {
    fn default() -> Self {
        Self {
            species: Vec::new(),
            observations: Observations::Auto,
            skip_invalid: false,
            replace: false,
            name: None,
            places: None,
            shifts: Vec::new(),
            failures: None,
            rows_at_once: ROWS_AT_ONCE,
            now: Utc::now(),
        }
    }
}

/// A package may tell of the same animals twice: by event and by image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Observations {
    /// Both levels; what both tell is counted once.
    #[default]
    Auto,
    /// Event-level rows.
    Event,
    /// Media-level rows.
    Media,
}
