//! `datapackage.json`: what the package is of, who made it, where, when and of which species.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::history;
use super::standard::{CAPTURE_METHODS, DEPLOYMENTS, MEDIA, OBSERVATIONS, SCHEMAS, Table, VERSION};
use super::survey::Survey;
use super::wanted::Request;
use crate::export::coordinates::{PRECISION, rounded};

/// The file.
pub(super) fn file(survey: &Survey, request: &Request) -> Vec<u8> {
    serde_json::to_vec_pretty(&package(survey, request)).expect("a JSON value is always writable")
}

fn package(survey: &Survey, request: &Request) -> Value {
    let params = &request.params;
    let dataset = survey.dataset.as_deref();
    let title =
        filled(params.title.as_deref()).or(filled(dataset)).unwrap_or("Camera-trap detections of deer");
    let contributor = filled(params.contributor.as_deref()).or(filled(request.requested_by.as_deref()));
    let mut package = json!({
        "resources": resources(),
        "profile": format!("{SCHEMAS}/{VERSION}/camtrap-dp-profile.json"),
        "name": name(title),
        "created": request.created_at.to_rfc3339(),
        "title": title,
        "contributors": [{ "title": contributor.unwrap_or(title), "role": "contact" }],
        "description": description(survey, params.exact_coordinates),
        "version": "1.0",
        "project": {
            "title": filled(dataset).unwrap_or(title),
            "samplingDesign": params.sampling_design.in_standard(),
            "captureMethod": capture_methods(survey),
            "individualAnimals": survey.records.iter().any(|(record, _)| record.deer_id.is_some()),
            "observationLevel": survey.levels(),
        },
        "spatial": spatial(survey, params.exact_coordinates),
        "temporal": temporal(survey),
        "taxonomic": taxonomic(survey, &params.scientific_name),
    });
    if let Some(dataset) = filled(dataset) {
        package["sources"] = json!([{ "title": dataset }]);
    }
    if !params.exact_coordinates {
        package["coordinatePrecision"] = json!(PRECISION);
    }
    package
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn resources() -> Value {
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
        own("detection-history", history::FILE, history::DESCRIPTION),
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
    let coordinates = if exact { "as recorded" } else { "rounded, see coordinateUncertainty" };
    format!(
        "Exported by Deertrack Exports {}: {}. Rejected observations and duplicates are left out.{cut} Coordinates are {coordinates}.",
        env!("CARGO_PKG_VERSION"),
        survey.headline()
    )
}

fn capture_methods(survey: &Survey) -> Vec<&'static str> {
    let has = |method: &&'static str| {
        survey.images.iter().any(|(image, _)| image.capture_method.as_deref() == Some(*method))
    };
    let told: Vec<&str> = CAPTURE_METHODS.iter().copied().filter(has).collect();
    // Where nothing is told, a trail camera waits for something that moves.
    if told.is_empty() { vec![CAPTURE_METHODS[0]] } else { told }
}

/// The smallest box around all places; a point where there is one.
fn spatial(survey: &Survey, exact: bool) -> Value {
    let shown = |degrees: f64| if exact { degrees } else { rounded(degrees) };
    let bounds = |values: Vec<f64>| {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        (least, values.into_iter().fold(f64::NEG_INFINITY, f64::max))
    };
    let (west, east) = bounds(survey.stands.iter().map(|stand| shown(stand.longitude)).collect());
    let (south, north) = bounds(survey.stands.iter().map(|stand| shown(stand.latitude)).collect());
    if west == east && south == north {
        return json!({ "type": "Point", "coordinates": [west, south] });
    }
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    json!({ "type": "Polygon", "coordinates": [ring] })
}

/// Days in UTC, as all times of a package; none outside of those that were asked for.
fn temporal(survey: &Survey) -> Value {
    let asked = |day: NaiveDate| survey.days.map_or(day, |days| day.clamp(days.first, days.last));
    let start = survey.stands.iter().map(|stand| stand.start).min();
    let end = survey.stands.iter().map(|stand| stand.end).max();
    json!({ "start": start.map(|at| asked(at.date_naive())), "end": end.map(|at| asked(at.date_naive())) })
}

fn taxonomic(survey: &Survey, species: &str) -> Vec<Value> {
    let names = survey.records.iter().map(|(record, _)| record.scientific_name.as_deref().unwrap_or(species));
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().map(|name| json!({ "scientificName": name })).collect()
}
