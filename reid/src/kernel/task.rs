//! What one call of the kernel is about.

use super::panel::Packed;
use crate::{Pairing, Vectors};

/// What all blocks of one call share.
pub(super) struct Task<'a> {
    pub(super) probes: &'a Vectors,
    pub(super) gallery: &'a Vectors,
    pub(super) pairing: &'a Pairing,
    pub(super) packed: &'a Packed,
}
