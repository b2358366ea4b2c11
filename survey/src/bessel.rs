//! The modified Bessel functions of the first kind that the von Mises distribution needs.
//!
//! Only orders 0 to 3 and arguments over 0, times `exp(-x)`, so that nothing overflows. No crate at hand has them.

/// `exp(-x) * I_k(x)` for `k` of 0 to 3 and `x` over 0; relative error under 1e-13 up to `x` = 700.
///
/// Miller's backward recurrence (Abramowitz and Stegun 9.12, example 1): begun with any number far above the order of
/// interest, `I[k-1] = I[k+1] + 2k/x I[k]` falls onto the wanted solution, and `I0 + 2 (I1 + I2 + ...) = exp(x)`
/// (9.6.37) gives its size.
pub(super) fn scaled_i(x: f64) -> [f64; 4] {
    let mut orders = [0.0; 4];
    let (mut above, mut here) = (0.0, 1e-290);
    let mut sum = 0.0;
    for k in (0..=begin(x)).rev() {
        // `here` is of order k.
        if let Some(slot) = orders.get_mut(k) {
            *slot = here;
        }
        sum += if k == 0 { here } else { 2.0 * here };
        let below = above + 2.0 * k as f64 / x * here;
        (above, here) = (here, below);
        if here > 1e250 {
            [above, here, sum] = [above, here, sum].map(|value| value * 1e-250);
            orders = orders.map(|value| value * 1e-250);
        }
    }
    orders.map(|value| value / sum)
}

/// `I_k(x) / I_0(x)` is near `exp(-k^2 / 2x)`: under 1e-17 from this order on, and never too near for small `x`.
fn begin(x: f64) -> usize {
    (9.0 * x.sqrt()) as usize + 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_equal_those_of_scipy() {
        // scipy.special.ive(k, x)
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../tests/oracle/intervals.json")).unwrap();
        let rows: Vec<(f64, [f64; 4])> = serde_json::from_value(oracle["bessel"].clone()).unwrap();
        assert_eq!(rows.len(), 5);
        for (x, orders) in rows {
            for (k, (found, expected)) in scaled_i(x).into_iter().zip(orders).enumerate() {
                assert!((found / expected - 1.0).abs() < 1e-12, "I_{k}({x}): {found} instead of {expected}");
            }
        }
    }
}
