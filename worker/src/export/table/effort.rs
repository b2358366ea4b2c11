//! One row for each span of time in which a camera stood, within the range.

use deertrack_survey::effort::Source;

use super::selected::Selected;
use super::sheet::{Cell, Sheet};

const COLUMNS: [&str; 9] =
    ["place_id", "place", "camera", "start", "end", "time_zone", "time_zone_source", "trap_nights", "source"];

pub(super) fn sheet(selected: &Selected) -> Sheet {
    let cameras = selected.effort.cameras.iter();
    let spans = cameras.flat_map(|camera| camera.spans.iter().map(move |span| (camera, span)));
    let rows = spans.map(|(camera, span)| {
        let place_id = Some(camera.place_id.as_str());
        let zone = selected.zone(place_id);
        vec![
            place_id.into(),
            selected.place_name(place_id).into(),
            camera.camera.as_deref().into(),
            Cell::local(span.start, zone),
            Cell::local(span.end, zone),
            zone.name().into(),
            selected.zone_source(place_id).into(),
            Cell::Number((span.end - span.start).as_seconds_f64() / 86_400.0),
            source(camera.source).into(),
        ]
    });
    Sheet { name: "effort", columns: &COLUMNS, rows: rows.collect() }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Deployments => "deployments",
        Source::Inferred => "inferred",
    }
}
