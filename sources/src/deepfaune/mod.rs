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

/// Columns by which it is known.
const KNOWN_BY: [&str; 3] = ["filename", "prediction", "score"];

fn claims(given: &Given) -> bool {
    !given.tables(&KNOWN_BY).is_empty()
}

fn tell(given: &Given, draft: &mut Draft<'_>) -> Result<(), ImportError> {
    let name = given.only("results of DeepFaune", &given.tables(&KNOWN_BY))?;
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
