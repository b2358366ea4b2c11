//! The best and the second-best gallery row of every probe by cosine, without ever holding the matrix.
//!
//! The gallery is cut into panels ([`panel`]); a tile multiplies a few probes with one panel in registers ([`x86`],
//! [`portable`]); [`scan`] walks both sides and [`top_two`] keeps the two best of each probe. Single precision finds
//! the candidates; the scores handed out are computed again in double precision, so they do not depend on the
//! instruction set. Memory: one packed copy of the gallery, and the result.

mod matches;
mod panel;
mod portable;
mod scan;
mod task;
mod threads;
mod top_two;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::{Error, Pairing, Vectors};
use panel::Packed;
use std::num::NonZeroUsize;
use task::Task;
use threads::in_parallel;

pub use matches::{Candidate, Match};

/// The instruction set a scan runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// 12 probes x 32 gallery rows.
    Avx512,
    /// 6 probes x 16 gallery rows.
    Avx2,
    /// 4 probes x 8 gallery rows, whatever the processor.
    Portable,
}

impl Path {
    /// The paths this processor can run, fastest first; the last is always [`Path::Portable`].
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut paths = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                paths.insert(0, Self::Avx2);
            }
            if is_x86_feature_detected!("avx512f") {
                paths.insert(0, Self::Avx512);
            }
        }
        paths
    }

    /// The gallery in panels as wide as this path's tile.
    fn pack(self, gallery: &Vectors, threads: NonZeroUsize) -> Packed {
        match self {
            Self::Avx512 => Packed::new::<32, 16>(gallery, threads),
            Self::Avx2 => Packed::new::<16, 8>(gallery, threads),
            Self::Portable => Packed::new::<{ portable::LANES }, { portable::HALF }>(gallery, threads),
        }
    }
}

/// For each probe the best and second-best gallery row that `pairing` allows, or `None` if it allows none.
/// The result does not depend on the number of threads.
///
/// # Errors
///
/// [`Error::Dimensions`] if the two sets differ, [`Error::FactsMismatch`] if `pairing` is of other lengths.
pub fn best_two(
    probes: &Vectors,
    gallery: &Vectors,
    pairing: &Pairing,
    threads: NonZeroUsize,
) -> Result<Vec<Option<Match>>, Error> {
    best_two_on(Path::available()[0], probes, gallery, pairing, threads)
}

/// As [`best_two`] on one instruction set, for tests and benchmarks; a path that this processor lacks runs as
/// [`Path::Portable`].
///
/// # Errors
///
/// As [`best_two`].
pub fn best_two_on(
    path: Path,
    probes: &Vectors,
    gallery: &Vectors,
    pairing: &Pairing,
    threads: NonZeroUsize,
) -> Result<Vec<Option<Match>>, Error> {
    check(probes, gallery, pairing)?;
    let path = if Path::available().contains(&path) { path } else { Path::Portable };
    let packed = path.pack(gallery, threads);
    let task = Task { probes, gallery, pairing, packed: &packed };
    let mut found = vec![None; probes.rows()];
    let blocks = found.chunks_mut(scan::PROBES_PER_BLOCK).enumerate();
    in_parallel(threads, blocks, |(block, out)| run(path, &task, block * scan::PROBES_PER_BLOCK, out));
    Ok(found)
}

fn check(probes: &Vectors, gallery: &Vectors, pairing: &Pairing) -> Result<(), Error> {
    if probes.dim() != gallery.dim() {
        return Err(Error::Dimensions {
            left_set: probes.set(),
            left: probes.dim(),
            right_set: gallery.set(),
            right: gallery.dim(),
        });
    }
    pairing.check(probes.rows(), gallery.rows())
}

/// Scans one block of probes. `path` must be one of [`Path::available`].
fn run(path: Path, task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => x86::scan_avx512(task, first, out),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => x86::scan_avx2(task, first, out),
        _ => portable::scan(task, first, out),
    }
}

#[cfg(test)]
mod tests;
