//! The rows of such a table.

use chrono::{DateTime, FixedOffset};

use super::mapping::Mapping;
use crate::draft::{Column, Draft, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::file_name::{base_name, media_type};
use crate::given::Given;
use crate::local_time::{DateOrder, Written, read as read_time};
use crate::names::{Kind, Name, sex, stage};
use crate::photographs::{Itself, Photographs, itself};
use crate::stations::{Station, Stations, coordinates, whole_days};
use crate::table::Row;
use crate::told_rows::ToldRows;

const MEDIA: &[Column] = &[
    ("mediaID", "file"),
    ("deploymentID", "station"),
    ("timestamp", "time"),
    ("filePath", "file"),
    ("fileName", "file"),
    ("fileMediatype", "file"),
];
const OBSERVATIONS: &[Column] = &[
    ("observationID", "file"),
    ("deploymentID", "station"),
    ("mediaID", "file"),
    ("eventID", "sequence"),
    ("eventStart", "time"),
    ("observationLevel", "file"),
    ("observationType", "label"),
    ("scientificName", "label"),
    ("count", "count"),
    ("lifeStage", "life_stage"),
    ("sex", "sex"),
    ("individualID", "individual"),
    ("classificationMethod", "label"),
    ("classifiedBy", "label"),
    ("classificationProbability", "confidence"),
    ("observationComments", "comments"),
    ("label", "label"),
];

/// Who says what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Person,
    Model(&'static str),
    Untold,
}

/// A table, and how it is read.
pub(crate) struct Table<'a> {
    pub(crate) name: &'a str,
    pub(crate) mapping: Mapping,
    pub(crate) by: By,
    /// What a station's name is made of: columns, and what stands before each.
    pub(crate) station: Vec<(&'static str, String)>,
    pub(crate) stations: Stations,
    /// What a station is that is not told, after "is".
    pub(crate) no_station: String,
}

struct Reader<'a> {
    table: Table<'a>,
    order: Option<DateOrder>,
    photographs: Photographs,
    seen: ToldRows,
    other_words: u64,
}

/// A row.
struct Told {
    line: u64,
    /// The photograph's name here, its path, and whether an earlier row told of it.
    medium: Option<(String, String, bool)>,
    id: String,
    station: usize,
    at: DateTime<FixedOffset>,
    found: Vec<(String, Name)>,
    cells: Vec<(&'static str, String)>,
}

/// Reads a table, and writes its stations.
///
/// # Errors
/// When it cannot be read, or a row is wrong.
pub(crate) fn read(given: &Given, draft: &mut Draft<'_>, table: Table<'_>) -> Result<(), ImportError> {
    draft.begin(Sheet::Media, MEDIA)?;
    draft.begin(Sheet::Observations, OBSERVATIONS)?;
    let (file, mut rows) = draft.table(given, table.name, &[], &[])?;
    let times: Vec<&str> =
        ["time", "date", "start", "end"].into_iter().filter_map(|role| table.mapping.get(role)).collect();
    let order = draft.order_of(given, table.name, &times)?;
    let photographs = Photographs::of(draft.photographs.clone());
    let mut reader = Reader { table, order, photographs, seen: ToldRows::default(), other_words: 0 };
    let mut without_time = 0;
    while let Some(row) = rows.next(|row| reader.told(row, draft, file))? {
        match draft.accept(file, row)? {
            Some(Read::Told(told)) => reader.write(draft, file, &told)?,
            Some(Read::WithoutTime) => without_time += 1,
            Some(Read::Again) | None => {}
        }
    }
    draft.leave_out("rows that are equal to another of their photograph", reader.seen.equal);
    draft.leave_out("rows without a time, whose photograph tells none", without_time);
    if reader.other_words > 0 {
        let rows = reader.other_words;
        draft.told.notes.push(format!("{rows} rows tell a sex or age in words that are not read: not told"));
    }
    reader.table.stations.write(draft)
}

enum Read {
    Told(Box<Told>),
    WithoutTime,
    /// An equal row was there.
    Again,
}

impl Reader<'_> {
    fn text<'r>(&self, row: &Row<'r>, role: &str) -> Option<&'r str> {
        row.text(self.table.mapping.get(role)?)
    }

    /// This row, with the value of what a column tells to blame.
    fn bad(&self, row: &Row<'_>, role: &str, reason: &str) -> BadRow {
        row.bad(self.table.mapping.get(role).unwrap_or(role), reason)
    }

    fn told(&mut self, row: &Row<'_>, draft: &mut Draft<'_>, file: usize) -> Result<Read, BadRow> {
        let path = self.text(row, "file").map(|file| match self.text(row, "folder") {
            Some(folder) if !file.starts_with(folder) => format!("{folder}/{file}"),
            _ => file.to_owned(),
        });
        let photograph = path.map(|path| self.photographs.find(&path));
        let mut own = Itself::default();
        let written = match self.written(row)? {
            Some(written) => Some(written),
            None => photograph.as_ref().and_then(|photograph| {
                own = itself(photograph.path.as_deref()?);
                own.taken
            }),
        };
        let Some(written) = written else { return Ok(Read::WithoutTime) };
        let relative = photograph.map(|photograph| photograph.relative);
        let station = self.station(row, relative.as_deref(), draft, file)?;
        self.table.stations.locate(station, own.coordinates);
        let clock = self.table.stations.clock(station, draft);
        let at = draft.instant(written, clock).map_err(|why| self.bad(row, "time", why))?;
        let key = self.text(row, "id").map(str::to_owned).or_else(|| relative.clone());
        let number = key.as_ref().map(|key| self.seen.number(key, row.hash()));
        if number == Some(None) {
            return Ok(Read::Again);
        }
        let number = number.flatten();
        let id = match (&key, number) {
            (Some(key), Some(number)) => format!("{key}#{number}"),
            _ => format!("row-{}", row.line()),
        };
        let found = self.found(row, draft)?;
        let cells = self.cells(row)?;
        self.table.stations.see(station, at);
        let medium = key.zip(number).map(|(key, number)| {
            let path = relative.unwrap_or_else(|| key.clone());
            (key, path, number > 1)
        });
        Ok(Read::Told(Box::new(Told { line: row.line(), medium, id, station, at, found, cells })))
    }

    fn written(&self, row: &Row<'_>) -> Result<Option<Written>, BadRow> {
        let (role, text) = match (self.text(row, "time"), self.text(row, "date"), self.text(row, "clock")) {
            (Some(time), ..) => ("time", time.to_owned()),
            (None, Some(date), Some(clock)) => ("date", format!("{date} {clock}")),
            (None, Some(date), None) => ("date", date.to_owned()),
            (None, None, _) => return Ok(None),
        };
        let written = read_time(&text, self.order).map_err(|why| self.bad(row, role, why))?;
        if !written.has_time {
            return Err(self.bad(row, role, "a day without a time, by which nothing can be counted"));
        }
        Ok(Some(written))
    }

    fn station(
        &mut self,
        row: &Row<'_>,
        relative: Option<&str>,
        draft: &Draft<'_>,
        file: usize,
    ) -> Result<usize, BadRow> {
        let origin = (file, row.line());
        let parts: Option<Vec<String>> = self
            .table
            .station
            .iter()
            .map(|(before, column)| Some(format!("{before}{}", row.text(column)?)))
            .collect();
        let named = parts.filter(|parts| !parts.is_empty()).map(|parts| parts.concat());
        let of_row = match (named, relative) {
            (Some(id), _) => {
                let station = self.of_row(row, id, origin)?;
                self.table.stations.of_row(station)
            }
            (None, Some(path)) => self.table.stations.of_path(path, &draft.title, origin),
            (None, None) => {
                return Err(self.bad(row, "station", "required: nothing else tells where it was"));
            }
        };
        let (role, column) = match self.table.station.first() {
            Some((_, column)) => ("station", Some(column.clone())),
            None => ("file", None),
        };
        of_row.ok_or_else(|| match column {
            Some(column) => row.bad(&column, &self.table.no_station),
            None => self.bad(row, role, &self.table.no_station),
        })
    }

    /// What a row tells of its station.
    fn of_row(&self, row: &Row<'_>, id: String, origin: (usize, u64)) -> Result<Station, BadRow> {
        let time = |role: &str| {
            let written = self.text(row, role).map(|text| read_time(text, self.order)).transpose();
            let written = written.map_err(|why| self.bad(row, role, why))?;
            Ok::<_, BadRow>(written.map(|written| whole_days(written, role == "end")))
        };
        let mapping = &self.table.mapping;
        let coordinates = match (mapping.get("latitude"), mapping.get("longitude")) {
            (Some(latitude), Some(longitude)) => coordinates(row, latitude, longitude)?,
            _ => None,
        };
        Ok(Station {
            id,
            location_id: self.text(row, "location").map(str::to_owned),
            coordinates,
            camera: self.text(row, "camera").map(str::to_owned),
            start: time("start")?,
            end: time("end")?,
            origin,
            ..Station::default()
        })
    }

    /// What was seen, by the labels that tell it; nothing where nobody has said yet.
    fn found(&mut self, row: &Row<'_>, draft: &Draft<'_>) -> Result<Vec<(String, Name)>, BadRow> {
        let mut found = Vec::new();
        for (role, kind) in [("person", Kind::Human), ("vehicle", Kind::Vehicle), ("blank", Kind::Blank)] {
            let Some(told) = self.text(row, role) else { continue };
            if is_true(told).ok_or_else(|| self.bad(row, role, "not true or false, nor a number"))? {
                found.push((role.to_owned(), Name::of(kind)));
            }
        }
        let label = self.text(row, "label");
        let label = match (self.text(row, "genus"), label) {
            (Some(genus), Some(species)) if !species.starts_with(genus) => Some(format!("{genus} {species}")),
            (Some(genus), None) => Some(genus.to_owned()),
            (_, label) => label.map(str::to_owned),
        };
        if let Some(label) = label {
            let name = draft.names.of(&label);
            if !found.iter().any(|(_, known)| known.kind == name.kind) {
                found.push((label, name));
            }
        }
        // Who sees something sees more than nothing.
        if found.iter().any(|(_, name)| name.kind != Kind::Blank) {
            found.retain(|(_, name)| name.kind != Kind::Blank);
        }
        Ok(found)
    }

    fn cells(&mut self, row: &Row<'_>) -> Result<Vec<(&'static str, String)>, BadRow> {
        let word = |text: Option<&str>, known: fn(&str) -> Option<&'static str>| {
            let told = text.filter(|word| {
                !word.eq_ignore_ascii_case("unknown") && !word.eq_ignore_ascii_case("unidentified")
            });
            (told.and_then(known), told.is_some_and(|told| known(told).is_none()))
        };
        let (sex, other_sex) = word(self.text(row, "sex"), sex);
        let (stage, other_stage) = word(self.text(row, "life_stage"), stage);
        self.other_words += u64::from(other_sex || other_stage);
        let is_zero = self.text(row, "count").is_some_and(|count| count.parse() == Ok(0.0));
        let count = match self.table.mapping.get("count").filter(|_| !is_zero) {
            Some(column) => row.count(column)?,
            None => None,
        };
        let confidence = match self.table.mapping.get("confidence") {
            Some(column) => row.number(column, 0.0, 1.0)?,
            None => None,
        };
        let text = |role: &str| self.text(row, role).unwrap_or_default().to_owned();
        let (method, by) = match self.table.by {
            By::Person => ("human", ""),
            By::Model(name) => ("machine", name),
            By::Untold => ("", ""),
        };
        Ok(vec![
            ("eventID", text("sequence")),
            ("count", count.map(|count| count.to_string()).unwrap_or_default()),
            ("sex", sex.unwrap_or_default().to_owned()),
            ("lifeStage", stage.unwrap_or_default().to_owned()),
            ("individualID", text("individual")),
            ("classificationMethod", method.to_owned()),
            ("classifiedBy", by.to_owned()),
            ("classificationProbability", confidence.map(|share| share.to_string()).unwrap_or_default()),
            ("observationComments", text("comments")),
        ])
    }

    fn write(&self, draft: &mut Draft<'_>, file: usize, told: &Told) -> Result<(), ImportError> {
        let (origin, at) = ((file, told.line), iso(told.at));
        let station = self.table.stations.get(told.station).id.as_str();
        if let Some((id, path, false)) = &told.medium {
            let cells = [
                ("mediaID", id.as_str()),
                ("deploymentID", station),
                ("timestamp", &at),
                ("filePath", path),
                ("fileName", base_name(path)),
                ("fileMediatype", media_type(path)),
            ];
            draft.put(Sheet::Media, origin, &cells)?;
        }
        for (number, (label, name)) in told.found.iter().enumerate() {
            draft.note_name(label, name);
            let id = if number == 0 { told.id.clone() } else { format!("{}.{number}", told.id) };
            let is_animal = name.kind == Kind::Animal;
            // What is told of sex, age and number is told of the animal.
            let of_animal = |column: &str| matches!(column, "count" | "sex" | "lifeStage" | "individualID");
            let cells = told
                .cells
                .iter()
                .filter(|(column, value)| (is_animal || !of_animal(column)) && !(value.is_empty()));
            let mut cells: Vec<(&str, &str)> =
                cells.map(|(column, value)| (*column, value.as_str())).collect();
            for (column, word) in [("sex", name.sex), ("lifeStage", name.stage)] {
                if let (Some(word), false) = (word, cells.iter().any(|(told, _)| *told == column)) {
                    cells.push((column, word));
                }
            }
            cells.extend([
                ("observationID", id.as_str()),
                ("deploymentID", station),
                ("mediaID", told.medium.as_ref().map_or("", |(id, ..)| id)),
                ("eventStart", &at),
                ("observationLevel", if told.medium.is_some() { "media" } else { "event" }),
                ("observationType", name.kind.word()),
                ("scientificName", name.scientific.as_deref().unwrap_or_default()),
                ("label", label),
            ]);
            draft.put(Sheet::Observations, origin, &cells)?;
        }
        Ok(())
    }
}

/// A flag, or a number of something.
fn is_true(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "x" => Some(true),
        "false" | "f" | "no" | "n" => Some(false),
        number => number.parse::<f64>().ok().map(|number| number > 0.0),
    }
}
