//! Sentences that an export writes into the comments of a package, for people and for the import that reads it again:
//! the standard has no column for what they say.

/// Of a medium (`mediaComments`): `media.csv` requires a path where there is none.
pub const NO_FILE: &str = "No file is known of this medium; its path is made of its id.";

/// Of a medium at the time of an event (`observationComments`): without it, the medium would be taken to show the event.
pub const SHOWS_NONE: &str = "Shows none of the animals of its event.";
