//! Is there a threshold that may be used? One of three answers: this one, none, or not enough labels to say.
//!
//! A threshold is safe if the upper 95 % bound of wrong / assigned is below the target. The thresholds are tried from the
//! strictest down and the first that fails ends the trial (fixed-sequence testing, Maurer and others 1995), so that
//! trying many does not weaken the promise. Nothing but answers about real assignments can make a number appear here: no
//! histogram, no mixture, no default.

use crate::binomial::{clopper_pearson, required};
use crate::estimate::{Estimate, EstimateRow};
use crate::space::SpaceCheck;
use crate::thresholds::written;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The three answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictKind {
    /// The threshold given keeps the promise.
    SafeThreshold,
    /// No threshold looked at keeps it.
    NoSafeThreshold,
    /// It cannot be said yet.
    NotEnoughLabels,
}

/// The answer and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Which answer.
    pub kind: VerdictKind,
    /// The lowest safe threshold; only with [`VerdictKind::SafeThreshold`].
    pub threshold: Option<f64>,
    /// The 95 % interval of wrong / assigned that decided; none if nothing was labelled.
    pub interval: Option<[f64; 2]>,
    /// How many more labels are needed at the threshold that decides; only with [`VerdictKind::NotEnoughLabels`].
    pub more_labels: Option<usize>,
    /// So few bursts are assigned there that new photographs are needed before they can be labelled.
    pub more_photographs: bool,
    /// Why, in plain words.
    pub reason: String,
}

/// Judges the thresholds of an estimate. `target` is the greatest bearable wrong / assigned (0 to 1).
#[must_use]
pub fn verdict(space: &SpaceCheck, estimate: Option<&Estimate>, target: f64) -> Verdict {
    if let Some(alarm) = space.alarms.iter().find(|alarm| alarm.kind.forbids_threshold()) {
        return no_safe_threshold(None, alarm.message.clone());
    }
    let least = required(0, target);
    let Some(estimate) = estimate else { return nobody_looked(least, false) };
    judge(&estimate.rows, target, least)
}

fn judge(rows: &[EstimateRow], target: f64, least: usize) -> Verdict {
    let mut rows: Vec<&EstimateRow> = rows.iter().collect();
    rows.sort_by(|a, b| b.threshold.total_cmp(&a.threshold));
    // A threshold with fewer assignments than the least proof needs can never be proved; it is left out before any
    // answer is looked at, so the sequence stays fixed.
    let trial: Vec<&EstimateRow> = rows.iter().copied().filter(|row| row.bursts >= least).collect();
    let Some(strictest) = trial.first() else { return too_few(&rows, least) };
    let safe = trial.iter().take_while(|row| row.interval[1] < target).last();
    if let Some(row) = safe {
        return safe_threshold(row, target);
    }
    if strictest.interval[0] < target {
        return undecided(strictest, target, least);
    }
    // Stricter ones assign too few to be proved; if those looked at are right so far, that is no "no".
    let promising = |row: &&&EstimateRow| row.labelled > 0 && row.required.is_some();
    let stricter = rows.iter().take_while(|row| row.threshold > strictest.threshold);
    match stricter.filter(promising).last() {
        Some(row) => promising_but_few(row, strictest, target, least),
        None => unsafe_from(strictest, &trial, target),
    }
}

fn safe_threshold(row: &EstimateRow, target: f64) -> Verdict {
    let reason = format!(
        "At {}, {} of {} judged assignments were wrong; with 95 % confidence at most {} of all are, below the target of {}.",
        written(row.threshold),
        row.wrong,
        row.labelled,
        percent(row.interval[1]),
        percent(target)
    );
    let kind = VerdictKind::SafeThreshold;
    let (threshold, interval) = (Some(row.threshold), Some(row.interval));
    Verdict { kind, threshold, interval, more_labels: None, more_photographs: false, reason }
}

fn unsafe_from(strictest: &EstimateRow, trial: &[&EstimateRow], target: f64) -> Verdict {
    let hopeless = trial.iter().filter(|row| row.interval[0] >= target).count();
    let reason = format!(
        "Even at {}, the strictest threshold that assigns enough to judge, {} of {} judged assignments were wrong: with 95 % confidence at least {} of all, above the target of {}. Of the thresholds that assign enough, {hopeless} of {} are proved unsafe.",
        written(strictest.threshold),
        strictest.wrong,
        strictest.labelled,
        percent(strictest.interval[0]),
        percent(target),
        trial.len()
    );
    no_safe_threshold(Some(strictest.interval), reason)
}

fn undecided(row: &EstimateRow, target: f64, least: usize) -> Verdict {
    if row.labelled == 0 {
        return nobody_looked(least, row.bursts < least);
    }
    let needed = row.required.unwrap_or_else(|| required_to_refute(row, target)).max(least);
    let more = needed.saturating_sub(row.labelled).max(1);
    let mut reason = format!(
        "At {}, {} of {} judged assignments were wrong; all that can be said is {} to {}, and the target is {}. About {more} more answers decide it.",
        written(row.threshold),
        row.wrong,
        row.labelled,
        percent(row.interval[0]),
        percent(row.interval[1]),
        percent(target)
    );
    let more_photographs = needed > row.bursts;
    if more_photographs {
        reason.push_str(&format!(
            " Only {} bursts are assigned there, so new photographs are needed.",
            row.bursts
        ));
    }
    not_enough(Some(row.interval), more, more_photographs, reason)
}

/// `row` assigns too few to be proved, `strictest` of those that assign enough is proved unsafe.
fn promising_but_few(row: &EstimateRow, strictest: &EstimateRow, target: f64, least: usize) -> Verdict {
    let needed = row.required.unwrap_or(least).max(least);
    let reason = format!(
        "At {}, {} of {} judged assignments were wrong, which is promising; but only {} bursts are assigned there, and about {needed} answers are needed to prove it: new photographs are needed. At {} with 95 % confidence at least {} of all are wrong, above the target of {}.",
        written(row.threshold),
        row.wrong,
        row.labelled,
        row.bursts,
        written(strictest.threshold),
        percent(strictest.interval[0]),
        percent(target)
    );
    let interval = Some(row.interval).filter(|_| row.labelled > 0);
    not_enough(interval, needed.saturating_sub(row.labelled).max(1), true, reason)
}

fn nobody_looked(least: usize, more_photographs: bool) -> Verdict {
    let reason = format!(
        "Nobody has looked at a sample of the assignments yet. Scores alone cannot tell right from wrong: at least {least} answers are needed."
    );
    not_enough(None, least, more_photographs, reason)
}

/// Labels altogether with which the lower bound reaches the target, if wrong ones stay as frequent as seen.
fn required_to_refute(row: &EstimateRow, target: f64) -> usize {
    let rate = row.wrong as f64 / row.labelled.max(1) as f64;
    let refutes = |labels: usize| clopper_pearson((rate * labels as f64) as usize, labels)[0] >= target;
    // At a rate just at the target no number is enough; nobody gives so many labels anyway.
    (1..=20).map(|times| row.labelled * times).find(|&labels| refutes(labels)).unwrap_or(row.labelled * 20)
}

fn too_few(rows: &[&EstimateRow], least: usize) -> Verdict {
    let Some(most) = rows.iter().max_by_key(|row| row.bursts).filter(|row| row.bursts > 0) else {
        return no_safe_threshold(
            None,
            "No detection reaches any of the thresholds, so none assigns anything.".into(),
        );
    };
    let reason = format!(
        "The lowest threshold, {}, assigns only {} bursts; even if all are right, {least} are needed to prove it. New photographs are needed.",
        written(most.threshold),
        most.bursts
    );
    not_enough(
        Some(most.interval).filter(|_| most.labelled > 0),
        least - most.labelled.min(most.bursts),
        true,
        reason,
    )
}

fn no_safe_threshold(interval: Option<[f64; 2]>, reason: String) -> Verdict {
    let kind = VerdictKind::NoSafeThreshold;
    Verdict { kind, threshold: None, interval, more_labels: None, more_photographs: false, reason }
}

fn not_enough(interval: Option<[f64; 2]>, more: usize, more_photographs: bool, reason: String) -> Verdict {
    let kind = VerdictKind::NotEnoughLabels;
    Verdict { kind, threshold: None, interval, more_labels: Some(more), more_photographs, reason }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::required_at_this_rate;
    use VerdictKind::{NoSafeThreshold, NotEnoughLabels, SafeThreshold};

    /// Rows of (threshold, bursts, labelled, wrong).
    fn judged(rows: &[(f64, usize, usize, usize)]) -> Verdict {
        let row = |&(threshold, bursts, labelled, wrong): &(f64, usize, usize, usize)| EstimateRow {
            threshold,
            bursts,
            labelled,
            wrong,
            unsure: 0,
            wrong_of_assigned: None,
            interval: clopper_pearson(wrong, labelled),
            required: required_at_this_rate(wrong, labelled, 0.05),
        };
        judge(&rows.iter().map(row).collect::<Vec<_>>(), 0.05, required(0, 0.05))
    }

    #[test]
    fn the_lowest_threshold_of_an_unbroken_row_of_safe_ones_is_taken() {
        let found =
            judged(&[(0.55, 900, 100, 30), (0.7, 200, 100, 0), (0.65, 300, 100, 0), (0.6, 500, 100, 3)]);
        assert_eq!((found.kind, found.threshold), (SafeThreshold, Some(0.65)));
        assert_eq!(found.interval, Some(clopper_pearson(0, 100)));
    }

    #[test]
    fn a_safe_threshold_below_a_failed_one_is_not_taken() {
        let found = judged(&[(0.7, 200, 100, 20), (0.6, 500, 100, 0)]);
        assert_eq!((found.kind, found.threshold), (NoSafeThreshold, None));
    }

    #[test]
    fn too_little_evidence_is_no_number_and_says_how_much_is_missing() {
        let found = judged(&[(0.7, 200, 50, 0), (0.6, 500, 50, 0)]);
        assert_eq!((found.kind, found.threshold, found.more_labels), (NotEnoughLabels, None, Some(22)));
        let found = judged(&[(0.7, 200, 20, 2)]);
        assert_eq!((found.kind, found.threshold), (NotEnoughLabels, None));
        assert!(found.more_labels.unwrap() > 0);
    }

    #[test]
    fn a_threshold_that_assigns_too_few_to_be_proved_does_not_stop_the_others() {
        let found = judged(&[(0.8, 5, 5, 1), (0.7, 200, 100, 0)]);
        assert_eq!((found.kind, found.threshold), (SafeThreshold, Some(0.7)));
        let found = judged(&[(0.7, 2, 2, 1), (0.55, 94, 94, 83)]);
        assert_eq!(found.kind, NoSafeThreshold);
    }

    #[test]
    fn a_stricter_threshold_without_errors_is_no_no_where_a_lower_one_is_proved_unsafe() {
        let found = judged(&[(0.7, 23, 23, 0), (0.65, 41, 41, 0), (0.4, 300, 100, 60)]);
        assert_eq!((found.kind, found.threshold), (NotEnoughLabels, None));
        assert_eq!((found.more_labels, found.more_photographs), (Some(31), true));
        assert!(found.reason.starts_with("At 0.65, 0 of 41 judged"), "{}", found.reason);
        assert!(found.reason.contains("At 0.40 with 95 % confidence at least"), "{}", found.reason);
        // A rate like this is never proved, however many there are.
        assert_eq!(judged(&[(0.65, 41, 41, 20), (0.4, 300, 100, 60)]).kind, NoSafeThreshold);
    }

    #[test]
    fn without_a_single_answer_no_proportion_is_told() {
        let found = judged(&[(0.7, 200, 0, 0)]);
        assert_eq!((found.kind, found.interval, found.more_labels), (NotEnoughLabels, None, Some(72)));
        assert!(found.reason.starts_with("Nobody has looked"), "{}", found.reason);
    }

    #[test]
    fn few_assignments_or_none_at_all_are_told_apart() {
        let few = judged(&[(0.7, 0, 0, 0), (0.6, 10, 10, 0)]);
        assert_eq!((few.kind, few.more_labels), (NotEnoughLabels, Some(62)));
        assert_eq!(judged(&[(0.7, 0, 0, 0)]).kind, NoSafeThreshold);
    }

    #[test]
    fn a_census_with_one_wrong_of_eighty_asks_for_new_photographs() {
        let found = judged(&[(0.7, 80, 80, 1)]);
        assert_eq!(found.kind, NotEnoughLabels);
        assert!(found.reason.contains("new photographs"), "{}", found.reason);
    }
}
