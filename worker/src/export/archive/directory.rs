//! The directory at the end of an archive, on disk while its entries are written: in memory it would grow with them.
//!
//! Records and their order are those of the ZIP library. It writes them for some entries at a time, when it believes the
//! archive at its end; what it says there is kept here, and the end itself is written when there is no more
//! (APPNOTE 6.3.10, 4.3.12 to 4.3.16).

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

/// What a record begins with.
const RECORD: [u8; 4] = *b"PK\x01\x02";
/// Bytes of a record before its name, extra fields and comment.
const RECORD_BYTES: usize = 46;
/// The version that the simplest entry needs: 1.0.
const LEAST_VERSION: u16 = 10;

/// Records so far.
pub(super) struct Directory {
    records: BufWriter<File>,
    count: u64,
    bytes: u64,
    /// Needed to read all entries, as records say it.
    version: u16,
}

impl Directory {
    /// In an empty file.
    pub(super) fn new(file: File) -> Self {
        Self { records: BufWriter::new(file), count: 0, bytes: 0, version: LEAST_VERSION }
    }

    /// Adds the records of what the library wrote at an end.
    pub(super) fn add(&mut self, end: &[u8]) -> io::Result<()> {
        let mut rest = end;
        while rest.starts_with(&RECORD) {
            let number = |at: usize| {
                let bytes = rest.get(at..at + 2).and_then(|bytes| bytes.try_into().ok());
                bytes.map(u16::from_le_bytes).ok_or(io::ErrorKind::UnexpectedEof)
            };
            let lengths = [number(28)?, number(30)?, number(32)?];
            let length = RECORD_BYTES + lengths.into_iter().map(usize::from).sum::<usize>();
            self.version = self.version.max(number(6)?);
            self.count += 1;
            rest = rest.get(length..).ok_or(io::ErrorKind::UnexpectedEof)?;
        }
        let records = &end[..end.len() - rest.len()];
        self.bytes += records.len() as u64;
        self.records.write_all(records)
    }

    /// Writes all records and the end of an archive that has `at` bytes.
    pub(super) fn finish(self, at: u64, out: &mut impl Write) -> io::Result<()> {
        let Self { records, count, bytes, version } = self;
        let mut records = records.into_inner().map_err(io::IntoInnerError::into_error)?;
        records.rewind()?;
        let copied = io::copy(&mut records.take(bytes), out)?;
        if copied != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let is_large = count > u16::MAX.into() || bytes.max(at) > u32::MAX.into();
        if is_large {
            out.write_all(b"PK\x06\x06")?;
            out.write_all(&44_u64.to_le_bytes())?; // bytes that follow
            out.write_all(&version.to_le_bytes())?;
            out.write_all(&version.to_le_bytes())?;
            out.write_all(&[0; 8])?; // one disk
            for number in [count, count, bytes, at] {
                out.write_all(&number.to_le_bytes())?;
            }
            out.write_all(b"PK\x06\x07\0\0\0\0")?;
            out.write_all(&(at + bytes).to_le_bytes())?;
            out.write_all(&1_u32.to_le_bytes())?;
        }
        let short = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
        let count = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
        out.write_all(b"PK\x05\x06\0\0\0\0")?;
        out.write_all(&count)?;
        out.write_all(&count)?;
        out.write_all(&if is_large { [0xff; 4] } else { short(bytes) })?;
        out.write_all(&short(at))?;
        out.write_all(&[0; 2]) // no comment
    }
}
