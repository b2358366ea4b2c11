//! The numbers of a row: of a period, of a place, of all days.
//!
//! Images and individuals are distinct in each row, so a sum row is counted and not added up. Rates leave out visits of
//! days on which no camera is known to have stood at their place.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use deertrack_schemas::Class;
use deertrack_survey::Place;
use deertrack_survey::calendar;
use deertrack_survey::effort::Effort;
use deertrack_survey::presence::Presence;
use deertrack_survey::rates::PER_NIGHTS;
use deertrack_survey::tally::Sum;
use deertrack_survey::visits::Visit;
use serde::Serialize;

use super::period::{Period, Periods};
use super::survey::{Survey, when};
use super::wording;

/// Places beyond this many are printed as one row.
const MOST_PLACES: usize = 200;
/// Below one trap night a rate would only be noise.
const FEWEST_NIGHTS: f64 = 1.0;

/// What the tables print. Lists are in the order of the classes asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Counts {
    pub(super) visits_by_class: Vec<u64>,
    pub(super) visits: u64,
    pub(super) detections_by_class: Vec<u64>,
    pub(super) detections: u64,
    /// Distinct.
    pub(super) images: u64,
    /// Distinct known deer; `None` where nobody tells them apart.
    pub(super) individuals: Option<u64>,
    /// `None` where no effort is known in the whole span.
    pub(super) trap_nights: Option<f64>,
    /// Visits per 100 trap nights.
    pub(super) rates: Vec<Option<f64>>,
    pub(super) rate: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PeriodRow {
    #[serde(flatten)]
    pub(super) period: Period,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct PlaceRow {
    /// Its number on the map; `None` for what is no single place.
    pub(super) number: Option<usize>,
    /// Its id, for whoever looks for it.
    #[serde(skip)]
    pub(super) id: Option<String>,
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) counts: Counts,
}

/// All days.
pub(super) fn total(survey: &Survey<'_>) -> Counts {
    count(survey, &survey.tally.total(), survey.visits, &survey.effort)
}

/// One row for each period, those without detections too.
pub(super) fn by_period(survey: &Survey<'_>, periods: &Periods) -> Vec<PeriodRow> {
    let stood = Presence::of(&survey.effort, survey.calendar);
    let mut sums = survey.tally.sums(|_, day| periods.position(day));
    let mut visits: Vec<Vec<&Visit>> = periods.all.iter().map(|_| Vec::new()).collect();
    for visit in survey.visits {
        let (place, at) = when(visit);
        if let Some(group) = periods.position(stood.day(place, at)).and_then(|index| visits.get_mut(index)) {
            group.push(visit);
        }
    }
    let row = |((index, period), visits): ((usize, &Period), Vec<&Visit>)| {
        let part = calendar::Period { first: period.first, last: period.last };
        let effort = survey.effort_of(part);
        let sum = sums.remove(&index).unwrap_or_default();
        PeriodRow { period: period.clone(), counts: count(survey, &sum, visits, &effort) }
    };
    periods.all.iter().enumerate().zip(visits).map(row).collect()
}

/// What is known of one place.
#[derive(Default)]
struct AtPlace<'a> {
    sum: Sum,
    visits: Vec<&'a Visit>,
}

/// One row for each place with detections or effort; the most visits first.
pub(super) fn by_place(survey: &Survey<'_>, places: &[Place]) -> Vec<PlaceRow> {
    let names: HashMap<&str, &str> =
        places.iter().map(|place| (place.id.as_str(), place.name.as_str())).collect();
    let mut groups: Vec<_> =
        groups(survey).into_iter().map(|(id, at)| (place_name(&names, id.as_deref()), id, at)).collect();
    groups.sort_by(|a, b| {
        let most = |at: &AtPlace<'_>| Reverse((at.visits.len() as u64, at.sum.records.iter().sum::<u64>()));
        (most(&a.2), &a.0, &a.1).cmp(&(most(&b.2), &b.0, &b.1))
    });
    let rest = groups.split_off(groups.len().min(MOST_PLACES));
    let mut number = 0;
    let mut rows: Vec<PlaceRow> = Vec::with_capacity(groups.len() + 1);
    for (name, id, at) in groups {
        number += usize::from(id.is_some());
        let counts = count(survey, &at.sum, at.visits, &effort_at(survey, &[id.as_deref()]));
        rows.push(PlaceRow { number: id.as_ref().map(|_| number), id, name, counts });
    }
    if !rest.is_empty() {
        let ids: BTreeSet<Option<&str>> = rest.iter().map(|(_, id, _)| id.as_deref()).collect();
        let sums = survey.tally.sums(|place, _| ids.contains(&place).then_some(()));
        let visits: Vec<&Visit> = rest.iter().flat_map(|(.., at)| at.visits.iter().copied()).collect();
        let effort = effort_at(survey, &ids.iter().copied().collect::<Vec<_>>());
        rows.push(PlaceRow {
            number: None,
            id: None,
            name: wording::counted(rest.len() as u64, "other place", "other places"),
            counts: count(survey, &sums.into_values().next().unwrap_or_default(), visits, &effort),
        });
    }
    rows
}

/// The name that people know a place by, else its id.
pub(super) fn place_name(names: &HashMap<&str, &str>, id: Option<&str>) -> String {
    match id {
        None => "Place not recorded".to_owned(),
        Some(id) => names.get(id).copied().filter(|name| !name.trim().is_empty()).unwrap_or(id).to_owned(),
    }
}

fn groups<'a>(survey: &Survey<'a>) -> BTreeMap<Option<String>, AtPlace<'a>> {
    let worked = survey.effort.cameras.iter().filter(|camera| camera.nights() > 0.0);
    let mut groups: BTreeMap<Option<String>, AtPlace<'_>> =
        worked.map(|camera| (Some(camera.place_id.clone()), AtPlace::default())).collect();
    for (place, sum) in survey.tally.sums(|place, _| Some(place.map(str::to_owned))) {
        groups.entry(place).or_default().sum = sum;
    }
    for visit in survey.visits {
        groups.entry(visit.place_id.as_deref().map(str::to_owned)).or_default().visits.push(visit);
    }
    groups
}

fn effort_at(survey: &Survey<'_>, places: &[Option<&str>]) -> Effort {
    let cameras = survey.effort.cameras.iter();
    Effort {
        cameras: cameras.filter(|camera| places.contains(&Some(camera.place_id.as_str()))).cloned().collect(),
    }
}

fn count<'a>(
    survey: &Survey<'_>,
    sum: &Sum,
    visits: impl IntoIterator<Item = &'a Visit>,
    effort: &Effort,
) -> Counts {
    let column = |class: Class| survey.classes.iter().position(|column| *column == class);
    let detections_by_class: Vec<u64> =
        survey.classes.iter().map(|class| sum.records[*class as usize]).collect();
    let presence = Presence::of(effort, survey.calendar);
    let mut visits_by_class = vec![0; survey.classes.len()];
    let mut with_effort = vec![0; survey.classes.len()];
    for visit in visits {
        if let Some(class) = column(visit.class) {
            let (place, at) = when(visit);
            visits_by_class[class] += 1;
            with_effort[class] += u64::from(presence.is_at(place, at));
        }
    }
    let nights = effort.nights();
    let rate = |events: u64| (nights >= FEWEST_NIGHTS).then(|| PER_NIGHTS * events as f64 / nights);
    Counts {
        visits: visits_by_class.iter().sum(),
        visits_by_class,
        detections: detections_by_class.iter().sum(),
        detections_by_class,
        images: sum.images,
        individuals: survey.names_individuals().then_some(sum.individuals.len() as u64),
        trap_nights: if survey.has_effort() { Some(nights) } else { None },
        rates: with_effort.iter().map(|events| rate(*events)).collect(),
        rate: rate(with_effort.iter().sum()),
    }
}
