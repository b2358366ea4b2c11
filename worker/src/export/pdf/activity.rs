//! The hours that bucks and does keep: a curve for each, and how much of them they share.
//!
//! By the local clock and by the begin of visits. Under 25 visits there is no curve: that is said in words.

use std::f64::consts::TAU;

use chrono::Timelike;
use deertrack_schemas::Class;
use deertrack_survey::activity::{Activity, FEWEST_RECORDS, NoCurve};
use deertrack_survey::bootstrap::Resampling;
use deertrack_survey::calendar::clock_angle;
use deertrack_survey::overlap::{Estimator, Overlap, overlap};
use serde::Serialize;

use super::estimate::Estimate;
use super::sky::{Sky, SunBand, sun_band};
use super::survey::Survey;
use super::wording::{class_name, counted, fixed};
use crate::export::team::side_by_side;

/// Points of a curve, from midnight to midnight: a quarter of an hour between them.
const POINTS: usize = 97;
/// Samples of the overlap's interval: it stands on their mean and spread, not on their tails.
const SAMPLES: usize = 100;

/// What is drawn, and what is said of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ActivityPart {
    pub(super) curves: Vec<Curve>,
    /// Visits by local hour, 0 to 23, then by class: drawn where there is no curve.
    pub(super) hours: Vec<Vec<u64>>,
    /// In the order of reading.
    pub(super) words: Vec<String>,
    pub(super) overlap: Option<Estimate>,
    pub(super) sun: Option<SunBand>,
    pub(super) alt: String,
}

/// One class over the day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Curve {
    pub(super) key: &'static str,
    pub(super) label: &'static str,
    pub(super) visits: u64,
    /// Percent of visits per hour, from midnight to midnight.
    pub(super) points: Vec<f64>,
}

pub(super) fn part(survey: &Survey<'_>, sky: &Sky<'_>) -> ActivityPart {
    let pair: Vec<Class> =
        [Class::Buck, Class::Doe].into_iter().filter(|class| survey.classes.contains(class)).collect();
    let fits: Vec<(Class, Result<Activity, NoCurve>)> =
        pair.iter().map(|class| (*class, Activity::fit(angles(survey, *class)))).collect();
    let shared_hours = || match &fits[..] {
        [(_, Ok(bucks)), (_, Ok(does))] => Some(both(bucks, does)),
        _ => None,
    };
    let curves = || fits.iter().filter_map(|(class, fit)| Some(curve(*class, fit.as_ref().ok()?))).collect();
    let (found, curves): (_, Vec<Curve>) = side_by_side(shared_hours, curves);
    let sun = sun_band(survey, sky);
    let mut words: Vec<String> = fits.iter().filter_map(|(class, fit)| without_curve(*class, fit)).collect();
    words.extend(found.as_ref().map(shared));
    words.extend(sun.as_ref().map(|sun| sun.words.clone()));
    let alt = alt(&curves, &words);
    ActivityPart {
        curves,
        hours: by_hour(survey),
        words,
        overlap: found.as_ref().map(Estimate::from),
        sun,
        alt,
    }
}

fn angles(survey: &Survey<'_>, class: Class) -> Vec<f64> {
    let zone = |place: Option<&str>| survey.calendar.zone(place);
    survey.visits_of(class).map(|visit| clock_angle(visit.start, zone(visit.place_id.as_deref()))).collect()
}

fn both(bucks: &Activity, does: &Activity) -> Overlap {
    let resampling = Resampling { samples: SAMPLES, ..Resampling::default() };
    overlap(bucks, does, Estimator::advised(bucks, does), &resampling)
}

fn curve(class: Class, activity: &Activity) -> Curve {
    const PERCENT_PER_HOUR: f64 = 100.0 * TAU / 24.0;
    let percent = |(_, density): (f64, f64)| (density * PERCENT_PER_HOUR * 1000.0).round() / 1000.0;
    Curve {
        key: class.name(),
        label: class_name(class).label,
        visits: activity.angles().len() as u64,
        points: activity.curve(POINTS, 1.0).into_iter().map(percent).collect(),
    }
}

fn without_curve(class: Class, fit: &Result<Activity, NoCurve>) -> Option<String> {
    let label = class_name(class).label;
    Some(match fit.as_ref().err()? {
        NoCurve::TooFew(count) => format!(
            "{label}: {} too few for a curve; it takes {FEWEST_RECORDS}.",
            counted(*count as u64, "visit is", "visits are")
        ),
        NoCurve::NoBandwidth => {
            format!("{label}: no curve, the times are spread too evenly or too narrowly.")
        }
    })
}

/// An overlap in a sentence that a reader without the field's terms can use.
fn shared(overlap: &Overlap) -> String {
    let name = match overlap.estimator {
        Estimator::Dhat1 => "Dhat1",
        Estimator::Dhat4 => "Dhat4",
    };
    let range = Estimate::from(overlap).range(2);
    format!(
        "Bucks and does share {} of their hours (overlap {name}, 95% interval {range}; 0 is never at the same time, \
         1 the same pattern).",
        fixed(overlap.value, 2)
    )
}

fn by_hour(survey: &Survey<'_>) -> Vec<Vec<u64>> {
    let mut hours = vec![vec![0; survey.classes.len()]; 24];
    for visit in survey.visits {
        let zone = survey.calendar.zone(visit.place_id.as_deref());
        let hour = visit.start.with_timezone(&zone).hour() as usize;
        if let Some(class) = survey.classes.iter().position(|class| *class == visit.class) {
            hours[hour][class] += 1;
        }
    }
    hours
}

fn alt(curves: &[Curve], words: &[String]) -> String {
    let peaks: Vec<String> = curves
        .iter()
        .map(|curve| {
            let highest = curve.points.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            let quarter = highest.map_or(0, |(index, _)| index % (POINTS - 1));
            format!("{} peak at {:02}:{:02}", curve.label, quarter / 4, quarter % 4 * 15)
        })
        .collect();
    let drawn = if curves.is_empty() {
        "Stacked bar chart of visits by local hour and class.".to_owned()
    } else {
        format!("Activity curves over the local hours of the day. {}.", peaks.join("; "))
    };
    format!("{drawn} {}", words.join(" ")).trim_end().to_owned()
}
