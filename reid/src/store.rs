//! Where numbers lie that are too many for memory. This crate does no I/O: whoever calls it brings the room, and without
//! any ([`InMemory`]) everything is held.

use crate::Error;
use std::fmt::Debug;
use std::io;
use std::sync::Arc;

/// Bytes by their place: written once, read often, by several threads at a time.
pub trait Store: Send + Sync + Debug {
    /// Writes `bytes` from `at` on; places between them may be left out for now.
    ///
    /// # Errors
    ///
    /// The room is full or gone.
    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Reads what was written from `at` on, to the end of `into`.
    ///
    /// # Errors
    ///
    /// The room is gone, or nothing was written there.
    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

/// Gives room outside of memory.
pub trait Scratch: Sync {
    /// How many bytes of one kind (vectors, facts, matches) stay in memory; more of them go to a [`Store`].
    fn most_held(&self) -> usize;

    /// A new, empty store.
    ///
    /// # Errors
    ///
    /// There is no room.
    fn store(&self) -> io::Result<Arc<dyn Store>>;
}

/// No room outside of memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct InMemory;

impl Scratch for InMemory {
    fn most_held(&self) -> usize {
        usize::MAX
    }

    fn store(&self) -> io::Result<Arc<dyn Store>> {
        Err(io::Error::other("everything is held in memory"))
    }
}

/// Where an analysis works, and who watches it.
#[derive(Clone, Copy)]
pub struct Workplace<'a> {
    /// Room outside of memory.
    pub scratch: &'a dyn Scratch,
    /// Called often with the number of detections compared so far, by any thread. `false` ends the analysis
    /// ([`Error::Stopped`]).
    pub goes_on: &'a (dyn Fn(usize) -> bool + Sync),
}

impl Workplace<'static> {
    /// In memory, unwatched.
    #[must_use]
    pub fn alone() -> Self {
        Self { scratch: &InMemory, goes_on: &|_| true }
    }
}

impl Workplace<'_> {
    /// Tells how many detections were compared.
    pub(crate) fn tell(&self, compared: usize) -> Result<(), Error> {
        if (self.goes_on)(compared) { Ok(()) } else { Err(Error::Stopped) }
    }
}

pub(crate) fn failed(error: &io::Error) -> Error {
    Error::Storage { what: error.to_string() }
}
