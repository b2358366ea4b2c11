//! Which assignments a person should look at: about 200 for all thresholds together instead of 100 for each.
//!
//! One detection of each burst, drawn at random, stands for it. These are put in one random order; the sample of a
//! threshold is the first so many that reach it. What reaches a high threshold reaches the lower ones too, so the
//! samples overlap, and yet each is a simple random sample of its assignments: exact intervals hold for each. A larger
//! sample with the same seed contains the smaller one. It draws only; see [`crate::estimate`] for what the answers mean.

use crate::column::Series;
use crate::kernel::Match;
use crate::random::{Purpose, shuffle, stream};
use serde::{Deserialize, Serialize};

/// One assignment to look at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// Detection row.
    pub detection: u32,
    /// Profile row it would be assigned to.
    pub profile: u32,
    /// Their score. Do not show it to the person who answers.
    pub score: f64,
    /// The highest threshold that assigns it: its score band.
    pub band: f64,
}

/// One detection of each burst in random order; those without a match are left out.
#[must_use]
pub fn representatives(
    matches: &(impl Series<Option<Match>> + ?Sized),
    bursts: &[u32],
    seed: u64,
) -> Vec<u32> {
    let mut random = stream(seed, Purpose::Labels);
    let mut rows: Vec<u32> =
        (0..).zip(matches.each()).filter_map(|(row, found)| found.and(Some(row))).collect();
    shuffle(&mut rows, &mut random);
    let mut seen = vec![false; bursts.iter().max().map_or(0, |&last| last as usize + 1)];
    rows.retain(|&row| !std::mem::replace(&mut seen[bursts[row as usize] as usize], true));
    rows.shrink_to_fit();
    // Large bursts are met early; they must not come first in the order of the sample.
    shuffle(&mut rows, &mut random);
    rows
}

/// The sample for these thresholds, at most `size` assignments, in random order. `order` is from [`representatives`].
/// Each threshold gets the same number as far as it assigns so many.
#[must_use]
pub fn draw(
    order: &[u32],
    matches: &(impl Series<Option<Match>> + ?Sized),
    thresholds: &[f64],
    size: usize,
) -> Vec<Draw> {
    let scores = best_scores(matches);
    let score = |row: u32| scores[row as usize];
    let places = |each: usize| -> Vec<usize> {
        let reach = |threshold: f64| move |&(_, row): &(usize, &u32)| score(*row) >= threshold;
        let first =
            |&threshold| order.iter().enumerate().filter(reach(threshold)).take(each).map(|(place, _)| place);
        let mut places: Vec<usize> = thresholds.iter().flat_map(first).collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    // The most for each threshold whose union still fits: growing one by one adds at most a row for each threshold.
    let (mut fits, mut too_many) = (0, size.min(order.len()) + 1);
    while too_many - fits > 1 {
        let middle = usize::midpoint(fits, too_many);
        if places(middle).len() <= size {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    places(fits).into_iter().filter_map(|place| drawn(order[place], matches, thresholds)).collect()
}

/// The best score of each detection by its row; NaN, which reaches no threshold, where there is none.
pub(crate) fn best_scores(matches: &(impl Series<Option<Match>> + ?Sized)) -> Vec<f64> {
    matches.each().map(|found| found.map_or(f64::NAN, |found| found.best.score)).collect()
}

fn drawn(
    detection: u32,
    matches: &(impl Series<Option<Match>> + ?Sized),
    thresholds: &[f64],
) -> Option<Draw> {
    let best = matches.get(detection as usize)?.best;
    let band = thresholds.iter().copied().filter(|&threshold| best.score >= threshold).reduce(f64::max)?;
    Some(Draw { detection, profile: best.index, score: best.score, band })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Candidate;
    use proptest::prelude::*;

    fn matches(scores: &[f64]) -> Vec<Option<Match>> {
        scores
            .iter()
            .map(|&score| Some(Match { best: Candidate { index: 0, score }, second: None }))
            .collect()
    }

    const THRESHOLDS: [f64; 4] = [0.7, 0.65, 0.6, 0.55];

    #[test]
    fn two_hundred_looks_give_each_of_four_thresholds_about_a_hundred() {
        // Assigned: 9.5, 16, 26 and 40 % of 11,570.
        let scores: Vec<f64> = (0..11_570)
            .map(|row| match f64::from(row) / 11_570.0 {
                part if part < 0.095 => 0.72,
                part if part < 0.16 => 0.67,
                part if part < 0.26 => 0.62,
                part if part < 0.40 => 0.57,
                _ => 0.3,
            })
            .collect();
        let matches = matches(&scores);
        let bursts: Vec<u32> = (0..11_570).collect();
        let sample = draw(&representatives(&matches[..], &bursts, 5), &matches[..], &THRESHOLDS, 200);
        assert!((195..=200).contains(&sample.len()), "{}", sample.len());
        for threshold in THRESHOLDS {
            let reach = sample.iter().filter(|draw| draw.score >= threshold).count();
            assert!(reach >= 85, "{threshold}: {reach}");
        }
    }

    #[test]
    fn a_burst_is_represented_once_and_each_of_its_photographs_equally_often() {
        let matches = matches(&[0.8, 0.8, 0.8, 0.8]);
        let mut counts = [0; 4];
        for seed in 0..3_000 {
            let order = representatives(&matches[..], &[0, 0, 0, 1], seed);
            assert_eq!(order.len(), 2);
            order.iter().for_each(|&row| counts[row as usize] += 1);
        }
        assert_eq!(counts[3], 3_000);
        assert!(counts[..3].iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_large_burst_does_not_come_first_more_often() {
        let matches = matches(&[0.8; 10]);
        let bursts = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let first = (0..2_000).filter(|&seed| representatives(&matches[..], &bursts, seed)[0] == 9).count();
        assert!((900..1_100).contains(&first), "{first}");
    }

    proptest! {
        #[test]
        fn a_sample_is_nested_in_a_larger_one_and_never_too_large(
            scores in prop::collection::vec(0.4..0.9_f64, 1..120), small in 0..40_usize, more in 0..40_usize, seed: u64,
        ) {
            let matches = matches(&scores);
            let bursts: Vec<u32> = (0..scores.len() as u32).map(|row| row / 2).collect();
            let order = representatives(&matches[..], &bursts, seed);
            let (less, all) = (draw(&order, &matches[..], &THRESHOLDS, small), draw(&order, &matches[..], &THRESHOLDS, small + more));
            prop_assert!(less.len() <= small && all.len() <= small + more);
            prop_assert!(less.iter().all(|draw| all.contains(draw)));
            prop_assert!(all.iter().all(|draw| draw.score >= draw.band));
        }
    }
}
