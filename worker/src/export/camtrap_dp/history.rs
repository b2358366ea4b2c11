//! The detection history: was a deer seen at this place on this occasion, how many at once, and how long did a camera
//! stand there?
//!
//! One row for each place in the wide form that R reads for occupancy models: `unmarked::csvToUMF(file, type =
//! "unmarkedFrameOccu")` takes it as it is, and columns 2 to J+1 are the matrix that camtrapR's `detectionHistory`
//! gives. The counts beside it have the same form for N-mixture models (`type = "unmarkedFramePCount"`). Occasions are the same local days at every place: over the days that were asked for, else from the first
//! deployment to the end of the last, and never beyond the day of the request. What a camera saw in the instant in which
//! it was taken down belongs to the last occasion on which it stood.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::Record;
use deertrack_catalog::corrections::Failure;
use deertrack_survey::calendar::{Period, days};
use deertrack_survey::effort::{Effort, passed};
use deertrack_survey::{self as survey, Deployment, TimeRange};

use super::stands::Stand;
use super::survey::Survey;
use super::wanted::ever;
use crate::export::table_text::Csv;

/// A camera that stood for less on an occasion has not looked: a deployment that ends two hours after midnight, as it
/// does where somebody wrote down days in UTC, is no reason to say that no deer came on that occasion.
const LEAST_LOOK: TimeDelta = TimeDelta::hours(6);

/// Columns of either kind: eleven years of days. A hundred thousand are no history but a year 4999.
const MOST_OCCASIONS: u64 = 4000;

pub(super) const FILE: &str = "detection_history.csv";
pub(super) const DESCRIPTION: &str = "Occupancy matrix: site (locationID); y.1 to y.J: 1 detected, 0 not detected, NA no camera stood (or for under 6 hours); effort.1 to effort.J: camera days.";
pub(super) const COUNTS_FILE: &str = "detection_counts.csv";
pub(super) const COUNTS_DESCRIPTION: &str = "Counts for N-mixture models: site (locationID); y.1 to y.J: the most animals that one image or event of the occasion shows, NA as in the detection history; effort.1 to effort.J: camera days.";
pub(super) const OCCASIONS_FILE: &str = "detection_history_occasions.csv";
pub(super) const OCCASIONS_DESCRIPTION: &str =
    "First and last local day of each occasion of the detection history.";

/// The detection history while rows are read.
pub(super) struct History {
    occasions: Vec<Period>,
    /// By their ids in the database.
    places: Vec<PlaceHistory>,
    /// The index of the place of each stand.
    of_stand: Vec<usize>,
    /// Where and when stands ended of which somebody told it.
    stood_until: HashSet<(usize, DateTime<Utc>)>,
}

/// What is known of one place, by occasion.
struct PlaceHistory {
    /// As told.
    id: String,
    ranges: Arc<[TimeRange]>,
    /// The most animals that were seen at once; 0: none was.
    animals: Vec<u32>,
    /// Camera days.
    effort: Vec<f64>,
}

impl History {
    pub(super) fn new(survey: &Survey, days: u32) -> Self {
        let occasions = occasions_of(survey, days);
        let ids: BTreeMap<&str, Tz> =
            survey.stands.iter().rev().map(|stand| (stand.place.id.as_str(), stand.zone)).collect();
        let index: HashMap<&str, usize> = ids.keys().enumerate().map(|(index, id)| (*id, index)).collect();
        let mut of_zone: HashMap<Tz, Arc<[TimeRange]>> = HashMap::new();
        let mut places: Vec<PlaceHistory> = ids
            .iter()
            .map(|(id, zone)| PlaceHistory {
                id: survey.ids.places.told(id).to_owned(),
                ranges: Arc::clone(of_zone.entry(*zone).or_insert_with(|| ranges(&occasions, *zone))),
                animals: vec![0; occasions.len()],
                effort: vec![0.0; occasions.len()],
            })
            .collect();
        for camera in effort(survey).cameras {
            let Some(place) = index.get(camera.place_id.as_str()) else { continue };
            let PlaceHistory { ranges, effort, .. } = &mut places[*place];
            for (range, effort) in ranges.iter().zip(effort) {
                *effort += camera.spans.iter().map(|span| shared_days(range, span)).sum::<f64>();
            }
        }
        let of_stand: Vec<usize> = survey.stands.iter().map(|stand| index[stand.place.id.as_str()]).collect();
        let stood_until = told(survey).map(|stand| (index[stand.place.id.as_str()], stand.end)).collect();
        Self { occasions, places, of_stand, stood_until }
    }

    /// Adds a row of a stand, by its index. One that repeats another says nothing more.
    pub(super) fn add(&mut self, record: &Record, stand: usize) {
        if record.repeats_id.is_some() {
            return;
        }
        let (Some(at), Some(until)) = (record.seen_at(), record.seen_until()) else { return };
        self.see(stand, [at, until], 1);
    }

    /// Adds what counts of one image, or of an event that it stands for: so many were seen at once.
    pub(super) fn count(&mut self, at_once: &[survey::Record], stand: usize) {
        let animals = at_once.iter().map(|row| row.count).sum();
        let from = at_once.iter().map(|row| row.taken_at).min();
        let until = at_once.iter().map(|row| row.until).max();
        if let (Some(from), Some(until)) = (from, until) {
            self.see(stand, [from, until], animals);
        }
    }

    fn see(&mut self, stand: usize, [at, until]: [DateTime<Utc>; 2], most: u32) {
        let place = self.of_stand[stand];
        let PlaceHistory { ranges, animals, effort, .. } = &mut self.places[place];
        let index = ranges.partition_point(|range| range.end <= at);
        let index = match effort.get(index) {
            // Nobody stood on the day that began in this very instant.
            None | Some(0.0) if self.stood_until.contains(&(place, at)) => index.saturating_sub(1),
            _ => index,
        };
        if ranges.get(index).is_some_and(|range| range.start <= at && at <= range.end) {
            animals[index] = animals[index].max(most);
        }
        // An event that lasts beyond an occasion was seen on the next one as well, if a camera stood there.
        let lasts = ranges.iter().zip(effort.iter()).zip(animals).skip(index + 1);
        for ((_, effort), animals) in lasts.take_while(|((range, _), _)| range.start < until) {
            if *effort > 0.0 {
                *animals = (*animals).max(most);
            }
        }
    }

    /// The matrix with its effort: seen or not.
    pub(super) fn matrix(&self) -> Vec<u8> {
        self.written(|animals| animals.min(1))
    }

    /// The same with the most animals that were seen at once.
    pub(super) fn counts(&self) -> Vec<u8> {
        self.written(|animals| animals)
    }

    fn written(&self, cell: impl Fn(u32) -> u32) -> Vec<u8> {
        let numbered = |name: &str| -> Vec<String> {
            (1..=self.occasions.len()).map(|number| format!("{name}.{number}")).collect()
        };
        let columns = [vec!["site".to_owned()], numbered("y"), numbered("effort")].concat();
        let mut csv = Csv::new(&columns.iter().map(String::as_str).collect::<Vec<_>>());
        for PlaceHistory { id, animals, effort, .. } in &self.places {
            let mut row = csv.row().key(id);
            for (animals, effort) in animals.iter().zip(effort) {
                let has_looked = *effort >= LEAST_LOOK.as_seconds_f64() / 86_400.0;
                row = if *animals > 0 || has_looked {
                    row.number(Some(f64::from(cell(*animals))))
                } else {
                    row.text("NA")
                };
            }
            effort.iter().fold(row, |row, days| row.number(Some(to_seconds(*days)))).end();
        }
        csv.finish()
    }

    /// When each occasion was.
    pub(super) fn occasions(&self) -> Vec<u8> {
        let mut csv = Csv::new(&["occasion", "first_day", "last_day"]);
        for (number, occasion) in (1..).zip(&self.occasions) {
            let row = csv.row().number(Some(f64::from(number)));
            row.text(&occasion.first.to_string()).text(&occasion.last.to_string()).end();
        }
        csv.finish()
    }
}

/// What to know of the occasions beyond their file, if there is anything.
pub(super) fn remark(survey: &Survey, days: u32) -> Option<String> {
    let longer = days_of_one(span(survey)?, days);
    (longer > days).then(|| {
        format!(
            "occasions of {longer} days and not {days}, for a history of more than {MOST_OCCASIONS} would be the work of \
             a wrong clock"
        )
    })
}

fn occasions_of(survey: &Survey, days: u32) -> Vec<Period> {
    let Some(span) = span(survey) else { return Vec::new() };
    let (days, Period { mut first, last }) = (days_of_one(span, days), span);
    let mut occasions = Vec::new();
    while first <= last {
        let behind = first + Days::new(days.into());
        occasions.push(Period { first, last: (behind - Days::new(1)).min(last) });
        first = behind;
    }
    occasions
}

/// Longer than asked for where there would be too many: then no row is lost, and every column still is some days.
fn days_of_one(span: Period, asked: u32) -> u32 {
    let all = (span.last - span.first).num_days().unsigned_abs() + 1;
    let least = all.div_ceil(MOST_OCCASIONS);
    asked.max(u32::try_from(least).unwrap_or(u32::MAX))
}

/// The days of the history: none is yet to come, whatever a clock or a plan says.
fn span(survey: &Survey) -> Option<Period> {
    let told = survey.days.or_else(|| days_of_stands(survey))?;
    let zones = survey.stands.iter().map(|stand| stand.zone);
    let today = zones.map(|zone| survey.asked_at.with_timezone(&zone).date_naive()).max()?;
    let last = told.last.min(today);
    (told.first <= last).then_some(Period { first: told.first, last })
}

fn days_of_stands(survey: &Survey) -> Option<Period> {
    let day = |at: DateTime<Utc>, zone: Tz| at.with_timezone(&zone).date_naive();
    let effort = || survey.stands.iter().filter(|stand| stand.is_effort);
    let days = effort().map(|stand| {
        let edge = LEAST_LOOK.min((stand.end - stand.start) / 2);
        // One that ends at midnight has no part of the day that begins.
        let last = (stand.end - edge.max(TimeDelta::nanoseconds(1))).max(stand.start);
        (day(stand.start + edge, stand.zone), day(last, stand.zone))
    });
    let (first, last) = span_of(days.chain(survey.seen_days))?;
    Some(Period { first, last })
}

/// From the first of these days to the last.
pub(super) fn span_of(days: impl Iterator<Item = (NaiveDate, NaiveDate)>) -> Option<(NaiveDate, NaiveDate)> {
    days.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}

/// The local day on which something was seen at a stand: the instant in which it was taken down is the last of it.
pub(super) fn day_seen(stand: &Stand, at: DateTime<Utc>) -> NaiveDate {
    let at = if at == stand.end { at - TimeDelta::nanoseconds(1) } else { at };
    at.max(stand.start).with_timezone(&stand.zone).date_naive()
}

/// The stands of which somebody told from when to when they were.
fn told(survey: &Survey) -> impl Iterator<Item = &Stand> {
    survey.stands.iter().filter(|stand| !stand.is_inferred && stand.is_effort)
}

/// By the rules of counting: no camera twice, no silence over a day, nothing that is yet to come.
fn effort(survey: &Survey) -> Effort {
    let deployment = |stand: &Stand| Deployment {
        id: stand.id.clone(),
        place_id: stand.place.id.clone(),
        camera: stand.counted_camera.clone(),
        start: stand.start,
        end: Some(stand.end),
        failures: stand.failures.iter().map(Failure::range).collect(),
    };
    let range = passed(ever(), survey.asked_at);
    Effort::of_deployments(&told(survey).map(deployment).collect::<Vec<_>>(), &range)
        .and_proven(survey.proof.clone())
}

/// Days of 24 hours.
fn shared_days(a: &TimeRange, b: &TimeRange) -> f64 {
    (a.end.min(b.end) - a.start.max(b.start)).as_seconds_f64().max(0.0) / 86_400.0
}

fn ranges(occasions: &[Period], zone: Tz) -> Arc<[TimeRange]> {
    occasions.iter().map(|occasion| days(occasion.first, occasion.last, zone)).collect()
}

/// Days to five digits: about a second.
fn to_seconds(days: f64) -> f64 {
    (days * 100_000.0).round() / 100_000.0
}
