//! The full export of Camelot: a row for each sighting on a photograph, with its trap station, session and camera. Columns
//! are named in the language of the program; in another one than English a mapping says which is which.

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::mapped::{By, Mapping, Table, read};
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

fn tables(given: &Given) -> Vec<&str> {
    let names = given.names().iter().map(String::as_str);
    names.filter(|name| given.has(name, &["Media Capture Timestamp", "Trap Station Name"])).collect()
}

fn claims(given: &Given) -> bool {
    !tables(given).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let mut tables = tables(given);
    if tables.is_empty() {
        tables = given.named(|name| name.ends_with(".csv"));
    }
    let [name] = tables[..] else {
        let reason = format!("give one export: it holds {}", tables.join(", "));
        return Err(ImportError::WrongForm { path: given.path().to_owned(), reason });
    };
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
