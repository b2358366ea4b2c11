#![doc = include_str!("../README.md")]

mod catalog;
mod cells;
mod failure;

pub mod corrections;
mod embedding;
mod embedding_row;
mod record;

mod connect;
mod connections;
mod frame_row;
mod held;
mod left_out_row;
mod map;
mod micros;
mod paced;
mod postgres;
mod reads;
mod row;
mod seen;
mod sqlite;
mod statements;

pub mod said;
pub mod store;

pub use catalog::{Asked, Catalog, LeftOut, Other, Reason, Repeats, Seen};
pub use connect::{connect, connect_mapped, migrate, sqlite_file};
pub use connections::CONNECTIONS;
pub use embedding::{Embedding, Profile};
pub use failure::CatalogError;
pub use map::file::{MapProblem, Mapping};
pub use map::reading::{FieldReading, Missing, Reading, ThingReading, harmless, read};
pub use record::{Dataset, Frame, Image, Individual, Level, Record, Sighting, ToldDeployment};
pub use seen::LONGEST_EVENT;
