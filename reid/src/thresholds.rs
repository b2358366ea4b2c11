//! What each threshold would assign, and what would change against today's assignment.
//!
//! This counts; it does not say whether an assignment is right ([`crate::estimate`]) or which threshold to take
//! ([`crate::verdict`]).

use crate::column::Series;
use crate::kernel::Match;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The thresholds that are looked at unless others are asked for.
pub const DEFAULT: [f64; 4] = [0.70, 0.65, 0.60, 0.55];

/// One threshold. A detection is assigned if its best score is at least the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdRow {
    /// Least score that assigns.
    pub threshold: f64,
    /// Detections that would be assigned.
    pub assigned: usize,
    /// Detections that would not.
    pub unassigned: usize,
    /// Percent of the detections that would be assigned, 0 to 100.
    pub assignment_rate: f64,
    /// Assigned here and to nobody today.
    pub newly_assigned: usize,
    /// Assigned here to another profile than today.
    pub reassigned: usize,
    /// Assigned today and not here.
    pub dropped: usize,
    /// Profiles that would get at least one detection.
    pub profiles_touched: usize,
}

/// One row for each threshold, in the order given. `today` holds the profile row each detection is assigned to now;
/// beyond its end, nobody. A detection that is `founding` ([`crate::Input::founding`]; beyond the end none is) was not
/// compared with its own profile, so it is no change: neither new nor moved nor dropped.
#[must_use]
pub fn threshold_table(
    matches: &(impl Series<Option<Match>> + ?Sized),
    today: impl IntoIterator<Item = Option<u32>>,
    founding: &[bool],
    thresholds: &[f64],
) -> Vec<ThresholdRow> {
    let mut counts: Vec<Count> = thresholds.iter().map(|_| Count::default()).collect();
    let today = today.into_iter().chain(std::iter::repeat(None));
    for ((detection, found), before) in matches.each().enumerate().zip(today) {
        let founding = founding.get(detection).copied().unwrap_or_default();
        for (count, &threshold) in counts.iter_mut().zip(thresholds) {
            let here = found.filter(|found| found.best.score >= threshold).map(|found| found.best.index);
            count.add(before, here, founding);
        }
    }
    let row = |(count, &threshold): (Count, &f64)| count.row(threshold, matches.len());
    counts.into_iter().zip(thresholds).map(row).collect()
}

/// A threshold with as many decimals as it has, at least two: `0.70`, `0.725`. Every text writes it so.
#[must_use]
pub fn written(threshold: f64) -> String {
    let [short, two] = [threshold.to_string(), format!("{threshold:.2}")];
    if short.len() > two.len() { short } else { two }
}

/// A row while it is counted.
#[derive(Default)]
struct Count {
    assigned: usize,
    newly_assigned: usize,
    reassigned: usize,
    dropped: usize,
    profiles: HashSet<u32>,
}

impl Count {
    fn add(&mut self, before: Option<u32>, here: Option<u32>, founding: bool) {
        self.profiles.extend(here);
        self.assigned += usize::from(here.is_some());
        match (before, here) {
            _ if founding => {}
            (None, Some(_)) => self.newly_assigned += 1,
            (Some(_), None) => self.dropped += 1,
            (Some(before), Some(now)) if before != now => self.reassigned += 1,
            _ => {}
        }
    }

    fn row(self, threshold: f64, detections: usize) -> ThresholdRow {
        ThresholdRow {
            threshold,
            assigned: self.assigned,
            unassigned: detections - self.assigned,
            assignment_rate: self.assigned as f64 / detections.max(1) as f64 * 100.0,
            newly_assigned: self.newly_assigned,
            reassigned: self.reassigned,
            dropped: self.dropped,
            profiles_touched: self.profiles.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Candidate;

    fn best(index: u32, score: f64) -> Option<Match> {
        Some(Match { best: Candidate { index, score }, second: None })
    }

    #[test]
    fn each_detection_is_counted_once_as_new_moved_dropped_or_kept() {
        let matches = [best(0, 0.9), best(1, 0.7), best(1, 0.69), best(2, 0.8), None];
        let today = [Some(0), None, Some(1), Some(1), Some(2)];
        let rows = threshold_table(&matches[..], today, &[], &[0.7]);
        let expected = ThresholdRow {
            threshold: 0.7,
            assigned: 3,
            unassigned: 2,
            assignment_rate: 60.0,
            newly_assigned: 1,
            reassigned: 1,
            dropped: 2,
            profiles_touched: 3,
        };
        assert_eq!(rows, [expected]);
    }

    #[test]
    fn the_burst_that_a_profile_was_made_of_is_no_change_and_the_threshold_in_use_drops_nobody() {
        // Assigned at 0.7 today; rows 0 and 1 are of the burst of profile 0, and were compared with the others.
        let matches = [best(1, 0.4), best(1, 0.8), best(0, 0.75), best(1, 0.6)];
        let today = [Some(0), Some(0), Some(0), None];
        let row = threshold_table(&matches[..], today, &[true, true], &[0.7])[0];
        assert_eq!((row.assigned, row.unassigned, row.profiles_touched), (2, 2, 2));
        assert_eq!((row.newly_assigned, row.reassigned, row.dropped), (0, 0, 0));
    }

    #[test]
    fn thresholds_have_two_decimals_or_more() {
        assert_eq!([0.7, 0.725, 1.0, -0.25].map(written), ["0.70", "0.725", "1.00", "-0.25"]);
    }

    #[test]
    fn all_scores_below_every_threshold_are_a_plain_row_of_zeros() {
        let rows = threshold_table(&[best(0, 0.1)][..], [], &[], &DEFAULT);
        assert!(rows.iter().all(|row| row.assigned == 0 && row.unassigned == 1 && row.profiles_touched == 0));
    }
}
