//! One row for each span of time in which a camera stood, within the range.

use deertrack_survey::effort::{Effort, Source};

use super::basis::Basis;
use super::sheet::Cell;

pub(super) const COLUMNS: [&str; 9] =
    ["place_id", "place", "camera", "start", "end", "time_zone", "time_zone_source", "trap_nights", "source"];

/// The cells of each row.
pub(super) fn rows<'a>(
    basis: &'a Basis,
    effort: &'a Effort,
) -> impl Iterator<Item = [Cell<'a>; COLUMNS.len()]> {
    let cameras = effort.cameras.iter();
    let spans = cameras.flat_map(|camera| camera.spans.iter().map(move |span| (camera, span)));
    spans.map(|(camera, span)| {
        let place_id = Some(camera.place_id.as_str());
        let zone = basis.zone(place_id);
        [
            place_id.into(),
            basis.place_name(place_id).into(),
            camera.camera.as_deref().into(),
            Cell::local(span.start, zone),
            Cell::local(span.end, zone),
            zone.name().into(),
            basis.zone_source(place_id).into(),
            Cell::Number((span.end - span.start).as_seconds_f64() / 86_400.0),
            source(camera.source).into(),
        ]
    })
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Deployments => "deployments",
        Source::Inferred => "inferred",
    }
}
