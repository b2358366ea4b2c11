//! What is read of a photograph at most; [`decode`](super::decode) keeps to it and [`problem`](super::problem) tells it.

/// The largest photograph: trail cameras write up to 48 million pixels.
pub(super) const MAX_PIXELS: u64 = 64_000_000;
/// The largest file, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
