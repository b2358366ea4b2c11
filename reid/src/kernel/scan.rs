//! The loop around the tile: walks probes and gallery in an order that the caches like. Everything here is inlined
//! into a function for one instruction set ([`super::x86`], [`super::portable`]), so the compiler may use that set for
//! it too.

use super::Match;
use super::panel::scale;
use super::task::Task;
use super::top_two::TopTwo;
use crate::probes::Block;
use std::borrow::Cow;

/// Probes that a thread takes at a time; a multiple of every tile's height. The gallery is read from the shared cache
/// or memory once for each block, so larger is better until the last block leaves a thread idle for long.
pub(super) const PROBES_PER_BLOCK: usize = 504;

/// Gallery panels that stay in a core's own cache while the block's probes pass by.
const GALLERY_BYTES: usize = 192 * 1024;

/// Lengths with which products of single precision neither overflow nor vanish.
const SAFE_NORMS: std::ops::Range<f64> = 1e-15..1e15;

/// Finds the two best rows for the probes of this block, `out.len()` of them. `multiply` gives the products
/// of `ROWS` probes with one gallery panel of `LANES` rows, `multiply_half` those with half a panel.
#[inline(always)]
pub(super) fn scan_block<const ROWS: usize, const LANES: usize, const HALF: usize>(
    task: &Task<'_>,
    out: &mut [Option<Match>],
    multiply: impl Fn([&[f32]; ROWS], &[f32]) -> [[f32; LANES]; ROWS] + Copy,
    multiply_half: impl Fn([&[f32]; ROWS], &[f32]) -> [[f32; HALF]; ROWS] + Copy,
) {
    let probes: Vec<Cow<'_, [f32]>> = (0..out.len()).map(|row| probe(task.probes, row)).collect();
    let mut tops = vec![TopTwo::NONE; out.len()];
    let panels: Vec<&[f32]> = task.packed.panels().collect();
    let panels_per_pass = (GALLERY_BYTES / (LANES * task.probes.dim * size_of::<f32>())).max(1);
    let passes = panels.len().div_ceil(panels_per_pass).max(1);
    for pass in 0..passes {
        let start = pass * panels_per_pass;
        let in_pass = &panels[start..panels.len().min(start + panels_per_pass)];
        let is_last = pass + 1 == passes;
        let half = task.packed.half().filter(|_| is_last);
        for (group, (tops, out)) in tops.chunks_mut(ROWS).zip(out.chunks_mut(ROWS)).enumerate() {
            let row = group * ROWS;
            // Beyond the last probe the last is multiplied again, and its products are not looked at.
            let rows: [&[f32]; ROWS] =
                std::array::from_fn(|offset| &*probes[(row + offset).min(probes.len() - 1)]);
            for (number, gallery) in (start..).zip(in_pass) {
                let products = multiply(rows, gallery);
                for (offset, (top, products)) in tops.iter_mut().zip(&products).enumerate() {
                    top.update(task, row + offset, number * LANES, products);
                }
            }
            if let Some(gallery) = half {
                let products = multiply_half(rows, gallery);
                for (offset, (top, products)) in tops.iter_mut().zip(&products).enumerate() {
                    top.update(task, row + offset, panels.len() * LANES, products);
                }
            }
            if is_last {
                // Here, while the probes are in the first cache.
                for (offset, (found, top)) in out.iter_mut().zip(tops).enumerate() {
                    *found = top.finish(task, row + offset);
                }
            }
        }
    }
}

/// A probe as it is: its length does not change the order of its products. Only a length at the ends of single precision
/// is scaled to 1.
#[inline(always)]
fn probe(probes: Block<'_>, row: usize) -> Cow<'_, [f32]> {
    let (values, norm) = (probes.row(row), probes.norms[row]);
    if norm == 0.0 || SAFE_NORMS.contains(&norm) {
        return Cow::Borrowed(values);
    }
    let mut scaled = vec![0.0; values.len()];
    scale(values, norm, scaled.iter_mut());
    Cow::Owned(scaled)
}
