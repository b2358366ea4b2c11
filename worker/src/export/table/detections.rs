//! One row for each detection. Rejected ones and duplicates are not among them; second boxes of one animal are, and
//! the last column says that they do not count.

use deertrack_catalog::Record;

use super::basis::Basis;
use super::sheet::Cell;

pub(super) const COLUMNS: [&str; 27] = [
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

/// The cells of a row. `image_path` is that which is told.
pub(super) fn cells<'a>(
    basis: &'a Basis,
    record: &'a Record,
    image_path: Option<&'a str>,
    is_counted: bool,
) -> [Cell<'a>; COLUMNS.len()] {
    let place_id = record.image.place_id.as_deref();
    let zone = basis.zone(place_id);
    let bbox = record.bbox.and_then(|bbox| bbox.fractions());
    let taken_at = record.image.taken_at.map(|at| Cell::local(at, zone));
    // Most times are that of the photograph.
    let local = |at| if Some(at) == record.image.taken_at { taken_at.into() } else { Cell::local(at, zone) };
    [
        (&record.id).into(),
        (&record.image.id).into(),
        taken_at.into(),
        zone.name().into(),
        basis.zone_source(place_id).into(),
        place_id.into(),
        basis.place_name(place_id).into(),
        record.class.name().into(),
        record.confidence.into(),
        record.count.into(),
        record.deer_id.as_deref().into(),
        basis.deer_name(record.deer_id.as_deref()).into(),
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
        image_path.into(),
        record.seen_at().map(local).into(),
        record.seen_until().map(local).into(),
        if is_counted { "yes" } else { "no" }.into(),
    ]
}
