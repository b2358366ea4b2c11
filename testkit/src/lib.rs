//! Private servers for the tests; never shipped.

pub mod postgres;
pub mod proxy;
pub mod redis;
