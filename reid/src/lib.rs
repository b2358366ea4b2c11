//! The similarity analysis of a re-identification system as a pure library: vectors in, numbers out.

pub mod binomial;
pub mod describe;
mod error;
pub mod histogram;
pub mod isotonic;
pub mod kde;
pub mod kernel;
pub mod linkage;
#[cfg(test)]
mod oracle;
mod pairing;

mod random;
pub mod roc;
pub mod shape;
pub mod thresholds;
mod vectors;

pub use error::Error;
pub use pairing::{Class, Pairing};
pub use vectors::Vectors;
