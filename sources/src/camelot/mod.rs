//! The full export of Camelot: a row for each sighting on a photograph, with its trap station, session and camera. Columns
//! are named in the language of the program; in another one than English a mapping says which is which.

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::mapped::{By, Mapping, Table, read, table_of};
use crate::source::{How, Source, SourceInfo};
use crate::stations::{NO_STATION, Stations};

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "camelot",
    about: "The full export of Camelot, as CSV",
    recognises: "a CSV with the columns Media Capture Timestamp and Trap Station Name; in another language with --source and --mapping",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

const COLUMNS: [(&str, &str); 17] = [
    ("id", "Media ID"),
    ("file", "Media Filename"),
    ("time", "Media Capture Timestamp"),
    ("station", "Trap Station Session Camera ID"),
    ("location", "Trap Station Name"),
    ("latitude", "Trap Station Latitude"),
    ("longitude", "Trap Station Longitude"),
    ("start", "Trap Station Session Start Date"),
    ("end", "Trap Station Session End Date"),
    ("camera", "Camera Name"),
    ("label", "Species"),
    ("genus", "Genus"),
    ("count", "Sighting Quantity"),
    ("sex", "Sighting Sex"),
    ("life_stage", "Sighting Life Stage"),
    ("individual", "Individual"),
    ("comments", "Media Notes"),
];

/// Columns by which it is known.
const KNOWN_BY: [&str; 2] = ["Media Capture Timestamp", "Trap Station Name"];

fn claims(given: &Given) -> bool {
    !given.tables(&KNOWN_BY).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let name = table_of(given, "an export of Camelot", &KNOWN_BY)?;
    let columns = given.header(name)?;
    let mapping = match &draft.hints.mapping {
        Some(path) => Mapping::read(path, &columns)?,
        None => Mapping::of(&COLUMNS).within(&columns),
    };
    if mapping.get("time").is_none() {
        let proposed = Mapping::proposed(&columns).as_text(&columns);
        return Err(ImportError::NeedsMapping { file: name.to_owned(), proposed });
    }
    let station = mapping.get("station").or(mapping.get("location"));
    let station = station.map(|column| vec![("", column.to_owned())]).unwrap_or_default();
    let stations = Stations::read(draft)?;
    read(
        given,
        draft,
        Table { name, mapping, by: By::Person, station, stations, no_station: NO_STATION.to_owned() },
    )
}
