#![doc = include_str!("../README.md")]

pub mod artifact;
pub mod catalog;
mod error;
pub mod export;
mod job;
pub mod run;

pub use error::JobError;
