//! The tiles for AVX-512 and AVX2 with FMA. The only place in the project with `unsafe`: it is needed to call a
//! function that the processor may lack, and to load and store vectors.
//!
//! Sources: the register tiling follows the BLIS framework (Van Zee and van de Geijn 2015): each value of the
//! gallery panel is broadcast and multiplied with a row of probes, all sums staying in registers (24 of 32 with
//! AVX-512, 12 of 16 with AVX2).

#![expect(unsafe_code, reason = "vector loads and stores, and the calls guarded by run-time detection")]

use super::Match;
use super::scan::{Task, scan_block};
use std::arch::x86_64::{
    __m256, __m512, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

/// Scans a block with AVX-512. Panics on a processor without it.
pub(super) fn scan_avx512(task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
    #[target_feature(enable = "avx512f")]
    fn scan(task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
        scan_block(task, first, out, |gallery, probes| multiply_avx512(gallery, probes));
    }
    assert!(is_x86_feature_detected!("avx512f"), "chosen only where it was detected");
    // SAFETY: the processor has AVX-512F, as just asserted.
    unsafe { scan(task, first, out) }
}

/// Scans a block with AVX2 and FMA. Panics on a processor without them.
pub(super) fn scan_avx2(task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
    #[target_feature(enable = "avx2,fma")]
    fn scan(task: &Task<'_>, first: usize, out: &mut [Option<Match>]) {
        scan_block(task, first, out, |gallery, probes| multiply_avx2(gallery, probes));
    }
    assert!(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"), "chosen where detected");
    // SAFETY: the processor has AVX2 and FMA, as just asserted.
    unsafe { scan(task, first, out) }
}

/// One tile: for every value of the panels, `$vectors` vectors of `$lanes` probes times `$rows` broadcast gallery
/// values. A macro, because the two tiles differ only in names and sizes and must stay equal otherwise.
macro_rules! tile {
    ($name:ident, $feature:literal, $vector:ty, $rows:literal x $vectors:literal of $lanes:literal,
     $zero:ident, $load:ident, $broadcast:ident, $multiply_add:ident, $store:ident) => {
        #[target_feature(enable = $feature)]
        #[inline]
        fn $name(gallery: &[f32], probes: &[f32]) -> [[f32; $vectors * $lanes]; $rows] {
            let (gallery, _) = gallery.as_chunks::<$rows>();
            let (probes, _) = probes.as_chunks::<{ $vectors * $lanes }>();
            let mut sums: [[$vector; $vectors]; $rows] = [[$zero(); $vectors]; $rows];
            for (g, p) in gallery.iter().zip(probes) {
                let mut lanes = [$zero(); $vectors];
                for (vector, values) in lanes.iter_mut().zip(p.as_chunks::<$lanes>().0) {
                    // SAFETY: `values` is a reference to exactly as many values as the load reads.
                    *vector = unsafe { $load(values.as_ptr()) };
                }
                for row in 0..$rows {
                    let value = $broadcast(g[row]);
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
    multiply_avx2, "avx2,fma", __m256, 6 x 2 of 8,
    _mm256_setzero_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps
);
