//! Keys of tables that are too many for memory: 16 bytes each, in temporary files, and brought together where equal ones
//! must meet.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::fs::FileExt;

use crate::JobError;
use crate::export::scratch::ScratchFolder;

/// Makes the hashes of one package: 128 bits under a secret of its own, so that nobody can make two keys meet. Among ten
/// million keys two meet by chance once in 10^24 packages.
#[derive(Clone, Debug, Default)]
pub(super) struct Hasher([RandomState; 2]);

impl Hasher {
    pub(super) fn of(&self, text: &str) -> u128 {
        let [high, low] = self.0.each_ref().map(|state| u128::from(state.hash_one(text)));
        (high << 64) | low
    }
}

/// A key, and what is noted of it.
pub(super) type Entry = (u128, u64);

/// Bytes of an entry on disk.
const ENTRY: usize = 24;
/// Entries of a bucket that wait in memory: so many are written at once.
const BLOCK: usize = 170;
const BLOCK_BYTES: u64 = (BLOCK * ENTRY) as u64;
/// By the first byte of the hash.
const BUCKETS: usize = 256;

/// Hashes in buckets, each of which fits into memory.
#[derive(Debug)]
pub(super) struct Hashes {
    scratch: ScratchFolder,
    /// Made when the first block is full: few keys need none.
    file: Option<File>,
    /// Its blocks.
    blocks: u64,
    buckets: Vec<Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    waiting: Vec<Entry>,
    /// Which blocks of the file are of it.
    blocks: Vec<u64>,
}

impl Hashes {
    pub(super) fn new(scratch: &ScratchFolder) -> Self {
        let buckets = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Self { scratch: scratch.clone(), file: None, blocks: 0, buckets }
    }

    /// Adds a key.
    ///
    /// # Errors
    /// `Retry` when the temporary file cannot be written.
    pub(super) fn add(&mut self, (hash, note): Entry) -> Result<(), JobError> {
        let bucket = &mut self.buckets[usize::from(hash.to_be_bytes()[0])];
        bucket.waiting.push((hash, note));
        if bucket.waiting.len() < BLOCK {
            return Ok(());
        }
        let mut bytes = [0; BLOCK * ENTRY];
        for (place, (hash, note)) in bytes.chunks_exact_mut(ENTRY).zip(bucket.waiting.drain(..)) {
            place[..16].copy_from_slice(&hash.to_le_bytes());
            place[16..].copy_from_slice(&note.to_le_bytes());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.scratch.file()?),
        };
        file.write_all_at(&bytes, self.blocks * BLOCK_BYTES).map_err(unusable)?;
        bucket.blocks.push(self.blocks);
        self.blocks += 1;
        Ok(())
    }

    /// Shows all entries of each key together, by what is noted of them; keys come in any order.
    ///
    /// # Errors
    /// `Retry` when the temporary file cannot be read.
    pub(super) fn each(self, mut look: impl FnMut(&[Entry])) -> Result<(), JobError> {
        for bucket in self.buckets {
            let mut entries = bucket.waiting;
            for block in bucket.blocks {
                let Some(file) = &self.file else { continue };
                let mut bytes = [0; BLOCK * ENTRY];
                file.read_exact_at(&mut bytes, block * BLOCK_BYTES).map_err(unusable)?;
                entries.extend(bytes.chunks_exact(ENTRY).map(entry));
            }
            entries.sort_unstable();
            entries.chunk_by(|a, b| a.0 == b.0).for_each(&mut look);
        }
        Ok(())
    }
}

fn entry(bytes: &[u8]) -> Entry {
    let (mut hash, mut note) = ([0; 16], [0; 8]);
    hash.copy_from_slice(&bytes[..16]);
    note.copy_from_slice(&bytes[16..]);
    (u128::from_le_bytes(hash), u64::from_le_bytes(note))
}

fn unusable(error: io::Error) -> JobError {
    JobError::retry("the worker's folder for temporary files cannot be used", error)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;
    use crate::export::Room;

    #[test]
    fn equal_keys_meet_from_memory_and_from_disk() {
        let dir = TempDir::new().unwrap();
        for keys in [10_u64, 200_000] {
            let hasher = Hasher::default();
            let mut hashes = Hashes::new(&ScratchFolder::new(dir.path(), Room::default()));
            let mut expected: BTreeMap<u128, Vec<u64>> = BTreeMap::new();
            for number in (0..keys).rev() {
                let hash = hasher.of(&format!("key {}", number % (keys * 4 / 5)));
                hashes.add((hash, number)).unwrap();
                expected.entry(hash).or_default().insert(0, number);
            }
            assert_eq!(hashes.file.is_some(), keys > 10);
            let mut found = BTreeMap::new();
            let look = |same: &[Entry]| {
                found.insert(same[0].0, same.iter().map(|(_, note)| *note).collect::<Vec<_>>());
            };
            hashes.each(look).unwrap();
            assert_eq!(found.values().filter(|notes| notes.len() == 2).count() as u64, keys / 5);
            assert_eq!(found, expected);
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn each_package_has_a_secret_of_its_own() {
        let [one, other] = [Hasher::default(), Hasher::default()];
        assert_eq!(one.of("a"), one.clone().of("a"));
        assert_ne!(one.of("a"), one.of("b"));
        assert_ne!(one.of("a"), other.of("a"));
    }
}
