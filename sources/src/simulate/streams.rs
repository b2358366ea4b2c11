//! Random numbers: each part of a season draws its own.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

/// Independent streams of random numbers, so that a change in one part leaves the others as they are.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Herd,
    Season,
    Model,
    /// The first of many: each scene and photograph has its own.
    Scene,
}

pub(super) fn random(seed: u64, stream: Stream) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng
}
