//! The protocol on a real Redis, one private server for each test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod beat;
mod catch_up;
mod claim;
mod crash;
mod embedded;
mod hostile;
mod probe;
mod proxy;
mod submit;
mod support;
mod watch;
