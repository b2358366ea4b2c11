//! Tables of one row for each thing that was seen on a photograph, whatever a tool or a project calls its columns: a
//! mapping says which column tells what. Timelapse, DeepFaune, Camelot and camtrapR are read by it.

mod mapping;
mod rows;

pub(crate) use mapping::Mapping;
pub(crate) use rows::{By, Table, read};
