//! How good the matching is when the true animals are known: for research sets and simulations, not for a herd.
//!
//! Here every probe with a known identity counts; a probe whose animal is not in the gallery is right only if it is left
//! unassigned.

use crate::binomial::clopper_pearson;
use crate::column::Series;
use crate::input::Input;
use crate::isotonic::Isotonic;
use crate::judged::Sides;
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
pub fn evaluate(
    input: &Input,
    matches: &(impl Series<Option<Match>> + ?Sized),
    thresholds: &[f64],
) -> Option<Evaluation> {
    let gallery: HashSet<u32> = input.profiles.iter().filter_map(|profile| profile.identity).collect();
    // Read anew for each part: what all of them know of millions of probes would not fit into memory.
    let judged = || judge(input, matches, &gallery);
    let mut probes = 0;
    let mut known = Mean::default();
    let mut margin = Mean::default();
    let mut counts: Vec<Counts> = thresholds.iter().map(|_| Counts::default()).collect();
    for probe in judged() {
        probes += 1;
        if probe.known {
            known.add(f64::from(u8::from(probe.right)));
        }
        if let Some(second) = probe.found.second {
            margin.add(probe.found.best.score - second.score);
        }
        counts.iter_mut().zip(thresholds).for_each(|(counts, &threshold)| counts.add(&probe, threshold));
    }
    if probes == 0 {
        return None;
    }
    let known_roc = Roc::of(Sides::new(judged().map(|probe| (probe.found.best.score, probe.known))));
    let auroc_known_unknown = known_roc.as_ref().map(Roc::area);
    drop(known_roc);
    let sides = Sides::new(judged().map(|probe| (probe.found.best.score, probe.right)));
    let calibration = Isotonic::of(&sides);
    let roc = Roc::of(sides);
    let row = |(counts, &threshold): (Counts, &f64)| counts.row(threshold, calibration.as_ref());
    Some(Evaluation {
        probes,
        unknown: probes - known.count as usize,
        rank1: known.value(),
        auroc_right_wrong: roc.as_ref().map(Roc::area),
        auroc_known_unknown,
        eer: roc.as_ref().map(Roc::equal_error_rate),
        youden_threshold: roc.as_ref().map(Roc::youden_threshold),
        mean_margin: margin.value(),
        thresholds: counts.into_iter().zip(thresholds).map(row).collect(),
        calibration,
        roc: roc.as_ref().map(Roc::drawn).unwrap_or_default(),
    })
}

/// Whether each match is right; none where the identity is not known or nothing matched.
pub fn right_matches<'a>(
    input: &'a Input,
    matches: &'a (impl Series<Option<Match>> + ?Sized),
) -> impl Iterator<Item = Option<bool>> + 'a {
    input.facts().zip(matches.each()).map(|(detection, found)| {
        let identity = detection.identity?;
        Some(input.profile(found?.best.index as usize).identity == Some(identity))
    })
}

fn judge<'a>(
    input: &'a Input,
    matches: &'a (impl Series<Option<Match>> + ?Sized),
    gallery: &'a HashSet<u32>,
) -> impl Iterator<Item = Judged> + 'a {
    let pairs = input.facts().zip(matches.each());
    pairs.filter_map(|(detection, found)| {
        let (identity, found) = (detection.identity?, found?);
        let right = input.profile(found.best.index as usize).identity == Some(identity);
        Some(Judged { found, identity, known: gallery.contains(&identity), right })
    })
}

/// A threshold's row while it is counted.
#[derive(Default)]
struct Counts {
    assigned: usize,
    wrong: usize,
    unknown_assigned: usize,
    /// Of each animal in the gallery how many probes were well treated, and how many there are.
    known: BTreeMap<u32, (usize, usize)>,
    /// The same of the others.
    unknown: BTreeMap<u32, (usize, usize)>,
}

impl Counts {
    fn add(&mut self, probe: &Judged, threshold: f64) {
        let passes = probe.found.best.score >= threshold;
        self.assigned += usize::from(passes);
        self.wrong += usize::from(passes && !probe.right);
        self.unknown_assigned += usize::from(passes && !probe.known);
        let (animals, well) =
            if probe.known { (&mut self.known, passes && probe.right) } else { (&mut self.unknown, !passes) };
        let (good, all) = animals.entry(probe.identity).or_default();
        *good += usize::from(well);
        *all += 1;
    }

    fn row(self, threshold: f64, calibration: Option<&Isotonic>) -> EvaluationRow {
        let Self { assigned, wrong, .. } = self;
        EvaluationRow {
            threshold,
            assigned,
            wrong,
            unknown_assigned: self.unknown_assigned,
            wrong_of_assigned: (assigned > 0).then(|| wrong as f64 / assigned as f64),
            interval: clopper_pearson(wrong, assigned),
            probability_right: calibration.map(|fit| fit.at(threshold)),
            baks: balanced(&self.known),
            baus: balanced(&self.unknown),
        }
    }
}

/// Mean over animals of the share of their probes that were well treated.
fn balanced(animals: &BTreeMap<u32, (usize, usize)>) -> Option<f64> {
    let mut mean = Mean::default();
    animals.values().for_each(|&(good, all)| mean.add(good as f64 / all as f64));
    mean.value()
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
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
        evaluate(&input, &probes.iter().map(best).collect::<Vec<_>>()[..], &[threshold]).unwrap()
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
        assert_eq!(evaluate(&input, &[found][..], &[0.5]), None);
    }

    #[test]
    fn a_set_with_only_right_matches_has_no_curve_but_a_table() {
        let found = evaluated(&[(10, 0, 0.9), (11, 1, 0.8)], 0.7);
        assert_eq!((found.auroc_right_wrong, found.eer, found.roc.len()), (None, None, 0));
        assert_eq!(found.thresholds[0].wrong_of_assigned, Some(0.0));
        assert_eq!((found.thresholds[0].baks, found.thresholds[0].baus), (Some(1.0), None));
    }
}
