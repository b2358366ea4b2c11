//! One season against the same calendar days of earlier years: rates and their ratios, never raw counts.
//!
//! A camera more, or a dead battery, changes counts; it does not change a rate. Which places worked in both spans is
//! told beside, for other places are another sample.

use std::collections::BTreeSet;

use chrono::Datelike;
use deertrack_schemas::Class;
use deertrack_survey::calendar::{Calendar, Period};
use serde::Serialize;

use super::asked::Asked;
use super::definitions;
use super::estimate::Estimate;
use super::found::Found;
use super::rates::{self, RateRow};
use super::report::{Frame, paper_name};
use super::status;
use super::survey::Survey;
use super::told::not_told_apart;
use super::wording::{self, counted, fixed, list};
use crate::export::species_words;

/// All facts and sentences of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Comparison {
    #[serde(flatten)]
    pub(super) frame: Frame,
    /// The main finding, for a status line: the rate, and its ratio to the first earlier period.
    #[serde(skip)]
    pub(super) headline: String,
    pub(super) lead: Vec<String>,
    /// The season told about, then the earlier ones as they were named.
    pub(super) spans: Vec<SpanRow>,
    /// Each class, then all of them.
    pub(super) classes: Vec<ClassRows>,
    pub(super) alt: String,
}

/// One of the spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SpanRow {
    pub(super) label: String,
    pub(super) span: String,
    pub(super) trap_nights: f64,
    /// Places where a camera worked.
    pub(super) places: u64,
    /// How many of them worked in the season told about, too.
    pub(super) common: u64,
    /// A part of the effort is inferred from images.
    pub(super) inferred: bool,
}

/// One class in all spans.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ClassRows {
    /// The key of its colour; `None` for all classes.
    pub(super) key: Option<&'static str>,
    pub(super) label: &'static str,
    pub(super) rows: Vec<ComparedRow>,
}

/// One class in one span.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ComparedRow {
    pub(super) label: String,
    pub(super) visits: u64,
    pub(super) rate: Option<Estimate>,
    /// The rate of the season told about by this one; `None` for itself.
    pub(super) ratio: Option<Estimate>,
    pub(super) p: Option<String>,
    pub(super) words: String,
}

/// Computes the comparison. `None` when nothing was detected in any span.
pub(super) fn comparison(found: &Found, asked: &Asked<'_>) -> Option<Comparison> {
    let calendar = Calendar::of(&found.places, asked.zone);
    let now = Survey::new(&found.now, asked, asked.span(), &calendar, found.told);
    let earlier: Vec<Survey<'_>> = asked
        .earlier()
        .into_iter()
        .zip(&found.earlier)
        .map(|(span, rows)| Survey::new(rows, asked, span, &calendar, found.told))
        .collect();
    if now.is_empty() && earlier.iter().all(Survey::is_empty) {
        return None;
    }
    let labels = labels(asked);
    let against: Vec<Vec<RateRow>> = earlier.iter().map(|survey| rates::rows(&now, survey)).collect();
    let spans: Vec<SpanRow> = labels
        .iter()
        .zip([&now].into_iter().chain(&earlier))
        .map(|(label, survey)| span(label, survey, &now))
        .collect();
    let classes = classes(&labels, &against);
    let untold = not_told_apart(&now.untold);
    let lead: Vec<String> = lead(&classes).into_iter().chain(untold).collect();
    Some(Comparison {
        frame: frame(&now, &earlier, &labels, found, asked),
        headline: lead.iter().take(2).map(String::as_str).collect::<Vec<_>>().join(" "),
        alt: alt(&classes),
        lead,
        spans,
        classes,
    })
}

/// The names of all spans: those that were given, else their years.
fn labels(asked: &Asked<'_>) -> Vec<String> {
    let given = asked.params.compare_with.iter().flatten().map(|period| period.label.clone());
    let given: Vec<Option<String>> = std::iter::once(asked.params.label.clone()).chain(given).collect();
    let spans = std::iter::once(asked.span()).chain(asked.earlier());
    let label = |(at, span): (usize, Period)| {
        let given = given.get(at).cloned().flatten().filter(|label| !label.trim().is_empty());
        given.unwrap_or_else(|| year(span))
    };
    spans.enumerate().map(label).collect()
}

/// `2025`, or `2025/26` where new year lies within.
fn year(span: Period) -> String {
    let (first, last) = (span.first.year(), span.last.year());
    if first == last { first.to_string() } else { format!("{first}/{:02}", last.rem_euclid(100)) }
}

fn span(label: &str, survey: &Survey<'_>, now: &Survey<'_>) -> SpanRow {
    let worked = |survey: &Survey<'_>| -> BTreeSet<String> {
        let nights = survey.effort.by_place();
        nights.into_iter().filter(|(_, nights)| *nights > 0.0).map(|(place, _)| place.to_owned()).collect()
    };
    let (here, told) = (worked(survey), worked(now));
    SpanRow {
        label: label.to_owned(),
        span: wording::span(survey.span.first, survey.span.last, wording::Year::Always),
        trap_nights: survey.effort.nights(),
        places: here.len() as u64,
        common: here.intersection(&told).count() as u64,
        inferred: survey.effort.is_inferred(),
    }
}

fn classes(labels: &[String], against: &[Vec<RateRow>]) -> Vec<ClassRows> {
    let of_class = |number: usize| against.iter().map(move |rows| &rows[number]);
    let class = |number: usize| {
        let first = &against[0][number];
        let own = ComparedRow {
            label: labels[0].clone(),
            visits: first.events,
            rate: first.now,
            ratio: None,
            p: None,
            words: String::new(),
        };
        let earlier = labels[1..].iter().zip(of_class(number)).map(|(label, row)| ComparedRow {
            label: label.clone(),
            visits: row.before_events,
            rate: row.before,
            ratio: row.ratio,
            p: row.p.clone(),
            words: row.words.clone(),
        });
        ClassRows {
            key: first.class.map(Class::name),
            label: first.label,
            rows: std::iter::once(own).chain(earlier).collect(),
        }
    };
    // There is always an earlier span: the year before, where none was named.
    (0..against.first().map_or(0, Vec::len)).map(class).collect()
}

/// A sentence for each earlier span, about bucks if they were asked for, else about the last row: all, or the only class.
fn lead(classes: &[ClassRows]) -> Vec<String> {
    let bucks = classes.iter().find(|class| class.key == Some(Class::Buck.name()));
    let Some(class) = bucks.or(classes.last()) else { return Vec::new() };
    let [now, earlier @ ..] = &class.rows[..] else { return Vec::new() };
    let whose = if class.key.is_some() { class.label } else { "All classes" };
    let told = match now.rate.and_then(|rate| rate.said(1)) {
        Some(rate) => format!("{whose}: {rate} visits per 100 trap nights in {}.", now.label),
        None => format!("{whose}: there is no rate of {}, for no camera effort is known.", now.label),
    };
    std::iter::once(told).chain(earlier.iter().map(against)).collect()
}

fn against(row: &ComparedRow) -> String {
    let ratio = row.ratio.and_then(|ratio| Some((ratio.value?, ratio.range(2))));
    match (ratio, &row.p) {
        (Some((value, range)), Some(p)) => format!(
            "Against {}: {} times the rate ({range}), {}; p {}{p}.",
            row.label,
            fixed(value, 2),
            row.words,
            if p.starts_with('<') { "" } else { "= " }
        ),
        _ => format!("Against {}: {}.", row.label, row.words),
    }
}

fn alt(classes: &[ClassRows]) -> String {
    let said: Vec<String> = classes
        .iter()
        .map(|class| {
            let rates: Vec<String> = class
                .rows
                .iter()
                .map(|row| {
                    let rate = row.rate.and_then(|rate| rate.said(1)).unwrap_or_else(|| "no rate".to_owned());
                    format!("{} {rate}", row.label)
                })
                .collect();
            format!("{}: {}", class.label, list(&rates))
        })
        .collect();
    format!("Dots with intervals of visits per 100 trap nights. {}.", said.join("; "))
}

fn frame(
    now: &Survey<'_>,
    earlier: &[Survey<'_>],
    labels: &[String],
    found: &Found,
    asked: &Asked<'_>,
) -> Frame {
    let params = asked.params;
    let usual = || format!("Deer activity, {} against {}", labels[0], list(&labels[1..]));
    let mut status = status::rows(now, found);
    status.extend(labels[1..].iter().zip(earlier).map(|(label, survey)| status::of_earlier(label, survey)));
    let inferred = earlier.iter().filter(|survey| survey.effort.is_inferred()).count() as u64;
    if inferred > 0 {
        let spans = counted(inferred, "earlier period has", "earlier periods have");
        status.push(status::doubt(
            "Earlier effort",
            format!("{spans} effort inferred from images; their rates are too high."),
        ));
    }
    Frame {
        title: wording::title(params.title.as_deref(), usual),
        report_type: "Comparison of seasons",
        span: wording::long_span(params.start_date, params.end_date),
        dataset: found.dataset.clone(),
        species: species_words::words(&species_of(now, earlier)),
        paper: paper_name(params.paper),
        generated: wording::generated(asked.created_at, asked.zone),
        sections: params.into(),
        definitions: definitions::of_a_comparison(now, asked),
        status,
    }
}

/// Those of the season told about first.
fn species_of(now: &Survey<'_>, earlier: &[Survey<'_>]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in [now].into_iter().chain(earlier).flat_map(|survey| &survey.facts.species) {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}
