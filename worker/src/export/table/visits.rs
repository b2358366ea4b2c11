//! One row for each independent event of a class at a place, with the rule that was used.

use deertrack_survey::visits::Visit;

use super::basis::Basis;
use super::sheet::Cell;

pub(super) const COLUMNS: [&str; 12] = [
    "place_id",
    "place",
    "classification",
    "start",
    "end",
    "time_zone",
    "time_zone_source",
    "images",
    "animals",
    "gap_minutes",
    "gap_since",
    "duration_seconds",
];

/// The cells of a row.
pub(super) fn cells<'a>(basis: &'a Basis, visit: &'a Visit) -> [Cell<'a>; COLUMNS.len()] {
    let place_id = visit.place_id.as_deref();
    let zone = basis.zone(place_id);
    #[expect(clippy::cast_precision_loss, reason = "at most a day of minutes")]
    let gap = basis.rule.gap.num_minutes() as f64;
    [
        place_id.into(),
        basis.place_name(place_id).into(),
        visit.class.name().into(),
        Cell::local(visit.start, zone),
        Cell::local(visit.end, zone),
        zone.name().into(),
        basis.zone_source(place_id).into(),
        visit.images.into(),
        visit.animals.into(),
        gap.into(),
        basis.rule.since.name().into(),
        (visit.end - visit.start).as_seconds_f64().into(),
    ]
}
