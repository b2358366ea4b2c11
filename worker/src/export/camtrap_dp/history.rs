//! The detection history: was a deer seen at this place on this occasion, and how long did a camera stand there?
//!
//! One row for each place in the wide form that R reads for occupancy models: `unmarked::csvToUMF(file, type =
//! "unmarkedFrameOccu")` takes it as it is, and columns 2 to J+1 are the matrix that camtrapR's `detectionHistory`
//! gives. Occasions are the same local days at every place: over the days that were asked for, else from the first
//! deployment to the end of the last.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use deertrack_survey::calendar::{Period, days};
use deertrack_survey::effort::{Effort, passed};
use deertrack_survey::{Deployment, TimeRange};

use super::survey::{Stand, Survey};
use super::wanted::ever;
use crate::export::table_text::Csv;

pub(super) const FILE: &str = "detection_history.csv";
pub(super) const DESCRIPTION: &str = "Occupancy matrix: site (locationID); y.1 to y.J: 1 detected, 0 not detected, NA no camera stood; effort.1 to effort.J: camera days.";
pub(super) const OCCASIONS_FILE: &str = "detection_history_occasions.csv";
pub(super) const OCCASIONS_DESCRIPTION: &str =
    "First and last local day of each occasion of the detection history.";

/// The matrix with its effort.
pub(super) fn matrix(survey: &Survey, days: u32) -> Vec<u8> {
    let occasions = occasions_of(survey, days);
    let numbered = |name: &str| -> Vec<String> {
        (1..=occasions.len()).map(|number| format!("{name}.{number}")).collect()
    };
    let columns = [vec!["site".to_owned()], numbered("y"), numbered("effort")].concat();
    let mut csv = Csv::new(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for (place, history) in histories(survey, &occasions) {
        let mut row = csv.row().text(place);
        for (is_seen, effort) in history.seen.iter().zip(&history.effort) {
            row = match (is_seen, *effort > 0.0) {
                (true, _) => row.text("1"),
                (false, true) => row.text("0"),
                (false, false) => row.text("NA"),
            };
        }
        history.effort.iter().fold(row, |row, days| row.number(Some(to_seconds(*days)))).end();
    }
    csv.finish()
}

/// When each occasion was.
pub(super) fn occasions(survey: &Survey, days: u32) -> Vec<u8> {
    let mut csv = Csv::new(&["occasion", "first_day", "last_day"]);
    for (number, occasion) in (1..).zip(occasions_of(survey, days)) {
        let row = csv.row().number(Some(f64::from(number)));
        row.text(&occasion.first.to_string()).text(&occasion.last.to_string()).end();
    }
    csv.finish()
}

fn occasions_of(survey: &Survey, days: u32) -> Vec<Period> {
    let Some(Period { mut first, last }) = survey.days.or_else(|| days_of_stands(survey)) else {
        return Vec::new();
    };
    let mut occasions = Vec::new();
    while first <= last {
        let behind = first + Days::new(days.into());
        occasions.push(Period { first, last: (behind - Days::new(1)).min(last) });
        first = behind;
    }
    occasions
}

fn days_of_stands(survey: &Survey) -> Option<Period> {
    let day = |at: DateTime<Utc>, zone: Tz| at.with_timezone(&zone).date_naive();
    let first = survey.stands.iter().map(|stand| day(stand.start, stand.zone)).min()?;
    let last = survey.stands.iter().map(|stand| day(stand.end, stand.zone)).max()?;
    Some(Period { first, last })
}

/// What is known of one place, by occasion.
struct History {
    seen: Vec<bool>,
    /// Camera days.
    effort: Vec<f64>,
}

fn histories<'a>(survey: &'a Survey, occasions: &[Period]) -> BTreeMap<&'a str, History> {
    let mut histories: BTreeMap<&str, (Vec<TimeRange>, History)> = BTreeMap::new();
    for stand in &survey.stands {
        histories.entry(&stand.place.id).or_insert_with(|| empty(stand, occasions));
    }
    for camera in effort(survey).cameras {
        let Some((ranges, history)) = histories.get_mut(camera.place_id.as_str()) else { continue };
        for (range, effort) in ranges.iter().zip(&mut history.effort) {
            *effort += camera.spans.iter().map(|span| shared_days(range, span)).sum::<f64>();
        }
    }
    for (record, stand) in &survey.records {
        let place = survey.stands[*stand].place.id.as_str();
        let (Some((ranges, history)), Some(at)) = (histories.get_mut(place), record.image.taken_at) else {
            continue;
        };
        let index = ranges.partition_point(|range| range.end <= at);
        if ranges.get(index).is_some_and(|range| range.contains(&at)) {
            history.seen[index] = true;
        }
    }
    histories.into_iter().map(|(place, (_, history))| (place, history)).collect()
}

/// By the rules of counting: no camera twice, no silence over a day, nothing that is yet to come.
fn effort(survey: &Survey) -> Effort {
    let told = |stand: &Stand| Deployment {
        id: stand.id.clone(),
        place_id: stand.place.id.clone(),
        camera: stand.camera.clone(),
        start: stand.start,
        end: Some(stand.end),
    };
    let stands = survey.stands.iter().filter(|stand| !stand.is_inferred);
    let images = survey.images.iter();
    let seen =
        images.filter_map(|(image, stand)| Some((survey.stands[*stand].place.id.as_str(), image.taken_at?)));
    let range = passed(ever(), survey.asked_at);
    Effort::of_deployments(&stands.map(told).collect::<Vec<_>>(), &range).and_inferred(seen, &range)
}

/// Days of 24 hours.
fn shared_days(a: &TimeRange, b: &TimeRange) -> f64 {
    (a.end.min(b.end) - a.start.max(b.start)).as_seconds_f64().max(0.0) / 86_400.0
}

fn empty(stand: &Stand, occasions: &[Period]) -> (Vec<TimeRange>, History) {
    let ranges = occasions.iter().map(|occasion| days(occasion.first, occasion.last, stand.zone));
    let history = History { seen: vec![false; occasions.len()], effort: vec![0.0; occasions.len()] };
    (ranges.collect(), history)
}

/// Days to five digits: about a second.
fn to_seconds(days: f64) -> f64 {
    (days * 100_000.0).round() / 100_000.0
}
