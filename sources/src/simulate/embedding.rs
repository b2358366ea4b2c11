//! How the model sees an animal: 512 numbers, alike for one animal, less alike for two.
//!
//! Each animal has an identity, a unit vector. A photograph shows a part of it, the rest is noise of light and angle:
//! the cosine of two photographs of one animal is the geometric mean of how much each shows. Two animals share what
//! all deer and all of a sex share, and differ in a space of few dimensions, so that some are twins by looks. All of
//! it is chosen so that a profile from a good photograph takes about a tenth of all detections at .70.

use deertrack_schemas::Class;
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, StandardNormal};

/// Length of a vector.
pub(super) const DIMENSIONS: usize = 512;
/// Which "model" made it.
pub(super) const VERSION: &str = "simulated-1";

/// Shares of an identity (squares of lengths; they sum to 1).
const OF_DEER: f32 = 0.36;
const OF_CLASS: f32 = 0.14;
const OF_ITSELF: f32 = 0.50;
/// Dimensions in which animals differ.
const TRAITS: usize = 32;
/// Share of a photograph's noise that its burst has in common.
const NOISE_OF_BURST: f32 = 0.75;
/// How much of an animal the photograph shows that a profile is made of.
pub(super) const GOOD_PHOTOGRAPH: f32 = 0.85;

/// A unit vector.
pub(super) type Vector = Vec<f32>;

/// What an animal looks like in perfect light.
pub(super) struct Identity(Vector);

/// The directions that all animals share.
pub(super) struct Space {
    deer: Vector,
    classes: [Vector; 4],
    traits: Vec<Vector>,
}

impl Space {
    pub(super) fn new(rng: &mut ChaCha12Rng) -> Self {
        Self {
            deer: direction(rng),
            classes: std::array::from_fn(|_| direction(rng)),
            traits: (0..TRAITS).map(|_| direction(rng)).collect(),
        }
    }

    pub(super) fn identity(&self, class: Class, rng: &mut ChaCha12Rng) -> Identity {
        let mut own = vec![0.0; DIMENSIONS];
        for direction in &self.traits {
            add(&mut own, direction, StandardNormal.sample(rng));
        }
        normalize(&mut own);
        let mut identity = vec![0.0; DIMENSIONS];
        add(&mut identity, &self.deer, OF_DEER.sqrt());
        add(&mut identity, &self.classes[class as usize], OF_CLASS.sqrt());
        add(&mut identity, &own, OF_ITSELF.sqrt());
        normalize(&mut identity);
        Identity(identity)
    }
}

/// Light and angle of one visit: what its photographs have in common.
pub(super) struct Burst {
    noise: Vector,
    shown: f32,
}

impl Burst {
    /// Light is how light it is, 0 to 1: the night shows less.
    pub(super) fn new(light: f64, rng: &mut ChaCha12Rng) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "0 to 1")]
        let light = light as f32;
        let luck: f32 = rng.random::<f32>() * rng.random::<f32>().sqrt();
        Self { noise: direction(rng), shown: 0.17 + 0.10 * light + 0.61 * luck }
    }

    /// A visit in which the animal stood well.
    pub(super) fn good(rng: &mut ChaCha12Rng) -> Self {
        Self { noise: direction(rng), shown: GOOD_PHOTOGRAPH }
    }

    /// The vector of one photograph.
    pub(super) fn photograph(&self, animal: &Identity, rng: &mut ChaCha12Rng) -> Vector {
        let shown = (self.shown + rng.random_range(-0.03..0.03)).clamp(0.05, 0.95);
        let mut vector = vec![0.0; DIMENSIONS];
        add(&mut vector, &animal.0, shown.sqrt());
        add(&mut vector, &self.noise, ((1.0 - shown) * NOISE_OF_BURST).sqrt());
        add(&mut vector, &direction(rng), ((1.0 - shown) * (1.0 - NOISE_OF_BURST)).sqrt());
        normalize(&mut vector);
        vector
    }
}

/// The most alike of the profiles and its cosine; of equals the first.
pub(super) fn best_match(vector: &[f32], profiles: &[(usize, Vector)]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (animal, profile) in profiles {
        let cosine = dot(vector, profile);
        if best.is_none_or(|(_, highest)| cosine > highest) {
            best = Some((*animal, cosine));
        }
    }
    best
}

fn direction(rng: &mut ChaCha12Rng) -> Vector {
    let mut vector: Vector = (0..DIMENSIONS).map(|_| StandardNormal.sample(rng)).collect();
    normalize(&mut vector);
    vector
}

fn add(to: &mut [f32], direction: &[f32], length: f32) {
    for (to, direction) in to.iter_mut().zip(direction) {
        *to += direction * length;
    }
}

fn normalize(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    for value in vector {
        *value /= length;
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
