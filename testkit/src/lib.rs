//! Private servers for the tests; never shipped.

pub mod postgres;
