//! The pictures: the distribution as the platform knows it, what each threshold would assign, the tree of the deer.
//!
//! Here numbers become what a template draws (`templates/reid_*.typ`); the same figures stand in the report.

use deertrack_reid::linkage::Tree;
use serde::Serialize;
use serde_json::{Value, json};

use super::axis::Axis;
use super::study::Study;
use super::wording::{number, threshold};
use crate::JobError;
use crate::export::Job;
use crate::typesetting::{self, Bounds, Template, make_printable};

/// Pictures of pixels have so many for each inch; they are 12 by 6 inches.
const PIXELS_PER_INCH: f32 = 150.0;
/// Room beside the data, as a part of their range.
const MARGIN: f64 = 0.05;
/// Points of the cumulative curve.
const CURVE: usize = 240;

/// `similarity_distribution.png`, 1800 x 900 pixels.
pub(super) fn distribution(job: &Job, study: &Study) -> Result<Vec<u8>, JobError> {
    png(job, Template::ReidDistribution, &json!({ "figure": distribution_figure(study) }))
}

/// `cumulative.png`, 1800 x 900 pixels.
pub(super) fn cumulative(job: &Job, study: &Study) -> Result<Vec<u8>, JobError> {
    png(job, Template::ReidCumulative, &json!({ "figure": cumulative_figure(study) }))
}

/// `dendrogram.svg`, a line for each deer.
pub(super) fn dendrogram(job: &Job, study: &Study) -> Result<Vec<u8>, JobError> {
    let mut data =
        json!({ "figure": dendrogram_figure(study), "sampled": sampled(&study.analysis.clusters.tree) });
    make_printable(&mut data);
    typesetting::svg(Template::ReidDendrogram, &data, bounds(job)).map(String::into_bytes).map_err(Into::into)
}

fn png(job: &Job, template: Template, data: &Value) -> Result<Vec<u8>, JobError> {
    typesetting::png(template, data, PIXELS_PER_INCH, bounds(job)).map_err(Into::into)
}

pub(super) fn bounds(job: &Job) -> Bounds {
    Bounds::usual(job.stop.clone())
}

/// Histogram and density.
#[derive(Serialize)]
pub(super) struct Distribution {
    title: String,
    x: Axis,
    y: Axis,
    /// Left, right and height of each bar that is not empty.
    bars: Vec<[f64; 3]>,
    /// The density, scaled to the bars.
    curve: Vec<[f64; 2]>,
    current: f64,
    current_text: String,
    /// The legend stands where the bars are lower.
    legend_right: bool,
}

/// None when no detection may be compared with any profile.
pub(super) fn distribution_figure(study: &Study) -> Option<Distribution> {
    let histogram = study.analysis.histogram.as_ref()?;
    let (edges, counts) = (&histogram.edges, &histogram.counts);
    let total = counts.iter().sum::<usize>() as f64;
    let per_bar = total * (edges[1] - edges[0]);
    let curve: Vec<[f64; 2]> = study
        .analysis
        .kde
        .iter()
        .flat_map(|kde| kde.grid.iter().zip(&kde.density).map(|(&at, &density)| [at, density * per_bar]))
        .collect();
    let highest = counts
        .iter()
        .map(|&count| count as f64)
        .chain(curve.iter().map(|point| point[1]))
        .fold(1.0, f64::max);
    let current = study.params.current_threshold;
    let (low, high) = (edges[0].min(current), edges[edges.len() - 1].max(current));
    let room = (high - low) * MARGIN;
    let tallest = |bins: std::ops::Range<usize>| counts[bins].iter().max().copied();
    let bars = edges.windows(2).zip(counts).filter(|(_, count)| **count > 0);
    Some(Distribution {
        title: format!(
            "Re-ID Similarity Score Distribution ({} Detections)",
            number(study.herd.detections())
        ),
        x: Axis::over(low - room, high + room, 9),
        y: Axis::over(0.0, highest * (1.0 + MARGIN), 9),
        bars: bars.map(|(edges, &count)| [edges[0], edges[1], count as f64]).collect(),
        curve,
        current,
        current_text: format!("Current Threshold ({})", threshold(current)),
        legend_right: tallest(counts.len() * 2 / 3..counts.len()) < tallest(0..counts.len() / 3),
    })
}

/// How many percent of the detections a threshold assigns.
#[derive(Serialize)]
pub(super) struct Cumulative {
    title: String,
    x: Axis,
    y: Axis,
    curve: Vec<[f64; 2]>,
    /// The thresholds looked at: score, percent and what is written beside them.
    marks: Vec<(f64, f64, String)>,
    current: f64,
}

/// None when no detection may be compared with any profile.
pub(super) fn cumulative_figure(study: &Study) -> Option<Cumulative> {
    let summary = study.analysis.statistics.as_ref()?;
    let (least, most) = (summary.min, summary.max);
    let looked_at = study.params.thresholds.iter().copied().chain([study.params.current_threshold]);
    let (low, high) = looked_at.fold((least, most), |(low, high), at| (low.min(at), high.max(at)));
    let room = ((high - low) * MARGIN).max(0.01);
    let x = Axis::over(low - room, high + room, 9);
    let at = |step: usize| x.low + (x.high - x.low) * step as f64 / CURVE as f64;
    let places: Vec<f64> = (0..=CURVE).map(at).collect();
    let rates = rates(study, &places);
    let marks = study.analysis.thresholds.iter();
    Some(Cumulative {
        title: format!("Detections Assigned by Threshold ({} Detections)", number(study.herd.detections())),
        y: Axis::over(0.0, 105.0, 6),
        curve: places.into_iter().zip(rates).map(|(at, rate)| [at, rate]).collect(),
        marks: marks
            .map(|row| {
                let text = format!("{}: {:.1} %", threshold(row.threshold), row.assignment_rate);
                (row.threshold, row.assignment_rate, text)
            })
            .collect(),
        x,
        current: study.params.current_threshold,
    })
}

/// How many percent of the detections reach each of these rising scores.
fn rates(study: &Study, places: &[f64]) -> Vec<f64> {
    // How many scores lie below each place, and not below the one before it.
    let mut below = vec![0_usize; places.len() + 1];
    let mut scores = 0;
    for found in study.analysis.matches.iter().flatten() {
        scores += 1;
        below[places.partition_point(|&place| place <= found.best.score)] += 1;
    }
    let all = study.herd.detections() as f64;
    let mut passed = scores;
    let rate = |below: &usize| {
        passed -= below;
        passed as f64 / all * 100.0
    };
    below[..places.len()].iter().map(rate).collect()
}

/// The tree of the deer, a line for each.
#[derive(Serialize)]
pub(super) struct Dendrogram {
    axis: Axis,
    /// From top to bottom.
    names: Vec<String>,
    /// For each merge its height, and line and height of its two branches. Lines count from 0.
    merges: Vec<[f64; 5]>,
    /// Where the current threshold cuts.
    cut: f64,
    cut_text: String,
}

/// The tree of all deer.
pub(super) fn dendrogram_figure(study: &Study) -> Dendrogram {
    let tree = &study.analysis.clusters.tree;
    let current = study.params.current_threshold;
    let highest = tree.merges.iter().map(|merge| merge.height).fold(1.0 - current, f64::max).max(0.01);
    let name = |&leaf: &usize| study.herd.profiles[tree.leaves[leaf]].name.clone();
    Dendrogram {
        axis: Axis::over(0.0, highest * (1.0 + MARGIN), 8),
        names: tree.leaf_order.iter().map(name).collect(),
        merges: branches(tree),
        cut: 1.0 - current,
        // The distance with the decimals of the threshold: 1 - 0.725 is not 0.28.
        cut_text: format!(
            "current threshold: distance {:.*}, similarity {}",
            threshold(current).rsplit('.').next().map_or(2, str::len),
            1.0 - current,
            threshold(current)
        ),
    }
}

/// Each merge stands in the middle of its two branches.
fn branches(tree: &Tree) -> Vec<[f64; 5]> {
    let mut ends = vec![(0.0, 0.0); tree.leaves.len()];
    for (line, &leaf) in tree.leaf_order.iter().enumerate() {
        ends[leaf].0 = line as f64;
    }
    let mut branches = Vec::with_capacity(tree.merges.len());
    for merge in &tree.merges {
        let ((left, left_height), (right, right_height)) = (ends[merge.left], ends[merge.right]);
        branches.push([merge.height, left, left_height, right, right_height]);
        ends.push((f64::midpoint(left, right), merge.height));
    }
    branches
}

/// That the tree is of a sample, if it is.
fn sampled(tree: &Tree) -> Option<String> {
    let leaves = tree.leaves.len();
    (leaves < tree.rows)
        .then(|| format!("a random sample of {} of {} deer", number(leaves), number(tree.rows)))
}
