//! Vectors cut into panels: `width` unit-length rows interleaved value by value, so that a tile reads both sides
//! straight through. The last panel is filled up with zero rows, which [`super::scan`] leaves out.

use super::in_parallel;
use crate::Vectors;
use std::num::NonZeroUsize;

/// All rows of a gallery as panels.
pub(super) struct Packed {
    values: Vec<f32>,
    panel: usize,
}

impl Packed {
    /// Packs `vectors` into panels of `WIDTH` rows.
    pub(super) fn new<const WIDTH: usize>(vectors: &Vectors, threads: NonZeroUsize) -> Self {
        let panel = WIDTH * vectors.dim();
        let mut values = vec![0.0; vectors.rows().div_ceil(WIDTH) * panel];
        // Threads cost more than they save below some megabytes.
        let threads = if values.len() < 1 << 20 { NonZeroUsize::MIN } else { threads };
        in_parallel(threads, values.chunks_exact_mut(panel).enumerate(), |(number, out)| {
            pack::<WIDTH>(vectors, number * WIDTH, out);
        });
        Self { values, panel }
    }

    /// The panels in order.
    pub(super) fn panels(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.panel)
    }
}

/// Columns that are moved at a time: enough to read rows in runs that are prefetched, few enough for their place in the
/// panel to stay in the first cache.
const COLUMNS: usize = 64;

/// Writes rows `first .. first + WIDTH` of `vectors`, scaled to length 1, into the panel `out`, which is zero.
/// Rows beyond the last and zero vectors stay zeros.
#[inline(always)]
pub(super) fn pack<const WIDTH: usize>(vectors: &Vectors, first: usize, out: &mut [f32]) {
    let rows = WIDTH.min(vectors.rows() - first);
    let (columns, _) = out.as_chunks_mut::<WIDTH>();
    for (block, columns) in columns.chunks_mut(COLUMNS).enumerate() {
        for lane in 0..rows {
            let norm = vectors.norms()[first + lane];
            if norm > 0.0 {
                let values = &vectors.row(first + lane)[block * COLUMNS..][..columns.len()];
                scale(values, norm.recip(), columns, lane);
            }
        }
    }
}

#[inline(always)]
fn scale<const WIDTH: usize>(values: &[f32], factor: f64, columns: &mut [[f32; WIDTH]], lane: usize) {
    let single = factor as f32;
    if single.is_normal() {
        for (column, &value) in columns.iter_mut().zip(values) {
            column[lane] = value * single;
        }
    } else {
        // The reciprocal of a subnormal or a huge norm does not fit into f32.
        for (column, &value) in columns.iter_mut().zip(values) {
            column[lane] = (f64::from(value) * factor) as f32;
        }
    }
}
