//! A ZIP archive that is written forward only and repeats to the byte.
//!
//! Each entry is complete before it is written, so its sizes and checksum stand in front of it: readers that stream
//! can read it, and the writer never goes back. That is why it can be hashed on the way.

mod directory;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use zip::write::{PreparedZipFile, SimpleFileOptions};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use self::directory::Directory;
use crate::JobError;

/// An archive being written.
pub(crate) struct Archive<W: Write> {
    /// `None` only while it is replaced.
    zip: Option<ZipWriter<Forward<W>>>,
    /// Of an archive of many entries.
    directory: Option<Directory>,
    /// Entries that are in no directory yet.
    entries: usize,
    end: End,
}

/// What the library writes when it believes the archive at its end.
type End = Rc<RefCell<Option<Vec<u8>>>>;

/// Entries of an archive of many that are held at a time.
const ENTRIES: usize = 1_024;

impl<W: Write> Archive<W> {
    /// Of some entries: each takes some hundred bytes of memory until the end.
    pub(crate) fn new(out: W) -> Self {
        Self::of(out, 0, None)
    }

    /// Of any number of entries: they are remembered in the empty file `aside`. Its bytes are those of [`Archive::new`].
    pub(crate) fn large(out: W, aside: File) -> Self {
        Self::of(out, 0, Some(Directory::new(aside)))
    }

    /// `at`: bytes that stand before it.
    fn of(out: W, at: u64, directory: Option<Directory>) -> Self {
        let end = End::default();
        let forward = Forward { out, at, end: Rc::clone(&end) };
        Self { zip: Some(ZipWriter::new(forward)), directory, entries: 0, end }
    }

    /// Adds what is compressed already.
    pub(crate) fn store(&mut self, path: &str, bytes: &[u8]) -> Result<(), JobError> {
        self.add(path, bytes, CompressionMethod::Stored)
    }

    /// Adds a text, compressed.
    pub(crate) fn deflate(&mut self, path: &str, bytes: &[u8]) -> Result<(), JobError> {
        self.add(path, bytes, CompressionMethod::Deflated)
    }

    /// Adds a text that `write` writes, compressed: it is never in memory, but as an archive of its own in the empty file
    /// `aside`. Its bytes are those of [`Archive::deflate`].
    pub(crate) fn deflate_from(
        &mut self,
        path: &str,
        aside: File,
        write: impl FnOnce(&mut dyn Write) -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        let mut aside = Aside::new(path, aside)?;
        write(&mut aside)?;
        self.append(aside.finish()?)
    }

    /// Adds what was written aside.
    pub(crate) fn append(&mut self, mut entry: Entry) -> Result<(), JobError> {
        let entry = entry.0.by_index_raw(0).map_err(unwritable)?;
        self.zip()?.raw_copy_file(entry).map_err(unwritable)?;
        self.added()
    }

    fn add(&mut self, path: &str, bytes: &[u8], method: CompressionMethod) -> Result<(), JobError> {
        let entry = PreparedZipFile::from_data(path, options(method), bytes).map_err(unwritable)?;
        self.zip()?.add_prepared_file(entry).map_err(unwritable)?;
        self.added()
    }

    fn zip(&mut self) -> Result<&mut ZipWriter<Forward<W>>, JobError> {
        self.zip.as_mut().ok_or_else(|| unwritable(ended().into()))
    }

    /// Another entry is there: where there are many, moves them to the directory.
    fn added(&mut self) -> Result<(), JobError> {
        self.entries += 1;
        if self.directory.is_some() && self.entries == ENTRIES {
            let forward = self.remember()?;
            self.zip = Some(ZipWriter::new(forward));
        }
        Ok(())
    }

    /// Ends what the library knows of the archive; where there is a directory, that is told there and not written.
    fn remember(&mut self) -> Result<Forward<W>, JobError> {
        let zip = self.zip.take().ok_or_else(|| unwritable(ended().into()))?;
        let Some(directory) = &mut self.directory else { return zip.finish().map_err(unwritable) };
        *self.end.borrow_mut() = Some(Vec::new());
        let mut forward = zip.finish().map_err(unwritable)?;
        let end = self.end.borrow_mut().take().unwrap_or_default();
        forward.at -= end.len() as u64;
        directory.add(&end).map_err(|error| unwritable(error.into()))?;
        self.entries = 0;
        Ok(forward)
    }

    /// Writes the directory of entries and gives back what was written to.
    pub(crate) fn finish(mut self) -> Result<W, JobError> {
        let mut forward = self.remember()?;
        if let Some(directory) = self.directory {
            directory.finish(forward.at, &mut forward).map_err(|error| unwritable(error.into()))?;
        }
        Ok(forward.out)
    }
}

/// After an error nothing more can be added.
fn ended() -> io::Error {
    io::Error::other("the archive was ended by an error")
}

/// A text on its way into an archive, compressed in a file of its own, so that several can be written at once. In a box,
/// for a writer is 9 KB, and jobs hand theirs on through many futures.
pub(crate) struct Aside(Box<Pieces<ZipWriter<BufWriter<File>>>>);

impl Aside {
    /// The text of the entry `path`; `file` is empty.
    pub(crate) fn new(path: &str, file: File) -> Result<Self, JobError> {
        let mut alone = ZipWriter::new(BufWriter::with_capacity(BUFFER_BYTES, file));
        alone.start_file(path, options(CompressionMethod::Deflated)).map_err(unwritable)?;
        Ok(Self(Box::new(Pieces { out: alone, held: Vec::new(), taken: 0 })))
    }

    /// The whole text.
    pub(crate) fn finish(self) -> Result<Entry, JobError> {
        let alone = self.0.end().map_err(|error| unwritable(error.into()))?;
        let file = alone.finish().map_err(unwritable)?.into_inner();
        let file = file.map_err(|error| unwritable(error.into_error().into()))?;
        let alone = ZipArchive::new(BufReader::with_capacity(BUFFER_BYTES, file)).map_err(unwritable)?;
        Ok(Entry(alone))
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text that is compressed already.
pub(crate) struct Entry(ZipArchive<BufReader<File>>);

impl Entry {
    /// The text again.
    pub(crate) fn text(&mut self) -> Result<impl Read + '_, JobError> {
        self.0.by_index(0).map_err(unwritable)
    }
}

/// Large enough that a system call carries many small pieces.
const BUFFER_BYTES: usize = 256 * 1024;

fn options(method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(method)
        // The clock would make each run different.
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
}

fn unwritable(error: zip::result::ZipError) -> JobError {
    JobError::retry("the archive could not be written", error)
}

/// Bytes that the compressor sees ahead.
const AHEAD: usize = 4 << 20;

/// Gives the compressor a text as if all of it were there. It takes in what fills its own 32 KB of output; a piece that ends
/// before would make the same text in other bytes. So it always sees more than it can take, as long as it does not make
/// less than a hundredth of the text.
struct Pieces<W> {
    out: W,
    held: Vec<u8>,
    /// How much of what is held the compressor has.
    taken: usize,
}

impl<W: Write> Pieces<W> {
    fn end(mut self) -> io::Result<W> {
        self.out.write_all(&self.held[self.taken..])?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Pieces<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        while self.held.len() - self.taken >= AHEAD {
            self.taken += self.out.write(&self.held[self.taken..])?;
        }
        if self.taken >= AHEAD {
            self.held.drain(..self.taken);
            self.taken = 0;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the archive asks where it is, this knows; where it would go back, this refuses.
struct Forward<W> {
    out: W,
    at: u64,
    /// Where there is one, it takes all that is written.
    end: End,
}

impl<W: Write> Write for Forward<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut *self.end.borrow_mut() {
            Some(end) => end.write(bytes)?,
            None => self.out.write(bytes)?,
        };
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Seek for Forward<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) | SeekFrom::End(0) => Ok(self.at),
            SeekFrom::Start(at) if at == self.at => Ok(at),
            _ => Err(io::Error::new(io::ErrorKind::Unsupported, "archives are written forward only")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_read_back_and_repeats_to_the_byte() {
        let make = || {
            let mut archive = Archive::new(Vec::new());
            archive.store("a/picture.jpg", &[1, 2, 3]).unwrap();
            archive.deflate("table.csv", &[b'x'; 10_000]).unwrap();
            archive.finish().unwrap()
        };
        let bytes = make();
        assert!(bytes.len() < 1_000, "{}", bytes.len());
        assert_eq!(bytes, make());
        let mut read = ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        read.by_name("table.csv").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "x".repeat(10_000));
        let picture = read.by_name("a/picture.jpg").unwrap();
        assert_eq!(picture.compression(), CompressionMethod::Stored);
        assert_eq!((picture.size(), picture.compressed_size()), (3, 3));
    }

    #[test]
    fn a_text_that_was_never_in_memory_makes_the_same_bytes() {
        let lines: Vec<String> =
            (0..900_000_u64).map(|row| format!("{row},{}\r\n", row * row % 7_919)).collect();
        let all = lines.concat().into_bytes();
        let mut archive = Archive::new(Vec::new());
        archive.store("a.png", &[1, 2]).unwrap();
        archive.deflate("rows.csv", &all).unwrap();
        archive.deflate("z.txt", b"end").unwrap();
        let expected = archive.finish().unwrap();
        for pieces in [1, 1_000, 900_000] {
            let mut archive = Archive::new(Vec::new());
            archive.store("a.png", &[1, 2]).unwrap();
            let write = |out: &mut dyn Write| {
                lines.chunks(pieces).for_each(|piece| out.write_all(piece.concat().as_bytes()).unwrap());
                Ok(())
            };
            archive.deflate_from("rows.csv", tempfile::tempfile().unwrap(), write).unwrap();
            archive.deflate("z.txt", b"end").unwrap();
            assert!(archive.finish().unwrap() == expected, "{pieces} lines at a time");
        }
        let stopped = Archive::new(Vec::new())
            .deflate_from("a", tempfile::tempfile().unwrap(), |_| Err(JobError::Stopped));
        assert!(matches!(stopped, Err(JobError::Stopped)));
    }

    /// Such an archive from both ways, behind so many bytes.
    fn both(entries: usize, before: u64) -> [Vec<u8>; 2] {
        [None, Some(Directory::new(tempfile::tempfile().unwrap()))].map(|directory| {
            let mut archive = Archive::of(Vec::new(), before, directory);
            for number in 0..entries {
                archive.store(&format!("crops/été/{number}.jpg"), &number.to_le_bytes()).unwrap();
                assert!(archive.directory.is_none() || archive.entries < ENTRIES, "so many are held");
            }
            archive.deflate("table.csv", &[b'x'; 10_000]).unwrap();
            archive
                .deflate_from("rows.csv", tempfile::tempfile().unwrap(), |out| {
                    out.write_all(&[b'y'; 9_000]).map_err(|error| JobError::retry("", error))
                })
                .unwrap();
            archive.finish().unwrap()
        })
    }

    #[test]
    fn an_archive_of_many_entries_is_the_one_of_memory() {
        // With and without a directory of more than one part, at and beyond what a short end can count, and behind 4 GiB, where
        // offsets become long ones.
        let many = usize::from(u16::MAX) - 2;
        let behind = u64::from(u32::MAX) - 40_000;
        for (entries, before) in [
            (0, 0),
            (ENTRIES - 2, 0),
            (ENTRIES - 1, 0),
            (3_000, 0),
            (many, 0),
            (many + 1, 0),
            (3_000, behind),
        ] {
            let [expected, made] = both(entries, before);
            assert!(made == expected, "{entries} entries behind {before} bytes");
        }
        let [_, made] = both(many + 1, 0);
        let mut read = ZipArchive::new(io::Cursor::new(made)).unwrap();
        assert_eq!(read.len(), many + 3);
        let mut last = Vec::new();
        read.by_index(many).unwrap().read_to_end(&mut last).unwrap();
        assert_eq!(last, many.to_le_bytes());
    }
}
