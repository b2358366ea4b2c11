//! Library and gateway on a real Redis, one private server and one free port for each test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cancel;
mod deadline;
mod events;
mod every_request;
mod files;
mod keys;
mod library;
mod log;
mod metrics;
mod platform;
mod prefix;
mod rules;
mod sse;
mod status;
mod support;
mod tls;
