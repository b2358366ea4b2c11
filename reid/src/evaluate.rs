//! How good the matching is when the true animals are known: for research sets and simulations, not for a herd.
//!
//! Here every probe with a known identity counts; a probe whose animal is not in the gallery is right only if it is left
//! unassigned.

use crate::binomial::clopper_pearson;
use crate::input::Input;
use crate::isotonic::Isotonic;
use crate::kernel::Match;
use crate::roc::{EqualErrorRate, Roc, RocPoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// What the true identities say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    /// Probes with a known identity and a match.
    pub probes: usize,
    /// Of these, probes whose animal is not in the gallery.
    pub unknown: usize,
    /// Share of the probes of gallery animals whose best match is right; none without such probes.
    pub rank1: Option<f64>,
    /// Chance that a right best match scores above a wrong one (any best match of an unknown animal is wrong).
    pub auroc_right_wrong: Option<f64>,
    /// Chance that a probe of a gallery animal scores above one of an unknown animal.
    pub auroc_known_unknown: Option<f64>,
    /// Equal error rate of right against wrong.
    pub eer: Option<EqualErrorRate>,
    /// The score with the greatest true match rate less false match rate. A description.
    pub youden_threshold: Option<f64>,
    /// Mean of best less second-best score; none if no probe has a second.
    pub mean_margin: Option<f64>,
    /// Probability that a best match is right, by its score.
    pub calibration: Option<Isotonic>,
    /// One row for each threshold, in the order given.
    pub thresholds: Vec<EvaluationRow>,
    /// The curve of right against wrong, for drawing.
    pub roc: Vec<RocPoint>,
}

/// One threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationRow {
    /// Least score that assigns.
    pub threshold: f64,
    /// Probes assigned.
    pub assigned: usize,
    /// Of these, wrong.
    pub wrong: usize,
    /// Of the wrong, probes of animals that are not in the gallery.
    pub unknown_assigned: usize,
    /// wrong / assigned; none if nothing is assigned.
    pub wrong_of_assigned: Option<f64>,
    /// Its 95 % interval (Clopper and Pearson), as if probes were independent.
    pub interval: [f64; 2],
    /// Probability that a match with exactly this score is right.
    pub probability_right: Option<f64>,
    /// Balanced accuracy on known samples: the mean over gallery animals of the share of their probes that are assigned
    /// to them (wildlife-datasets; AnimalCLEF 2025).
    pub baks: Option<f64>,
    /// Balanced accuracy on unknown samples: the mean over other animals of the share of their probes left unassigned.
    pub baus: Option<f64>,
}

/// A probe with its truth.
struct Judged {
    found: Match,
    identity: u32,
    known: bool,
    right: bool,
}

/// Evaluates the matches; none if no probe has both an identity and a match.
#[must_use]
pub fn evaluate(input: &Input, matches: &[Option<Match>], thresholds: &[f64]) -> Option<Evaluation> {
    let judged = judge(input, matches);
    if judged.is_empty() {
        return None;
    }
    let known: Vec<&Judged> = judged.iter().filter(|probe| probe.known).collect();
    let roc = Roc::new(judged.iter().map(|probe| (probe.found.best.score, probe.right)).collect());
    let known_roc = Roc::new(judged.iter().map(|probe| (probe.found.best.score, probe.known)).collect());
    let calibration =
        Isotonic::fit(judged.iter().map(|probe| (probe.found.best.score, probe.right)).collect());
    let margins = judged.iter().filter_map(|probe| Some(probe.found.best.score - probe.found.second?.score));
    Some(Evaluation {
        probes: judged.len(),
        unknown: judged.len() - known.len(),
        rank1: mean(known.iter().map(|probe| f64::from(u8::from(probe.right)))),
        auroc_right_wrong: roc.as_ref().map(Roc::area),
        auroc_known_unknown: known_roc.as_ref().map(Roc::area),
        eer: roc.as_ref().map(Roc::equal_error_rate),
        youden_threshold: roc.as_ref().map(Roc::youden_threshold),
        mean_margin: mean(margins),
        thresholds: thresholds.iter().map(|&t| row(&judged, calibration.as_ref(), t)).collect(),
        calibration,
        roc: roc.as_ref().map(Roc::drawn).unwrap_or_default(),
    })
}

/// Whether each probe's best match is right; none where the identity of the probe is not known or nothing matched.
#[must_use]
pub fn right_matches(input: &Input, matches: &[Option<Match>]) -> Vec<Option<bool>> {
    let right = |(row, found): (usize, &Option<Match>)| {
        let identity = input.detection(row).identity?;
        Some(input.profile(found.as_ref()?.best.index as usize).identity == Some(identity))
    };
    matches.iter().enumerate().map(right).collect()
}

fn judge(input: &Input, matches: &[Option<Match>]) -> Vec<Judged> {
    let gallery: HashSet<u32> = input.profiles.iter().filter_map(|profile| profile.identity).collect();
    let right = right_matches(input, matches);
    let judged = |(row, found): (usize, &Option<Match>)| {
        let identity = input.detection(row).identity?;
        Some(Judged { found: (*found)?, identity, known: gallery.contains(&identity), right: right[row]? })
    };
    matches.iter().enumerate().filter_map(judged).collect()
}

fn row(judged: &[Judged], calibration: Option<&Isotonic>, threshold: f64) -> EvaluationRow {
    let passes = |probe: &Judged| probe.found.best.score >= threshold;
    let assigned: Vec<&Judged> = judged.iter().filter(|probe| passes(probe)).collect();
    let wrong = assigned.iter().filter(|probe| !probe.right).count();
    EvaluationRow {
        threshold,
        assigned: assigned.len(),
        wrong,
        unknown_assigned: assigned.iter().filter(|probe| !probe.known).count(),
        wrong_of_assigned: (!assigned.is_empty()).then(|| wrong as f64 / assigned.len() as f64),
        interval: clopper_pearson(wrong, assigned.len()),
        probability_right: calibration.map(|fit| fit.at(threshold)),
        baks: balanced(judged, true, |probe| passes(probe) && probe.right),
        baus: balanced(judged, false, |probe| !passes(probe)),
    }
}

/// The mean over animals (in the gallery or not) of the share of their probes that are handled well.
fn balanced(judged: &[Judged], known: bool, well: impl Fn(&Judged) -> bool) -> Option<f64> {
    let mut animals: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for probe in judged.iter().filter(|probe| probe.known == known) {
        let (good, all) = animals.entry(probe.identity).or_default();
        *good += usize::from(well(probe));
        *all += 1;
    }
    mean(animals.values().map(|&(good, all)| good as f64 / all as f64))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vectors;
    use crate::input::{Detection, Profile};
    use crate::kernel::Candidate;

    /// Probes of (identity, best profile, score); profiles 0, 1, 2 are the animals 10, 11, 12.
    fn evaluated(probes: &[(u32, u32, f64)], threshold: f64) -> Evaluation {
        let vectors = |set, rows: usize| Vectors::new(set, 1, vec![1.0; rows]).unwrap();
        let mut input = Input::new(vectors("detections", probes.len()), vectors("profiles", 3));
        let detection = |p: &(u32, u32, f64)| Detection { identity: Some(p.0), ..Default::default() };
        input.detections = probes.iter().map(detection).collect();
        input.profiles = (10..13).map(|i| Profile { identity: Some(i), ..Default::default() }).collect();
        let best =
            |p: &(u32, u32, f64)| Some(Match { best: Candidate { index: p.1, score: p.2 }, second: None });
        evaluate(&input, &probes.iter().map(best).collect::<Vec<_>>(), &[threshold]).unwrap()
    }

    #[test]
    fn unknown_animals_are_wrong_when_assigned_and_well_treated_when_not() {
        let found = evaluated(
            &[(10, 0, 0.9), (10, 0, 0.4), (11, 0, 0.8), (99, 1, 0.7), (99, 1, 0.3), (98, 2, 0.2)],
            0.6,
        );
        let row = found.thresholds[0];
        assert_eq!((row.assigned, row.wrong, row.unknown_assigned), (3, 2, 1));
        assert_eq!((found.probes, found.unknown, found.rank1), (6, 3, Some(2.0 / 3.0)));
        // Animal 10 has one of two, animal 11 none; animal 99 has one of two, animal 98 its one.
        assert_eq!((row.baks, row.baus), (Some(0.25), Some(0.75)));
        // Right: 0.9, 0.4; wrong: 0.8, 0.7, 0.3, 0.2: 6 of 8 pairs in order.
        assert_eq!(found.auroc_right_wrong, Some(0.75));
        // Known: 0.9, 0.4, 0.8; unknown: 0.7, 0.3, 0.2: 8 of 9.
        assert_eq!(found.auroc_known_unknown, Some(8.0 / 9.0));
        assert_eq!(found.mean_margin, None);
    }

    #[test]
    fn without_identities_there_is_nothing_to_evaluate() {
        let one = |set| Vectors::new(set, 1, vec![1.0]).unwrap();
        let input = Input::new(one("detections"), one("profiles"));
        let found = Some(Match { best: Candidate { index: 0, score: 1.0 }, second: None });
        assert_eq!(evaluate(&input, &[found], &[0.5]), None);
    }

    #[test]
    fn a_set_with_only_right_matches_has_no_curve_but_a_table() {
        let found = evaluated(&[(10, 0, 0.9), (11, 1, 0.8)], 0.7);
        assert_eq!((found.auroc_right_wrong, found.eer, found.roc.len()), (None, None, 0));
        assert_eq!(found.thresholds[0].wrong_of_assigned, Some(0.0));
        assert_eq!((found.thresholds[0].baks, found.thresholds[0].baus), (Some(1.0), None));
    }
}
