//! The tables: a row for each detection, each threshold, each known deer.

use std::collections::HashMap;
use std::io::Write;

use deertrack_reid::estimate::EstimateRow;
use deertrack_reid::evaluate::EvaluationRow;
use deertrack_reid::kernel::Match;
use deertrack_schemas::Counts;

use super::file::unwritable;
use super::names::Seen;
use super::study::Study;
use crate::JobError;
use crate::export::Job;
use crate::export::table_text::{Csv, Row};

const SCORES: [&str; 16] = [
    "row",
    "detection_id",
    "image_id",
    "taken_at",
    "place",
    "classification",
    "deer_id_today",
    "best_deer_id",
    "best_deer",
    "best_score",
    "second_deer_id",
    "second_score",
    "margin",
    "assigned_at_current_threshold",
    "reaches_threshold",
    "founding_burst",
];

/// Rows of `scores.csv` that are written at a time.
const ROWS_AT_A_TIME: usize = 4_096;

/// `scores.csv`: the two best profiles of each detection. `reaches_threshold` is the highest threshold it passes;
/// a detection of a burst that a profile was made of (`founding_burst`) was not compared with its own deer.
pub(super) fn scores(job: &Job, study: &Study, out: &mut dyn Write) -> Result<(), JobError> {
    let all = study.herd.detections();
    let mut csv = Csv::new(&SCORES);
    let matches = study.analysis.matches.iter();
    let rows = study.herd.names.iter().zip(matches).zip(&study.analysis.founding).enumerate();
    for (row, ((seen, found), &founding)) in rows {
        score(study, csv.row().count(Some(row)), &seen?, found, founding);
        if (row + 1) % ROWS_AT_A_TIME == 0 {
            let rows = std::mem::replace(&mut csv, Csv::more()).finish();
            out.write_all(&rows).map_err(unwritable)?;
            let part = (row + 1) as f64 / all as f64;
            let counts = Counts::new(row as u64 + 1, all as u64);
            job.progress.counted(0.85 + 0.04 * part, "writing tables", counts);
            job.check_stop()?;
        }
    }
    out.write_all(&csv.finish()).map_err(unwritable)
}

fn score(study: &Study, row: Row<'_>, seen: &Seen, found: Option<Match>, founding: bool) {
    let deer = |index: u32| &study.herd.profiles[index as usize];
    let place = seen.place_id.as_ref().and_then(|id| study.herd.places.get(id));
    let best = found.map(|found| found.best);
    let second = found.and_then(|found| found.second);
    let passed = |score: f64| {
        study.params.thresholds.iter().copied().filter(|&threshold| score >= threshold).reduce(f64::max)
    };
    row.text(&seen.id)
        .text(&seen.image_id)
        .instant(seen.taken_at, study.zone)
        .optional(place.map(String::as_str))
        .text(seen.class.name())
        .optional(seen.deer_id.as_deref())
        .optional(best.map(|best| deer(best.index).id.as_str()))
        .optional(best.map(|best| deer(best.index).name.as_str()))
        .number(best.map(|best| best.score))
        .optional(second.map(|second| deer(second.index).id.as_str()))
        .number(second.map(|second| second.score))
        .number(best.zip(second).map(|(best, second)| best.score - second.score))
        .text(yes_or_no(best.is_some_and(|best| best.score >= study.params.current_threshold)))
        .number(best.and_then(|best| passed(best.score)))
        .text(yes_or_no(founding))
        .end();
}

const THRESHOLDS: [&str; 22] = [
    "threshold",
    "assigned",
    "unassigned",
    "assignment_rate_percent",
    "newly_assigned",
    "reassigned",
    "dropped",
    "deer_touched",
    "clusters_of_deer",
    "bursts",
    "labelled",
    "wrong",
    "unsure",
    "wrong_of_assigned",
    "wrong_of_assigned_low",
    "wrong_of_assigned_high",
    "labels_required",
    "true_assigned",
    "true_wrong",
    "true_wrong_of_assigned",
    "probability_right",
    "strangers_of_assigned",
];

/// `thresholds.csv`: what each threshold would do, what labels say of it, and what true identities say.
pub(super) fn thresholds(study: &Study) -> Vec<u8> {
    let mut csv = Csv::new(&THRESHOLDS);
    let analysis = &study.analysis;
    for (index, counted) in analysis.thresholds.iter().enumerate() {
        let cut = analysis.clusters.cuts.get(index);
        let row = csv
            .row()
            .number(Some(counted.threshold))
            .count(Some(counted.assigned))
            .count(Some(counted.unassigned))
            .number(Some(counted.assignment_rate))
            .count(Some(counted.newly_assigned))
            .count(Some(counted.reassigned))
            .count(Some(counted.dropped))
            .count(Some(counted.profiles_touched))
            .count(cut.map(|cut| cut.clusters));
        let row = estimated(row, analysis.estimate.as_ref().and_then(|estimate| estimate.rows.get(index)));
        evaluated(row, analysis.evaluation.as_ref().and_then(|found| found.thresholds.get(index))).end();
    }
    csv.finish()
}

fn estimated<'a>(row: Row<'a>, found: Option<&EstimateRow>) -> Row<'a> {
    row.count(found.map(|found| found.bursts))
        .count(found.map(|found| found.labelled))
        .count(found.map(|found| found.wrong))
        .count(found.map(|found| found.unsure))
        .number(found.and_then(|found| found.wrong_of_assigned))
        .number(found.map(|found| found.interval[0]))
        .number(found.map(|found| found.interval[1]))
        .count(found.and_then(|found| found.required))
}

fn evaluated<'a>(row: Row<'a>, found: Option<&EvaluationRow>) -> Row<'a> {
    row.count(found.map(|found| found.assigned))
        .count(found.map(|found| found.wrong))
        .number(found.and_then(|found| found.wrong_of_assigned))
        .number(found.and_then(|found| found.probability_right))
        .count(found.map(|found| found.unknown_assigned))
}

/// `clusters.csv`: each known deer with its place in the dendrogram, its cluster at each threshold, and whether it may
/// be the same animal as another one or two animals in one profile.
pub(super) fn clusters(study: &Study) -> Vec<u8> {
    let analysis = &study.analysis;
    let tree = &analysis.clusters.tree;
    let cuts: Vec<String> =
        analysis.clusters.cuts.iter().map(|cut| format!("cluster_at_{}", cut.threshold)).collect();
    let fixed = ["row", "deer_id", "deer", "classification", "place_in_dendrogram"];
    let candidates = ["may_be_same_as", "score_with_it", "may_be_two_animals"];
    let columns: Vec<&str> =
        fixed.into_iter().chain(cuts.iter().map(String::as_str)).chain(candidates).collect();
    let labels: Vec<Vec<usize>> =
        analysis.clusters.cuts.iter().map(|cut| tree.labels_at(cut.height)).collect();
    let leaf_of: HashMap<usize, usize> =
        tree.leaves.iter().enumerate().map(|(leaf, &profile)| (profile, leaf)).collect();
    let mut place_of = vec![0; tree.leaf_order.len()];
    for (place, &leaf) in tree.leaf_order.iter().enumerate() {
        place_of[leaf] = place;
    }
    let mut csv = Csv::new(&columns);
    for (profile, deer) in study.herd.profiles.iter().enumerate() {
        let leaf = leaf_of.get(&profile);
        let mut row = csv
            .row()
            .count(Some(profile))
            .text(&deer.id)
            .text(&deer.name)
            .text(deer.class.name())
            .count(leaf.map(|&leaf| place_of[leaf] + 1));
        for labels in &labels {
            row = row.count(leaf.map(|&leaf| labels[leaf] + 1));
        }
        let other = most_alike(study, profile);
        let splits = &analysis.clusters.candidate_splits;
        row.optional(other.map(|(other, _)| study.herd.profiles[other].id.as_str()))
            .number(other.map(|(_, score)| score))
            .text(yes_or_no(splits.iter().any(|split| split.profile == profile)))
            .end();
    }
    csv.finish()
}

/// The candidate for a merge with this profile that is most alike; they come best first.
fn most_alike(study: &Study, profile: usize) -> Option<(usize, f64)> {
    let merges = &study.analysis.clusters.candidate_merges;
    let merge = merges.iter().find(|merge| merge.left == profile || merge.right == profile)?;
    let other = if merge.left == profile { merge.right } else { merge.left };
    Some((other, merge.score))
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}
