//! The gallery cut into panels: unit-length rows interleaved value by value, so that a tile reads one value of many
//! rows at once. What is left over is half a panel where that is enough, so that few products are made for nothing: of
//! 165 rows in panels of 32 the last five would cost as much as 32. The last is filled up with zero rows, which
//! [`super::scan`] leaves out.

use super::threads::in_parallel;
use crate::Vectors;
use std::num::NonZeroUsize;

/// All rows of a gallery as panels.
pub(super) struct Packed {
    values: Vec<f32>,
    /// Values of a panel.
    panel: usize,
}

impl Packed {
    /// Packs `vectors` into panels of `LANES` rows, and a last one of `HALF` if no more are left.
    pub(super) fn new<const LANES: usize, const HALF: usize>(
        vectors: &Vectors,
        threads: NonZeroUsize,
    ) -> Self {
        let (rows, panel) = (vectors.rows(), LANES * vectors.dim());
        let left = rows % LANES;
        let whole = if left > HALF { rows.div_ceil(LANES) } else { rows / LANES };
        let half = if (1..=HALF).contains(&left) { HALF * vectors.dim() } else { 0 };
        let mut values = vec![0.0; whole * panel + half];
        // Threads cost more than they save below some megabytes.
        let threads = if values.len() < 1 << 20 { NonZeroUsize::MIN } else { threads };
        let (panels, half) = values.split_at_mut(whole * panel);
        in_parallel(threads, panels.chunks_exact_mut(panel).enumerate(), |(number, out)| {
            pack::<LANES>(vectors, number * LANES, out);
        });
        if !half.is_empty() {
            pack::<HALF>(vectors, whole * LANES, half);
        }
        Self { values, panel }
    }

    /// The whole panels in order.
    pub(super) fn panels(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.panel)
    }

    /// The half panel behind them.
    pub(super) fn half(&self) -> Option<&[f32]> {
        let half = self.panels().remainder();
        (!half.is_empty()).then_some(half)
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

#[cfg(test)]
mod tests {
    use super::super::tests::random;
    use super::*;

    #[test]
    fn what_is_left_over_is_half_a_panel_where_that_is_enough() {
        for (rows, packed) in [(1, 16), (16, 16), (17, 32), (32, 32), (165, 176), (177, 192), (192, 192)] {
            let gallery = random("profiles", rows, 3, 1);
            let found = Packed::new::<32, 16>(&gallery, NonZeroUsize::MIN);
            let made = found.panels().len() * 32 + found.half().map_or(0, |half| half.len() / 3);
            assert_eq!(made, packed, "{rows} rows");
        }
    }
}
