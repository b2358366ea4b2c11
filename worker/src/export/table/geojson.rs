//! The topics counted by place: a GeoJSON (RFC 7946) point for each. A place without coordinates has no geometry.

use std::collections::{BTreeMap, BTreeSet};

use deertrack_schemas::table::Topic;
use deertrack_schemas::{Class, TableParams};
use deertrack_survey::Place;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::facts::{ByClass, Facts};
use super::selected::Selected;
use crate::export::coordinates::{PRECISION, rounded};
use crate::export::told_zone::{ToldZone, told_zones};

#[derive(Serialize)]
struct Collection<'a> {
    r#type: &'static str,
    /// Degrees to which coordinates are rounded; a foreign member, for people and programs that wonder.
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinate_precision: Option<f64>,
    /// Scientific names of what was detected; a foreign member, too.
    species: BTreeSet<&'a str>,
    /// The zones of the places that were looked at; a foreign member, too.
    time_zones: Vec<ToldZone>,
    features: Vec<Feature<'a>>,
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    id: &'a str,
    geometry: Option<Point>,
    properties: Map<String, Value>,
}

#[derive(Serialize)]
struct Point {
    r#type: &'static str,
    /// Longitude first.
    coordinates: [f64; 2],
}

pub(super) fn file(selected: &Selected) -> Vec<u8> {
    let params = &selected.basis.params;
    let counts = Counts::of(selected);
    let mut places: Vec<&Place> = selected.basis.places.values().collect();
    places.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let collection = Collection {
        r#type: "FeatureCollection",
        coordinate_precision: (!params.exact_coordinates).then_some(PRECISION),
        species: selected.species().collect(),
        time_zones: told_zones(&selected.zones()),
        features: places.into_iter().map(|place| feature(place, &counts, params)).collect(),
    };
    serde_json::to_vec_pretty(&collection).expect("text and finite numbers are always writable")
}

fn feature<'a>(place: &'a Place, counts: &Counts<'_>, params: &TableParams) -> Feature<'a> {
    Feature {
        r#type: "Feature",
        id: &place.id,
        geometry: point(place, params.exact_coordinates),
        properties: counts.properties(place, params.topics()),
    }
}

fn point(place: &Place, exact: bool) -> Option<Point> {
    let told = [place.longitude?, place.latitude?];
    let coordinates = if exact { told } else { told.map(rounded) };
    Some(Point { r#type: "Point", coordinates })
}

/// What is counted, by place id.
struct Counts<'a> {
    facts: &'a Facts,
    nights: BTreeMap<&'a str, f64>,
    /// `None` where ids are of passages: nobody knows how many individuals there were.
    individuals: Option<BTreeMap<&'a str, usize>>,
}

impl<'a> Counts<'a> {
    fn of(selected: &'a Selected) -> Self {
        let individuals = selected.individuals().by_place();
        let are_passages = selected.passages > 0 && individuals.is_empty();
        Self {
            facts: &selected.facts,
            nights: selected.effort.by_place(),
            individuals: (!are_passages).then_some(individuals),
        }
    }

    fn properties(&self, place: &Place, topics: &[Topic]) -> Map<String, Value> {
        let id = place.id.as_str();
        let mut properties = Map::new();
        properties.insert("place_id".into(), json!(place.id));
        properties.insert("place".into(), json!(place.name));
        for topic in topics {
            match topic {
                Topic::Detections => {
                    by_class(&mut properties, "detections", self.facts.detections_at.get(id));
                }
                Topic::Visits => by_class(&mut properties, "visits", self.facts.visits_at.get(id)),
                Topic::Effort => {
                    let nights = self.nights.get(id).copied().unwrap_or_default();
                    properties.insert("trap_nights".into(), json!(nights));
                }
                Topic::Individuals => {
                    let count = |places: &BTreeMap<&str, usize>| places.get(id).copied().unwrap_or_default();
                    properties.insert("individuals".into(), json!(self.individuals.as_ref().map(count)));
                }
            }
        }
        properties
    }
}

/// The sum over the classes, then each: flat, because maps cannot look into objects.
fn by_class(properties: &mut Map<String, Value>, name: &str, counts: Option<&ByClass>) {
    let counts = counts.copied().unwrap_or_default();
    properties.insert(name.to_owned(), json!(counts.iter().sum::<usize>()));
    for class in Class::ALL {
        properties.insert(format!("{name}_{}", class.name()), json!(counts[class as usize]));
    }
}
