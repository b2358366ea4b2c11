//! The work: run loop, job supervision, catalogs, artifacts and one folder for each export kind.

pub mod catalog;
mod error;
pub mod export;

pub use error::JobError;
