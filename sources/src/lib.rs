#![doc = include_str!("../README.md")]

// The list of sources: a folder each.
pub mod camtrap_dp;
pub mod embeddings;
pub mod simulate;

mod error;
mod progress;
mod table;

pub use error::{BadRow, ImportError};
pub use progress::OnProgress;
