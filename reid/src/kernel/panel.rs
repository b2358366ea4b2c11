//! The gallery cut into panels: unit-length rows interleaved value by value, so that a tile reads one value of many
//! rows at once. The last panel is filled up with zero rows, which [`super::scan`] leaves out.

use super::in_parallel;
use crate::Vectors;
use std::num::NonZeroUsize;

/// All rows of a gallery as panels.
pub(super) struct Packed {
    values: Vec<f32>,
    panel: usize,
}

impl Packed {
    /// Packs `vectors` into panels of `LANES` rows.
    pub(super) fn new<const LANES: usize>(vectors: &Vectors, threads: NonZeroUsize) -> Self {
        let panel = LANES * vectors.dim();
        let mut values = vec![0.0; vectors.rows().div_ceil(LANES) * panel];
        // Threads cost more than they save below some megabytes.
        let threads = if values.len() < 1 << 20 { NonZeroUsize::MIN } else { threads };
        in_parallel(threads, values.chunks_exact_mut(panel).enumerate(), |(number, out)| {
            pack::<LANES>(vectors, number * LANES, out);
        });
        Self { values, panel }
    }

    /// The panels in order.
    pub(super) fn panels(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.panel)
    }
}

/// Columns that are moved at a time: enough to read rows in runs that are prefetched, few enough for their place in
/// the panel to stay in the first cache.
const COLUMNS: usize = 64;

/// Writes rows `first .. first + LANES` of `vectors`, scaled to length 1, into the panel `out`, which is zero. Rows
/// beyond the last and zero vectors stay zeros.
fn pack<const LANES: usize>(vectors: &Vectors, first: usize, out: &mut [f32]) {
    let rows = LANES.min(vectors.rows() - first);
    let (columns, _) = out.as_chunks_mut::<LANES>();
    for (block, columns) in columns.chunks_mut(COLUMNS).enumerate() {
        for lane in 0..rows {
            let values = &vectors.row(first + lane)[block * COLUMNS..][..columns.len()];
            let targets = columns.iter_mut().map(|column| &mut column[lane]);
            scale(values, vectors.norms()[first + lane], targets);
        }
    }
}

/// Writes `values` of a vector of length `norm`, scaled to length 1; zeros for a zero vector.
pub(super) fn scale<'a>(values: &[f32], norm: f64, targets: impl Iterator<Item = &'a mut f32>) {
    let factor = if norm > 0.0 { norm.recip() } else { 0.0 };
    for (target, &value) in targets.zip(values) {
        // In double precision: the reciprocal of a subnormal or a huge norm does not fit into f32.
        *target = (f64::from(value) * factor) as f32;
    }
}
