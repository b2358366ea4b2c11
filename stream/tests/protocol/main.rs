//! The protocol on a real Redis, one private server for each test.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acl;
mod beat;
mod bounds;
mod cancel;
mod catch_up;
mod claim;
mod clock_jump;
mod cluster;
mod conditions;
mod control;
mod crash;
mod dead_letters;
mod direct;
mod durability;
mod embedded;
mod half_transaction;
mod hostile;
mod housekeeping;
mod last_delivery;
mod overview;
mod prefix;
mod probe;
mod retry;
mod scratch;
mod sentinel;
mod submit;
mod support;
mod tls;
mod unfit;
mod watch;
