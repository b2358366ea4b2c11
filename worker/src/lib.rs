#![doc = include_str!("../README.md")]

pub mod artifact;
mod error;
pub mod export;
mod job;
pub mod memory;
pub mod run;
mod stage;
mod typesetting;

pub use error::JobError;
