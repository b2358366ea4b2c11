//! Visits per 100 trap nights of each class: now, in an earlier span, and the one by the other.

use deertrack_schemas::Class;
use deertrack_survey::rates::{Exposures, Rate, RateRatio};
use serde::Serialize;

use super::estimate::{Estimate, Side};
use super::survey::{Survey, resampling};
use super::wording::{class_name, counted, fixed, p_value};

/// The rates of a class in two spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RateRow {
    /// A class, or all of them.
    pub(super) label: &'static str,
    #[serde(skip)]
    pub(super) class: Option<Class>,
    /// Visits at places with effort.
    pub(super) events: u64,
    pub(super) now: Option<Estimate>,
    pub(super) before_events: u64,
    pub(super) before: Option<Estimate>,
    pub(super) ratio: Option<Estimate>,
    /// The exact two-sided p-value of equal rates.
    pub(super) p: Option<String>,
    /// What the ratio says.
    pub(super) words: String,
}

/// Each class, then all of them where there are several.
pub(super) fn rows(now: &Survey<'_>, before: &Survey<'_>) -> Vec<RateRow> {
    let classes = now.classes.iter().map(|class| Some(*class));
    let all = (now.classes.len() > 1).then_some(None);
    classes.chain(all).map(|class| row(now, before, class)).collect()
}

/// What is said below the table: of each class, or once where there is nothing to compare.
pub(super) fn remark(rows: &[RateRow], before: &str) -> String {
    if rows.iter().all(|row| row.ratio.is_none()) {
        let words = rows.first().map_or("", |row| row.words.as_str());
        return format!("The same days a year earlier, {before}: {words}.");
    }
    let said: Vec<String> = rows
        .iter()
        .map(|row| match row.ratio.filter(|ratio| ratio.value.is_some()) {
            Some(ratio) => format!("{}: {} (ratio {})", row.label, row.words, ratio.range(2)),
            None => format!("{}: {}", row.label, row.words),
        })
        .collect();
    format!(
        "Before: the same days a year earlier, {before}. {}. p is of the exact test that both rates are equal; it \
         takes visits as independent, so the interval is the one to believe.",
        said.join("; ")
    )
}

/// Trap nights below which an earlier span is not compared to.
pub(super) fn is_comparable(survey: &Survey<'_>) -> bool {
    survey.effort.nights() >= 1.0
}

fn row(now: &Survey<'_>, before: &Survey<'_>, class: Option<Class>) -> RateRow {
    let (ours, theirs) = (now.exposures(class), before.exposures(class));
    let comparable = is_comparable(now) && is_comparable(before);
    let ratio = if comparable { ours.against(&theirs, &resampling()) } else { None };
    let [rate_now, rate_before] =
        [(&ours, now), (&theirs, before)].map(|(exposures, survey)| rate(exposures, survey));
    RateRow {
        label: class.map_or("All", |class| class_name(class).label),
        class,
        events: events(&ours),
        now: rate_now.as_ref().map(Estimate::from),
        before_events: events(&theirs),
        before: rate_before.as_ref().map(Estimate::from),
        ratio: ratio.as_ref().map(Estimate::from),
        p: ratio.as_ref().map(|ratio| p_value(ratio.p_value)),
        words: said(ratio.as_ref(), now, before),
    }
}

fn rate(exposures: &Exposures, survey: &Survey<'_>) -> Option<Rate> {
    exposures.rate(&resampling()).filter(|_| is_comparable(survey))
}

fn events(exposures: &Exposures) -> u64 {
    exposures.places.values().map(|place| place.events).sum()
}

fn said(ratio: Option<&RateRatio>, now: &Survey<'_>, before: &Survey<'_>) -> String {
    let Some(ratio) = ratio else {
        let which = if is_comparable(now) { "then" } else { "now" };
        debug_assert!(!is_comparable(now) || !is_comparable(before), "two efforts have a ratio");
        return format!("no known camera effort {which}");
    };
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
        return format!("There is no rate of a year before ({when}) to compare with: {}.", row.words);
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
