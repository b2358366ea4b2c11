//! How many assignments are wrong, from a person's answers about a sample: for every threshold the proportion, its
//! exact interval, and how many answers a promise needs.
//!
//! The proportion is wrong / assigned (what field workers call the false positive rate), not the false match rate of a
//! ROC curve. It counts bursts, one photograph of each: five pictures of one standing deer are one assignment. What may
//! be concluded is in [`crate::verdict`].

use crate::binomial::{clopper_pearson, least, required, upper_is_below};
use crate::column::Series;
use crate::kernel::Match;
use crate::sample::best_scores;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A person's answer about one assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// Detection row.
    pub detection: u32,
    /// Profile row it was compared with.
    pub profile: u32,
    /// What the person saw.
    pub answer: Answer,
}

/// Do the two pictures show one animal?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Yes: the assignment is right.
    Same,
    /// No: it is wrong.
    Different,
    /// Cannot be told. Counts as wrong, so that a promise holds even so.
    Unsure,
}

/// What the labels say about each threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Labels that some threshold could use.
    pub labels_used: usize,
    /// Labels that none could: another profile is the best match now, the detection does not stand for its burst, or a
    /// row before it in the order of the sample was left blank.
    pub labels_ignored: usize,
    /// One row for each threshold, in the order given.
    pub rows: Vec<EstimateRow>,
}

/// One threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstimateRow {
    /// Least score that assigns.
    pub threshold: f64,
    /// Bursts whose representative is assigned.
    pub bursts: usize,
    /// Of these, how many were looked at: a simple random sample.
    pub labelled: usize,
    /// Wrong ones among them, the unsure included.
    pub wrong: usize,
    /// Unsure ones among them.
    pub unsure: usize,
    /// wrong / labelled; none without labels.
    pub wrong_of_assigned: Option<f64>,
    /// Its 95 % interval (Clopper and Pearson); [0, 1] without labels.
    pub interval: [f64; 2],
    /// Labels altogether with which the upper bound falls below the target, if they go on as so far; none if the
    /// proportion seen is not, or hardly, below the target.
    pub required: Option<usize>,
}

/// Estimates wrong / assigned for each threshold. `order` is the order of the sample
/// ([`crate::sample::representatives`] with the seed it was drawn with), `target` the promise (0 to 1).
#[must_use]
pub fn estimate(
    order: &[u32],
    matches: &(impl Series<Option<Match>> + ?Sized),
    labels: &[Label],
    thresholds: &[f64],
    target: f64,
) -> Estimate {
    let valid = |label: &&Label| {
        matches.get(label.detection as usize).is_some_and(|found| found.best.index == label.profile)
    };
    let answers: HashMap<u32, Answer> =
        labels.iter().filter(valid).map(|label| (label.detection, label.answer)).collect();
    let answer = |detection: u32| answers.get(&detection).copied();
    estimate_by(order, &best_scores(matches), answer, labels.len(), thresholds, target)
}

/// As [`estimate`], with the best score of each detection by its row and `labels` answers by detection.
pub(crate) fn estimate_by(
    order: &[u32],
    scores: &[f64],
    answer: impl Fn(u32) -> Option<Answer>,
    labels: usize,
    thresholds: &[f64],
    target: f64,
) -> Estimate {
    let mut used = vec![false; order.len()];
    let mut row = |&threshold: &f64| {
        let reaching = (0..).zip(order).filter(|(_, detection)| scores[**detection as usize] >= threshold);
        let mut counts = Counts::default();
        for (place, &detection) in reaching {
            counts.bursts += 1;
            // Only an unbroken beginning of the random order is a random sample: whoever leaves out the hard ones must
            // not gain.
            match answer(detection).filter(|_| !counts.is_broken) {
                None => counts.is_broken = true,
                Some(answer) => {
                    used[place] = true;
                    counts.add(answer);
                }
            }
        }
        counts.row(threshold, target)
    };
    let rows: Vec<EstimateRow> = thresholds.iter().map(&mut row).collect();
    let used = used.iter().filter(|used| **used).count();
    Estimate { labels_used: used, labels_ignored: labels.saturating_sub(used), rows }
}

/// A row while it is counted.
#[derive(Default)]
struct Counts {
    bursts: usize,
    is_broken: bool,
    labelled: usize,
    different: usize,
    unsure: usize,
}

impl Counts {
    fn add(&mut self, answer: Answer) {
        self.labelled += 1;
        self.different += usize::from(answer == Answer::Different);
        self.unsure += usize::from(answer == Answer::Unsure);
    }

    fn row(self, threshold: f64, target: f64) -> EstimateRow {
        let (labelled, unsure) = (self.labelled, self.unsure);
        let wrong = self.different + unsure;
        EstimateRow {
            threshold,
            bursts: self.bursts,
            labelled,
            wrong,
            unsure,
            wrong_of_assigned: (labelled > 0).then(|| wrong as f64 / labelled as f64),
            interval: clopper_pearson(wrong, labelled),
            required: required_at_this_rate(wrong, labelled, target),
        }
    }
}

/// Wrong ones with which the search for a number of labels ends; nobody labels so much.
const ENDLESS: usize = 10_000;

/// The least number of labels, not fewer than there are, that would prove the target if wrong ones stay as frequent.
pub(crate) fn required_at_this_rate(wrong: usize, labelled: usize, target: f64) -> Option<usize> {
    if wrong == 0 {
        return Some(required(0, target).max(labelled));
    }
    // Of all numbers of labels with which so many wrong ones are expected, the greatest proves most.
    let labels_with = |wrong_then: usize| wrong_then * labelled / wrong;
    let proves = |wrong_then| upper_is_below(wrong_then, labels_with(wrong_then), target);
    if !proves(ENDLESS) {
        return None;
    }
    let wrong_then = least(wrong, |wrong_then| wrong_then >= ENDLESS || proves(wrong_then));
    Some(required(wrong_then, target).max(labelled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Candidate;
    use crate::sample::{draw, representatives};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn matches(scores: &[f64]) -> Vec<Option<Match>> {
        scores
            .iter()
            .map(|&score| Some(Match { best: Candidate { index: 3, score }, second: None }))
            .collect()
    }

    fn label(detection: u32, answer: Answer) -> Label {
        Label { detection, profile: 3, answer }
    }

    #[test]
    fn each_threshold_counts_the_beginning_of_its_own_order() {
        let matches = matches(&[0.9, 0.6, 0.8, 0.65, 0.75]);
        let order = [1, 0, 3, 2, 4];
        let labels = [
            label(0, Answer::Same),
            label(1, Answer::Different),
            label(2, Answer::Unsure),
            label(3, Answer::Same),
        ];
        let found = estimate(&order, &matches[..], &labels, &[0.7, 0.6], 0.05);
        let counts: Vec<_> = found.rows.iter().map(|r| (r.bursts, r.labelled, r.wrong, r.unsure)).collect();
        assert_eq!(counts, [(3, 2, 1, 1), (5, 4, 2, 1)]);
        assert_eq!((found.labels_used, found.labels_ignored), (4, 0));
        assert_eq!(found.rows[1].wrong_of_assigned, Some(0.5));
        assert_eq!(found.rows[1].interval, clopper_pearson(2, 4));
    }

    #[test]
    fn a_row_left_blank_ends_the_sample_and_the_rest_is_ignored() {
        let matches = matches(&[0.9, 0.9, 0.9]);
        let found = estimate(
            &[0, 1, 2],
            &matches[..],
            &[label(0, Answer::Same), label(2, Answer::Same)],
            &[0.7],
            0.05,
        );
        assert_eq!((found.rows[0].labelled, found.labels_used, found.labels_ignored), (1, 1, 1));
    }

    #[test]
    fn a_label_about_another_profile_is_stale() {
        let stale = Label { detection: 0, profile: 4, answer: Answer::Same };
        let found = estimate(&[0], &matches(&[0.9])[..], &[stale], &[0.7], 0.05);
        assert_eq!((found.rows[0].labelled, found.labels_ignored), (0, 1));
        assert_eq!((found.rows[0].interval, found.rows[0].required), ([0.0, 1.0], Some(72)));
    }

    #[test]
    fn the_required_number_grows_with_what_was_wrong() {
        assert_eq!(required_at_this_rate(0, 30, 0.05), Some(72));
        assert_eq!(required_at_this_rate(0, 500, 0.05), Some(500));
        assert_eq!(required_at_this_rate(5, 100, 0.05), None);
        let needed = required_at_this_rate(2, 100, 0.05).unwrap();
        let wrong = (0.02 * needed as f64).ceil() as usize;
        assert!(needed > 100 && clopper_pearson(wrong, needed)[1] < 0.05, "{needed}");
    }

    /// 3,000 detections in bursts of 1 to 4; the chance to be right grows with the score.
    fn herd(random: &mut ChaCha8Rng) -> (Vec<Option<Match>>, Vec<u32>, Vec<Answer>) {
        let (mut scores, mut bursts, mut answers) = (Vec::new(), Vec::new(), Vec::new());
        for burst in 0..1_200 {
            let (score, luck) = (random.random_range(0.5..0.8), random.random_range(0.0..1.0));
            let answer = if luck < (score - 0.4) * 2.6 { Answer::Same } else { Answer::Different };
            for _ in 0..random.random_range(1..=4) {
                scores.push(score + random.random_range(-0.02..0.02));
                bursts.push(burst);
                answers.push(answer);
            }
        }
        (matches(&scores), bursts, answers)
    }

    #[test]
    fn the_intervals_of_a_sample_of_200_cover_the_truth_in_95_of_100_herds() {
        const THRESHOLDS: [f64; 4] = [0.7, 0.65, 0.6, 0.55];
        let mut covered = [0; 4];
        for seed in 0..200 {
            let (matches, bursts, answers) = herd(&mut ChaCha8Rng::seed_from_u64(seed));
            let order = representatives(&matches[..], &bursts, seed);
            let sample = draw(&order, &matches[..], &THRESHOLDS, 200);
            let labels: Vec<Label> =
                sample.iter().map(|draw| label(draw.detection, answers[draw.detection as usize])).collect();
            let found = estimate(&order, &matches[..], &labels, &THRESHOLDS, 0.05);
            assert_eq!(found.labels_ignored, 0);
            for (covered, row) in covered.iter_mut().zip(&found.rows) {
                assert!(row.labelled >= 70, "{row:?}");
                // The truth over all detections, not over the representatives that were drawn from.
                let assigned: Vec<usize> =
                    (0..matches.len()).filter(|&d| matches[d].unwrap().best.score >= row.threshold).collect();
                let wrong = assigned.iter().filter(|&&d| answers[d] == Answer::Different).count();
                let truth = wrong as f64 / assigned.len() as f64;
                *covered += usize::from(row.interval[0] <= truth && truth <= row.interval[1]);
            }
        }
        assert!(covered.iter().all(|&count| count >= 190), "of 200: {covered:?}");
    }
}
