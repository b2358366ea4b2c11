//! Results of DeepFaune as CSV: a prediction for each photograph or video, with its score and sequence.

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;
use crate::mapped::{By, Mapping, Table, read};
use crate::source::{How, Source, SourceInfo};
use crate::stations::{NO_STATION, Stations};

/// The source, for people.
pub(crate) const INFO: SourceInfo = SourceInfo {
    name: "deepfaune",
    about: "Results of DeepFaune, as CSV",
    recognises: "a CSV with the columns filename, prediction and score",
};

pub(crate) const SOURCE: Source = Source { info: &INFO, claims, read: How::Tell(tell) };

/// Versions call the date otherwise; older ones count people, newer ones animals.
const COLUMNS: [(&str, &str); 8] = [
    ("file", "filename"),
    ("time", "date"),
    ("sequence", "seqnum"),
    ("label", "prediction"),
    ("confidence", "score"),
    ("count", "count"),
    ("person", "humanpresence"),
    ("comments", "comments"),
];

fn tables(given: &Given) -> Vec<&str> {
    let names = given.names().iter().map(String::as_str);
    names.filter(|name| given.has(name, &["filename", "prediction", "score"])).collect()
}

fn claims(given: &Given) -> bool {
    !tables(given).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let tables = tables(given);
    let [name] = tables[..] else {
        let reason = format!("it holds several results, import one: {}", tables.join(", "));
        return Err(ImportError::WrongForm { path: given.path().to_owned(), reason });
    };
    let columns = given.header(name)?;
    let mut known = COLUMNS;
    if columns.iter().any(|column| column == "dates") {
        known[1] = ("time", "dates");
    }
    let mapping = Mapping::of(&known).within(&columns);
    let stations = Stations::read(draft)?;
    let (by, station) = (By::Model("DeepFaune"), Vec::new());
    read(given, draft, Table { name, mapping, by, station, stations, no_station: NO_STATION.to_owned() })
}
