//! The tiles for AVX-512 and AVX2 with FMA. The only place in the project with `unsafe`: it is needed to call a
//! function that the processor may lack, and to load and store vectors.
//!
//! Sources: the register tiling follows the BLIS framework (Van Zee and van de Geijn 2015): each value of a probe is
//! broadcast and multiplied with that value of many gallery rows, all sums staying in registers (24 of 32 with AVX-512,
//! 12 of 16 with AVX2). Probes need no packing, because they are read value by value anyway.

#![expect(unsafe_code, reason = "vector loads and stores, and the calls guarded by run-time detection")]

use super::Match;
use super::scan::scan_block;
use super::task::Task;
use std::arch::x86_64::{
    __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

/// Scans a block with AVX-512. Panics on a processor without it.
pub(super) fn scan_avx512(task: &Task<'_>, out: &mut [Option<Match>]) {
    #[target_feature(enable = "avx512f")]
    fn scan(task: &Task<'_>, out: &mut [Option<Match>]) {
        scan_block(task, out, |p, g| multiply_avx512(p, g), |p, g| half_avx512(p, g));
    }
    assert!(is_x86_feature_detected!("avx512f"), "chosen only where it was detected");
    // SAFETY: the processor has AVX-512F, as just asserted.
    unsafe { scan(task, out) }
}

/// Scans a block with AVX2 and FMA. Panics on a processor without them.
pub(super) fn scan_avx2(task: &Task<'_>, out: &mut [Option<Match>]) {
    #[target_feature(enable = "avx2,fma")]
    fn scan(task: &Task<'_>, out: &mut [Option<Match>]) {
        scan_block(task, out, |p, g| multiply_avx2(p, g), |p, g| half_avx2(p, g));
    }
    assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"), "chosen where detected");
    // SAFETY: the processor has AVX2 and FMA, as just asserted.
    unsafe { scan(task, out) }
}

/// One tile: for every value, `$rows` broadcast probes times `$vectors` vectors of `$lanes` gallery rows. A macro,
/// because the tiles differ only in names and sizes and must stay equal otherwise.
macro_rules! tile {
    ($name:ident, $feature:literal, $vector:ty, $rows:literal x $vectors:literal of $lanes:literal,
     $zero:ident, $load:ident, $broadcast:ident, $multiply_add:ident, $store:ident) => {
        #[target_feature(enable = $feature)]
        #[inline]
        fn $name(probes: [&[f32]; $rows], gallery: &[f32]) -> [[f32; $vectors * $lanes]; $rows] {
            let (gallery, _) = gallery.as_chunks::<{ $vectors * $lanes }>();
            let probes = probes.map(|probe| &probe[..gallery.len()]);
            let mut sums: [[$vector; $vectors]; $rows] = [[$zero(); $vectors]; $rows];
            for (at, values) in gallery.iter().enumerate() {
                let mut lanes = [$zero(); $vectors];
                for (vector, values) in lanes.iter_mut().zip(values.as_chunks::<$lanes>().0) {
                    // SAFETY: `values` is a reference to exactly as many values as the load reads.
                    *vector = unsafe { $load(values.as_ptr()) };
                }
                for row in 0..$rows {
                    // SAFETY: every probe was cut to as many values as `gallery` has. Checked, six compares a step cost
                    // 15 % of the speed.
                    let value = $broadcast(unsafe { *probes[row].get_unchecked(at) });
                    for vector in 0..$vectors {
                        sums[row][vector] = $multiply_add(value, lanes[vector], sums[row][vector]);
                    }
                }
            }
            let mut products = [[0.0; $vectors * $lanes]; $rows];
            for (sums, products) in sums.iter().zip(&mut products) {
                for (vector, values) in sums.iter().zip(products.as_chunks_mut::<$lanes>().0) {
                    // SAFETY: `values` is a unique reference to exactly as many values as the store writes.
                    unsafe { $store(values.as_mut_ptr(), *vector) };
                }
            }
            products
        }
    };
}

tile!(
    multiply_avx512, "avx512f", __m512, 12 x 2 of 16,
    _mm512_setzero_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps
);
tile!(
    half_avx512, "avx512f", __m512, 12 x 1 of 16,
    _mm512_setzero_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps
);
tile!(
    multiply_avx2, "avx2,fma", __m256, 6 x 2 of 8,
    _mm256_setzero_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps
);
tile!(
    half_avx2, "avx2,fma", __m256, 6 x 1 of 8,
    _mm256_setzero_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps
);

#[cfg(test)]
mod tests {
    //! The AVX-512 tile and scan with plain numbers in place of the instructions, for processors without them.

    use super::super::panel::Packed;
    use super::super::tests::{assert_same, random, reference};
    use super::*;
    use crate::Pairing;
    use crate::probes::Block;
    use std::num::NonZeroUsize;

    type Plain = [f32; 16];

    fn zero() -> Plain {
        [0.0; 16]
    }

    unsafe fn load(values: *const f32) -> Plain {
        // SAFETY: the tile passes a pointer to 16 values, which is what this test is for.
        unsafe { *values.cast() }
    }

    fn broadcast(value: f32) -> Plain {
        [value; 16]
    }

    fn multiply_add(a: Plain, b: Plain, sum: Plain) -> Plain {
        std::array::from_fn(|lane| a[lane].mul_add(b[lane], sum[lane]))
    }

    unsafe fn store(values: *mut f32, vector: Plain) {
        // SAFETY: the tile passes a pointer to 16 values.
        unsafe { *values.cast() = vector }
    }

    tile!(plain, "sse2", Plain, 12 x 2 of 16, zero, load, broadcast, multiply_add, store);
    tile!(plain_half, "sse2", Plain, 12 x 1 of 16, zero, load, broadcast, multiply_add, store);

    #[test]
    fn the_avx512_shape_agrees_with_double_precision_on_any_processor() {
        for (probes, gallery, dim) in [(1, 1, 1), (13, 33, 5), (25, 64, 16), (504, 97, 31), (30, 49, 8)] {
            let (p, g) = (random("detections", probes, dim, 1), random("profiles", gallery, dim, 2));
            let pairing = Pairing::default();
            let packed = Packed::new::<32, 16>(&g, NonZeroUsize::MIN);
            let block = Block::of(&p, 0, probes);
            let task = Task { probes: block, gallery: &g, pairing: &pairing, packed: &packed };
            let mut found = vec![None; probes];
            // SAFETY: the plain tiles need SSE2 only, which every x86-64 processor has.
            scan_block(&task, &mut found, |p, g| unsafe { plain(p, g) }, |p, g| unsafe { plain_half(p, g) });
            assert_same(&found, &reference(&p, &g, &pairing), &format!("{probes} x {gallery} x {dim}"));
        }
    }
}
