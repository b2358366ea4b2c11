//! The known bucks: a card for each, and how their number grew over the season.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use deertrack_catalog::Individual;
use deertrack_schemas::Class;
use deertrack_survey::Place;
use deertrack_survey::interval::LEVEL;
use deertrack_survey::ratios::share;
use deertrack_survey::sun::Light;
use deertrack_survey::tally::Individual as Seen;
use deertrack_survey::visits::Visit;
use serde::Serialize;

use super::counts::place_name;
use super::estimate::Estimate;
use super::sky::Sky;
use super::survey::Survey;
use super::wording::{self, counted, list, number};

/// Cards that are printed; the others are counted in words.
pub(super) const MOST_CARDS: usize = 12;
/// Places that a card names.
const MOST_PLACES: usize = 3;

/// Everything about known bucks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bucks {
    pub(super) cards: Vec<Card>,
    /// Known bucks without a card.
    pub(super) more: u64,
    /// `(day, bucks known so far)`: a step for each day on which one was seen for the first time.
    pub(super) growth: Vec<(i64, u64)>,
    pub(super) alt: String,
}

impl Bucks {
    /// How many known bucks were seen.
    pub(super) fn count(&self) -> u64 {
        self.growth.last().map_or(0, |(_, known)| *known)
    }
}

/// One buck.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Card {
    #[serde(skip)]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) visits: u64,
    pub(super) detections: u64,
    /// Days on which it was seen.
    pub(super) days: u64,
    pub(super) seen: String,
    pub(super) places: String,
    /// The share of its visits by day, and of how many.
    pub(super) daylight: Option<Estimate>,
    pub(super) lit_visits: u64,
    /// The number of its photograph among those of the document.
    pub(super) photo: Option<usize>,
    pub(super) alt: String,
}

/// The bucks that are known by name; `None` where bucks were not asked for or none was known.
pub(super) fn bucks(
    survey: &Survey<'_>,
    individuals: &[Individual],
    places: &[Place],
    sky: &Sky<'_>,
) -> Option<Bucks> {
    let seen = by_buck(survey);
    if seen.is_empty() {
        return None;
    }
    let deer: HashMap<&str, &Individual> = individuals.iter().map(|deer| (deer.id.as_str(), deer)).collect();
    let names: HashMap<&str, &str> =
        places.iter().map(|place| (place.id.as_str(), place.name.as_str())).collect();
    let mut visits: HashMap<&str, Vec<&Visit>> = HashMap::new();
    for visit in survey.individual_visits {
        visits.entry(visit.individual.as_deref().unwrap_or_default()).or_default().push(visit);
    }
    let mut cards: Vec<Card> = seen
        .iter()
        .map(|(id, seen)| {
            let known = deer.get(id);
            let name =
                known.map(|deer| deer.name.as_str()).filter(|name| !name.trim().is_empty()).unwrap_or(id);
            let visits = visits.get(id).map_or(&[][..], Vec::as_slice);
            let mut card = card(id, name, seen, visits, &names, sky);
            if known.is_some_and(|deer| deer.is_deceased) {
                card.name.push_str(" (dead)");
            }
            card
        })
        .collect();
    cards.sort_by(|a, b| (b.visits, &a.name, &a.id).cmp(&(a.visits, &b.name, &b.id)));
    let more = cards.split_off(cards.len().min(MOST_CARDS)).len() as u64;
    let growth = growth(survey, &seen);
    let alt = growth_alt(&growth, survey);
    Some(Bucks { cards, more, growth, alt })
}

/// Each individual that is a buck in most of its rows.
fn by_buck<'a>(survey: &Survey<'a>) -> BTreeMap<&'a str, &'a Seen> {
    let individuals = survey.tally.individuals().iter();
    individuals.filter(|(_, seen)| seen.class() == Class::Buck).map(|(id, seen)| (&**id, seen)).collect()
}

fn card(
    id: &str,
    name: &str,
    seen: &Seen,
    visits: &[&Visit],
    names: &HashMap<&str, &str>,
    sky: &Sky<'_>,
) -> Card {
    let lights: Vec<Light> = visits.iter().filter_map(|visit| sky.light(visit)).collect();
    let by_day = lights.iter().filter(|light| **light == Light::Day).count() as u64;
    let places = places(visits, names);
    Card {
        id: id.to_owned(),
        name: name.to_owned(),
        visits: visits.len() as u64,
        detections: seen.records.iter().sum(),
        days: seen.days.len() as u64,
        alt: format!("Photograph of {name}."),
        seen: first_and_last(&seen.days),
        places,
        daylight: (!lights.is_empty()).then(|| Estimate::from(&share(by_day, lights.len() as u64, LEVEL))),
        lit_visits: lights.len() as u64,
        photo: None,
    }
}

fn first_and_last(days: &BTreeSet<NaiveDate>) -> String {
    match (days.first(), days.last()) {
        (Some(first), Some(last)) => wording::span(*first, *last, wording::Year::Always),
        _ => String::new(),
    }
}

/// The places of most visits, each with their number: `Oak ridge 12, Pond edge 3 and 2 more places`.
fn places(visits: &[&Visit], names: &HashMap<&str, &str>) -> String {
    let mut counts: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for visit in visits {
        *counts.entry(visit.place_id.as_deref()).or_default() += 1;
    }
    let mut places: Vec<(u64, String)> =
        counts.into_iter().map(|(id, visits)| (visits, place_name(names, id))).collect();
    places.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    let rest = places.len().saturating_sub(MOST_PLACES) as u64;
    let mut said: Vec<String> =
        places.iter().take(MOST_PLACES).map(|(visits, name)| format!("{name} {}", number(*visits))).collect();
    if rest > 0 {
        said.push(counted(rest, "more place", "more places"));
    }
    list(&said)
}

fn growth(survey: &Survey<'_>, seen: &BTreeMap<&str, &Seen>) -> Vec<(i64, u64)> {
    let mut firsts: BTreeMap<i64, u64> = BTreeMap::new();
    for seen in seen.values() {
        if let Some(first) = seen.days.first() {
            *firsts.entry((*first - survey.span.first).num_days()).or_default() += 1;
        }
    }
    let mut known = 0;
    let step = |(day, new): (i64, u64)| {
        known += new;
        (day, known)
    };
    firsts.into_iter().map(step).collect()
}

fn growth_alt(growth: &[(i64, u64)], survey: &Survey<'_>) -> String {
    let known = growth.last().map_or(0, |(_, known)| *known);
    let halfway = (survey.span.last - survey.span.first).num_days() / 2;
    let by_then = growth.iter().rev().find(|(day, _)| *day <= halfway).map_or(0, |(_, known)| *known);
    format!(
        "Step chart of known bucks seen so far: {} by the middle of the report's days, {} at their end.",
        number(by_then),
        number(known)
    )
}
