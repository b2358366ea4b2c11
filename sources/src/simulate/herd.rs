//! Who lives there: bucks, does, and each doe's fawns.

use deertrack_schemas::Class;
use rand::Rng;
use rand_chacha::ChaCha12Rng;

use super::embedding::{Identity, Space};

const BUCKS: [&str; 9] = [
    "Crooked Tine",
    "Big Eight",
    "Split Ear",
    "Wide Fork",
    "Grey Muzzle",
    "Limper",
    "Short Beam",
    "Tall Spike",
    "Dark Face",
];
const DOES: [&str; 14] = [
    "White Throat",
    "Torn Ear",
    "Bramble",
    "Hazel",
    "Fern",
    "Rowan",
    "Thistle",
    "Sorrel",
    "Willow",
    "Heather",
    "Juniper",
    "Clover",
    "Sedge",
    "Moss",
];
/// Every other animal has a profile, so that strangers pass the cameras too.
const KNOWN_EACH: usize = 2;

/// One animal.
pub(super) struct Animal {
    pub(super) name: String,
    pub(super) class: Class,
    /// A doe's fawns, by their number in the herd.
    pub(super) fawns: Vec<usize>,
    /// Whether the platform has a profile of it.
    pub(super) is_known: bool,
    /// How often it is at each place; sums to 1.
    pub(super) haunts: Vec<f64>,
    /// How the model would see it in perfect light.
    pub(super) identity: Identity,
    /// How dark its coat is, 0 to 1.
    pub(super) coat: f64,
    /// Size of the antlers, 0 to 1; bucks only.
    pub(super) antlers: f64,
}

/// Makes the herd. The first animals are bucks, then does, then fawns.
pub(super) fn herd(places: usize, space: &Space, rng: &mut ChaCha12Rng) -> Vec<Animal> {
    let mut animals = Vec::new();
    for (class, names) in [(Class::Buck, BUCKS.as_slice()), (Class::Doe, DOES.as_slice())] {
        for name in names {
            let haunts = haunts(places, rng);
            animals.push(animal(name, class, haunts, animals.len(), space, rng));
        }
    }
    for doe in BUCKS.len()..BUCKS.len() + DOES.len() {
        let fawns = [0, 1, 1, 2][rng.random_range(0..4)];
        for born in 0..fawns {
            let name = format!("{}'s {} fawn", animals[doe].name, ["first", "second"][born]);
            let fawn = animal(&name, Class::Fawn, animals[doe].haunts.clone(), animals.len(), space, rng);
            let at = animals.len();
            animals[doe].fawns.push(at);
            animals.push(fawn);
        }
    }
    animals
}

fn animal(
    name: &str,
    class: Class,
    haunts: Vec<f64>,
    number: usize,
    space: &Space,
    rng: &mut ChaCha12Rng,
) -> Animal {
    Animal {
        name: name.to_owned(),
        class,
        fawns: Vec::new(),
        is_known: number.is_multiple_of(KNOWN_EACH),
        haunts,
        identity: space.identity(class, rng),
        coat: rng.random(),
        antlers: if class == Class::Buck { rng.random_range(0.25..1.0) } else { 0.0 },
    }
}

/// An animal is mostly around one place and rarely at the far ones.
fn haunts(places: usize, rng: &mut ChaCha12Rng) -> Vec<f64> {
    let home = rng.random_range(0..places);
    let weights: Vec<f64> = (0..places)
        .map(|place| (-0.9 * place.abs_diff(home) as f64).exp() * rng.random_range(0.3..1.0))
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
