//! Are these vectors one space at all? Looked at first, because every other number is worthless otherwise.
//!
//! The worst case is silent: detections and profiles embedded by different heads give plausible scores around 1/pi
//! with a narrow spread, and any threshold "works". It takes the numbers; which of them are alarming is told in
//! [`crate::space_alarms`]. It does not judge thresholds ([`crate::verdict`]).

use crate::column::Series;
use crate::images::Repeated;
use crate::input::Input;
use crate::kernel::Match;
use crate::probes::Lengths;
use crate::random::{Purpose, index, stream};
use crate::roc::Roc;
use crate::space_alarms::alarms;
use crate::{Pairing, describe};
use std::collections::HashSet;

pub use crate::space_findings::{BurstMates, SetCheck, SpaceCheck, Spread};

/// Pairs that are looked at of each kind at most: the mean of 20,000 scores is known to a hundredth of their spread.
const PAIRS: usize = 20_000;

/// Checks the space of the input. `matches` are its best matches, `pairing` the rules they were found with.
#[must_use]
pub fn space_check(
    input: &Input,
    bursts: &[u32],
    pairing: &Pairing,
    matches: &(impl Series<Option<Match>> + ?Sized),
    seed: u64,
) -> SpaceCheck {
    let mut versions = HashSet::new();
    versions.extend(input.detections.iter().filter_map(|detection| detection.version));
    let detection_versions = versions.len();
    let profile_versions: HashSet<u32> =
        input.profiles.iter().filter_map(|profile| profile.version).collect();
    let (gallery, probes) = (&input.gallery, &input.probes);
    let profiles = set_check(Lengths::of(gallery.norms()), gallery.repeats(), profile_versions.len());
    versions.extend(profile_versions);
    let mut check = SpaceCheck {
        ok: true,
        alarms: Vec::new(),
        dimensions: input.probes.dim(),
        detections: set_check(probes.lengths(), probes.repeats(), detection_versions),
        profiles,
        strangers: spread(&strangers(input, pairing, seed)),
        best_q99: best_q99(matches),
        founders: spread(&founders(input)),
        burst_mates: burst_mates(input, bursts, seed),
    };
    check.alarms = alarms(&check, versions.len());
    check.ok = check.alarms.is_empty();
    check
}

fn set_check(lengths: Lengths, duplicates: usize, versions: usize) -> SetCheck {
    SetCheck {
        rows: lengths.rows,
        zero_vectors: lengths.zero,
        duplicates,
        norm_min: lengths.least,
        norm_mean: lengths.sum / lengths.rows as f64,
        norm_max: lengths.most,
        versions,
    }
}

fn spread(scores: &[f64]) -> Option<Spread> {
    let summary = describe::describe(scores)?;
    let std = summary.std.unwrap_or(0.0);
    Some(Spread { pairs: summary.count, mean: summary.mean, std, median: summary.median })
}

/// Random detections with random profiles, leaving out what the rules forbid and what is assigned today.
fn strangers(input: &Input, pairing: &Pairing, seed: u64) -> Vec<f64> {
    let mut random = stream(seed, Purpose::Strangers);
    let (probes, gallery) = (&input.probes, &input.gallery);
    let pair = |_| {
        let (probe, profile) = (index(&mut random, probes.rows()), index(&mut random, gallery.rows()));
        let assigned = input.detection(probe).assigned == Some(profile as u32);
        (pairing.allows(probe, profile) && !assigned).then(|| probes.cosine_with(probe, gallery, profile))
    };
    (0..PAIRS).filter_map(pair).collect()
}

fn founders(input: &Input) -> Vec<f64> {
    let founders =
        input.profiles.iter().enumerate().filter_map(|(row, profile)| Some((row, profile.founder?)));
    founders.map(|(row, founder)| input.probes.cosine_with(founder as usize, &input.gallery, row)).collect()
}

fn best_q99(matches: &(impl Series<Option<Match>> + ?Sized)) -> Option<f64> {
    let mut best: Vec<f64> = matches.each().flatten().map(|found| found.best.score).collect();
    best.sort_unstable_by(f64::total_cmp);
    (!best.is_empty()).then(|| describe::quantile(&best, 0.99))
}

/// Each detection with the one before it in its burst, and as many random pairs of different bursts. Bursts with several
/// animals in one picture are left out: which of them is which cannot be told.
fn burst_mates(input: &Input, bursts: &[u32], seed: u64) -> Option<BurstMates> {
    let probes = &input.probes;
    let groups = bursts_of_groups(input, bursts);
    let mut last = vec![NONE_BEFORE; bursts.len()];
    let mut mates = Vec::new();
    for (row, &burst) in bursts.iter().enumerate().filter(|(_, burst)| !groups[**burst as usize]) {
        let before = std::mem::replace(&mut last[burst as usize], row as u32);
        if before != NONE_BEFORE {
            mates.push(probes.cosine(before as usize, row));
        }
        if mates.len() == PAIRS {
            break;
        }
    }
    let mut random = stream(seed, Purpose::Strangers);
    let pair = |_| {
        let (a, b) = (index(&mut random, bursts.len()), index(&mut random, bursts.len()));
        (bursts[a] != bursts[b]).then(|| probes.cosine(a, b))
    };
    let strangers: Vec<f64> = (0..PAIRS).filter_map(pair).collect();
    let positives = mates.iter().map(|&score| (score, true));
    let roc = Roc::new(positives.chain(strangers.iter().map(|&score| (score, false))).collect())?;
    Some(BurstMates { mates: spread(&mates)?, strangers: spread(&strangers)?, area: roc.area() })
}

/// No row: sets are smaller than this.
const NONE_BEFORE: u32 = u32::MAX;

/// Whether some picture of each burst holds several animals; only the bursts of the second and further ones are marked.
fn bursts_of_groups(input: &Input, bursts: &[u32]) -> Vec<bool> {
    let image = |detection: crate::Detection| detection.sighting.map(|sighting| sighting.image);
    let repeated = Repeated::of(input.detections.iter().filter_map(image));
    let mut met = vec![false; repeated.len()];
    let mut marked = vec![false; bursts.len()];
    for (detection, &burst) in input.detections.iter().zip(bursts) {
        let Some((place, _)) = image(detection).and_then(|image| repeated.place(image)) else { continue };
        marked[burst as usize] |= std::mem::replace(&mut met[place], true);
    }
    marked
}
