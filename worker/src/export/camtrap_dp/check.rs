//! The finished files against the standard's rules. They are read back from their bytes, so that no mistake of the
//! writer hides from the reader.

use std::collections::{HashMap, HashSet};

use chrono::DateTime;
use csv::StringRecord;
use serde_json::Value;

use super::standard::{DEPLOYMENTS, Field, Form, MEDIA, OBSERVATIONS, SCHEMAS, Table, VERSION};
use crate::JobError;

/// The files of the standard.
pub(super) struct Files {
    pub(super) datapackage: Vec<u8>,
    pub(super) deployments: Vec<u8>,
    pub(super) media: Vec<u8>,
    pub(super) observations: Vec<u8>,
}

/// What the standard takes for a missing value.
const MISSING: [&str; 4] = ["", "NA", "NaN", "nan"];
/// How many problems a refusal names.
const SHOWN: usize = 5;

/// Lets a package pass that keeps every rule.
///
/// # Errors
/// `Reject` with the first broken rules: file, row, column, value.
pub(super) fn refuse_broken(files: &Files) -> Result<(), JobError> {
    let problems = problems(files);
    if problems.is_empty() {
        return Ok(());
    }
    let shown = problems[..problems.len().min(SHOWN)].join("; ");
    let all = if problems.len() > SHOWN { format!(" ({} in all)", problems.len()) } else { String::new() };
    Err(JobError::Reject(format!("the package would break the Camtrap DP standard: {shown}{all}")))
}

/// Every broken rule.
fn problems(files: &Files) -> Vec<String> {
    let mut problems = metadata_problems(&files.datapackage);
    let mut keys = HashMap::new();
    let tables =
        [(&DEPLOYMENTS, &files.deployments), (&MEDIA, &files.media), (&OBSERVATIONS, &files.observations)];
    for (table, bytes) in tables {
        let mut reading = Reading { table, keys: &keys, own: HashSet::new(), problems: Vec::new() };
        reading.read(bytes);
        problems.append(&mut reading.problems);
        let own = reading.own;
        keys.insert(table.name, own);
    }
    problems
}

/// A table being read.
struct Reading<'a> {
    table: &'a Table,
    /// The keys of the tables before it.
    keys: &'a HashMap<&'static str, HashSet<String>>,
    own: HashSet<String>,
    problems: Vec<String>,
}

impl Reading<'_> {
    fn read(&mut self, bytes: &[u8]) {
        let mut reader = csv::Reader::from_reader(bytes);
        let expected: Vec<&str> = self.table.fields.iter().map(|field| field.name).collect();
        match reader.headers() {
            Ok(header) if header.iter().eq(expected) => {}
            _ => return self.problems.push(format!("{}.csv has other columns", self.table.name)),
        }
        for (number, record) in (1u64..).zip(reader.records()) {
            match record {
                Ok(record) => self.row(number, &record),
                Err(error) => self.problems.push(format!("{}.csv: {error}", self.table.name)),
            }
        }
    }

    fn row(&mut self, number: u64, record: &StringRecord) {
        for (field, value) in self.table.fields.iter().zip(record) {
            if let Some(problem) = self.problem(field, value) {
                let shown: String = value.chars().take(60).collect();
                let (file, name) = (self.table.name, field.name);
                self.problems.push(format!("{file}.csv, row {number}, {name}: {shown:?} is {problem}"));
            }
        }
    }

    /// What is wrong with a value, after "is".
    fn problem(&mut self, field: &Field, value: &str) -> Option<String> {
        if MISSING.contains(&value) {
            return field.is_required.then(|| "missing".to_owned());
        }
        let fine = match field.form {
            Form::Key => self.own.insert(value.to_owned()),
            Form::KeyOf(table) => self.keys.get(table).is_some_and(|keys| keys.contains(value)),
            form => form.takes(value),
        };
        (!fine).then(|| expected(field.form))
    }
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
