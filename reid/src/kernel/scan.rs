//! The loop around the tile: walks the gallery in an order that the caches like, and keeps the two best rows of
//! each probe. Everything here is inlined into a function for one instruction set ([`super::x86`],
//! [`super::portable`]), so the compiler may use that set for it too.

use super::panel::{Packed, pack};
use super::{Candidate, Match};
use crate::pairing::{Pairing, Side, allowed};
use crate::vectors::{Vectors, cosine};

/// Probes that a thread takes at a time: 1 MiB at 512 dimensions, read from the shared cache once for each
/// [`GALLERY_BYTES`] of gallery.
pub(super) const PROBES_PER_BLOCK: usize = 512;

/// Gallery panels that stay in a core's own cache while the block's probes pass by.
const GALLERY_BYTES: usize = 192 * 1024;

/// What all blocks of one call share.
pub(super) struct Task<'a> {
    pub(super) probes: &'a Vectors,
    pub(super) gallery: &'a Vectors,
    pub(super) pairing: &'a Pairing,
    pub(super) packed: &'a Packed,
}

/// The two best rows so far for the probes of one panel, field by field so that lanes become vectors.
struct TopTwo<const LANES: usize> {
    best: [f32; LANES],
    best_at: [u32; LANES],
    second: [f32; LANES],
    second_at: [u32; LANES],
}

/// No row yet.
const NOWHERE: u32 = u32::MAX;

/// Finds the two best rows for the probes `first ..` of this block, `out.len()` of them. `multiply` gives the
/// products of one gallery panel of `ROWS` rows with one probe panel of `LANES` probes.
#[inline(always)]
pub(super) fn scan_block<const ROWS: usize, const LANES: usize>(
    task: &Task<'_>,
    first: usize,
    out: &mut [Option<Match>],
    multiply: impl Fn(&[f32], &[f32]) -> [[f32; LANES]; ROWS] + Copy,
) {
    let panel = LANES * task.probes.dim();
    let mut packed = vec![0.0; out.len().div_ceil(LANES) * panel];
    for (number, panel) in packed.chunks_exact_mut(panel).enumerate() {
        pack::<LANES>(task.probes, first + number * LANES, panel);
    }
    let mut tops: Vec<TopTwo<LANES>> = packed.chunks_exact(panel).map(|_| TopTwo::new()).collect();
    let panels_per_pass = (GALLERY_BYTES / (ROWS * task.probes.dim() * size_of::<f32>())).max(1);
    let mut gallery_row = 0;
    let mut passes = task.packed.panels();
    while passes.len() > 0 {
        let pass = passes.by_ref().take(panels_per_pass).collect::<Vec<_>>();
        for (number, probes) in packed.chunks_exact(panel).enumerate() {
            let top = &mut tops[number];
            let sides = sides::<LANES>(task.pairing, first + number * LANES);
            for (offset, gallery) in pass.iter().enumerate() {
                let products = multiply(gallery, probes);
                top.update_all(task, gallery_row + offset * ROWS, &products, sides.as_ref());
            }
        }
        gallery_row += pass.len() * ROWS;
    }
    for (lane, found) in out.iter_mut().enumerate() {
        *found = tops[lane / LANES].finish(task, first + lane, lane % LANES);
    }
}

/// The rules of one probe panel; none if all pairs are allowed.
#[inline(always)]
fn sides<const LANES: usize>(pairing: &Pairing, first: usize) -> Option<[Side; LANES]> {
    if pairing.allows_all() {
        return None;
    }
    let mut sides = [Side { classes: 0, group: 0 }; LANES];
    for (side, &probe) in sides.iter_mut().zip(&pairing.probes[first..]) {
        *side = probe;
    }
    Some(sides)
}

impl<const LANES: usize> TopTwo<LANES> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            best: [f32::NEG_INFINITY; LANES],
            best_at: [NOWHERE; LANES],
            second: [f32::NEG_INFINITY; LANES],
            second_at: [NOWHERE; LANES],
        }
    }

    /// Takes the products of the gallery rows from `first` on. Rows come in rising order and only a greater
    /// product displaces, so ties stay with the lowest row.
    #[inline(always)]
    fn update_all<const ROWS: usize>(
        &mut self,
        task: &Task<'_>,
        first: usize,
        products: &[[f32; LANES]; ROWS],
        sides: Option<&[Side; LANES]>,
    ) {
        let rows = ROWS.min(task.gallery.rows() - first);
        for (row, products) in (first..).zip(&products[..rows]) {
            match sides {
                None => self.update(row as u32, products),
                Some(sides) => {
                    let gallery = task.pairing.gallery[row];
                    let mut masked = *products;
                    for lane in 0..LANES {
                        masked[lane] =
                            if allowed(sides[lane], gallery) { products[lane] } else { f32::NEG_INFINITY };
                    }
                    self.update(row as u32, &masked);
                }
            }
        }
    }

    #[inline(always)]
    fn update(&mut self, row: u32, products: &[f32; LANES]) {
        for (lane, &product) in products.iter().enumerate() {
            let (best, second) = (self.best[lane], self.second[lane]);
            let (beats_best, beats_second) = (product > best, product > second);
            let displaced = (best, self.best_at[lane]);
            let challenger = if beats_second { (product, row) } else { (second, self.second_at[lane]) };
            let new_second = if beats_best { displaced } else { challenger };
            (self.second[lane], self.second_at[lane]) = new_second;
            self.best[lane] = if beats_best { product } else { best };
            self.best_at[lane] = if beats_best { row } else { self.best_at[lane] };
        }
    }

    /// The two candidates of a lane with their cosines in double precision, in the order of those.
    #[inline(always)]
    fn finish(&self, task: &Task<'_>, probe: usize, lane: usize) -> Option<Match> {
        let best = candidate(task, probe, self.best_at[lane])?;
        let Some(second) = candidate(task, probe, self.second_at[lane]) else {
            return Some(Match { best, second: None });
        };
        let keep = best.score > second.score || (best.score == second.score && best.index < second.index);
        let (best, second) = if keep { (best, second) } else { (second, best) };
        Some(Match { best, second: Some(second) })
    }
}

#[inline(always)]
fn candidate(task: &Task<'_>, probe: usize, index: u32) -> Option<Candidate> {
    if index == NOWHERE {
        return None;
    }
    let row = index as usize;
    let (probes, gallery) = (task.probes, task.gallery);
    let score = cosine(probes.row(probe), probes.norms()[probe], gallery.row(row), gallery.norms()[row]);
    Some(Candidate { index, score })
}
