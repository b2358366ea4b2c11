//! The re-identification analysis from a database to its files, which are read back.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod bad_input;
mod files;
mod founders;
mod herd;
mod kind;
mod sample;
mod schema;
mod season;
mod tiles;
mod told;
mod vectors;
