//! A ZIP archive that is written forward only and repeats to the byte.
//!
//! Each entry is complete before it is written, so its sizes and checksum stand in front of it: readers that stream
//! can read it, and the writer never goes back. That is why it can be hashed on the way.

use std::io::{self, Seek, SeekFrom, Write};

use zip::write::{PreparedZipFile, SimpleFileOptions};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::JobError;

/// An archive being written.
pub(crate) struct Archive<W: Write> {
    zip: ZipWriter<Forward<W>>,
}

impl<W: Write> Archive<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { zip: ZipWriter::new(Forward { out, at: 0 }) }
    }

    /// Adds what is compressed already.
    pub(crate) fn store(&mut self, path: &str, bytes: &[u8]) -> Result<(), JobError> {
        self.add(path, bytes, CompressionMethod::Stored)
    }

    /// Adds a text, compressed.
    pub(crate) fn deflate(&mut self, path: &str, bytes: &[u8]) -> Result<(), JobError> {
        self.add(path, bytes, CompressionMethod::Deflated)
    }

    fn add(&mut self, path: &str, bytes: &[u8], method: CompressionMethod) -> Result<(), JobError> {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            // The clock would make each run different.
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        let added = PreparedZipFile::from_data(path, options, bytes)
            .and_then(|entry| self.zip.add_prepared_file(entry));
        added.map_err(unwritable)
    }

    /// Writes the directory of entries and gives back what was written to.
    pub(crate) fn finish(self) -> Result<W, JobError> {
        Ok(self.zip.finish().map_err(unwritable)?.out)
    }
}

fn unwritable(error: zip::result::ZipError) -> JobError {
    JobError::retry("the archive could not be written", error)
}

/// Where the archive asks where it is, this knows; where it would go back, this refuses.
struct Forward<W> {
    out: W,
    at: u64,
}

impl<W: Write> Write for Forward<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
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
    use std::io::Read;

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
        let mut read = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        read.by_name("table.csv").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "x".repeat(10_000));
        let picture = read.by_name("a/picture.jpg").unwrap();
        assert_eq!(picture.compression(), CompressionMethod::Stored);
        assert_eq!((picture.size(), picture.compressed_size()), (3, 3));
    }
}
