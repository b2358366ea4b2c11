//! When the numbers of a space check are alarming, and what to do about it, in plain words.

use crate::space_findings::{SpaceCheck, Spread};
use std::f64::consts::FRAC_1_PI;

pub use crate::space_findings::{Alarm, AlarmKind};

/// Two unrelated heads that end in ReLU: both vectors are the positive part of independent normals, so the expected
/// cosine is E[max(a,0)] E[max(b,0)] / E[max(a,0)^2] = (1/(2 pi)) / (1/2) = 1/pi.
const UNRELATED_MEAN: f64 = FRAC_1_PI;
/// With 512 dimensions one such cosine has a standard deviation of about 0.035; when all animals look alike to a head,
/// the mean is hardly better known than a single one.
const UNRELATED_MEAN_TOLERANCE: f64 = 0.08;
/// Spread below which scores look unrelated.
const UNRELATED_SPREAD: f64 = 0.07;
/// Founders are no higher than strangers if their median is within this many spreads; of unrelated heads it is within
/// a fraction of one.
const FOUNDER_SPREADS: f64 = 2.0;
/// A true match stands out when it is this many spreads above strangers; the greatest of two million unrelated scores
/// reaches five.
const MATCH_SPREADS: f64 = 6.0;
/// A profile's own founder is near 1: an average of several photographs stays above this.
const FOUNDER_NEAR: f64 = 0.9;
/// Chance that mates score above strangers, below which something is wrong; a fair embedding reaches 0.99.
const MATES_AREA: f64 = 0.9;
/// Share of equal vectors that is more than a few photographs stored twice.
const DUPLICATE_SHARE: f64 = 0.01;

/// Everything alarming about these numbers; `versions` are the different versions on both sides together.
pub(crate) fn alarms(check: &SpaceCheck, versions: usize) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut raise = |kind, message| alarms.push(Alarm { kind, message });
    if let Some(message) = unrelated(check) {
        raise(AlarmKind::UnrelatedSpaces, message);
    }
    if versions > 1 {
        let message = format!(
            "{versions} versions of the embedding are mixed; their vectors cannot be compared. Embed all photographs again with one version."
        );
        raise(AlarmKind::MixedVersions, message);
    }
    if let Some(founders) = check.founders.filter(|founders| founders.median < FOUNDER_NEAR) {
        let message = format!(
            "Half of the profiles score below {:.2} with the very detection they were made of; it should be near 1. Profiles and detections may come from different crops or versions.",
            founders.median
        );
        raise(AlarmKind::FoundersFar, message);
    }
    if let Some(mates) = check.burst_mates.filter(|mates| mates.area < MATES_AREA) {
        let message = format!(
            "Photographs of one burst score {:.2}, strangers {:.2}: a burst mate is more alike than a stranger in only {:.0} % of the pairs. The embedding hardly sees the animal.",
            mates.mates.mean,
            mates.strangers.mean,
            mates.area * 100.0
        );
        raise(AlarmKind::BurstMatesNotAlike, message);
    }
    let zero = check.detections.zero_vectors + check.profiles.zero_vectors;
    if zero > 0 {
        let message =
            format!("{zero} vectors are all zeros and match nothing. Their photographs were never embedded.");
        raise(AlarmKind::ZeroVectors, message);
    }
    let many = check.detections.duplicates as f64 > DUPLICATE_SHARE * check.detections.rows as f64;
    if many || check.profiles.duplicates > 0 {
        let message = format!(
            "{} detections and {} profiles repeat the vector of another one.",
            check.detections.duplicates, check.profiles.duplicates
        );
        raise(AlarmKind::Duplicates, message);
    }
    alarms
}

/// Scores lie where unrelated heads put them, and nothing that must be near stands out.
fn unrelated(check: &SpaceCheck) -> Option<String> {
    let strangers = check.strangers?;
    let in_place = (strangers.mean - UNRELATED_MEAN).abs() < UNRELATED_MEAN_TOLERANCE;
    let at_home = in_place && strangers.std < UNRELATED_SPREAD;
    let suspicious = match check.founders {
        // The founder is decisive wherever the scores lie: heads without ReLU put them around 0.
        Some(founders) => founders.median <= above(strangers, FOUNDER_SPREADS),
        None => at_home && check.best_q99.is_none_or(|best| best <= above(strangers, MATCH_SPREADS)),
    };
    let evidence = match check.founders {
        Some(founders) => format!("a profile scores {:.3} with its own founder", founders.median),
        None => "no match stands out".into(),
    };
    suspicious.then(|| {
        format!(
            "Detections and profiles look like unrelated random projections: strangers score {:.3} +- {:.3} (unrelated spaces with ReLU: 0.318) and {evidence}. They were probably embedded by different models. Embed both with one model; no threshold means anything until then.",
            strangers.mean, strangers.std
        )
    })
}

fn above(strangers: Spread, spreads: f64) -> f64 {
    strangers.mean + spreads * strangers.std
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Detection, Input, Profile, Sighting};
    use crate::random::{Purpose, stream};
    use crate::space::space_check;
    use crate::{Pairing, Vectors, Workplace, kernel};
    use rand_distr::{Distribution, StandardNormal};
    use std::num::NonZeroUsize;

    const DIM: usize = 512;

    /// `animals` with `photos` each as raw features; a photograph differs from its animal by `noise`.
    fn features(animals: usize, photos: usize, noise: f64, seed: u64) -> Vec<Vec<f64>> {
        let mut random = stream(seed, Purpose::Subset);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        (0..animals)
            .flat_map(|_| {
                let animal: Vec<f64> = (0..64).map(|_| normal()).collect();
                (0..photos).map(|_| animal.iter().map(|x| x + noise * normal()).collect()).collect::<Vec<_>>()
            })
            .collect()
    }

    /// A random linear head of 64 features, with ReLU if asked.
    fn head(features: &[Vec<f64>], seed: u64, relu: bool) -> Vec<f32> {
        let mut random = stream(seed, Purpose::Strangers);
        let weights: Vec<f64> = (0..DIM * 64).map(|_| StandardNormal.sample(&mut random)).collect();
        let output = |row: &[f64], x: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        let cut = |value: f64| if relu { value.max(0.0) } else { value };
        features.iter().flat_map(|x| weights.chunks(64).map(move |row| cut(output(row, x)) as f32)).collect()
    }

    /// 60 animals with 5 photographs; the profiles are the first photographs, seen by another head.
    fn input(probe_head: u64, gallery_head: u64, relu: bool, facts: bool) -> Input {
        let photos = features(60, 5, 0.3, 1);
        let founders: Vec<Vec<f64>> = photos.iter().step_by(5).cloned().collect();
        let vectors = |set, x: &[Vec<f64>], seed| Vectors::new(set, DIM, head(x, seed, relu)).unwrap();
        let mut input = Input::new(
            vectors("detections", &photos, probe_head),
            vectors("profiles", &founders, gallery_head),
        );
        if facts {
            input.profiles =
                (0..60).map(|i| Profile { founder: Some(i * 5), ..Default::default() }).collect();
            let burst = |i: u32| Detection { burst: Some(i / 5), ..Default::default() };
            input.detections = (0..300).map(burst).collect();
        }
        input
    }

    fn change(input: &mut Input, change: impl Fn(u32, &mut Detection)) {
        let mut detections = input.detections.to_vec();
        (0..).zip(&mut detections).for_each(|(row, detection)| change(row, detection));
        input.detections = detections.into();
    }

    fn check(input: &Input) -> SpaceCheck {
        let bursts = input.bursts();
        let pairing = input.pairing(&bursts, false).unwrap();
        let (threads, place) = (NonZeroUsize::MIN, Workplace::alone());
        let matches = kernel::best_two_in(&input.probes, &input.gallery, &pairing, threads, place).unwrap();
        space_check(input, &bursts, &pairing, &matches, 1)
    }

    fn kinds(check: &SpaceCheck) -> Vec<AlarmKind> {
        check.alarms.iter().map(|alarm| alarm.kind).collect()
    }

    #[test]
    fn unrelated_random_heads_raise_the_alarm_with_and_without_founders() {
        for relu in [true, false] {
            let found = check(&input(1, 2, relu, true));
            assert_eq!(kinds(&found), [AlarmKind::UnrelatedSpaces, AlarmKind::FoundersFar], "{found:?}");
        }
        let found = check(&input(1, 2, true, false));
        assert_eq!(kinds(&found), [AlarmKind::UnrelatedSpaces], "{found:?}");
        let mean = found.strangers.unwrap().mean;
        assert!((mean - FRAC_1_PI).abs() < 0.02, "{mean}");
    }

    #[test]
    fn one_head_for_both_is_quiet() {
        for facts in [true, false] {
            let found = check(&input(1, 1, true, facts));
            assert!(found.ok, "{found:?}");
        }
    }

    #[test]
    fn mixed_versions_forbid_a_threshold() {
        let mut mixed = input(1, 1, true, true);
        change(&mut mixed, |_, detection| detection.version = Some(1));
        assert!(check(&mixed).ok);
        mixed.profiles[7].version = Some(2);
        let found = check(&mixed);
        assert_eq!(kinds(&found), [AlarmKind::MixedVersions]);
        assert!(found.alarms[0].kind.forbids_threshold());
    }

    #[test]
    fn zeros_and_repeated_profiles_are_counted() {
        let vectors = |set, values: &[f32]| Vectors::new(set, 2, values.to_vec()).unwrap();
        let input = Input::new(
            vectors("detections", &[0.0, 0.0, 1.0, 0.0]),
            vectors("profiles", &[0.6, 0.8, 0.6, 0.8, 0.6, 0.8]),
        );
        let found = space_check(&input, &input.bursts(), &Pairing::default(), &[][..], 1);
        assert_eq!((found.detections.zero_vectors, found.profiles.duplicates), (1, 2));
        assert_eq!(kinds(&found), [AlarmKind::ZeroVectors, AlarmKind::Duplicates]);
        assert_eq!((found.profiles.norm_min * 1e6).round(), 1e6);
    }

    #[test]
    fn bursts_whose_photographs_are_strangers_raise_the_alarm() {
        let mut shuffled = input(1, 1, true, true);
        change(&mut shuffled, |row, detection| detection.burst = Some(row % 60));
        assert!(kinds(&check(&shuffled)).contains(&AlarmKind::BurstMatesNotAlike));
    }

    #[test]
    fn two_animals_in_one_frame_are_not_burst_mates() {
        let mut frames = input(1, 1, true, true);
        let sighting = Sighting { image: 1, bbox: None, position: None, seconds: 0 };
        change(&mut frames, |_, detection| detection.sighting = Some(sighting));
        assert_eq!(check(&frames).burst_mates, None);
    }
}
