#![doc = include_str!("../README.md")]

mod catalog;
mod failure;

mod embedding;
mod record;

mod connect;
mod postgres;
mod row;
mod sqlite;
mod template;

pub mod store;

pub use catalog::{Catalog, LeftOut};
pub use connect::{connect, migrate, sqlite_file};
pub use embedding::{Embedding, Profile};
pub use failure::CatalogError;
pub use record::{Image, Individual, Level, Record, Sighting};
