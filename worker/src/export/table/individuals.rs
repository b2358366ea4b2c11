//! One row for each known deer that was seen: how often, where, from when to when.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};

use super::selected::Selected;
use super::sheet::{Cell, Sheet};
use crate::catalog::Record;

const COLUMNS: [&str; 10] = [
    "deer_id",
    "individual",
    "classification",
    "detections",
    "images",
    "visits",
    "places",
    "first_seen",
    "last_seen",
    "time_zone",
];

pub(super) fn sheet(selected: &Selected) -> Sheet {
    let mut seen: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &selected.records {
        if let Some(deer) = record.deer_id.as_deref() {
            seen.entry(deer).or_default().push(record);
        }
    }
    let mut visits: BTreeMap<String, usize> = BTreeMap::new();
    for visit in selected.individual_visits() {
        *visits.entry(visit.individual.unwrap_or_default()).or_default() += 1;
    }
    let row = |(deer, records): (&&str, &Vec<&Record>)| {
        row(selected, deer, records, visits.get(*deer).copied().unwrap_or_default())
    };
    Sheet { name: "individuals", columns: &COLUMNS, rows: seen.iter().map(row).collect() }
}

fn row(selected: &Selected, deer: &str, records: &[&Record], visits: usize) -> Vec<Cell> {
    let images: HashSet<&str> = records.iter().map(|record| record.image.id.as_str()).collect();
    let places: HashSet<&str> =
        records.iter().filter_map(|record| record.image.place_id.as_deref()).collect();
    let class = selected.individuals.get(deer).map(|deer| deer.sex.name());
    // Times of one row in one zone, though places may have others.
    let zone = selected.zone(None);
    let time = |at: Option<DateTime<Utc>>| at.map(|at| Cell::local(at, zone)).into();
    vec![
        deer.into(),
        selected.deer_name(Some(deer)).into(),
        class.into(),
        records.len().into(),
        images.len().into(),
        visits.into(),
        places.len().into(),
        time(records.iter().filter_map(|record| record.image.taken_at).min()),
        time(records.iter().filter_map(|record| record.image.taken_at).max()),
        zone.name().into(),
    ]
}
