#![doc = include_str!("../README.md")]

pub mod artifact;
pub mod conditions;
mod error;
pub mod export;
pub mod gate;
mod job;
pub mod memory;
pub mod run;
mod stage;
mod typesetting;

pub use error::JobError;
