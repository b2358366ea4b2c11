//! The tile for any processor, in plain Rust: the compiler makes what vectors it can of the eight lanes.

use super::Match;
use super::scan::{Task, scan_block};

/// Gallery rows of a tile.
pub(super) const ROWS: usize = 4;
/// Probes of a tile.
pub(super) const LANES: usize = 8;

pub(super) fn scan(task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
    scan_block(task, first, out, multiply);
}

/// The products of 4 gallery rows with 8 probes. Multiply and add stay separate: without the instruction a fused
/// one is a slow library call.
#[inline(always)]
fn multiply(gallery: &[f32], probes: &[f32]) -> [[f32; LANES]; ROWS] {
    let (gallery, _) = gallery.as_chunks::<ROWS>();
    let (probes, _) = probes.as_chunks::<LANES>();
    let mut sums = [[0.0; LANES]; ROWS];
    for (g, p) in gallery.iter().zip(probes) {
        for row in 0..ROWS {
            for lane in 0..LANES {
                sums[row][lane] += g[row] * p[lane];
            }
        }
    }
    sums
}
