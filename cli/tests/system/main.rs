//! The programs as a user runs them, on real servers: `flow` is a command's whole way, `kill` a worker's
//! death, `stop` its orderly end while Redis is away, `crash` every death there is, `alone` everything in one process
//! and what operators ask, `spans` what a collector sees, `map` what is read of a database, `outage` what is waited out,
//! `page` the page in a browser, `prefix` two stacks on one Redis, `secrets` what lies in files, `servers` what is said of a
//! Redis that cannot do everything.
#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod alone;
mod crash;
mod flow;
mod keys;
mod kill;
mod map;
mod outage;
mod page;
mod photographs;
mod prefix;
mod reid;
mod secrets;
mod servers;
#[cfg(feature = "otlp")]
mod spans;
mod stop;
mod support;
mod tls;
