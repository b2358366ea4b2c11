#![doc = include_str!("../README.md")]

pub mod analyze;
pub mod verdict;

mod error;
pub mod input;
mod options;
mod pairing;
mod vectors;

pub mod column;
pub mod probes;
mod records;
pub mod store;

pub mod kernel;
pub mod space;
pub mod space_alarms;
mod space_findings;
pub mod thresholds;

pub mod describe;
pub mod histogram;
pub mod kde;
pub mod shape;

pub mod binomial;
pub mod estimate;
pub mod false_match;
mod images;
pub mod sample;

pub mod linkage;
pub mod profiles;

pub mod evaluate;
pub mod isotonic;
mod judged;
pub mod roc;

mod random;

#[cfg(test)]
mod oracle;

pub use analyze::{Analysis, analyze, analyze_in};
pub use error::Error;
pub use input::{Detection, Input, Profile, Sighting};
pub use options::Options;
pub use pairing::{Class, Pairing};
pub use probes::Probes;
pub use store::{Scratch, Store, Workplace};
pub use vectors::Vectors;
pub use verdict::{Verdict, VerdictKind};
