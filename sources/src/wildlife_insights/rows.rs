//! `images*.csv` and `sequences*.csv`. An image has a row for each species on it; the first has the image's id, the
//! others that id with a number. Rows that are equal to another of their image are one.

use chrono::{DateTime, FixedOffset};

use super::stands::{Stands, instant};
use super::taxon;
use crate::draft::{Column, Draft, Sheet, iso};
use crate::error::{BadRow, ImportError};
use crate::file_name::{base_name, media_type};
use crate::given::Given;
use crate::names::{Kind, Name};
use crate::table::Row;
use crate::told_rows::ToldRows;

const COLUMNS: &[&str] = &[
    "project_id",
    "deployment_id",
    "image_id",
    "sequence_id",
    "filename",
    "location",
    "is_blank",
    "identified_by",
    "wi_taxon_id",
    "class",
    "order",
    "family",
    "genus",
    "species",
    "common_name",
    "uncertainty",
    "timestamp",
    "start_time",
    "end_time",
    "number_of_objects",
    "group_size",
    "age",
    "sex",
    "individual_id",
    "individual_animal_notes",
    "behavior",
    "cv_confidence",
    "markings",
];

pub(super) const MEDIA: &[Column] = &[
    ("mediaID", "image_id"),
    ("deploymentID", "deployment_id"),
    ("timestamp", "timestamp"),
    ("filePath", "location"),
    ("fileName", "filename"),
    ("fileMediatype", "filename"),
];
pub(super) const OBSERVATIONS: &[Column] = &[
    ("observationID", "image_id"),
    ("deploymentID", "deployment_id"),
    ("mediaID", "image_id"),
    ("eventID", "sequence_id"),
    ("eventStart", "timestamp"),
    ("eventEnd", "end_time"),
    ("observationLevel", "image_id"),
    ("observationType", "common_name"),
    ("scientificName", "species"),
    ("count", "number_of_objects"),
    ("lifeStage", "age"),
    ("sex", "sex"),
    ("behavior", "behavior"),
    ("individualID", "individual_id"),
    ("classificationMethod", "identified_by"),
    ("classifiedBy", "identified_by"),
    ("classificationProbability", "cv_confidence"),
    ("observationComments", "individual_animal_notes"),
    ("common_name", "common_name"),
    ("uncertainty", "uncertainty"),
    ("markings", "markings"),
    ("wi_taxon_id", "wi_taxon_id"),
];
/// Who a model is, in the column that names people.
const MODEL: &str = "computer vision";

/// What is known of the rows so far.
#[derive(Default)]
pub(super) struct Rows {
    seen: ToldRows,
    uncounted: u64,
    other_words: u64,
    without_seconds: u64,
}

/// A row as our tables have it.
struct Told {
    id: String,
    deployment: String,
    label: String,
    name: Name,
    start: DateTime<FixedOffset>,
    end: Option<DateTime<FixedOffset>>,
    cells: Vec<(&'static str, String)>,
    medium: Option<Vec<(&'static str, String)>>,
    /// The medium was told by an earlier row.
    is_known: bool,
    line: u64,
    stand: usize,
}

impl Rows {
    /// Rows of events.
    pub(super) fn sequences(
        &mut self,
        given: &Given,
        draft: &mut Draft<'_>,
        stands: &mut Stands,
        name: &str,
    ) -> Result<(), ImportError> {
        let order = draft.order_of(given, name, &["start_time", "end_time"])?.or(stands.order);
        let required = ["deployment_id", "sequence_id", "start_time"];
        let (file, mut table) = draft.table(given, name, COLUMNS, &required)?;
        while let Some(row) = table.next(|row| {
            let stand = stands.of_row(row)?;
            let clock = stands.get(stand).clock;
            let start = instant(row, "start_time", order, clock, draft)?;
            let end =
                row.text("end_time").map(|_| instant(row, "end_time", order, clock, draft)).transpose()?;
            if end.is_some_and(|end| end < start) {
                return Err(row.bad("end_time", "before the start_time"));
            }
            let key = format!("{}:{}", stands.id(stand), row.required("sequence_id")?);
            let Some(number) = self.seen.number(&key, row.hash()) else { return Ok(None) };
            let id = row.required("sequence_id")?.to_owned();
            let mut told = self.told(row, draft, "group_size")?;
            told.cells.extend([
                ("observationLevel", "event".to_owned()),
                ("eventID", id.clone()),
                ("eventEnd", end.map(iso).unwrap_or_default()),
            ]);
            let id = numbered(&id, number);
            Ok(Some(Told { id, deployment: stands.id(stand), start, end, stand, ..told }))
        })? {
            let Some(Some(told)) = draft.accept(file, row)? else { continue };
            stands.see(told.stand, told.end.unwrap_or(told.start));
            self.write(draft, file, &told, true)?;
        }
        Ok(())
    }

    /// Rows of images; of projects by sequence they tell of the files alone.
    pub(super) fn images(
        &mut self,
        given: &Given,
        draft: &mut Draft<'_>,
        stands: &mut Stands,
        name: &str,
        has_observations: bool,
    ) -> Result<(), ImportError> {
        let order = draft.order_of(given, name, &["timestamp"])?.or(stands.order);
        let (file, mut table) =
            draft.table(given, name, COLUMNS, &["deployment_id", "image_id", "timestamp"])?;
        while let Some(row) = table.next(|row| {
            let stand = stands.of_row(row)?;
            let id = row.required("image_id")?.to_owned();
            let at = instant(row, "timestamp", order, stands.get(stand).clock, draft)?;
            self.without_seconds += u64::from(row.required("timestamp")?.matches(':').count() == 1);
            let Some(number) = self.seen.number(&id, row.hash()) else { return Ok(None) };
            let deployment = stands.id(stand);
            let mut told =
                if has_observations { self.told(row, draft, "number_of_objects")? } else { Told::of(row) };
            told.cells.extend([("observationLevel", "media".to_owned()), ("mediaID", id.clone())]);
            told.medium = Some(medium(row, &id, &deployment, at));
            told.is_known = number > 1;
            let id = numbered(&id, number);
            Ok(Some(Told { id, deployment, start: at, stand, ..told }))
        })? {
            let Some(Some(told)) = draft.accept(file, row)? else { continue };
            stands.see(told.stand, told.start);
            self.write(draft, file, &told, has_observations)?;
        }
        Ok(())
    }

    /// What a row says was seen.
    fn told(&mut self, row: &Row<'_>, draft: &Draft<'_>, count: &str) -> Result<Told, BadRow> {
        let (label, name) = taxon::name(row, &draft.names);
        let (sex, stage, has_other_words) = taxon::class(row);
        self.other_words += u64::from(has_other_words);
        let is_zero = row.text(count).is_some_and(|count| count.parse() == Ok(0.0));
        let animals = if is_zero { None } else { row.count(count)? };
        self.uncounted += u64::from(is_zero && name.kind == Kind::Animal);
        let by = row.text("identified_by");
        let is_model = by.is_some_and(|by| by.to_ascii_lowercase().starts_with(MODEL));
        let method = by.map(|_| if is_model { "machine" } else { "human" });
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        let cells = vec![
            ("observationType", name.kind.word().to_owned()),
            ("scientificName", name.scientific.clone().unwrap_or_default()),
            ("count", animals.map(|count| count.to_string()).unwrap_or_default()),
            ("sex", name.sex.or(sex).unwrap_or_default().to_owned()),
            ("lifeStage", name.stage.or(stage).unwrap_or_default().to_owned()),
            ("behavior", text("behavior")),
            ("individualID", text("individual_id")),
            ("classificationMethod", method.unwrap_or_default().to_owned()),
            ("classifiedBy", text("identified_by")),
            ("classificationProbability", confidence(row, is_model)?),
            ("observationComments", text("individual_animal_notes")),
            ("common_name", text("common_name")),
            ("uncertainty", text("uncertainty")),
            ("markings", text("markings")),
            ("wi_taxon_id", text("wi_taxon_id")),
        ];
        Ok(Told { label, name, cells, ..Told::of(row) })
    }

    fn write(
        &self,
        draft: &mut Draft<'_>,
        file: usize,
        told: &Told,
        has_observation: bool,
    ) -> Result<(), ImportError> {
        let origin = (file, told.line);
        if let (Some(medium), false) = (&told.medium, told.is_known) {
            let cells: Vec<(&str, &str)> =
                medium.iter().map(|(name, value)| (*name, value.as_str())).collect();
            draft.put(Sheet::Media, origin, &cells)?;
        }
        if !has_observation {
            return Ok(());
        }
        draft.note_name(&told.label, &told.name);
        let start = iso(told.start);
        let own = [
            ("observationID", told.id.as_str()),
            ("deploymentID", told.deployment.as_str()),
            ("eventStart", start.as_str()),
        ];
        let cells = told.cells.iter().map(|(name, value)| (*name, value.as_str()));
        draft.put(Sheet::Observations, origin, &cells.chain(own).collect::<Vec<_>>())
    }

    /// What people should know of all rows.
    pub(super) fn note(&self, draft: &mut Draft<'_>) {
        draft.leave_out("rows that are equal to another of their image or sequence", self.seen.equal);
        let notes = &mut draft.told.notes;
        if self.uncounted > 0 {
            notes.push(format!(
                "{} rows of animals count 0 objects, read as a count that is not told",
                self.uncounted
            ));
        }
        if self.other_words > 0 {
            notes.push(format!(
                "{} rows tell a sex or age in words that are not read: not told",
                self.other_words
            ));
        }
        if self.without_seconds > 0 {
            notes.push(format!(
                "{} times have no seconds, as a spreadsheet leaves them: a download that no spreadsheet saved has them",
                self.without_seconds
            ));
        }
    }
}

impl Told {
    /// Nothing yet.
    fn of(row: &Row<'_>) -> Self {
        Self {
            id: String::new(),
            deployment: String::new(),
            label: String::new(),
            name: Name::of(Kind::Unknown),
            start: DateTime::default(),
            end: None,
            cells: Vec::new(),
            medium: None,
            is_known: false,
            line: row.line(),
            stand: 0,
        }
    }
}

fn numbered(id: &str, number: usize) -> String {
    if number == 1 { id.to_owned() } else { format!("{id}:{number}") }
}

fn medium(
    row: &Row<'_>,
    id: &str,
    deployment: &str,
    at: DateTime<FixedOffset>,
) -> Vec<(&'static str, String)> {
    let name = row.text("filename").map(|name| base_name(name).to_owned());
    // Within the download no photograph is at hand: its path is an address, or nothing but a name.
    let address = row.text("location").filter(|location| location.contains("://"));
    let path = address.map(str::to_owned).or_else(|| name.clone()).unwrap_or_else(|| id.to_owned());
    let kind = media_type(&path);
    vec![
        ("mediaID", id.to_owned()),
        ("deploymentID", deployment.to_owned()),
        ("timestamp", iso(at)),
        ("filePath", path),
        ("fileName", name.unwrap_or_default()),
        ("fileMediatype", kind.to_owned()),
    ]
}

/// As a share; in percent where it is above 1. What a person identified has none.
fn confidence(row: &Row<'_>, is_model: bool) -> Result<String, BadRow> {
    let told = row.number("cv_confidence", 0.0, 100.0)?.filter(|_| is_model);
    let share = told.map(|told| if told > 1.0 { told / 100.0 } else { told });
    Ok(share.map(|share| share.to_string()).unwrap_or_default())
}
