#![doc = include_str!("../README.md")]

mod command;
mod contract;
mod day;
mod envelope;
mod event;
mod export;
mod fields;
mod job_id;
mod keys;
mod openapi;
mod platform;
mod problem;
mod request;
mod status;
mod validate;
pub mod wire;

pub use command::Command;
pub use contract::{contract_files, request_schema};
pub use event::CompletionEvent;
pub use export::camtrap_dp::{self, CamtrapDpParams};
pub use export::pdf::{self, PdfParams};
pub use export::reid::{self, ReidParams};
pub use export::selection;
pub use export::table::{self, TableParams};
pub use export::zip::{self, ZipParams};
pub use export::{Class, Export, FileType, KINDS, Kind, KindInfo};
pub use job_id::{InvalidJobId, JobId};
pub use keys::Keys;
pub use openapi::openapi;
pub use platform::PLATFORM_NAME;
pub use problem::{Loc, Problem, Rejection};
pub use request::{MAX_NAME_CHARS, Request};
pub use status::{Artifact, Counts, State, Status, StatusRecord};
pub use validate::Valid;
