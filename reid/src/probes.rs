//! The vectors of the detections: held in memory while they are few, else in a [`Store`], read back in blocks for the
//! kernel and row by row for pairs that were drawn.
//!
//! What is computed from a row is the same to the bit wherever it lies. As in a [`Column`], a reading that fails is
//! remembered and told by [`Probes::check`].

use crate::column::{Column, Growing, Series};
use crate::store::{Scratch, Store, failed};
use crate::vectors::{cosine, dot};
use crate::{Error, Vectors};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Vectors of the detections (probes).
#[derive(Clone, Debug)]
pub struct Probes {
    place: Place,
    failure: Arc<OnceLock<String>>,
}

#[derive(Clone, Debug)]
enum Place {
    Held(Vectors),
    Stored(Stored),
}

#[derive(Clone, Debug)]
struct Stored {
    set: &'static str,
    dim: usize,
    store: Arc<dyn Store>,
    lengths: Lengths,
    /// A hash of the bytes of each row.
    fingerprints: Column<u128>,
}

/// The lengths (Euclidean norms) of a set of vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths {
    pub(crate) rows: usize,
    pub(crate) zero: usize,
    pub(crate) least: f64,
    pub(crate) sum: f64,
    pub(crate) most: f64,
}

impl Lengths {
    const NONE: Self = Self { rows: 0, zero: 0, least: f64::INFINITY, sum: 0.0, most: 0.0 };

    fn add(&mut self, norm: f64) {
        self.rows += 1;
        self.zero += usize::from(norm == 0.0);
        self.least = self.least.min(norm);
        self.sum += norm;
        self.most = self.most.max(norm);
    }

    pub(crate) fn of(norms: &[f64]) -> Self {
        let mut lengths = Self::NONE;
        norms.iter().for_each(|&norm| lengths.add(norm));
        lengths
    }
}

/// Some rows, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    /// The number of its first row.
    pub(crate) first: usize,
    pub(crate) dim: usize,
    pub(crate) values: &'a [f32],
    pub(crate) norms: &'a [f64],
}

impl<'a> Block<'a> {
    /// Rows `first .. first + count` of a set in memory.
    pub(crate) fn of(vectors: &'a Vectors, first: usize, count: usize) -> Self {
        let dim = vectors.dim();
        let values = &vectors.values()[first * dim..(first + count) * dim];
        Self { first, dim, values, norms: &vectors.norms()[first..first + count] }
    }

    /// A row by its place in the block.
    #[inline(always)]
    pub(crate) fn row(&self, place: usize) -> &'a [f32] {
        &self.values[place * self.dim..][..self.dim]
    }
}

/// Where a thread keeps the block that it reads; reused from block to block.
#[derive(Default)]
pub(crate) struct Buffer {
    values: Vec<f32>,
    norms: Vec<f64>,
}

impl From<Vectors> for Probes {
    fn from(vectors: Vectors) -> Self {
        Self { place: Place::Held(vectors), failure: Arc::default() }
    }
}

impl Probes {
    /// What the rows are called in messages.
    #[must_use]
    pub fn set(&self) -> &'static str {
        match &self.place {
            Place::Held(vectors) => vectors.set(),
            Place::Stored(stored) => stored.set,
        }
    }

    /// How many rows; at least 1.
    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.place {
            Place::Held(vectors) => vectors.rows(),
            Place::Stored(stored) => stored.lengths.rows,
        }
    }

    /// How many values a row has; at least 1.
    #[must_use]
    pub fn dim(&self) -> usize {
        match &self.place {
            Place::Held(vectors) => vectors.dim(),
            Place::Stored(stored) => stored.dim,
        }
    }

    /// Whether the rows lie outside of memory.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self.place, Place::Stored(_))
    }

    /// The cosine of a row with a row of the gallery, as [`Vectors::cosine`].
    #[must_use]
    pub fn cosine_with(&self, row: usize, gallery: &Vectors, other: usize) -> f64 {
        let (values, norm) = self.row(row);
        cosine(&values, norm, gallery.row(other), gallery.norms()[other])
    }

    /// The cosine of two rows, as [`Vectors::cosine`].
    #[must_use]
    pub fn cosine(&self, left: usize, right: usize) -> f64 {
        let ((left, left_norm), (right, right_norm)) = (self.row(left), self.row(right));
        cosine(&left, left_norm, &right, right_norm)
    }

    /// These rows as a set in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without rows, [`Error::Storage`] when they cannot be read.
    pub fn held(&self, rows: &[usize]) -> Result<Vectors, Error> {
        let values = rows.iter().flat_map(|&row| self.row(row).0.into_owned()).collect();
        self.check()?;
        Vectors::new(self.set(), self.dim(), values)
    }

    /// Whether everything that was read so far could be read.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] with the first failure.
    pub fn check(&self) -> Result<(), Error> {
        if let Place::Stored(stored) = &self.place {
            stored.fingerprints.check()?;
        }
        self.failure.get().map_or(Ok(()), |what| Err(Error::Storage { what: what.clone() }))
    }

    fn row(&self, row: usize) -> (Cow<'_, [f32]>, f64) {
        match &self.place {
            Place::Held(vectors) => (Cow::Borrowed(vectors.row(row)), vectors.norms()[row]),
            Place::Stored(stored) => {
                let mut values = vec![0.0; stored.dim];
                if let Err(error) = stored.read(row, &mut values) {
                    self.failure.get_or_init(|| error.to_string());
                }
                let norm = norm(&values);
                (Cow::Owned(values), norm)
            }
        }
    }

    /// Rows `first .. first + count`, read into `buffer` if they are not in memory.
    pub(crate) fn block<'a>(
        &'a self,
        first: usize,
        count: usize,
        buffer: &'a mut Buffer,
    ) -> Result<Block<'a>, Error> {
        let stored = match &self.place {
            Place::Held(vectors) => return Ok(Block::of(vectors, first, count)),
            Place::Stored(stored) => stored,
        };
        buffer.values.resize(count * stored.dim, 0.0);
        stored.read(first, &mut buffer.values).map_err(|error| failed(&error))?;
        buffer.norms.clear();
        buffer.norms.extend(buffer.values.chunks_exact(stored.dim).map(norm));
        Ok(Block { first, dim: stored.dim, values: &buffer.values, norms: &buffer.norms })
    }

    pub(crate) fn lengths(&self) -> Lengths {
        match &self.place {
            Place::Held(vectors) => Lengths::of(vectors.norms()),
            Place::Stored(stored) => stored.lengths,
        }
    }

    /// How many rows have the bytes of a row before them.
    pub(crate) fn repeats(&self) -> usize {
        match &self.place {
            Place::Held(vectors) => vectors.repeats(),
            Place::Stored(stored) => repeats(&stored.fingerprints),
        }
    }
}

impl Stored {
    fn read(&self, row: usize, values: &mut [f32]) -> std::io::Result<()> {
        let at = row as u64 * self.dim as u64 * size_of::<f32>() as u64;
        self.store.read(at, bytemuck::cast_slice_mut(values))
    }
}

fn norm(row: &[f32]) -> f64 {
    dot(row, row).sqrt()
}

/// Fingerprints that are sorted at a time: 16 MB.
const SORTED_AT_A_TIME: usize = 1 << 20;

/// How many rows have the fingerprint of another one before them. In parts by the fingerprint, so that few are in memory.
fn repeats(fingerprints: &Column<u128>) -> usize {
    let parts = fingerprints.len().div_ceil(SORTED_AT_A_TIME) as u64;
    let part_of = |fingerprint: u128| (fingerprint as u32 as u64 * parts) >> 32;
    let of_part = |part: u64| {
        let mut all: Vec<u128> = fingerprints.iter().filter(|&one| part_of(one) == part).collect();
        all.sort_unstable();
        all.windows(2).filter(|two| two[0] == two[1]).count()
    };
    (0..parts).map(of_part).sum()
}

/// 128 bits that are equal for equal bytes, and else by a chance of 1 in 10^38: MurmurHash3 x64 128 (A. Appleby, public
/// domain), a value at a time less than four at the end being filled up with zeros. Rows of one set are equally long.
fn fingerprint(row: &[f32]) -> u128 {
    const C: [u64; 2] = [0x87c3_7b91_1142_53d5, 0x4cf5_ad43_2745_937f];
    let [mut h1, mut h2] = [0_u64; 2];
    for four in row.chunks(4) {
        let bits = |place: usize| u64::from(four.get(place).map_or(0, |value| value.to_bits()));
        let (k1, k2) = (bits(0) | bits(1) << 32, bits(2) | bits(3) << 32);
        h1 ^= k1.wrapping_mul(C[0]).rotate_left(31).wrapping_mul(C[1]);
        h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
        h2 ^= k2.wrapping_mul(C[1]).rotate_left(33).wrapping_mul(C[0]);
        h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (finished(h1), finished(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u128::from(h1) << 64 | u128::from(h2)
}

fn finished(mut h: u64) -> u64 {
    h = (h ^ h >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ h >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ h >> 33
}

/// Bytes that are written at a time.
const WRITTEN_AT_A_TIME: usize = 1 << 20;

/// The vectors while they come, one after the other.
pub struct Gathering<'a> {
    scratch: &'a dyn Scratch,
    set: &'static str,
    dim: usize,
    /// All rows, or those that are not in the store yet.
    values: Vec<f32>,
    store: Option<Arc<dyn Store>>,
    lengths: Lengths,
    fingerprints: Growing<'a, u128>,
}

impl<'a> Gathering<'a> {
    /// None yet. `set` names the rows in messages.
    #[must_use]
    pub fn new(set: &'static str, scratch: &'a dyn Scratch) -> Self {
        let fingerprints = Growing::new(scratch);
        Self { scratch, set, dim: 0, values: Vec::new(), store: None, lengths: Lengths::NONE, fingerprints }
    }

    /// Adds a row; the first tells how many values each has.
    ///
    /// # Errors
    ///
    /// [`Error::NoDimensions`], [`Error::Ragged`], [`Error::TooMany`] and [`Error::NotFinite`];
    /// [`Error::Storage`] when there is no room.
    pub fn push(&mut self, row: &[f32]) -> Result<(), Error> {
        if self.dim == 0 {
            self.dim = row.len();
        }
        if row.is_empty() {
            return Err(Error::NoDimensions { set: self.set });
        }
        if row.len() != self.dim {
            return Err(Error::Ragged {
                set: self.set,
                dim: self.dim,
                values: self.values.len() + row.len(),
            });
        }
        self.values.extend_from_slice(row);
        let bytes = self.values.len() * size_of::<f32>();
        let most = if self.store.is_some() { WRITTEN_AT_A_TIME } else { self.scratch.most_held() };
        if bytes > most { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        for row in self.values.chunks_exact(self.dim) {
            let norm = norm(row);
            if !norm.is_finite() {
                return Err(Error::NotFinite { set: self.set, row: self.lengths.rows });
            }
            self.fingerprints.push(fingerprint(row))?;
            self.lengths.add(norm);
        }
        if self.lengths.rows >= u32::MAX as usize {
            return Err(Error::TooMany { set: self.set, rows: self.lengths.rows });
        }
        let rows = self.lengths.rows - self.values.len() / self.dim;
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(self.scratch.store().map_err(|error| failed(&error))?),
        };
        let at = rows as u64 * self.dim as u64 * size_of::<f32>() as u64;
        store.write(at, bytemuck::cast_slice(&self.values)).map_err(|error| failed(&error))?;
        self.values.clear();
        self.values.shrink_to(WRITTEN_AT_A_TIME / size_of::<f32>() + self.dim);
        Ok(())
    }

    /// The set.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without rows; as [`Gathering::push`].
    pub fn finish(mut self) -> Result<Probes, Error> {
        if self.store.is_none() {
            if self.values.is_empty() {
                return Err(Error::Empty { set: self.set });
            }
            return Ok(Vectors::new(self.set, self.dim, self.values)?.into());
        }
        self.flush()?;
        let store = self.store.ok_or(Error::Empty { set: self.set })?;
        let fingerprints = self.fingerprints.finish()?;
        let stored = Stored { set: self.set, dim: self.dim, store, lengths: self.lengths, fingerprints };
        Ok(Probes { place: Place::Stored(stored), failure: Arc::default() })
    }
}
