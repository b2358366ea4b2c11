//! Other people's data into our tables. Each format is a file or folder; all write through [`deertrack_catalog::store`],
//! in one transaction, and can be repeated. Nothing here prints: callers get a summary and progress.

pub mod camtrap_dp;
pub mod embeddings;
mod error;
mod table;

pub use error::{BadRow, ImportError};

/// Told how many rows were read, of how many.
pub type OnProgress<'a> = &'a mut (dyn FnMut(u64, u64) + Send);
