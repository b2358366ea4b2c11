//! Detections as tables name them, in the order of the analysis: written once, read from the first to the last. Millions
//! of them lie in a temporary file, about 60 bytes each.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_reid::{Scratch, Store};
use deertrack_schemas::Class;

use super::codes::Codes;
use crate::JobError;

/// A detection as tables name it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) image_id: String,
    pub(super) taken_at: Option<DateTime<Utc>>,
    pub(super) place_id: Option<String>,
    pub(super) class: Class,
    pub(super) deer_id: Option<String>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Names {
    lies: Lies,
    count: usize,
    /// Ids that many share, by their codes.
    shared: Vec<String>,
}

#[derive(Debug)]
enum Lies {
    Held(Vec<u8>),
    Stored(Arc<dyn Store>, u64),
}

const CLASSES: [Class; 4] = [Class::Buck, Class::Doe, Class::Fawn, Class::Unknown];
/// The code of no id.
const NONE: u32 = u32::MAX;
/// Bytes that are written or read at a time.
const AT_A_TIME: usize = 256 * 1024;

impl Names {
    /// How many.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Each in its turn.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<Seen, JobError>> + '_ {
        let bytes: Box<dyn Read + '_> = match &self.lies {
            Lies::Held(bytes) => Box::new(bytes.as_slice()),
            Lies::Stored(store, end) => {
                Box::new(BufReader::with_capacity(AT_A_TIME, Stored { store: &**store, at: 0, end: *end }))
            }
        };
        let mut reading = Reading { bytes, shared: &self.shared };
        (0..self.count).map(move |_| reading.seen().map_err(unreadable))
    }
}

fn unreadable(error: io::Error) -> JobError {
    JobError::retry("a temporary file of the analysis cannot be read", error)
}

struct Stored<'a> {
    store: &'a dyn Store,
    at: u64,
    end: u64,
}

impl Read for Stored<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(into.len());
        self.store.read(self.at, &mut into[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}

struct Reading<'a> {
    bytes: Box<dyn Read + 'a>,
    shared: &'a [String],
}

impl Reading<'_> {
    fn seen(&mut self) -> io::Result<Seen> {
        let (id, image_id) = (self.text()?, self.text()?);
        let [is_known, class] = self.array()?;
        let (seconds, nanos) = (i64::from_le_bytes(self.array()?), u32::from_le_bytes(self.array()?));
        let taken_at = DateTime::from_timestamp(seconds, nanos).filter(|_| is_known == 1);
        let class = CLASSES[usize::from(class)];
        Ok(Seen { id, image_id, taken_at, class, place_id: self.shared()?, deer_id: self.shared()? })
    }

    fn text(&mut self) -> io::Result<String> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        let mut bytes = vec![0; length];
        self.bytes.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }

    fn shared(&mut self) -> io::Result<Option<String>> {
        let code = u32::from_le_bytes(self.array()?);
        Ok(if code == NONE { None } else { Some(self.shared[code as usize].clone()) })
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.bytes.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Names while they come.
pub(super) struct Naming<'a> {
    scratch: &'a dyn Scratch,
    /// All bytes, or those that are not in the store yet.
    bytes: Vec<u8>,
    store: Option<Arc<dyn Store>>,
    written: u64,
    count: usize,
    codes: Codes,
    shared: Vec<String>,
}

impl<'a> Naming<'a> {
    pub(super) fn new(scratch: &'a dyn Scratch) -> Self {
        Self {
            scratch,
            bytes: Vec::new(),
            store: None,
            written: 0,
            count: 0,
            codes: Codes::default(),
            shared: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, seen: &Seen) -> Result<(), JobError> {
        for text in [&seen.id, &seen.image_id] {
            let length = u32::try_from(text.len()).expect("an id is shorter than 4 GB");
            self.bytes.extend(length.to_le_bytes());
            self.bytes.extend(text.as_bytes());
        }
        let class = CLASSES.iter().position(|class| *class == seen.class).unwrap_or(CLASSES.len() - 1);
        self.bytes.extend([u8::from(seen.taken_at.is_some()), class as u8]);
        let at = seen.taken_at.unwrap_or_default();
        self.bytes.extend(at.timestamp().to_le_bytes());
        self.bytes.extend(at.timestamp_subsec_nanos().to_le_bytes());
        for id in [&seen.place_id, &seen.deer_id] {
            let code = id.as_deref().map_or(NONE, |id| self.shared(id));
            self.bytes.extend(code.to_le_bytes());
        }
        self.count += 1;
        let most = if self.store.is_some() { AT_A_TIME } else { self.scratch.most_held() };
        if self.bytes.len() > most { self.flush().map_err(unwritable) } else { Ok(()) }
    }

    fn shared(&mut self, id: &str) -> u32 {
        let code = self.codes.of(id);
        if code as usize == self.shared.len() {
            self.shared.push(id.to_owned());
        }
        code
    }

    fn flush(&mut self) -> io::Result<()> {
        let store = match &self.store {
            Some(store) => store,
            None => self.store.insert(self.scratch.store()?),
        };
        store.write(self.written, &self.bytes)?;
        self.written += self.bytes.len() as u64;
        self.bytes.clear();
        self.bytes.shrink_to(2 * AT_A_TIME);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Names, JobError> {
        if self.store.is_some() {
            self.flush().map_err(unwritable)?;
        }
        let lies = match self.store {
            Some(store) => Lies::Stored(store, self.written),
            None => Lies::Held(self.bytes),
        };
        Ok(Names { lies, count: self.count, shared: self.shared })
    }
}

fn unwritable(error: io::Error) -> JobError {
    JobError::retry("a temporary file of the analysis cannot be written", error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::export::scratch::{Room, ScratchFolder};

    fn seen() -> impl Strategy<Value = Seen> {
        let at = prop::option::of((-9_000_000_000..9_000_000_000_i64, 0..1_000_000_000_u32));
        let shared = || prop::option::of("[a-c]{0,2}|大鹿");
        (".{0,9}", ".{0,40}", at, shared(), 0..4_usize, shared()).prop_map(
            |(id, image_id, at, place_id, class, deer_id)| Seen {
                id,
                image_id,
                taken_at: at.and_then(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos)),
                place_id,
                class: CLASSES[class],
                deer_id,
            },
        )
    }

    proptest! {
        #[test]
        fn names_come_back_as_they_were_in_memory_and_on_disk(all in prop::collection::vec(seen(), 0..40), memory in 0..3_000_usize) {
            let dir = TempDir::new().unwrap();
            let folder = ScratchFolder::new(dir.path(), Room { memory, ..Room::default() });
            let mut naming = Naming::new(&folder);
            all.iter().for_each(|seen| naming.push(seen).unwrap());
            let names = naming.finish().unwrap();
            prop_assert_eq!(names.count(), all.len());
            for _ in 0..2 {
                let read: Vec<Seen> = names.iter().map(Result::unwrap).collect();
                prop_assert_eq!(&read, &all);
            }
        }
    }
}
