//! `datapackage.json`: what the package is of, who made it, where, when and of which species.
//!
//! What a package told of itself when it was imported stays: who made it, licences, project, keywords. Where, when, which
//! species and levels are told of what is in the file now.

use std::collections::BTreeMap;

use chrono::{FixedOffset, NaiveDate};
use deertrack_catalog::corrections::{Failure, KEY};
use serde_json::{Map, Value, json};

use super::history;
use super::standard::{CAPTURE_METHODS, DEPLOYMENTS, MEDIA, OBSERVATIONS, SCHEMAS, Table, VERSION};
use super::stands::Stand;
use super::survey::Survey;
use super::totals::When;
use super::wanted::Request;
use crate::export::coordinates::{PRECISION, rounded, side_by_side};

/// The file.
pub(super) fn file(survey: &Survey, request: &Request) -> Vec<u8> {
    serde_json::to_vec_pretty(&package(survey, request)).expect("a JSON value is always writable")
}

/// What a value of `deertrack` stands under: our own word about the file, where the description is its source's.
const OWN: &str = "deertrack";

fn package(survey: &Survey, request: &Request) -> Value {
    let params = &request.params;
    let mut package = told(survey);
    let text = |package: &Map<String, Value>, key: &str| {
        filled(package.get(key).and_then(Value::as_str)).map(str::to_owned)
    };
    let dataset = filled(survey.dataset.as_deref()).map(str::to_owned);
    let title = filled(params.title.as_deref()).map(str::to_owned);
    let title = title.or_else(|| text(&package, "title")).or_else(|| dataset.clone());
    let title = title.unwrap_or_else(|| "Camera-trap detections of deer".to_owned());
    let description = description(survey, params.exact_coordinates);
    let project = project(survey, request, package.remove("project"), dataset.as_deref().unwrap_or(&title));
    let species = taxonomic(survey, package.get("taxonomic"));
    let contributors = contributors(request, package.remove("contributors"), &title);
    let fallbacks =
        [("name", json!(name(&title))), ("description", json!(&description)), ("version", json!("1.0"))];
    for (key, value) in fallbacks {
        if text(&package, key).is_none() {
            package.insert(key.to_owned(), value);
        }
    }
    if let (Some(dataset), None) = (dataset, package.get("sources")) {
        package.insert("sources".to_owned(), json!([{ "title": dataset }]));
    }
    if !params.exact_coordinates {
        package.insert("coordinatePrecision".to_owned(), json!(PRECISION));
    }
    let now = [
        ("resources", resources(survey)),
        ("profile", json!(format!("{SCHEMAS}/{VERSION}/camtrap-dp-profile.json"))),
        ("created", json!(request.created_at.to_rfc3339())),
        ("title", json!(title)),
        ("contributors", contributors),
        ("project", project),
        ("spatial", spatial(survey, params.exact_coordinates)),
        ("temporal", temporal(survey)),
        ("taxonomic", species),
        (OWN, own_word(survey, &description)),
    ];
    package.extend(now.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(package)
}

/// What only this file knows: what an import corrected, and when cameras failed, so that a later import knows it as well.
fn own_word(survey: &Survey, description: &str) -> Value {
    let corrections = survey.corrections();
    let failures: BTreeMap<&str, &[Failure]> = survey
        .stands
        .iter()
        .filter(|stand| !stand.failures.is_empty())
        .map(|stand| (survey.ids.deployments.told(&stand.id), stand.failures.as_slice()))
        .collect();
    let mut word = json!({
        "description": description,
        "mediaKeptFromThePublic": survey.totals.kept_back,
        "species": survey.totals.species,
        "days": survey.local_time,
    });
    if !corrections.is_empty() {
        word[KEY] = json!(corrections);
    }
    if !failures.is_empty() {
        word["failures"] = json!(failures);
    }
    word
}

/// What the only package that the rows are of told of itself; nothing where they are of several. Its profile is Data
/// Package 1 now, whatever it was.
fn told(survey: &Survey) -> Map<String, Value> {
    let mut told = survey
        .only_dataset()
        .and_then(|dataset| serde_json::from_str::<Map<String, Value>>(dataset.metadata.as_deref()?).ok())
        .unwrap_or_default();
    told.remove("$schema");
    told
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// As told, and whom the request names; somebody there is always.
fn contributors(request: &Request, told: Option<Value>, title: &str) -> Value {
    let mut all = match told {
        Some(Value::Array(all)) => all,
        _ => Vec::new(),
    };
    let asked = filled(request.params.contributor.as_deref());
    let asked = asked.or(filled(request.requested_by.as_deref()).filter(|_| all.is_empty()));
    let is_there = asked.is_some_and(|asked| all.iter().any(|one| one["title"] == asked));
    if let Some(asked) = asked.or_else(|| all.is_empty().then_some(title)).filter(|_| !is_there) {
        all.push(json!({ "title": asked, "role": "contact" }));
    }
    Value::Array(all)
}

/// As told, with what is in the file beside what was planned.
fn project(survey: &Survey, request: &Request, told: Option<Value>, title: &str) -> Value {
    let mut project = match told {
        Some(Value::Object(project)) => project,
        _ => Map::new(),
    };
    let design = request.params.sampling_design;
    if design != Default::default() || !project.contains_key("samplingDesign") {
        project.insert("samplingDesign".to_owned(), json!(design.in_standard()));
    }
    project.entry("title").or_insert_with(|| json!(title));
    let knows = survey.totals.knows_individuals;
    if !project.get("individualAnimals").is_some_and(Value::is_boolean) {
        project.insert("individualAnimals".to_owned(), json!(knows));
    }
    let methods = capture_methods(survey);
    both(&mut project, "captureMethod", methods.into_iter());
    both(&mut project, "observationLevel", survey.totals.levels.iter().copied());
    Value::Object(project)
}

/// The list as told, and behind it what is not among it.
fn both<'a>(project: &mut Map<String, Value>, key: &str, there: impl Iterator<Item = &'a str>) {
    let told = project.remove(key);
    let mut all = told.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    for item in there {
        if !all.iter().any(|known| known == item) {
            all.push(json!(item));
        }
    }
    project.insert(key.to_owned(), Value::Array(all));
}

fn resources(survey: &Survey) -> Value {
    let species: Vec<&str> = survey.totals.species.iter().map(String::as_str).collect();
    let what = format!(" Detections of {}; occasions are days of {}.", species.join(", "), survey.local_time);
    let standard = |table: &Table| {
        json!({
            "name": table.name,
            "path": format!("{}.csv", table.name),
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "schema": format!("{SCHEMAS}/{VERSION}/{}-table-schema.json", table.name),
        })
    };
    let own = |name: &str, path: &str, description: &str| {
        json!({
            "name": name,
            "path": path,
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "description": description,
        })
    };
    json!([
        standard(&DEPLOYMENTS),
        standard(&MEDIA),
        standard(&OBSERVATIONS),
        own("detection-history", history::FILE, &format!("{}{what}", history::DESCRIPTION)),
        own("detection-counts", history::COUNTS_FILE, &format!("{}{what}", history::COUNTS_DESCRIPTION)),
        own("detection-history-occasions", history::OCCASIONS_FILE, history::OCCASIONS_DESCRIPTION),
    ])
}

/// Lower-case letters, digits and dashes of the title.
fn name(title: &str) -> String {
    let mut name = String::new();
    for letter in title.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "camera-trap-data".to_owned() } else { name.chars().take(80).collect() }
}

fn description(survey: &Survey, exact: bool) -> String {
    let cut = survey.days.map_or_else(String::new, |days| {
        format!(" Everything is cut to the local days from {} to {}.", days.first, days.last)
    });
    let corrected = corrected(survey);
    let coordinates = if exact { "as recorded" } else { "rounded, see coordinateUncertainty" };
    format!(
        "Exported by Deertrack Exports {}: {}. Rejected observations and duplicates are left out.{cut}{corrected} Coordinates are {coordinates}.",
        env!("CARGO_PKG_VERSION"),
        survey.headline()
    )
}

/// What is not as its source told it.
fn corrected(survey: &Survey) -> String {
    let corrections = survey.corrections();
    let [places, clocks] = [corrections.places.len(), corrections.clocks.len()];
    let failures = survey.stands.iter().filter(|stand| !stand.failures.is_empty()).count();
    [
        (places, "Places corrected at import (deertrack.corrections)"),
        (clocks, "Clocks mended at import, whose times are told as mended (deertrack.corrections, deploymentComments)"),
        (failures, "Deployments whose camera did not work for a time (deertrack.failures, deploymentComments)"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!(" {what}: {count}."))
    .collect()
}

fn capture_methods(survey: &Survey) -> Vec<&'static str> {
    let told = CAPTURE_METHODS.into_iter().zip(survey.totals.has_method);
    let told: Vec<&str> = told.filter_map(|(method, is_told)| is_told.then_some(method)).collect();
    // Where nothing is told, a trail camera waits for something that moves.
    if told.is_empty() { vec![CAPTURE_METHODS[0]] } else { told }
}

/// The smallest box around all places; a point where there is one. One that crosses the antimeridian is cut there in two
/// (RFC 7946, 5.2 and 3.1.9).
fn spatial(survey: &Survey, exact: bool) -> Value {
    let shown = |degrees: f64| if exact { degrees } else { rounded(degrees) };
    let mut longitudes: Vec<f64> = survey.stands.iter().map(|stand| shown(stand.longitude)).collect();
    side_by_side(&mut longitudes);
    let bounds = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
            (least.min(value), most.max(value))
        })
    };
    let (west, east) = bounds(&mut longitudes.into_iter());
    let (south, north) = bounds(&mut survey.stands.iter().map(|stand| shown(stand.latitude)));
    if west == east && south == north {
        return json!({ "type": "Point", "coordinates": [within_globe(west), south] });
    }
    let ring = |west: f64, east: f64| {
        json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
    };
    if west < 180.0 && east > 180.0 {
        let parts = [ring(west, 180.0), ring(-180.0, within_globe(east))];
        return json!({ "type": "MultiPolygon", "coordinates": parts });
    }
    let turn = if east > 180.0 { 360.0 } else { 0.0 };
    json!({ "type": "Polygon", "coordinates": ring(west - turn, east - turn) })
}

fn within_globe(longitude: f64) -> f64 {
    if longitude > 180.0 { longitude - 360.0 } else { longitude }
}

/// Days as the source told them, else in UTC; none outside of those that were asked for. A clock that cannot be right
/// tells no day.
fn temporal(survey: &Survey) -> Value {
    let asked = |day: NaiveDate| survey.days.map_or(day, |days| day.clamp(days.first, days.last));
    let right = |stand: &&Stand| stand.is_effort;
    let start = survey.stands.iter().filter(right).map(|stand| (stand.start, stand.start_offset_seconds));
    let end = survey.stands.iter().filter(right).map(|stand| (stand.end, stand.end_offset_seconds));
    let first = start.chain(survey.totals.first).min_by_key(|(at, _)| *at);
    let last = end.chain(survey.totals.last).max_by_key(|(at, _)| *at);
    json!({ "start": first.map(|when| asked(day(when))), "end": last.map(|when| asked(day(when))) })
}

fn day((at, offset_seconds): When) -> NaiveDate {
    let offset = offset_seconds.and_then(FixedOffset::east_opt);
    offset.map_or_else(|| at.date_naive(), |offset| at.with_timezone(&offset).date_naive())
}

/// The species of the observations, each with what its package told of it.
fn taxonomic(survey: &Survey, told: Option<&Value>) -> Value {
    let told = told.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |name: &String| {
        let known = told.iter().find(|taxon| taxon["scientificName"] == name.as_str());
        known.cloned().unwrap_or_else(|| json!({ "scientificName": name }))
    };
    survey.totals.species.iter().map(of).collect()
}
