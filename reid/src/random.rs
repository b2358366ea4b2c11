//! Every random choice of the analysis: from a seed, the same on every platform.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for; parts that draw from one seed must not share a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Subset,
    Strangers,
    Impostors,
    Labels,
}

pub(crate) fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    stream.set_stream(purpose as u64);
    stream
}

/// All of `0..count` if they are at most `most`, else a random `most` of them, ascending.
pub(crate) fn sample_indices(count: usize, most: usize, seed: u64) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).collect();
    if count > most {
        let (chosen, _) = indices.partial_shuffle(&mut stream(seed, Purpose::Subset), most);
        chosen.sort_unstable();
        indices = chosen.to_vec();
    }
    indices
}
/// A random index below `count`, which must not be 0.
pub(crate) fn index(random: &mut ChaCha8Rng, count: usize) -> usize {
    // usize has another width on other machines; u64 draws the same numbers everywhere.
    random.random_range(0..count as u64) as usize
}

/// Shuffles in place, the same on every platform.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut ChaCha8Rng) {
    items.shuffle(random);
}
