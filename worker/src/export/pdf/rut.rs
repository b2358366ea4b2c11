//! The rut in three phases: 30 days before its peak, the peak, 30 days after; cut to the days of the report.
//!
//! The peak is what was asked for, else the usual one of the species in the north (half a year later in the south);
//! the report says which. Sources: Hewitt (2011), Biology and Management of White-tailed Deer; Clutton-Brock
//! et al. (1982), Red Deer; Apollonio et al. (2010), European Ungulates and their Management.

use chrono::{Datelike, Days, NaiveDate};
use deertrack_schemas::Class;
use deertrack_survey::Place;
use deertrack_survey::calendar::Period;
use deertrack_survey::interval::LEVEL;
use deertrack_survey::rates::Exposures;
use deertrack_survey::ratios::share;
use deertrack_survey::sun::Light;
use deertrack_survey::visits::Visit;
use serde::Serialize;

use super::asked::Asked;
use super::estimate::Estimate;
use super::sky::Sky;
use super::survey::{Survey, resampling, when};
use super::wording::{self, Year};
use crate::export::species_words::common_name;

/// Days told about before and after the peak.
const AROUND: u64 = 30;

/// The usual peak of a species in the north.
type UsualPeak = (&'static str, [(u32, u32); 2]);

/// Species, first and last (month, day).
const USUAL: [UsualPeak; 7] = [
    ("Odocoileus virginianus", [(11, 7), (11, 21)]),
    ("Odocoileus hemionus", [(11, 10), (12, 1)]),
    ("Capreolus capreolus", [(7, 20), (8, 10)]),
    ("Cervus elaphus", [(9, 15), (10, 15)]),
    ("Cervus canadensis", [(9, 10), (10, 5)]),
    ("Cervus nippon", [(10, 1), (10, 31)]),
    ("Dama dama", [(10, 10), (10, 31)]),
];

/// The phases that the report's days touch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Rut {
    pub(super) phases: Vec<Phase>,
    /// Where the dates come from.
    pub(super) words: String,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Phase {
    pub(super) name: &'static str,
    pub(super) span: String,
    #[serde(skip)]
    pub(super) period: Period,
    /// Buck visits.
    pub(super) visits: u64,
    pub(super) trap_nights: f64,
    /// Buck visits per 100 trap nights.
    pub(super) rate: Option<Estimate>,
    /// The share of buck visits by day, of those at places with coordinates.
    pub(super) daylight: Option<Estimate>,
}

/// The rut, if bucks were asked for and its phases touch the report's days.
pub(super) fn rut(survey: &Survey<'_>, asked: &Asked<'_>, places: &[Place], sky: &Sky<'_>) -> Option<Rut> {
    if !survey.classes.contains(&Class::Buck) {
        return None;
    }
    let (peak, words) = peak(survey, asked, places)?;
    let phases: Vec<Phase> = phases(peak)
        .into_iter()
        .filter_map(|(name, period)| Some(phase(survey, name, within(period, survey.span)?, sky)))
        .collect();
    (!phases.is_empty()).then_some(Rut { phases, words })
}

fn phases(peak: Period) -> [(&'static str, Period); 3] {
    let back = |day: NaiveDate, days| day.checked_sub_days(Days::new(days)).unwrap_or(day);
    let on = |day: NaiveDate, days| day.checked_add_days(Days::new(days)).unwrap_or(day);
    [
        ("Pre-rut", Period { first: back(peak.first, AROUND), last: back(peak.first, 1) }),
        ("Peak rut", peak),
        ("Post-rut", Period { first: on(peak.last, 1), last: on(peak.last, AROUND) }),
    ]
}

fn within(period: Period, span: Period) -> Option<Period> {
    let cut = Period { first: period.first.max(span.first), last: period.last.min(span.last) };
    (cut.first <= cut.last).then_some(cut)
}

fn phase(survey: &Survey<'_>, name: &'static str, period: Period, sky: &Sky<'_>) -> Phase {
    let is_then =
        |visit: &&Visit| period.contains(survey.calendar.day(visit.place_id.as_deref(), visit.start));
    let visits: Vec<&Visit> = survey.visits_of(Class::Buck).filter(is_then).collect();
    let effort = survey.effort_of(period);
    let exposures = Exposures::new(&effort, survey.calendar, visits.iter().copied().map(when));
    let lights: Vec<Light> = visits.iter().filter_map(|visit| sky.light(visit)).collect();
    let by_day = lights.iter().filter(|light| **light == Light::Day).count();
    let daylight = share(by_day as u64, lights.len() as u64, LEVEL);
    let nights = effort.nights();
    Phase {
        name,
        span: wording::span(period.first, period.last, Year::Always),
        period,
        visits: visits.len() as u64,
        trap_nights: nights,
        rate: exposures.rate(&resampling()).filter(|_| nights >= 1.0).as_ref().map(Estimate::from),
        daylight: (!lights.is_empty()).then(|| Estimate::from(&daylight)),
    }
}

/// The peak, and where its dates come from.
fn peak(survey: &Survey<'_>, asked: &Asked<'_>, places: &[Place]) -> Option<(Period, String)> {
    if let (Some(first), Some(last)) = (asked.params.rut_start, asked.params.rut_end) {
        return Some((Period { first, last }, "The days of the peak are those of the request.".to_owned()));
    }
    let species = survey.facts.species.first().map(String::as_str);
    let known = USUAL.iter().find(|(name, _)| species == Some(*name));
    let (name, days) = known.or_else(|| species.is_none().then_some(&USUAL[0]))?;
    let common = common_name(name).unwrap_or(name);
    let south = is_in_the_south(places);
    let peak = usual_peak(*days, south, survey.span)?;
    let whose = match (species, south) {
        (Some(_), false) => format!("the usual days of {common} in the north"),
        (Some(_), true) => format!("the usual days of {common} in the south"),
        (None, false) => format!("the usual days of {common} in the north, for no species is named"),
        (None, true) => format!("the usual days of {common} in the south, for no species is named"),
    };
    Some((peak, format!("The peak is set to {whose}; ruts differ by region: set rut_start and rut_end.")))
}

fn is_in_the_south(places: &[Place]) -> bool {
    places.iter().filter_map(|place| place.latitude).sum::<f64>() < 0.0
}

/// The peak of the year that shares the most days with the report, its phases before and after included.
fn usual_peak(days: [(u32, u32); 2], south: bool, span: Period) -> Option<Period> {
    let months = if south { 6 } else { 0 };
    let on = |year: i32, (month, day): (u32, u32)| {
        NaiveDate::from_ymd_opt(year, month, day)?.checked_add_months(chrono::Months::new(months))
    };
    let shared = |period: &Period| {
        let whole = Period { first: phases(*period)[0].1.first, last: phases(*period)[2].1.last };
        within(whole, span).map_or(0, |part| (part.last - part.first).num_days() + 1)
    };
    let years = span.first.year() - 1..=span.last.year();
    let peaks = years.filter_map(|year| Some(Period { first: on(year, days[0])?, last: on(year, days[1])? }));
    let mut best: Option<Period> = None;
    for peak in peaks {
        if shared(&peak) > best.as_ref().map_or(0, shared) {
            best = Some(peak);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(first: &str, last: &str) -> Period {
        Period { first: first.parse().unwrap(), last: last.parse().unwrap() }
    }

    #[test]
    fn the_usual_peak_is_that_of_the_season_told_about() {
        let [white_tailed, roe] = [USUAL[0].1, USUAL[2].1];
        let season = period("2025-09-01", "2026-01-31");
        assert_eq!(usual_peak(white_tailed, false, season), Some(period("2025-11-07", "2025-11-21")));
        assert_eq!(usual_peak(roe, false, season), Some(period("2025-07-20", "2025-08-10")), "its post-rut");
        assert_eq!(usual_peak(white_tailed, true, season), None, "it is in May there");
        let year = period("2025-01-01", "2025-12-31");
        assert_eq!(usual_peak(white_tailed, true, year), Some(period("2025-05-07", "2025-05-21")));
    }

    #[test]
    fn phases_follow_each_other_without_a_gap_and_are_cut_to_the_report() {
        let [pre, peak, post] = phases(period("2025-11-07", "2025-11-21")).map(|(_, period)| period);
        assert_eq!((pre, post), (period("2025-10-08", "2025-11-06"), period("2025-11-22", "2025-12-21")));
        assert_eq!(
            within(peak, period("2025-11-20", "2025-12-31")),
            Some(period("2025-11-20", "2025-11-21"))
        );
        assert_eq!(within(peak, period("2025-11-22", "2025-12-31")), None);
    }
}
