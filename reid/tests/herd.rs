//! A simulated herd whose truth is known: does the whole chain from vectors to verdict keep its promise?
//!
//! Animals are random directions with a common part (all deer look alike), photographs are animals with noise of the
//! burst and of the shot. Some animals have no profile. Each seed is one herd, one sample of 200 and one verdict.

#![expect(clippy::unwrap_used, reason = "a helper that fails must fail its test")]

use deertrack_reid::estimate::{Answer, Label, estimate};
use deertrack_reid::kernel::{Match, best_two_in};
use deertrack_reid::sample::{draw, representatives};
use deertrack_reid::space::space_check;
use deertrack_reid::verdict::{Verdict, verdict};
use deertrack_reid::{Detection, Input, Options, Profile, Vectors, VerdictKind, Workplace, analyze};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::num::NonZeroUsize;

const DIM: usize = 32;
const ANIMALS: u32 = 60;
const PROFILED: u32 = 45;
const THRESHOLDS: [f64; 6] = [0.80, 0.75, 0.70, 0.65, 0.60, 0.55];
const TARGET: f64 = 0.05;

/// How unlike two photographs of one animal are.
#[derive(Clone, Copy)]
struct Noise {
    burst: f64,
    shot: f64,
}

fn herd(seed: u64, noise: Noise) -> Input {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let common = direction(&mut random);
    let animals: Vec<Vec<f64>> =
        (0..ANIMALS).map(|_| unit(&add(&direction(&mut random), &common, 0.5))).collect();
    let (mut probes, mut detections) = (Vec::new(), Vec::new());
    let (mut gallery, mut profiles) = (Vec::new(), Vec::new());
    for burst in 0..700_u32 {
        // The first bursts found the profiles.
        let animal = if burst < PROFILED { burst } else { random.random_range(0..ANIMALS) };
        let scene = add(&animals[animal as usize], &direction(&mut random), noise.burst);
        for shot in 0..random.random_range(1..=4) {
            let photo = unit(&add(&scene, &direction(&mut random), noise.shot));
            if burst < PROFILED && shot == 0 {
                let founder = Some(detections.len() as u32);
                profiles.push(Profile { founder, identity: Some(animal), ..Default::default() });
                gallery.extend(photo.iter().map(|&x| x as f32));
            }
            probes.extend(photo.iter().map(|&x| x as f32));
            detections.push(Detection { burst: Some(burst), identity: Some(animal), ..Default::default() });
        }
    }
    let vectors = |set, values| Vectors::new(set, DIM, values).unwrap();
    let detections = detections.into();
    Input { detections, profiles, ..Input::new(vectors("detections", probes), vectors("profiles", gallery)) }
}

fn direction(random: &mut ChaCha8Rng) -> Vec<f64> {
    unit(&(0..DIM).map(|_| StandardNormal.sample(random)).collect::<Vec<f64>>())
}

fn add(a: &[f64], b: &[f64], times: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + times * b).collect()
}

fn unit(x: &[f64]) -> Vec<f64> {
    let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.iter().map(|x| x / norm).collect()
}

struct Outcome {
    verdict: Verdict,
    space_ok: bool,
    /// Thresholds whose interval holds the truth, and thresholds with labels.
    covered: usize,
    labelled: usize,
    /// wrong / assigned over all detections at the verdict's threshold.
    truth: Option<f64>,
}

/// One herd from vectors to verdict, labelled by somebody who is always right.
fn outcome(seed: u64, noise: Noise) -> Outcome {
    let input = herd(seed, noise);
    let bursts = input.bursts();
    let pairing = input.pairing(&bursts, false).unwrap();
    let (threads, place) = (NonZeroUsize::MIN, Workplace::alone());
    let matches = best_two_in(&input.probes, &input.gallery, &pairing, threads, place).unwrap();
    let space = space_check(&input, &bursts, &pairing, &matches, seed);
    let matches = judged(&input, &matches.to_vec());
    let order = representatives(&matches[..], &bursts, seed);
    let sample = draw(&order, &matches[..], &THRESHOLDS, 200);
    let label = |draw: &deertrack_reid::sample::Draw| {
        let right = is_right(&input, &matches, draw.detection as usize);
        let answer = if right { Answer::Same } else { Answer::Different };
        Label { detection: draw.detection, profile: draw.profile, answer }
    };
    let labels: Vec<Label> = sample.iter().map(label).collect();
    let found = estimate(&order, &matches[..], &labels, &THRESHOLDS, TARGET);
    let truth = |threshold: f64| wrong_of_assigned(&input, &matches, threshold);
    let rows = found.rows.iter().filter(|row| row.labelled > 0);
    let holds = rows.clone().filter(|row| {
        truth(row.threshold).is_some_and(|truth| row.interval[0] <= truth && truth <= row.interval[1])
    });
    let (covered, labelled) = (holds.count(), rows.count());
    let verdict = verdict(&space, Some(&found), TARGET);
    let truth = verdict.threshold.and_then(truth);
    Outcome { verdict, space_ok: space.ok, covered, labelled, truth }
}

/// The matches without those of the bursts that profiles were made of: their own profile was kept from them.
fn judged(input: &Input, matches: &[Option<Match>]) -> Vec<Option<Match>> {
    let founding = input.founding(&input.bursts());
    matches.iter().zip(founding).map(|(found, founding)| found.filter(|_| !founding)).collect()
}

fn is_right(input: &Input, matches: &[Option<Match>], detection: usize) -> bool {
    let profile = matches[detection].unwrap().best.index as usize;
    input.profiles[profile].identity == input.detection(detection).identity
}

fn wrong_of_assigned(input: &Input, matches: &[Option<Match>], threshold: f64) -> Option<f64> {
    let reaches = |&row: &usize| matches[row].is_some_and(|found| found.best.score >= threshold);
    let assigned: Vec<usize> = (0..matches.len()).filter(reaches).collect();
    let wrong = assigned.iter().filter(|&&row| !is_right(input, matches, row)).count();
    (!assigned.is_empty()).then(|| wrong as f64 / assigned.len() as f64)
}

#[test]
fn over_200_herds_a_safe_threshold_keeps_its_promise_and_intervals_cover_as_stated() {
    // Hard enough that about half of the herds have no threshold that can be proved.
    let noise = Noise { burst: 0.7, shot: 0.3 };
    let outcomes: Vec<Outcome> = (0..200).map(|seed| outcome(seed, noise)).collect();
    assert!(outcomes.iter().all(|outcome| outcome.space_ok), "the space check is quiet");
    let safe: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| outcome.verdict.kind == VerdictKind::SafeThreshold).collect();
    assert!(safe.len() >= 50, "the simulation tests the promise often enough: {}", safe.len());
    let broken = safe.iter().filter(|outcome| outcome.truth.is_none_or(|truth| truth >= TARGET)).count();
    assert!(broken <= 10, "{broken} of 200 promises broken ({} made)", safe.len());
    let (covered, labelled) =
        outcomes.iter().fold((0, 0), |(c, l), outcome| (c + outcome.covered, l + outcome.labelled));
    assert!(covered * 100 >= labelled * 95, "{covered} of {labelled} intervals hold the truth");
}

#[test]
fn a_blind_embedding_never_gets_a_number() {
    let noise = Noise { burst: 3.0, shot: 0.3 };
    for seed in 0..40 {
        let found = outcome(seed, noise);
        assert_eq!(found.verdict.threshold, None, "{:?}", found.verdict);
    }
}

#[test]
fn the_whole_analysis_of_a_herd_agrees_with_its_parts() {
    let input = herd(7, Noise { burst: 0.55, shot: 0.3 });
    let options = Options { thresholds: THRESHOLDS.to_vec(), seed: 7, ..Options::default() };
    let found = analyze(&input, &options).unwrap();
    let matches = found.matches.to_vec();
    let judged = judged(&input, &matches);
    for (row, evaluated) in found.thresholds.iter().zip(&found.evaluation.as_ref().unwrap().thresholds) {
        let assigned = |matches: &[Option<Match>]| {
            matches.iter().flatten().filter(|found| found.best.score >= row.threshold).count()
        };
        assert_eq!(row.assigned, assigned(&matches));
        let truth = wrong_of_assigned(&input, &judged, row.threshold);
        assert_eq!((evaluated.wrong_of_assigned, evaluated.assigned), (truth, assigned(&judged)));
    }
    assert!(found.evaluation.unwrap().rank1.unwrap() > 0.5);
    assert!(found.sample.len() <= 200 && found.sample.len() > 150);
}
