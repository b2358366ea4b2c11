#![doc = include_str!("../README.md")]

pub mod access;
mod error;
mod exports;
pub mod http;
mod job_status;

pub use deertrack_schemas::{Command, JobId, Kind, Rejection, Request, Valid};
pub use deertrack_stream::{Cancelled, CatchUp, EventId, Submitted, Watch, WatchFrom, Watched};
pub use error::ExportsError;
pub use exports::Exports;
pub use job_status::JobStatus;
