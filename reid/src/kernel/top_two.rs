//! The two best gallery rows of one probe while its products come by.

use super::matches::{Candidate, Match};
use super::task::Task;
use crate::pairing::allowed;
use crate::vectors::cosine;

/// The two best so far, by products of single precision.
#[derive(Clone, Copy)]
pub(super) struct TopTwo {
    best: Key,
    second: Key,
    /// The product of `second`: what any other must exceed.
    bar: f32,
}

/// A product and its gallery row in one number that is greater for a greater product, and among equal products for a
/// lower row. Keys are compared without a branch: which of the first rows is best is a coin toss to the processor.
type Key = u64;

/// Less than any product's.
const NO_KEY: Key = 0;

impl TopTwo {
    /// Nothing yet.
    pub(super) const NONE: Self = Self { best: NO_KEY, second: NO_KEY, bar: f32::NEG_INFINITY };

    /// Takes the products with the gallery rows from `first` on.
    #[inline(always)]
    pub(super) fn update<const LANES: usize>(
        &mut self,
        task: &Task<'_>,
        probe: usize,
        first: usize,
        products: &[f32; LANES],
    ) {
        // One vector compare for all lanes; of a thousand rows about 14 are ever among the two best. Rows come in rising
        // order, so one that only equals the second is of a higher row and does not displace it.
        let any = products.iter().fold(false, |any, &product| any | (product > self.bar));
        if any {
            self.take(task, probe, first, products);
        }
    }

    #[cold]
    #[inline(never)]
    fn take(&mut self, task: &Task<'_>, probe: usize, first: usize, products: &[f32]) {
        for (row, &product) in (first..task.gallery.rows()).zip(products) {
            let key = if is_allowed(task, probe, row) { key(product, row) } else { NO_KEY };
            self.second = self.second.max(self.best.min(key));
            self.best = self.best.max(key);
        }
        if self.second != NO_KEY {
            self.bar = product(self.second);
        }
    }

    /// The two best with their cosines in double precision, in the order of those.
    #[inline(always)]
    pub(super) fn finish(self, task: &Task<'_>, probe: usize) -> Option<Match> {
        let best = candidate(task, probe, self.best)?;
        let Some(second) = candidate(task, probe, self.second) else {
            return Some(Match { best, second: None });
        };
        let keep = best.score > second.score || (best.score == second.score && best.index < second.index);
        let (best, second) = if keep { (best, second) } else { (second, best) };
        Some(Match { best, second: Some(second) })
    }
}

#[inline(always)]
fn candidate(task: &Task<'_>, probe: usize, key: Key) -> Option<Candidate> {
    if key == NO_KEY {
        return None;
    }
    let (probes, gallery, row) = (task.probes, task.gallery, row(key));
    let score = cosine(probes.row(probe), probes.norms[probe], gallery.row(row), gallery.norms()[row]);
    Some(Candidate { index: row as u32, score })
}

#[inline(always)]
fn is_allowed(task: &Task<'_>, probe: usize, row: usize) -> bool {
    let rules = task.pairing;
    rules.allows_all() || allowed(rules.probes[task.probes.first + probe], rules.gallery[row])
}

const SIGN: u32 = 1 << 31;

#[inline(always)]
fn key(product: f32, row: usize) -> Key {
    // Adding zero makes the two zeros one. The bits of positive numbers rise with them, those of negative ones fall.
    let bits = (product + 0.0).to_bits();
    let rising = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    u64::from(rising) << 32 | u64::from(!(row as u32))
}

#[inline(always)]
fn product(key: Key) -> f32 {
    let rising = (key >> 32) as u32;
    f32::from_bits(if rising & SIGN == 0 { !rising } else { rising & !SIGN })
}

#[inline(always)]
fn row(key: Key) -> usize {
    !(key as u32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_products_and_among_equal_ones_of_falling_rows(
            a in -2.0_f32..2.0, b in -2.0_f32..2.0, low in 0..100_usize, more in 1..100_usize,
        ) {
            prop_assert_eq!(key(a, low) > key(b, low + more), a >= b);
            prop_assert_eq!((product(key(a, low)), row(key(a, low))), (a, low));
            prop_assert!(key(a, low) > key(a, low + more));
        }
    }

    #[test]
    fn the_two_zeros_are_one_and_any_product_beats_none() {
        assert!(key(0.0, 1) > key(-0.0, 2) && key(-0.0, 1) > key(0.0, 2));
        assert!(key(f32::MIN, u32::MAX as usize - 1) > NO_KEY);
    }
}
