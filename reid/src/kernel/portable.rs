//! The tile for any processor, in plain Rust: the compiler makes what vectors it can of the eight lanes.

use super::Match;
use super::scan::scan_block;
use super::task::Task;

/// Probes of a tile.
pub(super) const ROWS: usize = 4;
/// Gallery rows of a tile.
pub(super) const LANES: usize = 8;
/// Gallery rows of the last tile, where so many are enough.
pub(super) const HALF: usize = 4;

pub(super) fn scan(task: &Task<'_>, out: &mut [Option<Match>]) {
    scan_block(task, out, multiply::<LANES>, multiply::<HALF>);
}

/// The products of 4 probes with some gallery rows. Multiply and add stay separate: without the instruction a fused one
/// is a slow library call.
#[inline(always)]
fn multiply<const LANES: usize>(probes: [&[f32]; ROWS], gallery: &[f32]) -> [[f32; LANES]; ROWS] {
    let (gallery, _) = gallery.as_chunks::<LANES>();
    let probes = probes.map(|probe| &probe[..gallery.len()]);
    let mut sums = [[0.0; LANES]; ROWS];
    for (at, lanes) in gallery.iter().enumerate() {
        for (sums, probe) in sums.iter_mut().zip(probes) {
            for (sum, lane) in sums.iter_mut().zip(lanes) {
                *sum += probe[at] * lane;
            }
        }
    }
    sums
}
