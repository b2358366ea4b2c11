//! Every random choice of the analysis: from a seed, the same on every platform.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for; parts that draw from one seed must not share a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    Subset,
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
