//! One row for each independent event of a class at a place, with the rule that was used.

use deertrack_survey::visits::Visit;

use super::selected::Selected;
use super::sheet::{Cell, Sheet};

const COLUMNS: [&str; 12] = [
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

pub(super) fn sheet(selected: &Selected) -> Sheet {
    let rows = selected.visits().iter().map(|visit| row(selected, visit)).collect();
    Sheet { name: "visits", columns: &COLUMNS, rows }
}

fn row(selected: &Selected, visit: &Visit) -> Vec<Cell> {
    let place_id = visit.place_id.as_deref();
    let zone = selected.zone(place_id);
    #[expect(clippy::cast_precision_loss, reason = "at most a day of minutes")]
    let gap = selected.rule.gap.num_minutes() as f64;
    vec![
        place_id.into(),
        selected.place_name(place_id).into(),
        visit.class.name().into(),
        Cell::local(visit.start, zone),
        Cell::local(visit.end, zone),
        zone.name().into(),
        selected.zone_source(place_id).into(),
        visit.images.into(),
        visit.animals.into(),
        gap.into(),
        selected.rule.since.name().into(),
        (visit.end - visit.start).as_seconds_f64().into(),
    ]
}
