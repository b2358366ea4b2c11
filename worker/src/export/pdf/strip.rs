//! When which camera worked, on the time axis of the chart above it, so that a dead battery is not read as a drop.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use deertrack_survey::Place;
use deertrack_survey::calendar::days;
use deertrack_survey::effort::{Camera, Source};
use serde::Serialize;

use super::counts::place_name;
use super::survey::Survey;
use super::wording::counted;

/// More rows than this would fill the page.
const MOST_ROWS: usize = 30;

/// One row for each camera.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Strip {
    pub(super) rows: Vec<StripRow>,
    /// What is not drawn, if anything.
    pub(super) more: Option<String>,
    pub(super) alt: String,
}

/// One camera.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct StripRow {
    pub(super) name: String,
    /// Whether images prove it and no deployment tells.
    pub(super) inferred: bool,
    /// When it worked, in days since the first.
    pub(super) spans: Vec<[f64; 2]>,
}

/// The strip, or nothing without effort.
pub(super) fn strip(survey: &Survey<'_>, places: &[Place]) -> Option<Strip> {
    let names: HashMap<&str, &str> =
        places.iter().map(|place| (place.id.as_str(), place.name.as_str())).collect();
    let mut rows: Vec<StripRow> =
        survey.effort.cameras.iter().map(|camera| row(survey, camera, &names)).collect();
    rows.retain(|row| !row.spans.is_empty());
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let all = rows.len();
    let broken = rows.iter().filter(|row| row.spans.len() > 1).count();
    rows.truncate(MOST_ROWS);
    let more = (all > MOST_ROWS)
        .then(|| format!("{} more, not drawn", counted((all - MOST_ROWS) as u64, "camera", "cameras")));
    let alt = format!(
        "Strip chart of the days on which each of {} worked; {} of them with gaps.",
        counted(all as u64, "camera", "cameras"),
        broken
    );
    Some(Strip { rows, more, alt })
}

fn row(survey: &Survey<'_>, camera: &Camera, names: &HashMap<&str, &str>) -> StripRow {
    let place = Some(camera.place_id.as_str());
    let range = days(survey.span.first, survey.span.last, survey.calendar.zone(place));
    let at = |instant: DateTime<Utc>| (instant - range.start).as_seconds_f64() / 86_400.0;
    let whole = at(range.end);
    let clip = |days: f64| (days.clamp(0.0, whole) * 100.0).round() / 100.0;
    let spans = camera.spans.iter().map(|span| [clip(at(span.start)), clip(at(span.end))]);
    StripRow {
        name: place_name(names, place),
        inferred: camera.source == Source::Inferred,
        spans: merged(spans.filter(|[start, end]| start < end)),
    }
}

/// Gaps under an hour are a card changed, not a camera that was away; drawn, they would be a hairline.
fn merged(spans: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    const HOUR: f64 = 1.0 / 24.0;
    let mut merged: Vec<[f64; 2]> = Vec::new();
    for [start, end] in spans {
        match merged.last_mut().filter(|last| start - last[1] < HOUR) {
            Some(last) => last[1] = end,
            None => merged.push([start, end]),
        }
    }
    merged
}
