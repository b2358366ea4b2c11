//! Every path against plain double-precision loops.

use super::*;
use crate::Class;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(super) fn random(set: &'static str, rows: usize, dim: usize, seed: u64) -> Vectors {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Vectors::new(set, dim, (0..rows * dim).map(|_| rng.random_range(-1.0..1.0)).collect()).unwrap()
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// The two best by sorting every allowed pair.
pub(super) fn reference(probes: &Vectors, gallery: &Vectors, pairing: &Pairing) -> Vec<Option<Match>> {
    let best_of = |probe| {
        let mut all: Vec<Candidate> = (0..gallery.rows())
            .filter(|&row| pairing.allows(probe, row))
            .map(|row| Candidate {
                index: row as u32,
                score: plain_cosine(probes.row(probe), gallery.row(row)),
            })
            .collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
        Some(Match { best: *all.first()?, second: all.get(1).copied() })
    };
    (0..probes.rows()).map(best_of).collect()
}

fn plain_cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms == 0.0 { 0.0 } else { dot(a, b) / norms }
}

pub(super) fn assert_same(found: &[Option<Match>], expected: &[Option<Match>], context: &str) {
    assert_eq!(found.len(), expected.len(), "{context}");
    let indices = |m: &Match| (m.best.index, m.second.map(|second| second.index));
    let scores = |m: &Match| [m.best.score, m.second.map_or(0.0, |second| second.score)];
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.as_ref().map(indices), expected.as_ref().map(indices), "{context}, probe {row}");
        let (found, expected) =
            (found.as_ref().map_or([0.0; 2], scores), expected.as_ref().map_or([0.0; 2], scores));
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{context}, probe {row}: {found} {expected}");
        }
    }
}

#[test]
fn every_path_agrees_with_double_precision_at_odd_sizes() {
    let sizes = [(1, 1, 1), (1, 2, 3), (5, 1, 16), (31, 11, 7), (33, 13, 65), (513, 97, 31), (40, 700, 129)];
    for path in Path::available() {
        for (probes, gallery, dim) in sizes {
            let (p, g) = (random("detections", probes, dim, 1), random("profiles", gallery, dim, 2));
            let found = best_two_on(path, &p, &g, &Pairing::default(), threads(1)).unwrap();
            let context = format!("{path:?} {probes} x {gallery} x {dim}");
            assert_same(&found, &reference(&p, &g, &Pairing::default()), &context);
        }
    }
}

#[test]
fn every_path_keeps_the_rules_and_leaves_lonely_probes_without_a_match() {
    let classes = [Class::Buck, Class::Doe, Class::Fawn, Class::Unknown];
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut side = |rows: usize| -> Vec<(Class, Option<u32>)> {
        (0..rows).map(|_| (classes[rng.random_range(0..4)], Some(rng.random_range(0..5)))).collect()
    };
    for path in Path::available() {
        for gallery in [1, 2, 3, 30, 200] {
            let (p, g) = (random("detections", 77, 19, 4), random("profiles", gallery, 19, 5));
            let rules = Pairing::new(true, side(77), side(gallery)).unwrap();
            let found = best_two_on(path, &p, &g, &rules, threads(2)).unwrap();
            assert_same(&found, &reference(&p, &g, &rules), &format!("{path:?} {gallery}"));
            assert!(gallery > 2 || found.contains(&None), "{path:?} {gallery}: the case has lonely probes");
        }
    }
}

#[test]
fn ties_go_to_the_lowest_row_on_every_path() {
    let one = random("detections", 1, 37, 6);
    let copies: Vec<f32> = one.row(0).iter().copied().cycle().take(37 * 50).collect();
    let gallery = Vectors::new("profiles", 37, copies).unwrap();
    for path in Path::available() {
        let found = best_two_on(path, &one, &gallery, &Pairing::default(), threads(1)).unwrap();
        let rows = found[0].map(|m| (m.best.index, m.second.map(|second| second.index)));
        assert_eq!(rows, Some((0, Some(1))), "{path:?}");
    }
}

#[test]
fn a_zero_vector_scores_zero_and_goes_to_the_lowest_row() {
    let gallery = random("profiles", 20, 9, 7);
    let zeros = Vectors::new("detections", 9, vec![0.0; 18]).unwrap();
    for path in Path::available() {
        for found in best_two_on(path, &zeros, &gallery, &Pairing::default(), threads(1)).unwrap() {
            assert_eq!(found.map(|m| (m.best.index, m.best.score)), Some((0, 0.0)), "{path:?}");
        }
    }
}

#[test]
fn a_zero_gallery_row_is_preferred_to_opposite_ones() {
    let probe = Vectors::new("detections", 2, vec![1.0, 0.0]).unwrap();
    let gallery = Vectors::new("profiles", 2, vec![-1.0, 0.1, 0.0, 0.0, -1.0, 0.0]).unwrap();
    for path in Path::available() {
        let found = best_two_on(path, &probe, &gallery, &Pairing::default(), threads(1)).unwrap();
        assert_eq!(found[0].map(|m| (m.best.index, m.best.score)), Some((1, 0.0)), "{path:?}");
    }
}

#[test]
fn lengths_do_not_matter_even_at_the_ends_of_single_precision() {
    let gallery = Vectors::new("profiles", 2, vec![1e-42, 1e-42, f32::MAX, 0.0]).unwrap();
    let probes = Vectors::new("detections", 2, vec![f32::MAX, f32::MAX, 1e-42, 0.0]).unwrap();
    for path in Path::available() {
        let found = best_two_on(path, &probes, &gallery, &Pairing::default(), threads(1)).unwrap();
        assert_same(&found, &reference(&probes, &gallery, &Pairing::default()), &format!("{path:?}"));
        assert_eq!(found.iter().flatten().map(|m| m.best.index).collect::<Vec<_>>(), [0, 1]);
    }
}

#[test]
fn the_result_does_not_depend_on_threads_or_path() {
    let (p, g) = (random("detections", 1500, 24, 8), random("profiles", 300, 24, 9));
    let first = best_two(&p, &g, &Pairing::default(), threads(1)).unwrap();
    for path in Path::available() {
        for count in [1, 2, 5] {
            assert_eq!(best_two_on(path, &p, &g, &Pairing::default(), threads(count)).unwrap(), first);
        }
    }
}

#[test]
fn sets_of_different_dimensions_are_refused() {
    let (p, g) = (random("detections", 3, 5, 1), random("profiles", 3, 6, 1));
    let error = best_two(&p, &g, &Pairing::default(), threads(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the detections have 5 dimensions, the profiles 6: they cannot be compared"
    );
}

#[test]
fn rules_of_another_length_are_refused() {
    let p = random("detections", 3, 5, 1);
    let rules = Pairing::new(true, [(Class::Buck, None); 2], [(Class::Buck, None); 3]).unwrap();
    assert!(matches!(best_two(&p, &p, &rules, threads(1)), Err(Error::FactsMismatch { facts: 2, .. })));
}
