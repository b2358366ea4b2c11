#![doc = include_str!("../README.md")]

pub mod artifact;
mod error;
pub mod export;
pub mod import;
mod job;
pub mod run;
pub mod simulate;
mod stage;
mod typesetting;

pub use error::JobError;
