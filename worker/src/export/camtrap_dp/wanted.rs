//! What was asked for: which places, and which days. Days are local days of each place.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{Image, Record};
use deertrack_schemas::{CamtrapDpParams, Class};
use deertrack_survey::calendar::{Calendar, Period, days};
use deertrack_survey::{Deployment, TimeRange};

/// What was asked for, by whom and when.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) params: CamtrapDpParams,
    pub(super) created_at: DateTime<Utc>,
    pub(super) requested_by: Option<String>,
}

/// The days of a request; `None`: all.
pub(super) fn days_of(params: &CamtrapDpParams) -> Option<Period> {
    Some(Period { first: params.start_date?, last: params.end_date? })
}

/// Every instant that both databases can hold and the standard can write.
pub(super) fn ever() -> TimeRange {
    let new_year = |year| {
        let day = NaiveDate::from_ymd_opt(year, 1, 1).expect("every year has a first of January");
        day.and_hms_opt(0, 0, 0).expect("every day has a midnight").and_utc()
    };
    new_year(1)..new_year(9999)
}

/// What was asked for; everything where nothing was.
pub(super) struct Wanted {
    places: Option<HashSet<String>>,
    classes: Vec<Class>,
    days: Option<Period>,
    calendar: Calendar,
}

impl Wanted {
    pub(super) fn new(params: &CamtrapDpParams, calendar: Calendar) -> Self {
        let places = params.place_ids.as_ref().map(|ids| ids.iter().cloned().collect());
        let classes = params.classifications.clone();
        Self { places, classes, days: days_of(params), calendar }
    }

    pub(super) fn has_image(&self, image: &Image) -> bool {
        self.has(image.place_id.as_deref(), image.taken_at)
    }

    pub(super) fn has_record(&self, record: &Record) -> bool {
        self.classes.contains(&record.class) && self.has(record.image.place_id.as_deref(), record.seen_at())
    }

    pub(super) fn has_place(&self, id: &str) -> bool {
        self.places.as_ref().is_none_or(|wanted| wanted.contains(id))
    }

    /// What was at a place (`None`: at no known one) at a time.
    fn has(&self, place: Option<&str>, at: Option<DateTime<Utc>>) -> bool {
        let is_there = place.map_or(self.places.is_none(), |id| self.has_place(id));
        let is_then = |days: Period| at.is_some_and(|at| days.contains(self.calendar.day(place, at)));
        is_there && self.days.is_none_or(is_then)
    }

    /// When a deployment stood on these days, if it did. One that still stands has lasted until the request.
    pub(super) fn part(&self, deployment: &Deployment, now: DateTime<Utc>) -> Option<TimeRange> {
        let (start, end) = (deployment.start, deployment.end.unwrap_or(now).max(deployment.start));
        let Some(wanted) = self.days else { return Some(start..end) };
        let range = days(wanted.first, wanted.last, self.zone(&deployment.place_id));
        let stood = start < range.end && end > range.start;
        stood.then(|| start.max(range.start)..end.min(range.end))
    }

    /// In words, with how it is known: `local time (Europe/Brussels, from the coordinates)`.
    pub(super) fn local_time<'b>(&self, places: impl Iterator<Item = &'b str>) -> String {
        self.calendar.words(places.map(Some))
    }

    pub(super) fn zone(&self, place_id: &str) -> Tz {
        self.calendar.zone(Some(place_id))
    }
}
