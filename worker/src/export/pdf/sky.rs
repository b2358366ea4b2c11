//! The sun over a report's days: how light it was at each visit, and when the sun rose and set.
//!
//! Only for places with coordinates; the real ones are used, whatever a map prints.

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use deertrack_schemas::Class;
use deertrack_survey::Place;
use deertrack_survey::interval::LEVEL;
use deertrack_survey::ratios::share;
use deertrack_survey::sun::{Coordinates, Light, light, sun_day};
use deertrack_survey::visits::Visit;
use serde::Serialize;

use super::estimate::Estimate;
use super::survey::Survey;
use super::wording::class_name;

/// Where places are.
pub(super) struct Sky<'a> {
    places: HashMap<&'a str, Coordinates>,
}

impl<'a> Sky<'a> {
    pub(super) fn new(places: &'a [Place]) -> Self {
        let known = places.iter().filter_map(|place| Some((place.id.as_str(), Coordinates::of(place)?)));
        Self { places: known.collect() }
    }

    pub(super) fn coordinates(&self, place: Option<&str>) -> Option<Coordinates> {
        self.places.get(place?).copied()
    }

    /// How light it was when a visit began; `None` where the place has no coordinates.
    pub(super) fn light(&self, visit: &Visit) -> Option<Light> {
        light(self.coordinates(visit.place_id.as_deref())?, visit.start)
    }

    /// The place with the most visits that has coordinates.
    fn usual(&self, survey: &Survey<'a>) -> Option<(Coordinates, Tz)> {
        let mut visits: BTreeMap<&str, u64> = BTreeMap::new();
        for place in survey.visits.iter().filter_map(|visit| visit.place_id.as_deref()) {
            *visits.entry(place).or_default() += 1;
        }
        let known = visits.into_iter().filter_map(|(place, n)| Some((n, place, self.places.get(place)?)));
        let (_, place, coordinates) = known.max_by_key(|(n, ..)| *n)?;
        Some((*coordinates, survey.calendar.zone(Some(place))))
    }
}

/// Visits by day, in twilight and by night.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct LightRow {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) day: u64,
    pub(super) twilight: u64,
    pub(super) night: u64,
    /// The share by day.
    pub(super) daylight: Estimate,
}

/// A row for each class with visits at places with coordinates.
pub(super) fn light_rows(survey: &Survey<'_>, sky: &Sky<'_>) -> Vec<LightRow> {
    let rows = survey.classes.iter().map(|class| light_row(survey.visits_of(*class), *class, sky));
    rows.filter(|row| row.day + row.twilight + row.night > 0).collect()
}

fn light_row<'v>(visits: impl Iterator<Item = &'v Visit>, class: Class, sky: &Sky<'_>) -> LightRow {
    let (mut day, mut twilight, mut night) = (0, 0, 0);
    for light in visits.filter_map(|visit| sky.light(visit)) {
        match light {
            Light::Day => day += 1,
            Light::Twilight => twilight += 1,
            Light::Night => night += 1,
        }
    }
    let daylight = Estimate::from(&share(day, day + twilight + night, LEVEL));
    LightRow { key: class.name(), label: class_name(class).label, day, twilight, night, daylight }
}

/// When the sun rose and set, in local hours, over the days of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SunBand {
    /// The earliest and the latest sunrise.
    pub(super) sunrise: [f64; 2],
    /// The earliest and the latest sunset.
    pub(super) sunset: [f64; 2],
    /// `Sunrise 07:12 to 08:41, sunset 16:01 to 18:20.`
    pub(super) words: String,
}

/// At the place with the most visits; `None` without coordinates, or where the sun does not rise and set each day.
pub(super) fn sun_band(survey: &Survey<'_>, sky: &Sky<'_>) -> Option<SunBand> {
    /// Days between those that are looked at: the sun's times change by minutes a week.
    const STEP: usize = 6;
    let (coordinates, zone) = sky.usual(survey)?;
    let days = survey.span.first.iter_days().take_while(|day| *day <= survey.span.last);
    let looked_at: Vec<NaiveDate> = days.step_by(STEP).chain([survey.span.last]).collect();
    let mut times: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
    for day in looked_at {
        let sun = sun_day(coordinates, day, zone);
        times[0].push(local_hour(sun.sunrise?, zone));
        times[1].push(local_hour(sun.sunset?, zone));
    }
    let [sunrise, sunset] = times.map(|hours| {
        [hours.iter().copied().fold(f64::INFINITY, f64::min), hours.iter().copied().fold(0.0, f64::max)]
    });
    // A sun that sets behind midnight has no band on a page that begins with it.
    if sunrise[1] >= sunset[0] {
        return None;
    }
    let between = |[first, last]: [f64; 2]| format!("{} to {}", clock(first), clock(last));
    let words = format!("Sunrise {}, sunset {} local time.", between(sunrise), between(sunset));
    Some(SunBand { sunrise, sunset, words })
}

fn local_hour(at: chrono::DateTime<Utc>, zone: Tz) -> f64 {
    f64::from(at.with_timezone(&zone).num_seconds_from_midnight()) / 3600.0
}

/// `07:12`.
fn clock(hour: f64) -> String {
    let minutes = (hour * 60.0).round() as u32;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
