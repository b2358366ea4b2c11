//! Profiles that may be one animal, and profiles that may be two: lists for a person to look at, never done by itself.

use crate::input::Input;
use crate::kernel::best_two;
use crate::kernel::threads::try_in_parallel;
use crate::linkage::{Method, Tree, link_rows};
use crate::{Error, Pairing, Vectors};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Two profiles that are more alike than the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CandidateMerge {
    /// The lower profile row.
    pub left: usize,
    /// The higher profile row.
    pub right: usize,
    /// Their score.
    pub score: f64,
}

/// A profile whose detections fall into two groups, each alike within and unlike the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CandidateSplit {
    /// Profile row.
    pub profile: usize,
    /// Detection rows of the two groups, the one with the lowest row first. At most 200 in all.
    pub groups: [Vec<usize>; 2],
    /// Mean score within each group.
    pub within: [f64; 2],
    /// Mean score of a detection of the one with one of the other.
    pub between: f64,
}

/// A group of a split has at least so many bursts: the photographs of one odd visit are no second animal.
const LEAST_BURSTS: usize = 2;
/// Detections of a profile that are compared.
const MOST_DETECTIONS: usize = 200;

/// Each profile with its most similar other one (of a class it may be) if they score at least `threshold`, the most
/// alike first.
///
/// # Errors
///
/// None for an [`Input`] that passes [`Input::check`].
pub fn candidate_merges(
    input: &Input,
    same_sex: bool,
    threshold: f64,
    threads: NonZeroUsize,
) -> Result<Vec<CandidateMerge>, Error> {
    let gallery = &input.gallery;
    // A group of its own on both sides keeps a profile from itself.
    let side = |row: usize| (input.profile(row).class, Some(row as u32));
    let sides = || (0..gallery.rows()).map(side);
    let found = best_two(gallery, gallery, &Pairing::new(same_sex, sides(), sides())?, threads)?;
    let mut pairs = BTreeSet::new();
    for (row, found) in found.iter().enumerate() {
        if let Some(found) = found.filter(|found| found.best.score >= threshold) {
            let other = found.best.index as usize;
            pairs.insert((row.min(other), row.max(other)));
        }
    }
    let merge = |(left, right)| CandidateMerge { left, right, score: gallery.cosine(left, gallery, right) };
    let mut merges: Vec<CandidateMerge> = pairs.into_iter().map(merge).collect();
    merges.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.left, a.right).cmp(&(b.left, b.right))));
    Ok(merges)
}

/// Profiles whose assigned detections part into two groups: between them the mean score is below `threshold`, within
/// each it is not. The clearest first.
///
/// # Errors
///
/// [`Error::Storage`] when detections cannot be read.
pub fn candidate_splits(
    input: &Input,
    bursts: &[u32],
    threshold: f64,
    threads: NonZeroUsize,
) -> Result<Vec<CandidateSplit>, Error> {
    let found = Mutex::new(Vec::new());
    try_in_parallel(threads, members(input).into_iter(), |_: &mut (), (profile, rows)| {
        let split = split(input, bursts, profile as usize, &rows, threshold)?;
        found.lock().unwrap_or_else(PoisonError::into_inner).extend(split);
        Ok(())
    })?;
    let mut splits: Vec<CandidateSplit> = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    splits.sort_by(|a, b| a.between.total_cmp(&b.between).then(a.profile.cmp(&b.profile)));
    Ok(splits)
}

/// Detections of each profile, at most [`MOST_DETECTIONS`]: evenly spread over time, as far as rows are in its order.
fn members(input: &Input) -> BTreeMap<u32, Vec<usize>> {
    let assigned = || input.detections.iter().map(|detection| detection.assigned);
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    assigned().flatten().for_each(|profile| *counts.entry(profile).or_default() += 1);
    let step = |count: usize| count.div_ceil(MOST_DETECTIONS).max(1);
    let mut members: BTreeMap<u32, (usize, Vec<usize>)> = BTreeMap::new();
    for (row, profile) in assigned().enumerate() {
        let Some(profile) = profile else { continue };
        let (met, rows) = members.entry(profile).or_default();
        if met.is_multiple_of(step(counts[&profile])) {
            rows.push(row);
        }
        *met += 1;
    }
    members.into_iter().map(|(profile, (_, rows))| (profile, rows)).collect()
}

fn split(
    input: &Input,
    bursts: &[u32],
    profile: usize,
    rows: &[usize],
    threshold: f64,
) -> Result<Option<CandidateSplit>, Error> {
    if rows.len() < 2 * LEAST_BURSTS {
        return Ok(None);
    }
    let vectors = input.probes.held(rows)?;
    let tree = link_rows(&vectors, (0..rows.len()).collect(), Method::Average);
    let (Some(top), Some(groups)) = (tree.merges.last(), top_groups(&tree)) else { return Ok(None) };
    let between = 1.0 - top.height;
    let visits =
        |group: &Vec<usize>| group.iter().map(|&member| bursts[rows[member]]).collect::<BTreeSet<_>>().len();
    if groups.iter().any(|group| visits(group) < LEAST_BURSTS) || between >= threshold {
        return Ok(None);
    }
    let within = [0, 1].map(|side| mean_score(&vectors, &groups[side]));
    let groups = groups.map(|group| group.into_iter().map(|member| rows[member]).collect());
    let is_two = within.iter().all(|&score| score >= threshold);
    Ok(is_two.then_some(CandidateSplit { profile, groups, within, between }))
}

/// The rows below the two branches of the top merge.
fn top_groups(tree: &Tree) -> Option<[Vec<usize>; 2]> {
    let top = tree.merges.last()?;
    let size = match top.left.checked_sub(tree.leaves.len()) {
        None => 1,
        Some(number) => tree.merges[number].size,
    };
    let (left, right) = tree.leaf_order.split_at(size);
    let mut groups = [left, right].map(|leaves| {
        let mut rows: Vec<usize> = leaves.iter().map(|&leaf| tree.leaves[leaf]).collect();
        rows.sort_unstable();
        rows
    });
    groups.sort_unstable();
    Some(groups)
}

fn mean_score(vectors: &Vectors, rows: &[usize]) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0);
    for (place, &a) in rows.iter().enumerate() {
        for &b in &rows[place + 1..] {
            sum += vectors.cosine(a, vectors, b);
            pairs += 1;
        }
    }
    sum / f64::from(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Class;
    use crate::input::{Detection, Profile};

    fn on_circle(set: &'static str, degrees: &[f32]) -> Vectors {
        let point = |angle: &f32| [angle.to_radians().cos(), angle.to_radians().sin()];
        Vectors::new(set, 2, degrees.iter().flat_map(point).collect()).unwrap()
    }

    #[test]
    fn profiles_more_alike_than_the_threshold_are_listed_once_and_best_first() {
        let gallery = on_circle("profiles", &[0.0, 10.0, 90.0, 95.0, 200.0]);
        let input = Input::new(on_circle("detections", &[0.0]), gallery);
        let found = candidate_merges(&input, true, 0.7, NonZeroUsize::MIN).unwrap();
        assert_eq!(found.iter().map(|m| (m.left, m.right)).collect::<Vec<_>>(), [(2, 3), (0, 1)]);
        assert!((found[0].score - 5.0_f64.to_radians().cos()).abs() < 1e-6);
    }

    #[test]
    fn a_buck_and_a_doe_are_not_merged() {
        let mut input = Input::new(on_circle("detections", &[0.0]), on_circle("profiles", &[0.0, 1.0]));
        input.profiles =
            [Class::Buck, Class::Doe].map(|class| Profile { class, ..Default::default() }).into();
        assert_eq!(candidate_merges(&input, true, 0.7, NonZeroUsize::MIN).unwrap(), []);
        assert_eq!(candidate_merges(&input, false, 0.7, NonZeroUsize::MIN).unwrap().len(), 1);
    }

    #[test]
    fn a_profile_of_two_clear_groups_is_listed_and_others_are_not() {
        let degrees = [0.0, 80.0, 2.0, 82.0, 4.0, 0.0, 1.0, 2.0, 90.0, 5.0, 6.0, 7.0, 8.0];
        let profile = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        let mut input = Input::new(on_circle("detections", &degrees), on_circle("profiles", &[0.0; 3]));
        input.detections = profile.map(|p| Detection { assigned: Some(p), ..Default::default() }).into();
        let found = candidate_splits(&input, &input.bursts(), 0.7, NonZeroUsize::MIN).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].profile, &found[0].groups), (0, &[vec![0, 2, 4], vec![1, 3]]));
        assert!(found[0].between < 0.25 && found[0].within.iter().all(|&score| score > 0.99));
        // The second group of the first profile in one burst: one visit, no second animal.
        let mut detections = input.detections.to_vec();
        detections[1].burst = Some(5);
        detections[3].burst = Some(5);
        input.detections = detections.into();
        assert_eq!(candidate_splits(&input, &input.bursts(), 0.7, NonZeroUsize::MIN).unwrap(), []);
    }
}
