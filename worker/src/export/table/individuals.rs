//! One row for each known deer that was seen: how often, where, from when to when.
//!
//! Of the rows that count, as in a report: second boxes of one animal are left out, and the class is that of most rows.

use std::collections::{BTreeMap, HashSet};

use deertrack_schemas::Class;
use deertrack_survey::Record;
use deertrack_survey::tally::{Individual, Tally};

use super::selected::Selected;
use super::sheet::{Cell, Sheet};

const COLUMNS: [&str; 13] = [
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
    "time_zone_source",
    "last_time_zone",
    "last_time_zone_source",
];

pub(super) fn sheet(selected: &Selected) -> Sheet {
    let mut seen: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &selected.counted {
        if let Some(deer) = record.individual.as_deref() {
            seen.entry(deer).or_default().push(record);
        }
    }
    let individual_visits = selected.individual_visits();
    let mut visits: BTreeMap<&str, usize> = BTreeMap::new();
    for visit in &individual_visits {
        *visits.entry(visit.individual.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let tally = Tally::of(&selected.counted, |record| [record.taken_at.date_naive(); 2]);
    let row = |(deer, records): (&&str, &Vec<&Record>)| {
        let visits = visits.get(*deer).copied().unwrap_or_default();
        row(selected, deer, records, (tally.individuals().get(*deer).map(Individual::class), visits))
    };
    Sheet { name: "individuals", columns: &COLUMNS, rows: seen.iter().map(row).collect() }
}

/// `records` in the order of time.
fn row(
    selected: &Selected,
    deer: &str,
    records: &[&Record],
    (class, visits): (Option<Class>, usize),
) -> Vec<Cell> {
    let images: HashSet<&str> = records.iter().map(|record| record.image_id.as_str()).collect();
    let places: HashSet<&str> = records.iter().filter_map(|record| record.place_id.as_deref()).collect();
    let last = records.iter().max_by_key(|record| record.until);
    let first = records.first();
    let zone = |record: &&Record| selected.zone(record.place_id.as_deref());
    let source = |record: &&Record| selected.zone_source(record.place_id.as_deref());
    vec![
        deer.into(),
        selected.deer_name(Some(deer)).into(),
        class.map(Class::name).into(),
        records.len().into(),
        images.len().into(),
        visits.into(),
        places.len().into(),
        first.map(|record| Cell::local(record.taken_at, zone(record))).into(),
        last.map(|record| Cell::local(record.until, zone(record))).into(),
        first.map(|record| zone(record).name()).into(),
        first.map(source).into(),
        last.map(|record| zone(record).name()).into(),
        last.map(source).into(),
    ]
}
