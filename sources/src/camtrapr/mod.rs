//! Tables of camtrapR: a record table, and the table of camera trap stations, whose problem periods are no effort.

mod stations;

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::mapped::{By, Mapping, Table, read};
use crate::source::{How, Source, SourceInfo};
use crate::stations::{NO_STATION, Stations};

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "camtrapr",
    about: "A record table of camtrapR and its table of stations, as CSV",
    recognises: "a folder, ZIP or CSV with the columns Station, Species and DateTimeOriginal, beside one with Station and setup and retrieval dates",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

const COLUMNS: [(&str, &str); 7] = [
    ("file", "FileName"),
    ("folder", "Directory"),
    ("time", "DateTimeOriginal"),
    ("label", "Species"),
    ("individual", "Individual"),
    ("count", "count"),
    ("station", "Station"),
];

/// Columns by which it is known.
const KNOWN_BY: [&str; 3] = ["Station", "Species", "DateTimeOriginal"];

fn claims(given: &Given) -> bool {
    !given.tables(&KNOWN_BY).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let name = given.only("a record table of camtrapR", &given.tables(&KNOWN_BY))?;
    let columns = given.header(name)?;
    let tables: Vec<&str> = given
        .names()
        .iter()
        .map(String::as_str)
        .filter(|table| *table != name && stations::is_one(given, table))
        .collect();
    let mut told = Stations::read(draft)?;
    let mut parts = vec![("", "Station".to_owned())];
    let mut no_station = NO_STATION.to_owned();
    if !tables.is_empty() {
        let table = given.only("a table of stations", &tables)?;
        no_station = format!("not among the stations of {table}");
        parts.extend(stations::parts(given, table, &columns)?);
        stations::read(given, draft, table, &parts, &mut told)?;
    }
    let mapping = Mapping::of(&COLUMNS).within(&columns);
    read(given, draft, Table { name, mapping, by: By::Untold, station: parts, stations: told, no_station })
}
