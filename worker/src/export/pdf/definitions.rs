//! Which definitions a report uses, in words: two reports that use others must not be compared by accident.

use deertrack_schemas::Class;
use deertrack_survey::peak::FEWEST_EVENTS;
use deertrack_survey::visits::GapSince;

use super::asked::{Asked, visit_rule};
use super::survey::Survey;
use super::wording::{class_name, counted, list};

/// Those of a seasonal report.
pub(super) fn of_a_season(survey: &Survey<'_>, asked: &Asked<'_>) -> Vec<String> {
    let mut all = shared(survey, asked);
    all.insert(2, distinct());
    all.push(peak());
    all.push(light());
    all
}

/// Those of a comparison.
pub(super) fn of_a_comparison(survey: &Survey<'_>, asked: &Asked<'_>) -> Vec<String> {
    let mut all = shared(survey, asked);
    all.push(ratio());
    all
}

/// Those of every report.
fn shared(survey: &Survey<'_>, asked: &Asked<'_>) -> Vec<String> {
    [
        Some(what_is_counted()),
        Some(visit(asked)),
        asked_classes(survey),
        Some(rates()),
        Some(intervals()),
        Some(local_time(survey)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn what_is_counted() -> String {
    "A detection is one animal in one image. Counts are of detections and visits, not of animals: one animal comes \
     again and again."
        .into()
}

fn visit(asked: &Asked<'_>) -> String {
    let rule = visit_rule(asked);
    let minutes = counted(rule.gap.num_minutes().unsigned_abs(), "minute", "minutes");
    let from = match rule.since {
        GapSince::LastRecord => "the last detection of the visit, which lasts as long as its event",
        GapSince::LastIndependentRecord => "the first detection of the visit",
    };
    format!(
        "A visit is all detections of one class at one place until one comes {minutes} or more after {from} \
         ({}); a group is one visit.",
        rule.since.name()
    )
}

fn distinct() -> String {
    "Images and individuals are distinct in each row and in the sum row, so the sum row is not the sum of the rows \
     above it. An event record without images counts as one image."
        .into()
}

fn asked_classes(survey: &Survey<'_>) -> Option<String> {
    let asked =
        Class::ALL.iter().filter(|class| survey.classes.contains(class) || survey.untold.contains(class));
    let asked: Vec<String> = asked.map(|class| class_name(*class).label.to_lowercase()).collect();
    (asked.len() < Class::ALL.len())
        .then(|| format!("Only {} were asked for; other detections are left out everywhere.", list(&asked)))
}

fn rates() -> String {
    "A trap night is 24 hours of one camera. Rates are visits per 100 trap nights, of days on which a camera is \
     known to have stood at the place; none is given below one trap night."
        .into()
}

fn intervals() -> String {
    "Intervals are of 95%: of rates and ratios by resampling places and never narrower than the exact one (Poisson, \
     binomial); of individuals and with one place the exact one; of shares Wilson's. One that reaches from under a hundredth to over \
     a hundred times its number, as two places can make it, is called unbounded."
        .into()
}

fn ratio() -> String {
    "A ratio is the rate of the first period by that of an earlier one; all periods have the same calendar days. Its \
     interval resamples places, a place that worked in both as one. p is two-sided and made as the interval is: it is \
     under 0.05 where the interval leaves out 1. Without visits in an earlier period there is no ratio, and none is told \
     where one period has under 14 trap nights or under a fifth of the other's."
        .into()
}

fn local_time(survey: &Survey<'_>) -> String {
    let told = survey.calendar.words(survey.tally.places());
    format!("Days and hours are {told}. The first and the last day are included.")
}

fn peak() -> String {
    format!(
        "A week is called a peak if it has {FEWEST_EVENTS} visits or more, at least half the usual effort, and more of \
         them than even visits would bring in one of the weeks by chance (exact test, 5%)."
    )
}

fn light() -> String {
    "Day is from sunrise to sunset, twilight is civil (the sun less than 6 degrees below the horizon), night the \
     rest; at places with coordinates. Activity curves are von Mises kernel densities as in the R package overlap."
        .into()
}
