//! Rows in, report out. Pure: no clock, no database, no drawing.
//!
//! What is counted: a detection is one row of the catalog; images and individuals are distinct ids. Words are made in
//! `findings` and `notes`, effort in `effort`, local time in `period`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Timelike, Utc};
use chrono_tz::Tz;
use deertrack_schemas::Class;
use deertrack_schemas::pdf::{GroupBy, PdfParams, ReportType};

use super::period::{Period, Periods};
use super::report::{AltTexts, ClassName, Counts, PeriodRow, PlaceFacts, PlaceRow, Report, Sections};
use super::{effort, findings, notes, wording};
use crate::catalog::{Deployment, Detection, Place, TimeRange};
use crate::export::range::local_days;

/// What the catalog answered.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) detections: Vec<Detection>,
    pub(super) places: Vec<Place>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) dataset: Option<String>,
}

/// What was asked, when and in which zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) params: &'a PdfParams,
    pub(super) zone: Tz,
    pub(super) created_at: DateTime<Utc>,
}

impl Asked<'_> {
    /// The instants of all its days.
    pub(super) fn range(&self) -> TimeRange {
        local_days(self.params.start_date, self.params.end_date, self.zone)
    }

    /// The classes it counts, in the order of every table and legend.
    pub(super) fn classes(&self) -> Vec<Class> {
        Class::ALL.into_iter().filter(|class| self.params.classifications.contains(class)).collect()
    }
}

/// Places beyond this many are printed as one row.
const MOST_PLACES: usize = 200;

/// Computes the report. `None` when nothing was detected.
pub(super) fn report(rows: &Rows, asked: &Asked<'_>) -> Option<Report> {
    let survey = Survey::new(rows, asked);
    if survey.detections.is_empty() {
        return None;
    }
    let params = asked.params;
    let periods = Periods::new(params.start_date..=params.end_date, params.group_by);
    let ticks = periods.ticks();
    let mut report = Report {
        title: title(params),
        report_type: report_type(params.report_type),
        span: wording::long_span(params.start_date, params.end_date),
        dataset: rows.dataset.clone(),
        headline: String::new(),
        findings: Vec::new(),
        classes: survey.classes.iter().copied().map(class_name).collect(),
        unit: unit(params.group_by),
        periods: survey.by_period(periods),
        ticks,
        places: survey.by_place(&rows.places),
        place_facts: survey.place_facts(),
        total: survey.counts(survey.detections.iter().copied(), survey.nights_of_all()),
        hours: survey.by_hour(),
        notes: Vec::new(),
        generated: asked.created_at.with_timezone(&asked.zone).format("%-d %B %Y, %H:%M").to_string(),
        sections: Sections {
            charts: params.include_charts,
            tables: params.include_tables,
            insights: params.include_insights,
        },
        alt: AltTexts { periods: String::new(), hours: String::new() },
    };
    report.headline = findings::headline(&report);
    if params.include_insights {
        report.findings = findings::paragraph(&report);
    }
    report.alt = findings::alt_texts(&report);
    report.notes = notes::all(&report, rows, asked);
    Some(report)
}

/// The detections that count, with what is known of where and when cameras stood.
struct Survey<'a> {
    asked: &'a Asked<'a>,
    classes: Vec<Class>,
    detections: Vec<&'a Detection>,
    deployments: &'a [Deployment],
    /// Trap nights of each place that has any.
    nights: BTreeMap<&'a str, f64>,
}

impl<'a> Survey<'a> {
    fn new(rows: &'a Rows, asked: &'a Asked<'a>) -> Self {
        let (range, classes) = (asked.range(), asked.classes());
        let counts = |d: &&Detection| range.contains(&d.taken_at) && classes.contains(&d.class);
        Self {
            detections: rows.detections.iter().filter(counts).collect(),
            deployments: &rows.deployments,
            nights: effort::by_place(&rows.deployments, &range, asked.created_at),
            asked,
            classes,
        }
    }

    fn nights_of_all(&self) -> Option<f64> {
        (!self.nights.is_empty()).then(|| self.nights.values().sum())
    }

    /// One row for each period, those without detections too.
    fn by_period(&self, periods: Periods) -> Vec<PeriodRow> {
        let mut groups: Vec<Vec<&Detection>> = vec![Vec::new(); periods.all.len()];
        for &detection in &self.detections {
            let day = detection.taken_at.with_timezone(&self.asked.zone).date_naive();
            if let Some(group) = periods.position(day).and_then(|index| groups.get_mut(index)) {
                group.push(detection);
            }
        }
        let row = |(period, group): (Period, Vec<&Detection>)| PeriodRow {
            counts: self.counts(group, self.nights_in(&period)),
            period,
        };
        periods.all.into_iter().zip(groups).map(row).collect()
    }

    /// Trap nights in a period; `None` when no deployment is known in the whole range.
    fn nights_in(&self, period: &Period) -> Option<f64> {
        let range = local_days(period.first, period.last, self.asked.zone);
        let nights = || effort::trap_nights(self.deployments, &range, self.asked.created_at);
        (!self.nights.is_empty()).then(nights)
    }

    /// One row for each place with detections or effort; the most detections first.
    fn by_place(&self, places: &[Place]) -> Vec<PlaceRow> {
        let names: HashMap<&str, &str> =
            places.iter().map(|place| (place.id.as_str(), place.name.as_str())).collect();
        let name = |id: Option<&str>| match id {
            None => "Place not recorded".to_owned(),
            Some(id) => {
                names.get(id).copied().filter(|name| !name.trim().is_empty()).unwrap_or(id).to_owned()
            }
        };
        let mut groups: Vec<_> =
            self.place_groups().into_iter().map(|(id, group)| (name(id), id, group)).collect();
        groups.sort_unstable_by(|a, b| (Reverse(a.2.len()), &a.0, a.1).cmp(&(Reverse(b.2.len()), &b.0, b.1)));
        let rest = groups.split_off(groups.len().min(MOST_PLACES));
        let nights = |id: Option<&str>| id.and_then(|id| self.nights.get(id).copied());
        let mut rows: Vec<_> = groups
            .into_iter()
            .map(|(name, id, group)| PlaceRow {
                name,
                is_place: id.is_some(),
                counts: self.counts(group, nights(id)),
            })
            .collect();
        if !rest.is_empty() {
            let nights = rest.iter().filter_map(|(_, id, _)| nights(*id)).reduce(|sum, more| sum + more);
            rows.push(PlaceRow {
                name: wording::counted(rest.len() as u64, "other place", "other places"),
                is_place: false,
                counts: self.counts(rest.iter().flat_map(|(_, _, group)| group.iter().copied()), nights),
            });
        }
        rows
    }

    fn place_facts(&self) -> PlaceFacts {
        let groups = self.place_groups();
        let seen = groups.iter().filter(|(id, group)| id.is_some() && !group.is_empty()).count();
        let empty = groups.values().filter(|group| group.is_empty()).count();
        let outside = self.detections.iter().filter(|detection| !self.has_effort(detection)).count();
        PlaceFacts { seen: seen as u64, empty: empty as u64, outside_effort: outside as u64 }
    }

    /// Detections by place; places with effort and no detections are there, too.
    fn place_groups(&self) -> HashMap<Option<&'a str>, Vec<&'a Detection>> {
        let mut groups: HashMap<_, Vec<_>> =
            self.nights.keys().map(|place| (Some(*place), Vec::new())).collect();
        for &detection in &self.detections {
            groups.entry(detection.place_id.as_deref()).or_default().push(detection);
        }
        groups
    }

    fn has_effort(&self, detection: &Detection) -> bool {
        detection.place_id.as_deref().is_some_and(|place| self.nights.contains_key(place))
    }

    fn by_hour(&self) -> Vec<Vec<u64>> {
        let mut hours = vec![vec![0; self.classes.len()]; 24];
        for detection in &self.detections {
            let hour = detection.taken_at.with_timezone(&self.asked.zone).hour() as usize;
            if let Some(class) = self.column(detection.class) {
                hours[hour][class] += 1;
            }
        }
        hours
    }

    fn counts(
        &self,
        detections: impl IntoIterator<Item = &'a Detection>,
        trap_nights: Option<f64>,
    ) -> Counts {
        let (mut images, mut individuals) = (HashSet::new(), HashSet::new());
        let mut by_class = vec![0; self.classes.len()];
        let mut with_effort = 0;
        for detection in detections {
            images.insert(detection.image_id.as_str());
            individuals.extend(detection.deer_id.as_deref());
            if let Some(class) = self.column(detection.class) {
                by_class[class] += 1;
            }
            with_effort += u64::from(self.has_effort(detection));
        }
        Counts {
            detections: by_class.iter().sum(),
            by_class,
            images: images.len() as u64,
            individuals: individuals.len() as u64,
            trap_nights,
            rate: trap_nights.and_then(|nights| effort::rate(with_effort, nights)),
        }
    }

    fn column(&self, class: Class) -> Option<usize> {
        self.classes.iter().position(|column| *column == class)
    }
}

fn title(params: &PdfParams) -> String {
    let given = params.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    given.map_or_else(
        || format!("Deer activity, {}", wording::in_words(params.start_date, params.end_date)),
        str::to_owned,
    )
}

fn report_type(report_type: ReportType) -> &'static str {
    match report_type {
        ReportType::SeasonalActivity => "Seasonal activity report",
    }
}

fn unit(group_by: GroupBy) -> &'static str {
    match group_by {
        GroupBy::Day => "day",
        GroupBy::Week => "week",
        GroupBy::Month => "month",
    }
}

fn class_name(class: Class) -> ClassName {
    let label = match class {
        Class::Buck => "Bucks",
        Class::Doe => "Does",
        Class::Fawn => "Fawns",
        Class::Unknown => "Unclassified",
    };
    ClassName { key: class.name(), label }
}
