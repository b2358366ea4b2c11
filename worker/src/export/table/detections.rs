//! One row for each detection. Rejected ones and duplicates are not among them; second boxes of one animal are, and
//! the last column says that they do not count.

use std::collections::HashSet;

use deertrack_catalog::Record;

use super::selected::Selected;
use super::sheet::{Cell, Sheet};

const COLUMNS: [&str; 27] = [
    "detection_id",
    "image_id",
    "taken_at",
    "time_zone",
    "time_zone_source",
    "place_id",
    "place",
    "classification",
    "confidence",
    "count",
    "deer_id",
    "individual",
    "bbox_x",
    "bbox_y",
    "bbox_width",
    "bbox_height",
    "scientific_name",
    "sex",
    "life_stage",
    "behavior",
    "classification_method",
    "classified_by",
    "burst_id",
    "image_path",
    "seen_from",
    "seen_until",
    "counted",
];

pub(super) fn sheet(selected: &Selected) -> Sheet {
    let counted: HashSet<&str> = selected.counted.iter().map(|record| record.id.as_str()).collect();
    let is_counted = |record: &Record| counted.contains(record.id.as_str());
    let rows = selected.records.iter().map(|record| row(selected, record, is_counted(record))).collect();
    Sheet { name: "detections", columns: &COLUMNS, rows }
}

fn row(selected: &Selected, record: &Record, is_counted: bool) -> Vec<Cell> {
    let place_id = record.image.place_id.as_deref();
    let zone = selected.zone(place_id);
    let bbox = record.bbox.and_then(|bbox| bbox.fractions());
    vec![
        (&record.id).into(),
        (&record.image.id).into(),
        record.image.taken_at.map(|at| Cell::local(at, zone)).into(),
        zone.name().into(),
        selected.zone_source(place_id).into(),
        place_id.into(),
        selected.place_name(place_id).into(),
        record.class.name().into(),
        record.confidence.into(),
        record.count.into(),
        record.deer_id.as_deref().into(),
        selected.deer_name(record.deer_id.as_deref()).into(),
        bbox.map(|bbox| bbox.x).into(),
        bbox.map(|bbox| bbox.y).into(),
        bbox.map(|bbox| bbox.width).into(),
        bbox.map(|bbox| bbox.height).into(),
        record.scientific_name.as_deref().into(),
        record.sex.as_deref().into(),
        record.life_stage.as_deref().into(),
        record.behavior.as_deref().into(),
        record.classification_method.as_deref().into(),
        record.classified_by.as_deref().into(),
        record.burst_id.as_deref().into(),
        selected.images.told(record.image.path.as_deref()).as_deref().into(),
        record.seen_at().map(|at| Cell::local(at, zone)).into(),
        record.seen_until().map(|at| Cell::local(at, zone)).into(),
        if is_counted { "yes" } else { "no" }.into(),
    ]
}
