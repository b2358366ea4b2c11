//! Visits per 100 trap nights of each class: now, in an earlier span, and the one by the other.

use deertrack_schemas::Class;
use deertrack_survey::rate_ratio::RateRatio;
use deertrack_survey::rates::{Exposures, Rate};
use serde::Serialize;

use super::estimate::{Estimate, Side};
use super::survey::{Survey, resampling};
use super::wording::{self, class_name, counted, fixed, p_value};

/// Trap nights below which there is no rate: it would only be noise.
const FEWEST_NIGHTS: f64 = 1.0;
/// Trap nights that both spans of a comparison must have: those of one camera in the usual camera census of deer
/// (Jacobson et al. 1997, Wildl. Soc. Bull. 25:547: 14 days).
const FEWEST_TO_COMPARE: f64 = 14.0;
/// And this part of the other's: a few nights of a whole season are other days, and no interval knows that.
const LEAST_PART_TO_COMPARE: f64 = 0.2;

/// The rates of a class in two spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RateRow {
    /// A class, or all of them.
    pub(super) label: &'static str,
    #[serde(skip)]
    pub(super) class: Option<Class>,
    /// Visits at places with effort; all visits where there are no trap nights at all.
    pub(super) events: u64,
    pub(super) now: Option<Estimate>,
    pub(super) before_events: u64,
    pub(super) before: Option<Estimate>,
    pub(super) ratio: Option<Estimate>,
    /// The two-sided p-value of equal rates, made as the interval of the ratio is.
    pub(super) p: Option<String>,
    /// What the ratio says.
    pub(super) words: String,
}

/// Each class, then all of them where there are several.
pub(super) fn rows(now: &Survey<'_>, before: &Survey<'_>) -> Vec<RateRow> {
    let classes = now.classes.iter().map(|class| Some(*class));
    // Those that are not told apart are in it too, as unclassified.
    let all = (now.classes.len() + now.untold.len() > 1).then_some(None);
    classes.chain(all).map(|class| row(now, before, class)).collect()
}

/// What is said below the table: of each class, or once where there is nothing to compare.
pub(super) fn remark(rows: &[RateRow], now: &Survey<'_>, before: &Survey<'_>, when: &str) -> String {
    if !now.has_effort() {
        return "There are no trap nights on these days, so there are no rates; visits are all that were seen.".into();
    }
    let outside = now.exposures(None).without_effort;
    let outside = match outside {
        0 => String::new(),
        some => format!(
            "{} outside of effort not in this table, as in the others. ",
            counted(some, "visit is", "visits are")
        ),
    };
    if rows.iter().all(|row| row.ratio.is_none()) {
        let words = rows.first().map_or("", |row| row.words.as_str());
        return format!("{outside}The same days a year earlier, {when}: {words}.");
    }
    let said: Vec<String> = rows
        .iter()
        .map(|row| match row.ratio.filter(|ratio| ratio.value.is_some()) {
            Some(ratio) => format!("{}: {} (ratio {})", row.label, row.words, ratio.range(2)),
            None => format!("{}: {}", row.label, row.words),
        })
        .collect();
    let [now, before] = [now, before].map(|survey| wording::nights(survey.effort.nights()));
    format!(
        "{outside}Before: the same days a year earlier, {when}; {now} trap nights now, {before} then. {}. p belongs to \
         the interval of now by before: it is under 0.05 where that leaves out 1.",
        said.join("; ")
    )
}

/// Why two spans are not compared; `None` where they are.
fn obstacle(now: &Survey<'_>, before: &Survey<'_>) -> Option<String> {
    let nights = [now, before].map(|survey| survey.effort.nights());
    let when = |then: bool| if then { "then" } else { "now" };
    if let Some(none) = nights.iter().position(|nights| *nights < FEWEST_NIGHTS) {
        let known = if nights[none] > 0.0 { "under one trap night" } else { "no known camera effort" };
        return Some(format!("{known} {}", when(none == 1)));
    }
    let less = usize::from(nights[1] < nights[0]);
    let [small, large] = [nights[less], nights[1 - less]];
    let is_small = small < FEWEST_TO_COMPARE || small < LEAST_PART_TO_COMPARE * large;
    is_small.then(|| {
        format!(
            "no conclusion: {} trap nights {} are too few beside {}",
            wording::nights(small),
            when(less == 1),
            wording::nights(large)
        )
    })
}

fn row(now: &Survey<'_>, before: &Survey<'_>, class: Option<Class>) -> RateRow {
    let (ours, theirs) = (now.exposures(class), before.exposures(class));
    let obstacle = obstacle(now, before);
    let ratio = if obstacle.is_none() { ours.against(&theirs, &resampling()) } else { None };
    let [rate_now, rate_before] =
        [(&ours, now), (&theirs, before)].map(|(exposures, survey)| rate(exposures, survey));
    RateRow {
        label: class.map_or("All", |class| class_name(class).label),
        class,
        events: events(&ours, now),
        now: rate_now.as_ref().map(Estimate::from),
        before_events: events(&theirs, before),
        before: rate_before.as_ref().map(Estimate::from),
        ratio: ratio.as_ref().map(Estimate::from),
        p: ratio.as_ref().map(|ratio| p_value(ratio.p_value)),
        words: match (obstacle, &ratio) {
            (None, Some(ratio)) => said(ratio),
            (obstacle, _) => obstacle.unwrap_or_else(|| "no known camera effort".to_owned()),
        },
    }
}

fn rate(exposures: &Exposures, survey: &Survey<'_>) -> Option<Rate> {
    exposures.rate(&resampling()).filter(|_| survey.effort.nights() >= FEWEST_NIGHTS)
}

fn events(exposures: &Exposures, survey: &Survey<'_>) -> u64 {
    let with_effort = exposures.places.values().map(|place| place.events).sum();
    if survey.has_effort() { with_effort } else { exposures.without_effort }
}

fn said(ratio: &RateRatio) -> String {
    match (ratio.ratio, ratio.now.events) {
        (None, 0) => "none then and none now".to_owned(),
        (None, some) => format!("none then, {} now: no ratio", counted(some, "visit", "visits")),
        (Some(_), 0) => format!("none now, {} then", counted(ratio.before.events, "visit", "visits")),
        (Some(_), _) => match Estimate::from(ratio).against_one() {
            Side::Above => "more now".to_owned(),
            Side::Below => "fewer now".to_owned(),
            Side::Either => "no clear change".to_owned(),
        },
    }
}

/// One sentence on how a rate changed: the lead of the report.
pub(super) fn change(row: &RateRow, when: &str) -> String {
    let Some(ratio) = &row.ratio else {
        return format!("The rate of a year before ({when}) is not compared: {}.", row.words);
    };
    match (ratio.value, row.before.as_ref().and_then(|before| before.said(1))) {
        (Some(value), Some(before)) if row.events > 0 => {
            let range = ratio.range(2);
            let clearly = match ratio.against_one() {
                Side::Above => "a clear rise",
                Side::Below => "a clear fall",
                Side::Either => "no clear change",
            };
            format!(
                "A year before ({when}) it was {before}: now {} times that ({range}), {clearly}.",
                fixed(value, 2)
            )
        }
        _ => format!("Against a year before ({when}): {}.", row.words),
    }
}
