//! Tables of Timelapse (`TimelapseData.csv`): `File`, `RelativePath`, `DateTime`; every other column is the project's own,
//! so a mapping says which of them tells what. Without one it is proposed, and nothing is read.

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::mapped::{By, Mapping, Table, read, table_of};
use crate::source::{How, Source, SourceInfo};
use crate::stations::{NO_STATION, Stations};

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "timelapse",
    about: "A table of Timelapse, with a mapping of its columns",
    recognises: "a CSV with the columns File and RelativePath; or any CSV with --mapping",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

/// Columns by which it is known.
const KNOWN_BY: [&str; 2] = ["File", "RelativePath"];

fn claims(given: &Given) -> bool {
    !given.tables(&KNOWN_BY).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let name = table_of(given, "a table of Timelapse", &KNOWN_BY)?;
    let columns = given.header(name)?;
    let Some(path) = &draft.hints.mapping else {
        let proposed = Mapping::proposed(&columns).as_text(&columns);
        return Err(ImportError::NeedsMapping { file: name.to_owned(), proposed });
    };
    let mapping = Mapping::read(path, &columns)?;
    let station = mapping.get("station").map(|column| vec![("", column.to_owned())]).unwrap_or_default();
    let stations = Stations::read(draft)?;
    let by = if mapping.get("confidence").is_some() { By::Untold } else { By::Person };
    read(given, draft, Table { name, mapping, by, station, stations, no_station: NO_STATION.to_owned() })
}
