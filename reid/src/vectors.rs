//! A checked set of embedding vectors: finite, all of one dimension, with their norms.
//!
//! Whoever holds [`Vectors`] need not check again. It does not normalise the values and does not know what the
//! rows stand for; see [`crate::kernel`] for what compares them.

use crate::Error;
use std::collections::HashSet;

/// Rows of equal dimension without NaN or infinity. A zero row is allowed: its cosine with anything is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    set: &'static str,
    dim: usize,
    values: Vec<f32>,
    norms: Vec<f64>,
}

impl Vectors {
    /// Checks `values` (row after row, `dim` values each) and computes the norms. `set` names the rows in
    /// messages: `detections`, `profiles`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDimensions`], [`Error::Empty`], [`Error::Ragged`], [`Error::TooMany`], and
    /// [`Error::NotFinite`] naming the first bad row.
    pub fn new(set: &'static str, dim: usize, values: Vec<f32>) -> Result<Self, Error> {
        if dim == 0 {
            return Err(Error::NoDimensions { set });
        }
        if values.is_empty() {
            return Err(Error::Empty { set });
        }
        if !values.len().is_multiple_of(dim) {
            return Err(Error::Ragged { set, dim, values: values.len() });
        }
        let rows = values.len() / dim;
        if rows >= u32::MAX as usize {
            return Err(Error::TooMany { set, rows });
        }
        let norms: Vec<f64> = values.chunks_exact(dim).map(|row| dot(row, row).sqrt()).collect();
        // Squares of f32 cannot overflow f64, so a norm is finite exactly if all values of the row are.
        match norms.iter().position(|norm| !norm.is_finite()) {
            Some(row) => Err(Error::NotFinite { set, row }),
            None => Ok(Self { set, dim, values, norms }),
        }
    }

    /// Builds the set from rows of their own, as a database hands them out.
    ///
    /// # Errors
    ///
    /// As [`Vectors::new`]; [`Error::Ragged`] if a row's length differs from the first one's.
    pub fn from_rows<R: AsRef<[f32]>>(set: &'static str, rows: &[R]) -> Result<Self, Error> {
        let first = rows.first().ok_or(Error::Empty { set })?.as_ref();
        let mut values = Vec::with_capacity(rows.len() * first.len());
        for row in rows {
            values.extend_from_slice(row.as_ref());
            if row.as_ref().len() != first.len() {
                return Err(Error::Ragged { set, dim: first.len(), values: values.len() });
            }
        }
        Self::new(set, first.len(), values)
    }

    /// What the rows are called in messages.
    #[must_use]
    pub fn set(&self) -> &'static str {
        self.set
    }

    /// How many rows; at least 1.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.norms.len()
    }

    /// How many values a row has; at least 1.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// One row. Panics beyond the last.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.dim..][..self.dim]
    }

    /// All values, row after row.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many rows have the bytes of a row before them.
    pub(crate) fn repeats(&self) -> usize {
        let mut seen: HashSet<&[u8]> = HashSet::with_capacity(self.rows());
        (0..self.rows()).filter(|&row| !seen.insert(bytemuck::cast_slice(self.row(row)))).count()
    }

    /// Euclidean norms of the rows, summed in double precision.
    #[must_use]
    pub fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// The cosine of a row with a row of `other` in double precision, within [-1, 1]; 0 if either is a zero
    /// vector. The same bits on every machine.
    #[must_use]
    pub fn cosine(&self, row: usize, other: &Self, other_row: usize) -> f64 {
        cosine(self.row(row), self.norms[row], other.row(other_row), other.norms[other_row])
    }
}

/// As [`Vectors::cosine`], from the parts.
#[inline(always)]
pub(crate) fn cosine(left: &[f32], left_norm: f64, right: &[f32], right_norm: f64) -> f64 {
    let norms = left_norm * right_norm;
    if norms == 0.0 { 0.0 } else { (dot(left, right) / norms).clamp(-1.0, 1.0) }
}

/// Dot product in double precision: eight partial sums in a fixed order, so that every instruction set gives the
/// same bits (multiply and add stay separate: a fused one rounds differently).
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f64 {
    let (left_blocks, left_rest) = left.as_chunks::<8>();
    let (right_blocks, right_rest) = right.as_chunks::<8>();
    let mut sums = [0.0_f64; 8];
    for (a, b) in left_blocks.iter().zip(right_blocks) {
        for lane in 0..8 {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(dim: usize, values: &[f32]) -> Result<Vectors, Error> {
        Vectors::new("detections", dim, values.to_vec())
    }

    #[test]
    fn nan_and_infinity_are_errors_that_name_the_row() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = vectors(2, &[1.0, 2.0, 3.0, 4.0, 5.0, bad]).unwrap_err();
            assert_eq!(error, Error::NotFinite { set: "detections", row: 2 });
            assert_eq!(
                error.to_string(),
                "row 2 of the detections holds NaN or infinity (rows count from 0)"
            );
        }
    }

    #[test]
    fn the_largest_finite_values_are_accepted() {
        let set = vectors(2, &[f32::MAX, f32::MAX, -f32::MAX, f32::MAX]).unwrap();
        assert!(set.cosine(0, &set, 1).abs() < 1e-12);
        assert!((set.cosine(0, &set, 0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_smallest_values_keep_their_direction() {
        let tiny = f32::from_bits(1);
        let set = vectors(2, &[tiny, tiny, tiny, 0.0]).unwrap();
        assert!((set.cosine(0, &set, 1) - 0.5_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_zero_vector_has_cosine_zero_with_everything() {
        let set = vectors(3, &[0.0, 0.0, 0.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!((set.cosine(0, &set, 1), set.cosine(0, &set, 0)), (0.0, 0.0));
    }

    #[test]
    fn missing_empty_and_mixed_dimensions_are_told_apart() {
        assert_eq!(vectors(0, &[1.0]), Err(Error::NoDimensions { set: "detections" }));
        assert_eq!(vectors(4, &[]), Err(Error::Empty { set: "detections" }));
        assert_eq!(vectors(4, &[1.0; 6]), Err(Error::Ragged { set: "detections", dim: 4, values: 6 }));
        let rows = [vec![1.0, 2.0], vec![1.0]];
        assert!(matches!(Vectors::from_rows("profiles", &rows), Err(Error::Ragged { set: "profiles", .. })));
    }
}
