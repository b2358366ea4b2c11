//! The files against the standard's rules. They are read back from their bytes as these are written, so that no mistake of
//! the writer hides from the reader.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::DateTime;
use csv::StringRecord;
use serde_json::Value;

use super::hashes::{Hasher, Hashes};
use super::standard::{DEPLOYMENTS, Field, Form, MEDIA, OBSERVATIONS, SCHEMAS, Table, VERSION};
use crate::JobError;
use crate::export::archive::Entry;
use crate::export::scratch::ScratchFolder;

/// What the standard takes for a missing value.
const MISSING: [&str; 4] = ["", "NA", "NaN", "nan"];
/// How many problems a refusal names.
const SHOWN: usize = 5;
/// In this order they refer to each other, and are told about behind the metadata.
const TABLES: [&Table; 3] = [&DEPLOYMENTS, &MEDIA, &OBSERVATIONS];
/// Notes that a key is referred to by a row, where the others note the row of the key itself.
const IS_REFERRED_TO: u64 = 1 << 63;

/// The rules for a package whose files are read as they are written. Keys of media and observations are held as hashes, and
/// meet at the end.
pub(super) struct Check {
    hasher: Hasher,
    deployments: HashSet<String>,
    /// Also those that observations refer to.
    media: Hashes,
    observations: Hashes,
    /// Rows read of each table; `None` before its header.
    rows: [Option<u64>; TABLES.len()],
    problems: Problems,
}

impl Check {
    pub(super) fn new(scratch: &ScratchFolder) -> Self {
        Self {
            hasher: Hasher::default(),
            deployments: HashSet::new(),
            media: Hashes::new(scratch),
            observations: Hashes::new(scratch),
            rows: [None; TABLES.len()],
            problems: Problems::default(),
        }
    }

    /// Reads `datapackage.json`.
    pub(super) fn metadata(&mut self, bytes: &[u8]) {
        for (number, problem) in (0..).zip(metadata_problems(bytes)) {
            self.problems.add(Spot { file: 0, row: number, column: 0 }, Some(problem));
        }
    }

    /// Reads more of a table: whole rows. Deployments are read before the others.
    ///
    /// # Errors
    /// `Retry` when temporary files cannot be written.
    pub(super) fn read(&mut self, table: &'static Table, bytes: &[u8]) -> Result<(), JobError> {
        let number = number_of(table);
        let mut reader = reader(bytes);
        let mut record = StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(false) => return Ok(()),
                Ok(true) => self.row(table, number, &record)?,
                Err(error) => {
                    let row = self.rows[number].unwrap_or_default() + 1;
                    self.rows[number] = Some(row);
                    let problem = format!("{}.csv, row {row}: {error}", table.name);
                    self.problems.add(Spot { file: number + 1, row, column: 0 }, Some(problem));
                }
            }
        }
    }

    fn row(&mut self, table: &'static Table, file: usize, record: &StringRecord) -> Result<(), JobError> {
        let Some(before) = self.rows[file] else {
            self.rows[file] = Some(0);
            if !record.iter().eq(table.fields.iter().map(|field| field.name)) {
                let problem = format!("{}.csv has other columns", table.name);
                self.problems.add(Spot { file: file + 1, row: 0, column: 0 }, Some(problem));
            }
            return Ok(());
        };
        let row = before + 1;
        self.rows[file] = Some(row);
        if record.len() != table.fields.len() {
            let problem = format!("{}.csv, row {row} has {} cells", table.name, record.len());
            self.problems.add(Spot { file: file + 1, row, column: 0 }, Some(problem));
        }
        for (column, (field, value)) in table.fields.iter().zip(record).enumerate() {
            if let Some(problem) = self.problem(table, field, value, row)? {
                let problem = worded(table, row, field, value, &problem);
                self.problems.add(Spot { file: file + 1, row, column }, Some(problem));
            }
        }
        Ok(())
    }

    /// What is wrong with a value, after "is", as far as it can be told before all rows are there.
    fn problem(
        &mut self,
        table: &Table,
        field: &Field,
        value: &str,
        row: u64,
    ) -> Result<Option<String>, JobError> {
        if MISSING.contains(&value) {
            return Ok(field.is_required.then(|| "missing".to_owned()));
        }
        let fine = match field.form {
            Form::Key if table.name == DEPLOYMENTS.name => self.deployments.insert(value.to_owned()),
            Form::KeyOf(other) if other == DEPLOYMENTS.name => self.deployments.contains(value),
            Form::Key if table.name == MEDIA.name => {
                self.media.add((self.hasher.of(value), row))?;
                true
            }
            Form::Key => {
                self.observations.add((self.hasher.of(value), row))?;
                true
            }
            Form::KeyOf(_) => {
                self.media.add((self.hasher.of(value), row | IS_REFERRED_TO))?;
                true
            }
            form => form.takes(value),
        };
        Ok((!fine).then(|| expected(field.form)))
    }

    /// Lets a package pass that keeps every rule. `written` are the tables of media and of observations, to be read again
    /// where one of their keys is wrong.
    ///
    /// # Errors
    /// `Reject` with the first broken rules: file, row, column, value; `Retry` when temporary files cannot be read.
    pub(super) fn finish(self, written: [&mut Entry; 2]) -> Result<(), JobError> {
        let mut problems = self.keys()?;
        let ([media, observations], all) = (written, problems.count);
        for (file, entry) in [(2, media), (3, observations)] {
            problems.word(file, entry)?;
        }
        let told: Vec<String> = problems.first.into_values().flatten().collect();
        if told.is_empty() {
            return Ok(());
        }
        let all = if all > SHOWN { format!(" ({all} in all)") } else { String::new() };
        let shown = told.join("; ");
        Err(JobError::Reject(format!("the package would break the Camtrap DP standard: {shown}{all}")))
    }

    /// The problems with those of keys that are there twice or not at all.
    fn keys(self) -> Result<Problems, JobError> {
        let mut problems = self.problems;
        let media_key = column(&MEDIA, |form| matches!(form, Form::Key));
        let to_media = column(&OBSERVATIONS, |form| matches!(form, Form::KeyOf(name) if name == MEDIA.name));
        self.media.each(|same| {
            // References stand behind the rows of the key.
            let keys = same.iter().filter(|(_, row)| row & IS_REFERRED_TO == 0).count();
            for (_, row) in same.iter().take(keys).skip(1) {
                problems.add(Spot { file: 2, row: *row, column: media_key }, None);
            }
            for (_, row) in same.iter().filter(|_| keys == 0) {
                problems.add(Spot { file: 3, row: row & !IS_REFERRED_TO, column: to_media }, None);
            }
        })?;
        let key = column(&OBSERVATIONS, |form| matches!(form, Form::Key));
        self.observations.each(|same| {
            for (_, row) in same.iter().skip(1) {
                problems.add(Spot { file: 3, row: *row, column: key }, None);
            }
        })?;
        Ok(problems)
    }
}

/// Where a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    /// 0 the metadata, then the tables.
    file: usize,
    row: u64,
    column: usize,
}

/// Broken rules.
#[derive(Debug, Default)]
struct Problems {
    count: usize,
    /// In words; `None` where the value is not held.
    first: BTreeMap<Spot, Option<String>>,
}

impl Problems {
    fn add(&mut self, spot: Spot, problem: Option<String>) {
        self.count += 1;
        self.first.insert(spot, problem);
        if self.first.len() > SHOWN {
            self.first.pop_last();
        }
    }

    /// Puts those of one file in words that have none.
    fn word(&mut self, file: usize, written: &mut Entry) -> Result<(), JobError> {
        let wordless = self.first.iter().filter(|(spot, problem)| spot.file == file && problem.is_none());
        let spots: BTreeSet<Spot> = wordless.map(|(spot, _)| *spot).collect();
        let Some(last) = spots.last() else { return Ok(()) };
        let table = TABLES[file - 1];
        for (row, record) in (0..=last.row).zip(reader(written.text()?).records()) {
            let Ok(record) = record else { continue };
            for spot in spots.iter().filter(|spot| spot.row == row) {
                let field = &table.fields[spot.column];
                let value = record.get(spot.column).unwrap_or_default();
                let problem = worded(table, row, field, value, &expected(field.form));
                self.first.insert(*spot, Some(problem));
            }
        }
        Ok(())
    }
}

fn reader<R: std::io::Read>(from: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(from)
}

fn number_of(table: &Table) -> usize {
    TABLES.iter().position(|known| known.name == table.name).expect("it is one of the standard's")
}

fn column(table: &Table, is_it: impl Fn(Form) -> bool) -> usize {
    table.fields.iter().position(|field| is_it(field.form)).expect("the standard has such a column")
}

fn worded(table: &Table, row: u64, field: &Field, value: &str, problem: &str) -> String {
    let shown: String = value.chars().take(60).collect();
    let (file, name) = (table.name, field.name);
    format!("{file}.csv, row {row}, {name}: {shown:?} is {problem}")
}

/// What a value is instead, after "is".
fn expected(form: Form) -> String {
    match form {
        Form::Text | Form::Id => "no text".to_owned(),
        Form::Key => "there twice".to_owned(),
        Form::KeyOf(table) => format!("not in {table}.csv"),
        Form::Choice(choices) => format!("none of {}", choices.join(", ")),
        Form::Number(least, most) => format!("no number of {least} to {most}"),
        Form::Whole(least, most) => format!("no whole number of {least} to {most}"),
        Form::Boolean => "neither true nor false".to_owned(),
        Form::Time => "no time with an offset".to_owned(),
        Form::Path => "neither a URL nor a path within the package".to_owned(),
        Form::MediaType => "no type of images, videos or sounds".to_owned(),
    }
}

/// The rules of `datapackage.json`: <https://camtrap-dp.tdwg.org/metadata/>.
fn metadata_problems(bytes: &[u8]) -> Vec<String> {
    let Ok(package) = serde_json::from_slice::<Value>(bytes) else {
        return vec!["datapackage.json is no JSON".to_owned()];
    };
    let string = |at: &str| package.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let strings = |at: &str| -> Vec<&str> {
        let items = package.pointer(at).and_then(Value::as_array).into_iter().flatten();
        items.map(|item| item.as_str().unwrap_or_default()).collect()
    };
    let all_in = |at: &str, choices: &[&str]| {
        let found = strings(at);
        !found.is_empty() && found.iter().all(|item| choices.contains(item))
    };
    let designs =
        ["simpleRandom", "systematicRandom", "clusteredRandom", "experimental", "targeted", "opportunistic"];
    let is_date = |at: &str| string(at).parse::<chrono::NaiveDate>().is_ok();
    let is_named = |item: &Value, key: &str| item[key].as_str().is_some_and(|text| !text.trim().is_empty());
    let all_named = |at: &str, key: &str, least: usize| {
        let items = package.pointer(at).and_then(Value::as_array);
        items.is_some_and(|items| items.len() >= least && items.iter().all(|item| is_named(item, key)))
    };
    let profile = format!("{SCHEMAS}/{VERSION}/camtrap-dp-profile.json");
    let rules = [
        ("profile", string("/profile") == profile),
        ("name", is_package_name(string("/name"))),
        ("created", DateTime::parse_from_rfc3339(string("/created")).is_ok()),
        ("contributors", all_named("/contributors", "title", 1)),
        ("project.title", !string("/project/title").is_empty()),
        ("project.samplingDesign", designs.contains(&string("/project/samplingDesign"))),
        ("project.captureMethod", all_in("/project/captureMethod", &super::standard::CAPTURE_METHODS)),
        (
            "project.individualAnimals",
            package.pointer("/project/individualAnimals").is_some_and(Value::is_boolean),
        ),
        ("project.observationLevel", all_in("/project/observationLevel", &super::standard::LEVELS)),
        ("spatial", package.pointer("/spatial/coordinates").is_some_and(Value::is_array)),
        ("temporal.start", is_date("/temporal/start")),
        ("temporal.end", is_date("/temporal/end")),
        ("taxonomic", all_named("/taxonomic", "scientificName", 1)),
        ("resources", has_resources(&package)),
    ];
    let broken = rules.into_iter().filter(|(_, is_kept)| !is_kept);
    broken.map(|(name, _)| format!("datapackage.json: {name} is missing or wrong")).collect()
}

/// Lower-case letters, digits, `.`, `_`, `-` and `/`.
fn is_package_name(name: &str) -> bool {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-/".contains(&b);
    !name.is_empty() && name.bytes().all(fine)
}

/// The three tables of the standard, each with its file and its schema.
fn has_resources(package: &Value) -> bool {
    let resources = package["resources"].as_array().map_or(&[][..], Vec::as_slice);
    [&DEPLOYMENTS, &MEDIA, &OBSERVATIONS].iter().all(|table| {
        let name = table.name;
        let schema = format!("{SCHEMAS}/{VERSION}/{name}-table-schema.json");
        resources.iter().any(|resource| {
            resource["name"] == name
                && resource["path"] == format!("{name}.csv")
                && resource["profile"] == "tabular-data-resource"
                && resource["schema"] == schema
        })
    })
}

#[cfg(test)]
mod tests;
