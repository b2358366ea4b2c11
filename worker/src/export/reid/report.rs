//! `report.pdf`: what its template shows (`templates/reid_report.typ`), and the drawing of it.

use chrono::{DateTime, Utc};
use deertrack_reid::VerdictKind;
use deertrack_reid::false_match::CurveRow;
use serde::Serialize;
use serde_json::{Value, json};

use super::pictures::{
    Cumulative, Dendrogram, Distribution, bounds, cumulative_figure, dendrogram_figure, distribution_figure,
};
use super::status::{Status, status};
use super::study::Study;
use super::wording::{self, MOST_RATES, counted, interval, number, percent, threshold};
use crate::JobError;
use crate::export::words::replaced;
use crate::export::{Job, species_words};
use crate::typesetting::{self, Stamp, Template, make_printable};

/// A tree of more deer is only in `dendrogram.svg`: their names would be too small to read.
const MOST_LEAVES: usize = 80;
/// Pairs and splits that a page shows; `clusters.csv` has all.
const MOST_PAIRS: usize = 12;
const TITLE: &str = "Which similarity is safe?";

/// What the template reads.
#[derive(Serialize)]
struct Page {
    document_title: String,
    report_type: &'static str,
    title: &'static str,
    span: String,
    compared: String,
    dataset: Option<String>,
    species: String,
    paper: &'static str,
    verdict: Verdict,
    alarms: Vec<String>,
    figures: Vec<Figure>,
    distribution: Option<Distribution>,
    distribution_alt: String,
    distribution_words: String,
    threshold_names: Vec<String>,
    thresholds: Vec<ThresholdLine>,
    thresholds_words: String,
    cumulative: Option<Cumulative>,
    cumulative_alt: String,
    false_matches: Vec<FalseMatchLine>,
    false_matches_words: String,
    evaluation: Vec<[String; 2]>,
    deer_words: String,
    merges: Vec<[String; 3]>,
    splits: Vec<[String; 4]>,
    dendrogram: Option<Dendrogram>,
    dendrogram_alt: String,
    status: Vec<Status>,
    definitions: Vec<String>,
    generated: String,
}

#[derive(Serialize)]
struct Verdict {
    tone: &'static str,
    title: String,
    reason: String,
    advice: &'static str,
}

#[derive(Serialize)]
struct Figure {
    value: String,
    name: String,
}

#[derive(Serialize)]
struct ThresholdLine {
    name: String,
    assigned: String,
    rate: String,
    new: String,
    moved: String,
    dropped: String,
    deer: String,
    wrong: String,
    interval: String,
    is_unsafe: bool,
}

#[derive(Serialize)]
struct FalseMatchLine {
    name: &'static str,
    pairs: String,
    rates: Vec<String>,
}

/// Draws the report. Blocks.
pub(super) fn pdf(job: &Job, study: &Study, ident: &str) -> Result<Vec<u8>, JobError> {
    let stamp = Stamp { ident, created_at: study.created_at };
    typesetting::pdf(Template::ReidReport, &page_data(study), &stamp, bounds(job)).map_err(Into::into)
}

/// All texts printable, and a note when that changed something.
fn page_data(study: &Study) -> Value {
    let mut data = serde_json::to_value(page(study)).expect("a page has only text, numbers and lists");
    let replaced = replaced(make_printable(&mut data));
    if let (Some(found), Some(definitions)) = (replaced, data["definitions"].as_array_mut()) {
        definitions.push(json!(found));
    }
    data
}

fn page(study: &Study) -> Page {
    let analysis = &study.analysis;
    let thresholds: Vec<String> = study.params.thresholds.iter().copied().map(threshold).collect();
    let leaves = analysis.clusters.tree.leaves.len();
    Page {
        document_title: format!("{TITLE} {}", wording::headline(study)),
        report_type: "Re-identification",
        title: TITLE,
        span: span(study),
        compared: wording::compared(study),
        dataset: study.herd.dataset.clone(),
        species: species_words::words(&study.herd.species.iter().cloned().collect::<Vec<_>>()),
        paper: "a4",
        verdict: Verdict {
            tone: match analysis.verdict.kind {
                VerdictKind::SafeThreshold => "safe",
                VerdictKind::NoSafeThreshold => "unsafe",
                VerdictKind::NotEnoughLabels => "open",
            },
            title: wording::title(study),
            reason: analysis.verdict.reason.clone(),
            advice: wording::advice(study),
        },
        // What the verdict says already is not said twice.
        alarms: analysis
            .space_check
            .alarms
            .iter()
            .map(|alarm| alarm.message.clone())
            .filter(|message| *message != analysis.verdict.reason)
            .collect(),
        figures: figures(study),
        distribution: distribution_figure(study),
        distribution_alt: format!("Histogram of the best scores. {}", wording::distribution(analysis)),
        distribution_words: wording::distribution(analysis),
        thresholds: threshold_lines(study),
        thresholds_words: wording::thresholds(study),
        cumulative: cumulative_figure(study),
        cumulative_alt: format!(
            "Curve of the detections assigned by threshold: {}.",
            assigned_in_words(study)
        ),
        false_matches: false_match_lines(study),
        false_matches_words: wording::false_matches(study),
        threshold_names: thresholds.into_iter().take(MOST_RATES).collect(),
        evaluation: evaluation_lines(study),
        deer_words: wording::deer(study),
        merges: merge_lines(study),
        splits: split_lines(study),
        dendrogram: (2..=MOST_LEAVES).contains(&leaves).then(|| dendrogram_figure(study)),
        dendrogram_alt: format!(
            "Tree of {} by similarity; clusters.csv has it as a table.",
            counted(leaves, "deer", "deer")
        ),
        status: status(study),
        definitions: wording::definitions(study),
        generated: study.created_at.with_timezone(&study.zone).format("%-d %B %Y, %H:%M (%Z)").to_string(),
    }
}

fn span(study: &Study) -> String {
    let day = |at: DateTime<Utc>| at.with_timezone(&study.zone).format("%-d %B %Y");
    match study.herd.taken {
        Some([first, last]) => format!("{} – {}", day(first), day(last)),
        None => "photographs without dates".to_owned(),
    }
}

fn figures(study: &Study) -> Vec<Figure> {
    let figure = |value: String, name: &str| Figure { value, name: name.to_owned() };
    let current = study.params.current_threshold;
    let at_current =
        study.analysis.matches.iter().flatten().filter(|found| found.best.score >= current).count();
    let mut figures = vec![
        figure(number(study.herd.detections()), "detections"),
        figure(number(study.herd.profiles.len()), "known deer"),
        figure(format!("{:.1} %", study.rate_today()), "assigned today"),
        figure(
            percent(at_current as f64 / study.herd.detections() as f64),
            &format!("would be assigned at {}", threshold(current)),
        ),
    ];
    figures.extend(
        study.analysis.statistics.map(|summary| figure(format!("{:.3}", summary.mean), "mean best score")),
    );
    figures
}

fn threshold_lines(study: &Study) -> Vec<ThresholdLine> {
    let estimates =
        study.analysis.estimate.as_ref().map(|estimate| estimate.rows.as_slice()).unwrap_or_default();
    let line = |(index, row): (usize, &deertrack_reid::thresholds::ThresholdRow)| {
        let estimate = estimates.get(index).filter(|estimate| estimate.labelled > 0);
        let wrong = estimate.and_then(|estimate| {
            Some(format!(
                "{} of {}: {}",
                number(estimate.wrong),
                number(estimate.labelled),
                percent(estimate.wrong_of_assigned?)
            ))
        });
        ThresholdLine {
            name: threshold(row.threshold),
            assigned: number(row.assigned),
            rate: format!("{:.1} %", row.assignment_rate),
            new: number(row.newly_assigned),
            moved: number(row.reassigned),
            dropped: number(row.dropped),
            deer: number(row.profiles_touched),
            wrong: wrong.unwrap_or_else(|| "–".to_owned()),
            interval: estimate.map_or_else(|| "–".to_owned(), |estimate| interval(estimate.interval)),
            is_unsafe: estimate.is_some_and(|estimate| estimate.interval[0] >= study.params.target),
        }
    };
    study.analysis.thresholds.iter().enumerate().map(line).collect()
}

fn assigned_in_words(study: &Study) -> String {
    let one = |row: &deertrack_reid::thresholds::ThresholdRow| {
        format!("{:.1} % at {}", row.assignment_rate, threshold(row.threshold))
    };
    study.analysis.thresholds.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn false_match_lines(study: &Study) -> Vec<FalseMatchLine> {
    let curves = study.analysis.false_matches.iter();
    curves
        .map(|curve| FalseMatchLine {
            name: wording::source(curve.source),
            pairs: number(curve.pairs),
            rates: curve.rows.iter().take(MOST_RATES).map(rate).collect(),
        })
        .collect()
}

/// A share and how high it may be: of few pairs even 0 % says little.
fn rate(row: &CurveRow) -> String {
    format!("{:.1}, ≤ {}", row.false_match_rate * 100.0, percent(row.interval[1]))
}

fn evaluation_lines(study: &Study) -> Vec<[String; 2]> {
    let Some(found) = &study.analysis.evaluation else { return Vec::new() };
    let line = |name: &str, value: Option<String>| Some([name.to_owned(), value?]);
    let share = |value: Option<f64>| value.map(percent);
    let area = |value: Option<f64>| value.map(|area| format!("{area:.3}"));
    let eer = found.eer.map(|eer| format!("{} at {:.3}", percent(eer.rate), eer.threshold));
    [
        line("Detections with a known identity", Some(number(found.probes))),
        line("Of these, of animals that are not among the known deer", Some(number(found.unknown))),
        line("Best match is right, for animals among the known deer (rank 1)", share(found.rank1)),
        line(
            "Chance that a right match scores above a wrong one (AUROC; 0.5 is a coin)",
            area(found.auroc_right_wrong),
        ),
        line("Chance that a known animal scores above an unknown one", area(found.auroc_known_unknown)),
        line("Equal error rate of right against wrong", eer),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn merge_lines(study: &Study) -> Vec<[String; 3]> {
    let name = |profile: usize| study.herd.profiles[profile].name.clone();
    let merges = study.analysis.clusters.candidate_merges.iter().take(MOST_PAIRS);
    merges.map(|merge| [name(merge.left), name(merge.right), format!("{:.3}", merge.score)]).collect()
}

fn split_lines(study: &Study) -> Vec<[String; 4]> {
    let splits = study.analysis.clusters.candidate_splits.iter().take(MOST_PAIRS);
    splits
        .map(|split| {
            let [one, other] = [0, 1].map(|group| number(split.groups[group].len()));
            let [within, also] = split.within;
            [
                study.herd.profiles[split.profile].name.clone(),
                format!("{one} and {other}"),
                format!("{within:.3} and {also:.3}"),
                format!("{:.3}", split.between),
            ]
        })
        .collect()
}
