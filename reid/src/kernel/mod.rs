//! The best and the second-best gallery row of every probe by cosine, without ever holding the matrix.
//!
//! The gallery is cut into panels ([`panel`]); a tile multiplies a few probes with one panel in registers ([`x86`],
//! [`portable`]); [`scan`] walks both sides and [`top_two`] keeps the two best of each probe. Single precision finds
//! the candidates; the scores handed out are computed again in double precision, so they do not depend on the
//! instruction set. Memory: one packed copy of the gallery, a block of probes a thread, and the result; probes and result
//! may lie elsewhere ([`best_two_in`]).

mod matches;
mod panel;
mod portable;
mod scan;
mod task;
pub(crate) mod threads;
mod top_two;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::column::{Column, Sheet};
use crate::probes::{Block, Buffer};
use crate::{Error, Pairing, Probes, Vectors, Workplace};
use panel::Packed;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use task::Task;
use threads::{in_parallel, try_in_parallel};

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
    check(&Shape::of(probes), gallery, pairing)?;
    let scan = Scan::new(path, gallery, pairing, threads);
    let mut found = vec![None; probes.rows()];
    let blocks = found.chunks_mut(scan::PROBES_PER_BLOCK).enumerate();
    in_parallel(threads, blocks, |(block, out)| {
        scan.run(Block::of(probes, block * scan::PROBES_PER_BLOCK, out.len()), out);
    });
    Ok(found)
}

/// As [`best_two`], for probes that need not be in memory: each thread reads the block that it scans while others
/// multiply, and what it finds goes where `place` has room. Watched by `place`.
///
/// # Errors
///
/// As [`best_two`]; [`Error::Storage`] when a block cannot be read or kept, [`Error::Stopped`] when the watcher says so.
pub fn best_two_in(
    probes: &Probes,
    gallery: &Vectors,
    pairing: &Pairing,
    threads: NonZeroUsize,
    place: Workplace<'_>,
) -> Result<Column<Option<Match>>, Error> {
    let rows = probes.rows();
    check(&Shape { set: probes.set(), rows, dim: probes.dim() }, gallery, pairing)?;
    let scan = Scan::new(Path::available()[0], gallery, pairing, threads);
    let sheet = Sheet::new(rows, place.scratch)?;
    let compared = AtomicUsize::new(0);
    let blocks = (0..rows).step_by(scan::PROBES_PER_BLOCK);
    try_in_parallel(threads, blocks, |own: &mut Own, first| {
        let count = scan::PROBES_PER_BLOCK.min(rows - first);
        own.found.clear();
        own.found.resize(count, None);
        scan.run(probes.block(first, count, &mut own.buffer)?, &mut own.found);
        sheet.put(first, &own.found)?;
        place.tell(compared.fetch_add(count, Ordering::Relaxed) + count)
    })?;
    Ok(sheet.finish())
}

/// What a thread uses again from block to block.
#[derive(Default)]
struct Own {
    buffer: Buffer,
    found: Vec<Option<Match>>,
}

/// The probes as [`check`] sees them.
struct Shape {
    set: &'static str,
    rows: usize,
    dim: usize,
}

impl Shape {
    fn of(vectors: &Vectors) -> Self {
        Self { set: vectors.set(), rows: vectors.rows(), dim: vectors.dim() }
    }
}

fn check(probes: &Shape, gallery: &Vectors, pairing: &Pairing) -> Result<(), Error> {
    if probes.dim != gallery.dim() {
        return Err(Error::Dimensions {
            left_set: probes.set,
            left: probes.dim,
            right_set: gallery.set(),
            right: gallery.dim(),
        });
    }
    pairing.check(probes.rows, gallery.rows())
}

/// What all blocks of one call share.
struct Scan<'a> {
    path: Path,
    gallery: &'a Vectors,
    pairing: &'a Pairing,
    packed: Packed,
}

impl<'a> Scan<'a> {
    fn new(path: Path, gallery: &'a Vectors, pairing: &'a Pairing, threads: NonZeroUsize) -> Self {
        let path = if Path::available().contains(&path) { path } else { Path::Portable };
        Self { path, gallery, pairing, packed: path.pack(gallery, threads) }
    }

    /// Scans one block.
    fn run(&self, probes: Block<'_>, out: &mut [Option<Match>]) {
        let task = Task { probes, gallery: self.gallery, pairing: self.pairing, packed: &self.packed };
        match self.path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => x86::scan_avx512(&task, out),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => x86::scan_avx2(&task, out),
            _ => portable::scan(&task, out),
        }
    }
}

#[cfg(test)]
mod tests;
