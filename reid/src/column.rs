//! One value a row, for as many rows as there are: in memory while they are few, else in a [`Store`].
//!
//! A reading that fails gives the default from there on and is remembered: whoever has used a column asks
//! [`Column::check`] before the numbers leave the house. So the analysis reads columns as if they were lists.

use crate::Error;
use crate::store::{Scratch, Store, failed};
use bytemuck::{Pod, Zeroable};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A value of fixed size that is kept as plain bytes.
pub trait Record: Copy + Default {
    /// The bytes.
    type Raw: Pod;

    /// As bytes.
    fn raw(self) -> Self::Raw;

    /// Out of bytes that [`Record::raw`] made.
    fn of(raw: Self::Raw) -> Self;
}

impl Record for u128 {
    type Raw = Self;

    fn raw(self) -> Self {
        self
    }

    fn of(raw: Self) -> Self {
        raw
    }
}

/// Values that are read by row or one after the other.
pub trait Series<T> {
    /// How many rows.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row.
    fn get(&self, row: usize) -> T;

    /// All values in the order of the rows.
    fn each(&self) -> Box<dyn Iterator<Item = T> + '_>;
}

impl<T: Copy> Series<T> for [T] {
    fn len(&self) -> usize {
        self.len()
    }

    fn get(&self, row: usize) -> T {
        self[row]
    }

    fn each(&self) -> Box<dyn Iterator<Item = T> + '_> {
        Box::new(self.iter().copied())
    }
}

/// Records that are read from a store, or written to it, at a time.
const AT_A_TIME: usize = 1 << 12;

/// One value a row.
#[derive(Clone)]
pub struct Column<T: Record> {
    place: Place<T::Raw>,
    len: usize,
    failure: Arc<OnceLock<String>>,
}

#[derive(Clone)]
enum Place<R> {
    Held(Vec<R>),
    Stored(Arc<dyn Store>),
}

impl<T: Record> Column<T> {
    /// Whether the values lie outside of memory.
    #[must_use]
    pub fn is_stored(&self) -> bool {
        matches!(self.place, Place::Stored(_))
    }

    /// The values from `row` on.
    pub fn from(&self, row: usize) -> impl Iterator<Item = T> + '_ {
        Iter { column: self, next: row, block: Vec::new(), first: row, value: PhantomData }
    }

    /// All values.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.from(0)
    }

    /// All values as a list.
    #[must_use]
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().collect()
    }

    /// Whether everything that was read so far could be read.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] with the first failure.
    pub fn check(&self) -> Result<(), Error> {
        self.failure.get().map_or(Ok(()), |what| Err(Error::Storage { what: what.clone() }))
    }

    /// The records from `first` on; zeros where they cannot be read.
    fn read(&self, store: &dyn Store, first: usize, count: usize) -> Vec<T::Raw> {
        let mut records = vec![T::Raw::zeroed(); count];
        if let Err(error) = store.read(place::<T::Raw>(first), bytemuck::cast_slice_mut(&mut records)) {
            self.failure.get_or_init(|| error.to_string());
            records.fill(T::default().raw());
        }
        records
    }
}

/// Where the record of a row begins.
fn place<R>(row: usize) -> u64 {
    row as u64 * size_of::<R>() as u64
}

impl<T: Record> Series<T> for Column<T> {
    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, row: usize) -> T {
        assert!(row < self.len, "row {row} of {}", self.len);
        match &self.place {
            Place::Held(records) => T::of(records[row]),
            Place::Stored(store) => T::of(self.read(&**store, row, 1)[0]),
        }
    }

    fn each(&self) -> Box<dyn Iterator<Item = T> + '_> {
        Box::new(self.iter())
    }
}

struct Iter<'a, T: Record> {
    column: &'a Column<T>,
    next: usize,
    /// Rows `first ..` of a stored column.
    block: Vec<T::Raw>,
    first: usize,
    value: PhantomData<T>,
}

impl<T: Record> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        let row = self.next;
        if row >= self.column.len {
            return None;
        }
        self.next += 1;
        let store = match &self.column.place {
            Place::Held(records) => return Some(T::of(records[row])),
            Place::Stored(store) => store,
        };
        if row >= self.first + self.block.len() {
            let count = AT_A_TIME.min(self.column.len - row);
            (self.first, self.block) = (row, self.column.read(&**store, row, count));
        }
        Some(T::of(self.block[row - self.first]))
    }
}

impl<T: Record> Default for Column<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T: Record> From<Vec<T>> for Column<T> {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Record, const N: usize> From<[T; N]> for Column<T> {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Record> FromIterator<T> for Column<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let records: Vec<T::Raw> = values.into_iter().map(T::raw).collect();
        Self { len: records.len(), place: Place::Held(records), failure: Arc::default() }
    }
}

impl<T: Record + PartialEq> PartialEq for Column<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Record> fmt::Debug for Column<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.is_stored() { "stored" } else { "held" };
        write!(f, "Column({} rows, {place})", self.len)
    }
}

/// A column that grows row by row.
pub struct Growing<'a, T: Record> {
    scratch: &'a dyn Scratch,
    /// All records, or those that are not in the store yet.
    records: Vec<T::Raw>,
    store: Option<Arc<dyn Store>>,
    written: usize,
}

impl<'a, T: Record> Growing<'a, T> {
    /// Empty.
    #[must_use]
    pub fn new(scratch: &'a dyn Scratch) -> Self {
        Self { scratch, records: Vec::new(), store: None, written: 0 }
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`Error::Storage`] when there is no room.
    pub fn push(&mut self, value: T) -> Result<(), Error> {
        self.records.push(value.raw());
        let most = if self.store.is_some() { AT_A_TIME } else { most_held::<T::Raw>(self.scratch) };
        if self.records.len() > most { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(self.scratch.store().map_err(|error| failed(&error))?),
        };
        let bytes = bytemuck::cast_slice(&self.records);
        store.write(place::<T::Raw>(self.written), bytes).map_err(|error| failed(&error))?;
        self.written += self.records.len();
        self.records.clear();
        self.records.shrink_to(AT_A_TIME + 1);
        Ok(())
    }

    /// The column.
    ///
    /// # Errors
    ///
    /// As [`Growing::push`].
    pub fn finish(mut self) -> Result<Column<T>, Error> {
        if self.store.is_some() {
            self.flush()?;
        }
        let len = self.written + self.records.len();
        let place = self.store.map_or(Place::Held(self.records), Place::Stored);
        Ok(Column { place, len, failure: Arc::default() })
    }
}

/// How many records stay in memory.
fn most_held<R>(scratch: &dyn Scratch) -> usize {
    scratch.most_held() / size_of::<R>()
}

/// A column whose rows come in any order, from several threads.
pub(crate) struct Sheet<T: Record> {
    place: SheetPlace<T::Raw>,
    len: usize,
}

enum SheetPlace<R> {
    Held(Mutex<Vec<R>>),
    Stored(Arc<dyn Store>),
}

impl<T: Record> Sheet<T> {
    /// A column of `len` rows, each of which is put once.
    pub(crate) fn new(len: usize, scratch: &dyn Scratch) -> Result<Self, Error> {
        let place = if len > most_held::<T::Raw>(scratch) {
            SheetPlace::Stored(scratch.store().map_err(|error| failed(&error))?)
        } else {
            SheetPlace::Held(Mutex::new(vec![T::Raw::zeroed(); len]))
        };
        Ok(Self { place, len })
    }

    /// Writes the rows from `first` on.
    pub(crate) fn put(&self, first: usize, values: &[T]) -> Result<(), Error> {
        let records: Vec<T::Raw> = values.iter().map(|value| value.raw()).collect();
        match &self.place {
            SheetPlace::Held(held) => {
                let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                held[first..first + records.len()].copy_from_slice(&records);
                Ok(())
            }
            SheetPlace::Stored(store) => {
                let bytes = bytemuck::cast_slice(&records);
                store.write(place::<T::Raw>(first), bytes).map_err(|error| failed(&error))
            }
        }
    }

    pub(crate) fn finish(self) -> Column<T> {
        let place = match self.place {
            SheetPlace::Held(held) => Place::Held(held.into_inner().unwrap_or_else(PoisonError::into_inner)),
            SheetPlace::Stored(store) => Place::Stored(store),
        };
        Column { place, len: self.len, failure: Arc::default() }
    }
}
