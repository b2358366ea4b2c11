//! The assignments of a sample with the names of what is compared, read out of all names in one pass.

use std::collections::{BTreeMap, HashMap};

use deertrack_reid::sample::Draw;
use deertrack_reid::{Analysis, Detection};

use super::failure::failed;
use super::herd::Herd;
use super::names::Seen;
use crate::JobError;

/// A detection and the deer it would be assigned to.
pub(super) struct Sampled {
    pub(super) seen: Seen,
    /// Row of the deer.
    pub(super) profile: usize,
    /// The detection whose photograph stands for the deer.
    pub(super) shown: Option<String>,
}

/// The sample of an analysis, in its order.
pub(super) fn sampled(herd: &Herd, analysis: &Analysis) -> Result<Vec<Sampled>, JobError> {
    let draws = &analysis.sample;
    if draws.is_empty() {
        return Ok(Vec::new());
    }
    let likenesses = likenesses(herd, analysis)?;
    let mut seen: BTreeMap<u32, Option<Seen>> = draws
        .iter()
        .map(|draw| draw.detection)
        .chain(likenesses.iter().copied().flatten())
        .map(|row| (row, None))
        .collect();
    for (row, name) in (0..).zip(herd.names.iter()) {
        let name = name?;
        if let Some(place) = seen.get_mut(&row) {
            *place = Some(name);
        }
    }
    let name = |row: u32| seen[&row].clone().expect("every row of an analysis has a name");
    let one = |(draw, likeness): (&Draw, Option<u32>)| {
        let profile = draw.profile as usize;
        let shown = match (&herd.profiles[profile].founder, likeness) {
            (Some(founder), _) => Some(founder.clone()),
            (None, likeness) => likeness.map(|row| name(row).id),
        };
        Sampled { seen: name(draw.detection), profile, shown }
    };
    Ok(draws.iter().zip(likenesses).map(one).collect())
}

/// For each draw whose deer has no founder: the row of the best of the detections that are assigned to the deer today,
/// never one of the burst that is compared with it; the last of equal ones.
fn likenesses(herd: &Herd, analysis: &Analysis) -> Result<Vec<Option<u32>>, JobError> {
    let draws = &analysis.sample;
    let mut wanted: HashMap<u32, Vec<usize>> = HashMap::new();
    for (place, draw) in draws.iter().enumerate() {
        if herd.profiles[draw.profile as usize].founder.is_none() {
            wanted.entry(draw.profile).or_default().push(place);
        }
    }
    let mut best: Vec<Option<(f64, u32)>> = vec![None; draws.len()];
    if wanted.is_empty() {
        return Ok(vec![None; draws.len()]);
    }
    let bursts = herd.input.bursts();
    let rows = herd.input.detections.iter().map(|Detection { assigned, .. }| assigned);
    for ((row, assigned), found) in (0..).zip(rows).zip(analysis.matches.iter()) {
        let score = found.map_or(f64::NEG_INFINITY, |found| found.best.score);
        for &place in assigned.and_then(|profile| wanted.get(&profile)).into_iter().flatten() {
            let is_mate = bursts[row as usize] == bursts[draws[place].detection as usize];
            let is_better = best[place].is_none_or(|(most, _)| score.total_cmp(&most).is_ge());
            if !is_mate && is_better {
                best[place] = Some((score, row));
            }
        }
    }
    herd.input.check_read().map_err(failed)?;
    Ok(best.into_iter().map(|best| best.map(|(_, row)| row)).collect())
}
