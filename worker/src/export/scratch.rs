//! Temporary room on disk for what is too much for memory: files without a name. They are unlinked as soon as they are
//! open, so nothing is left of them however a job ends, by a kill too.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deertrack_reid::{Scratch, Store};

use crate::JobError;

/// How much room a job has beside its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of each list of numbers that may stay in memory.
    pub memory: usize,
    /// Bytes on disk, if the disk has so many.
    pub disk: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { memory: 16 << 20, disk: u64::MAX }
    }
}

/// The folder in which a job's temporary files lie.
#[derive(Clone, Debug)]
pub(crate) struct ScratchFolder {
    dir: PathBuf,
    room: Room,
}

impl ScratchFolder {
    pub(crate) fn new(dir: &Path, room: Room) -> Self {
        Self { dir: dir.to_owned(), room }
    }

    /// For those who make such files by themselves.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A new, empty file that is gone when it is closed.
    ///
    /// # Errors
    /// `Retry` when the folder cannot be written to.
    pub(crate) fn file(&self) -> Result<File, JobError> {
        tempfile::tempfile_in(&self.dir).map_err(unusable)
    }

    /// Whether so many bytes fit on the disk; a part of it is left to others.
    ///
    /// # Errors
    /// `Retry` when the disk cannot be asked.
    pub(crate) fn lacks(&self, bytes: u64) -> Result<Option<Lack>, JobError> {
        if bytes <= self.room.memory as u64 {
            return Ok(None);
        }
        let disk = rustix::fs::statvfs(&self.dir).map_err(unusable)?;
        let free = (disk.f_bavail * disk.f_frsize).saturating_sub(LEFT_TO_OTHERS).min(self.room.disk);
        Ok((free < bytes).then_some(Lack { free }))
    }
}

/// Bytes of a disk that are never counted on.
const LEFT_TO_OTHERS: u64 = 256 << 20;

/// That a disk has too little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    /// Bytes that may be used.
    pub(crate) free: u64,
}

impl Scratch for ScratchFolder {
    fn most_held(&self) -> usize {
        self.room.memory
    }

    fn store(&self) -> io::Result<Arc<dyn Store>> {
        Ok(Arc::new(ScratchFile(tempfile::tempfile_in(&self.dir)?)))
    }
}

#[derive(Debug)]
struct ScratchFile(File);

impl Store for ScratchFile {
    fn write(&self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, at)
    }

    fn read(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(into, at)
    }
}

fn unusable(error: impl Into<io::Error>) -> JobError {
    JobError::retry("the worker's folder for temporary files cannot be used", error.into())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_temporary_file_has_no_name_and_keeps_what_is_written_in_any_order() {
        let dir = TempDir::new().unwrap();
        let folder = ScratchFolder::new(dir.path(), Room::default());
        let store = folder.store().unwrap();
        store.write(4, b"more").unwrap();
        store.write(0, b"some").unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let mut read = [0; 6];
        store.read(1, &mut read).unwrap();
        assert_eq!(&read, b"omemor");
        assert!(store.read(3, &mut read).is_err(), "beyond the end nothing was written");
    }

    #[test]
    fn the_room_of_a_disk_is_what_is_free_and_what_may_be_used() {
        let dir = TempDir::new().unwrap();
        let lacks =
            |memory, disk, bytes| ScratchFolder::new(dir.path(), Room { memory, disk }).lacks(bytes).unwrap();
        assert_eq!(lacks(0, u64::MAX, 1), None);
        assert_eq!(lacks(0, 99, 100), Some(Lack { free: 99 }));
        assert_eq!(lacks(100, 99, 100), None, "it fits into memory");
        let all = lacks(0, u64::MAX, u64::MAX).unwrap().free;
        assert!(all < u64::MAX && lacks(0, u64::MAX, all / 2).is_none(), "{all}");
    }
}
