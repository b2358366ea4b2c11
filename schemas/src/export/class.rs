//! The classes of deer, by which every kind chooses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the platform's model says a box shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Male.
    Buck,
    /// Female.
    Doe,
    /// Young of the year.
    Fawn,
    /// A deer whose class was not told.
    Unknown,
}

impl Class {
    /// All classes, in the order of every table and legend.
    pub const ALL: [Self; 4] = [Self::Buck, Self::Doe, Self::Fawn, Self::Unknown];

    /// As on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Buck => "buck",
            Self::Doe => "doe",
            Self::Fawn => "fawn",
            Self::Unknown => "unknown",
        }
    }
}
