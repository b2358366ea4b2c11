//! Databases that are not ours, as they are: other forms, other names, other tables tomorrow.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod changes;
mod forms;
mod mapping;
mod tables;
