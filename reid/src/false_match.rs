//! How often two animals that are certainly not one pass a threshold: the false match rate without a single label.
//!
//! Three kinds of pairs cannot be one animal: two boxes far apart in one picture, a buck and a doe, and detections at
//! cameras too far apart for the time between. A burst takes part in at most one pair of a kind, so the pairs are
//! independent and the interval is exact. The rate is per comparison: it says nothing about how many assignments are
//! wrong ([`crate::estimate`]), but a high one is a warning that needs no labels.

use crate::Class;
use crate::binomial::clopper_pearson;
use crate::describe;
use crate::images::Repeated;
use crate::input::{Input, Sighting};
use crate::random::{Purpose, shuffle, stream};
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Why two detections cannot be one animal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Two boxes far apart in one picture.
    SameImage,
    /// One is a buck, the other a doe. They may differ more than two bucks do: read it as a lower bound.
    BuckAgainstDoe,
    /// No deer runs that far in that time. Rests on the cameras' clocks.
    FarCameras,
}

/// False match rates by one kind of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// What makes the pairs different animals.
    pub source: Source,
    /// Independent pairs.
    pub pairs: usize,
    /// Mean score of the pairs.
    pub mean: f64,
    /// One row for each threshold.
    pub rows: Vec<CurveRow>,
}

/// One threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurveRow {
    /// Least score that passes.
    pub threshold: f64,
    /// Pairs that pass.
    pub matches: usize,
    /// Their share.
    pub false_match_rate: f64,
    /// Its 95 % interval (Clopper and Pearson).
    pub interval: [f64; 2],
    /// Chance that an animal without a profile passes for at least one of the gallery's, if comparisons were
    /// independent: 1 - (1 - rate)^profiles.
    pub any_in_gallery: f64,
}

/// Pairs of a kind at most.
const PAIRS: usize = 5_000;
/// Box centres in one picture must lie further apart than this many times the longer diagonal.
const DIAGONALS: f32 = 1.0;
/// A deer's top speed is about 60 km/h.
const METRES_PER_SECOND: f64 = 60.0 / 3.6;
/// Nearer cameras may see the same animal from two sides, whatever the clocks say.
const FAR_METRES: f64 = 1_000.0;
/// Photographs further apart in time are not looked at.
const WITHIN_SECONDS: i64 = 300;

/// The curves of all kinds of which there is at least one pair.
#[must_use]
pub fn false_match_curves(input: &Input, bursts: &[u32], thresholds: &[f64], seed: u64) -> Vec<Curve> {
    let mut random = stream(seed, Purpose::Impostors);
    // One list at a time is in memory. The bucks and does are drawn first: the numbers come from one stream.
    let bucks = buck_against_doe(input, &mut random);
    let mut chosen = |mut pairs: Vec<[u32; 2]>| {
        shuffle(&mut pairs, &mut random);
        independent(&pairs, bursts)
    };
    let candidates = [
        (Source::SameImage, chosen(same_image(input))),
        (Source::BuckAgainstDoe, chosen(bucks)),
        (Source::FarCameras, chosen(far_cameras(input))),
    ];
    candidates.into_iter().filter_map(|(source, pairs)| curve(input, source, &pairs, thresholds)).collect()
}

/// The first pairs in which no burst appears twice.
fn independent(pairs: &[[u32; 2]], bursts: &[u32]) -> Vec<[u32; 2]> {
    let mut used = HashSet::new();
    let fresh = |pair: &&[u32; 2]| {
        let both = pair.map(|row| bursts[row as usize]);
        let free = both.iter().all(|burst| !used.contains(burst));
        if free {
            used.extend(both);
        }
        free
    };
    pairs.iter().filter(fresh).take(PAIRS).copied().collect()
}

fn curve(input: &Input, source: Source, pairs: &[[u32; 2]], thresholds: &[f64]) -> Option<Curve> {
    let score = |&[a, b]: &[u32; 2]| input.probes.cosine(a as usize, b as usize);
    let scores: Vec<f64> = pairs.iter().map(score).collect();
    let mean = describe::describe(&scores)?.mean;
    let row = |&threshold: &f64| {
        let matches = scores.iter().filter(|&&score| score >= threshold).count();
        let false_match_rate = matches as f64 / scores.len() as f64;
        CurveRow {
            threshold,
            matches,
            false_match_rate,
            interval: clopper_pearson(matches, scores.len()),
            any_in_gallery: 1.0 - (1.0 - false_match_rate).powf(input.gallery.rows() as f64),
        }
    };
    Some(Curve { source, pairs: scores.len(), mean, rows: thresholds.iter().map(row).collect() })
}

fn sightings(input: &Input) -> impl Iterator<Item = (u32, Sighting)> + '_ {
    (0..).zip(input.detections.iter()).filter_map(|(row, detection)| Some((row, detection.sighting?)))
}

/// Pairs in memory at most: 64 MB.
const MOST_PAIRS: usize = 1 << 23;

/// Pairs of one kind as they are found. Of more than [`MOST_PAIRS`] every second, fourth and so on is kept: a few
/// thousand are drawn, and they are as random as out of all.
#[derive(Default)]
struct Pairs {
    kept: Vec<[u32; 2]>,
    found: usize,
    /// The binary logarithm of how many are found for each that is kept.
    thinned: u32,
}

impl Pairs {
    fn push(&mut self, pair: [u32; 2]) {
        if self.found.is_multiple_of(1 << self.thinned) {
            self.kept.push(pair);
        }
        self.found += 1;
        if self.kept.len() > MOST_PAIRS {
            self.kept = self.kept.iter().copied().step_by(2).collect();
            self.thinned += 1;
        }
    }

    /// In the order of their rows.
    fn sorted(mut self) -> Vec<[u32; 2]> {
        self.kept.sort_unstable();
        self.kept
    }
}

fn same_image(input: &Input) -> Vec<[u32; 2]> {
    let boxes = || sightings(input).filter_map(|(row, seen)| Some((row, seen.image, seen.bbox?)));
    let repeated = Repeated::of(boxes().map(|(_, image, _)| image));
    // The boxes of images of which more are to come.
    let mut open: HashMap<u32, Vec<(u32, [f32; 4])>> = HashMap::new();
    let mut pairs = Pairs::default();
    for (row, image, bbox) in boxes() {
        let Some((_, count)) = repeated.place(image) else { continue };
        let before = open.entry(image).or_default();
        before.iter().filter(|(_, its)| apart(*its, bbox)).for_each(|(other, _)| pairs.push([*other, row]));
        before.push((row, bbox));
        if before.len() == count as usize {
            open.remove(&image);
        }
    }
    pairs.sorted()
}

fn apart(left: [f32; 4], right: [f32; 4]) -> bool {
    let centre = |[x, y, width, height]: [f32; 4]| (x + width / 2.0, y + height / 2.0);
    let diagonal = |[_, _, width, height]: [f32; 4]| width.hypot(height);
    let ((ax, ay), (bx, by)) = (centre(left), centre(right));
    (ax - bx).hypot(ay - by) > DIAGONALS * diagonal(left).max(diagonal(right))
}

/// Each buck with one doe, at random.
fn buck_against_doe(input: &Input, random: &mut ChaCha8Rng) -> Vec<[u32; 2]> {
    let mut of = |class: Class| {
        let rows = (0..).zip(input.detections.iter()).filter(|(_, detection)| detection.class == class);
        let mut rows: Vec<u32> = rows.map(|(row, _)| row).collect();
        shuffle(&mut rows, random);
        rows
    };
    let (bucks, does) = (of(Class::Buck), of(Class::Doe));
    bucks.into_iter().zip(does).map(|(buck, doe)| [buck, doe]).collect()
}

/// A detection that may get more partners.
struct Placed {
    seconds: i64,
    row: u32,
    position: [f64; 2],
    partners: usize,
}

/// Of hundreds of later detections only a few are needed: a burst is used once anyway.
const PARTNERS: usize = 3;

fn far_cameras(input: &Input) -> Vec<[u32; 2]> {
    let placed = || {
        let placed = |(row, seen): (u32, Sighting)| {
            Some(Placed { seconds: seen.seconds, row, position: seen.position?, partners: 0 })
        };
        sightings(input).filter_map(placed)
    };
    if placed().is_sorted_by_key(|placed| placed.seconds) {
        return far_pairs(placed());
    }
    let mut sorted: Vec<Placed> = placed().collect();
    sorted.sort_by_key(|placed| (placed.seconds, placed.row));
    let rows: Vec<u32> = sorted.iter().map(|placed| placed.row).collect();
    // By their places in the order of time, as if rows were in it.
    (0..).zip(&mut sorted).for_each(|(place, placed)| placed.row = place);
    let pairs = far_pairs(sorted.into_iter());
    pairs.into_iter().map(|pair| pair.map(|place| rows[place as usize])).collect()
}

/// Each detection with the first few later ones that are too far away for the time between. They come in order of time.
fn far_pairs(placed: impl Iterator<Item = Placed>) -> Vec<[u32; 2]> {
    let mut waiting: Vec<Placed> = Vec::new();
    let mut pairs = Pairs::default();
    for later in placed {
        waiting.retain_mut(|placed| {
            let passed = later.seconds - placed.seconds;
            if passed > WITHIN_SECONDS {
                return false;
            }
            let metres = metres(placed.position, later.position);
            if metres >= FAR_METRES && metres > METRES_PER_SECOND * passed as f64 {
                placed.partners += 1;
                pairs.push([placed.row, later.row]);
            }
            placed.partners < PARTNERS
        });
        waiting.push(later);
    }
    pairs.sorted()
}

/// Great-circle distance of two points in degrees (haversine, mean radius of the Earth).
fn metres(from: [f64; 2], to: [f64; 2]) -> f64 {
    let [lat_a, lon_a] = from.map(f64::to_radians);
    let [lat_b, lon_b] = to.map(f64::to_radians);
    let half = ((lat_b - lat_a) / 2.0).sin().powi(2)
        + lat_a.cos() * lat_b.cos() * ((lon_b - lon_a) / 2.0).sin().powi(2);
    2.0 * 6_371_008.8 * half.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vectors;
    use crate::input::Detection;

    /// Detections on a circle: row `i` at `degrees[i]`.
    fn input(degrees: &[f32], detections: Vec<Detection>) -> Input {
        let on_circle = |angle: &f32| [angle.to_radians().cos(), angle.to_radians().sin()];
        let values = degrees.iter().flat_map(on_circle).collect();
        let gallery = Vectors::new("profiles", 2, vec![1.0, 0.0, 0.0, 1.0]).unwrap();
        let probes = Vectors::new("detections", 2, values).unwrap();
        Input { detections: detections.into(), ..Input::new(probes, gallery) }
    }

    fn at(image: u32, bbox: Option<[f32; 4]>, position: Option<[f64; 2]>, seconds: i64) -> Detection {
        Detection { sighting: Some(Sighting { image, bbox, position, seconds }), ..Default::default() }
    }

    fn curves(input: &Input) -> Vec<Curve> {
        false_match_curves(input, &input.bursts(), &[0.4, 0.9], 1)
    }

    #[test]
    fn boxes_far_apart_in_one_picture_are_two_animals_and_touching_ones_may_be_one() {
        let left = Some([0.0, 0.4, 0.1, 0.2]);
        let boxes = [left, Some([0.8, 0.4, 0.1, 0.2]), Some([0.82, 0.4, 0.1, 0.2])];
        let far = input(&[0.0, 60.0], vec![at(1, boxes[0], None, 0), at(1, boxes[1], None, 0)]);
        let found = curves(&far);
        assert_eq!((found[0].source, found[0].pairs), (Source::SameImage, 1));
        let matches: Vec<usize> = found[0].rows.iter().map(|row| row.matches).collect();
        assert_eq!(matches, [1, 0]);
        assert_eq!(found[0].rows[0].any_in_gallery, 1.0);
        let near = input(&[0.0, 60.0], vec![at(1, boxes[1], None, 0), at(1, boxes[2], None, 0)]);
        assert_eq!(curves(&near), []);
        let apart = input(&[0.0, 60.0], vec![at(1, boxes[0], None, 0), at(2, boxes[1], None, 0)]);
        assert_eq!(curves(&apart), []);
    }

    #[test]
    fn bucks_are_set_against_does_once_each() {
        let class = |class| Detection { class, ..Default::default() };
        let all = [Class::Buck, Class::Buck, Class::Doe, Class::Doe, Class::Doe, Class::Unknown, Class::Fawn];
        let found = curves(&input(&[0.0; 7], all.map(class).into()));
        assert_eq!((found.len(), found[0].source, found[0].pairs), (1, Source::BuckAgainstDoe, 2));
        assert_eq!(found[0].rows[0].false_match_rate, 1.0);
    }

    #[test]
    fn cameras_far_apart_within_minutes_cannot_show_one_deer() {
        let north = |kilometres: f64| Some([50.0 + kilometres / 111.195, 8.0]);
        let pairs = |kilometres, seconds| {
            let detections = vec![at(1, None, north(0.0), 0), at(2, None, north(kilometres), seconds)];
            curves(&input(&[0.0, 90.0], detections)).first().map_or(0, |curve| curve.pairs)
        };
        assert_eq!(
            [pairs(6.0, 300), pairs(4.0, 300), pairs(0.9, 0), pairs(1.1, 0), pairs(9.0, 301)],
            [1, 0, 0, 1, 0]
        );
    }

    #[test]
    fn a_burst_takes_part_in_one_pair_only() {
        let burst = |class, burst| Detection { class, burst: Some(burst), ..Default::default() };
        let bucks = (0..10).map(|_| burst(Class::Buck, 1));
        let does = (0..10).map(|row| burst(Class::Doe, 2 + row / 2));
        let found = curves(&input(&[0.0; 20], bucks.chain(does).collect()));
        assert_eq!(found[0].pairs, 1);
    }

    #[test]
    fn a_degree_of_latitude_is_111_kilometres() {
        assert!((metres([50.0, 8.0], [51.0, 8.0]) - 111_195.0).abs() < 1.0);
    }
}
