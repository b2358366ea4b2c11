//! Private servers and photographs for the tests; never shipped.

pub mod aof;
pub mod certificates;
pub mod cluster;
pub mod photograph;
pub mod ports;
pub mod postgres;
pub mod proxy;
pub mod redis;
pub mod sentinel;
