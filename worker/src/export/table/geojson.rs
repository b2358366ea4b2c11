//! The topics counted by place: a GeoJSON (RFC 7946) point for each. A place without coordinates has no geometry.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use deertrack_schemas::table::Topic;
use deertrack_schemas::{Class, TableParams};
use deertrack_survey::Place;
use serde::Serialize;
use serde_json::{Map, Value, json};

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

pub(super) fn file(selected: &Selected, params: &TableParams) -> Vec<u8> {
    let counts = Counts::of(selected);
    let mut places: Vec<&Place> = selected.places.values().collect();
    places.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let collection = Collection {
        r#type: "FeatureCollection",
        coordinate_precision: (!params.exact_coordinates).then_some(PRECISION),
        species: selected.species(),
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
    detections: BTreeMap<(&'a str, Class), usize>,
    visits: BTreeMap<(Arc<str>, Class), usize>,
    nights: BTreeMap<&'a str, f64>,
    individuals: BTreeMap<&'a str, HashSet<&'a str>>,
    are_passages: bool,
}

impl<'a> Counts<'a> {
    fn of(selected: &'a Selected) -> Self {
        let mut detections = BTreeMap::new();
        let mut individuals: BTreeMap<_, HashSet<_>> = BTreeMap::new();
        for record in &selected.counted {
            let Some(place) = record.place_id.as_deref() else { continue };
            *detections.entry((place, record.class)).or_default() += 1;
            if let Some(deer) = record.individual.as_deref() {
                individuals.entry(place).or_default().insert(deer);
            }
        }
        let are_passages = selected.passages > 0 && individuals.is_empty();
        let mut visits = BTreeMap::new();
        for visit in selected.visits() {
            if let Some(place) = visit.place_id {
                *visits.entry((place, visit.class)).or_default() += 1;
            }
        }
        Self { detections, visits, nights: selected.effort.by_place(), individuals, are_passages }
    }

    fn properties(&self, place: &Place, topics: &[Topic]) -> Map<String, Value> {
        let mut properties = Map::new();
        properties.insert("place_id".into(), json!(place.id));
        properties.insert("place".into(), json!(place.name));
        for topic in topics {
            match topic {
                Topic::Detections => by_class(&mut properties, "detections", |class| {
                    self.detections.get(&(place.id.as_str(), class)).copied()
                }),
                Topic::Visits => by_class(&mut properties, "visits", |class| {
                    self.visits.get(&(Arc::from(place.id.as_str()), class)).copied()
                }),
                Topic::Effort => {
                    let nights = self.nights.get(place.id.as_str()).copied().unwrap_or_default();
                    properties.insert("trap_nights".into(), json!(nights));
                }
                // Where ids are of passages nobody knows how many individuals there were.
                Topic::Individuals if self.are_passages => {
                    properties.insert("individuals".into(), Value::Null);
                }
                Topic::Individuals => {
                    let count = self.individuals.get(place.id.as_str()).map_or(0, HashSet::len);
                    properties.insert("individuals".into(), json!(count));
                }
            }
        }
        properties
    }
}

/// The sum over the classes, then each: flat, because maps cannot look into objects.
fn by_class(properties: &mut Map<String, Value>, name: &str, count: impl Fn(Class) -> Option<usize>) {
    let counts = Class::ALL.map(|class| (class, count(class).unwrap_or_default()));
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    properties.insert(name.to_owned(), json!(total));
    for (class, count) in counts {
        properties.insert(format!("{name}_{}", class.name()), json!(count));
    }
}
