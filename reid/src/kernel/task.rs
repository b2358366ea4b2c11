//! What one block of probes is scanned for.

use super::panel::Packed;
use crate::probes::Block;
use crate::{Pairing, Vectors};

/// What is known while a block is scanned. Probes are named by their place in the block.
pub(super) struct Task<'a> {
    pub(super) probes: Block<'a>,
    pub(super) gallery: &'a Vectors,
    pub(super) pairing: &'a Pairing,
    pub(super) packed: &'a Packed,
}
