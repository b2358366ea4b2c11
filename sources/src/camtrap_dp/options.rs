//! What to take of a package, and as what.

use chrono::{DateTime, Utc};

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
    /// The clock that no other one is ahead of.
    pub now: DateTime<Utc>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            species: Vec::new(),
            observations: Observations::Auto,
            skip_invalid: false,
            replace: false,
            name: None,
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
