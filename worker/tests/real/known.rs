//! Everything that a database knows of a survey, and what two of them tell differently, field by field.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use deertrack_catalog::{Catalog, Image, Record, ToldDeployment};
use deertrack_schemas::table::GapSince;
use deertrack_survey::Place;
use deertrack_survey::sift;
use deertrack_survey::visits::{Visit, VisitRule, visits};

use super::databases::ever;

/// Places, deployments, photographs, rows that count, rows that repeat them.
#[derive(Debug)]
pub(crate) struct Known {
    places: Vec<Place>,
    deployments: Vec<ToldDeployment>,
    images: Vec<Image>,
    records: Vec<Record>,
    repeats: Vec<Record>,
}

impl Known {
    pub(crate) async fn of(catalog: &Arc<dyn Catalog>) -> Self {
        Self {
            places: catalog.places().await.unwrap(),
            deployments: catalog.told_deployments(ever()).await.unwrap(),
            images: catalog.images(ever()).await.unwrap().into_iter().map(without_path).collect(),
            records: catalog.records_in(ever()).await.unwrap(),
            repeats: catalog.repeats_in(ever()).await.unwrap(),
        }
    }

    /// Visits by both rules.
    pub(crate) fn visits(&self) -> [Vec<Visit>; 2] {
        let counted = sift(self.records.iter().filter_map(Record::counted)).kept;
        let by = |since| visits(&counted, VisitRule { since, ..VisitRule::default() });
        [by(GapSince::LastRecord), by(GapSince::LastIndependentRecord)]
    }

    /// Each difference as `table id field: before -> after`, by table and id.
    pub(crate) fn differences(&self, after: &Self) -> Vec<String> {
        let of = |rows: &[Record]| rows.iter().map(|row| (row.id.clone(), without_image(row))).collect();
        let images = |rows: &[Image]| rows.iter().map(|row| (row.id.clone(), fields(row))).collect();
        let places = |rows: &[Place]| rows.iter().map(|row| (row.id.clone(), fields(row))).collect();
        let stands = |rows: &[ToldDeployment]| -> Rows {
            rows.iter().map(|row| (row.deployment.id.clone(), fields(row))).collect()
        };
        [
            compare("place", &places(&self.places), &places(&after.places)),
            compare("deployment", &stands(&self.deployments), &stands(&after.deployments)),
            compare("image", &images(&self.images), &images(&after.images)),
            compare("record", &of(&self.records), &of(&after.records)),
            compare("repeat", &of(&self.repeats), &of(&after.repeats)),
        ]
        .concat()
    }
}

type Fields = BTreeMap<String, String>;
type Rows = BTreeMap<String, Fields>;

/// The fields of a row; photographs are compared among themselves.
fn without_image(row: &Record) -> Fields {
    let image = Image { id: row.image.id.clone(), ..Image::default() };
    fields(&Record { image, ..row.clone() })
}

/// A URL comes back; a file of the first package lies in another folder than that of the second.
fn without_path(image: Image) -> Image {
    let path = image.path.filter(|path| path.contains("://"));
    Image { path, ..image }
}

/// Each field of a structure as it is printed.
fn fields(row: &impl Debug) -> Fields {
    let text = format!("{row:#?}");
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().skip(1) {
        let is_field = line.starts_with("    ") && line.chars().nth(4).is_some_and(char::is_alphabetic);
        match (is_field.then(|| line.split_once(": ")).flatten(), fields.last_mut()) {
            (Some((name, value)), _) => fields.push((name.trim().to_owned(), value.to_owned())),
            (None, Some((_, value))) => value.push_str(line.trim()),
            (None, None) => {}
        }
    }
    fields.into_iter().collect()
}

fn compare(table: &str, before: &Rows, after: &Rows) -> Vec<String> {
    let mut found = Vec::new();
    for id in before.keys().chain(after.keys().filter(|id| !before.contains_key(*id))) {
        match (before.get(id), after.get(id)) {
            (Some(before), Some(after)) => {
                let differ = before.iter().filter(|(name, value)| after.get(*name) != Some(value));
                found.extend(differ.map(|(name, value)| {
                    let now = after.get(name).map(String::as_str).unwrap_or_default();
                    format!("{table} {id} {name}: {value} -> {now}")
                }));
            }
            (Some(_), None) => found.push(format!("{table} {id}: gone")),
            (None, _) => found.push(format!("{table} {id}: new")),
        }
    }
    found
}
