//! Pieces of bytes that are too many for memory: in a temporary file, and given back one by one as they were added.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};

use crate::JobError;

/// Bytes that stand before a piece: its length.
const LENGTH: usize = 8;

/// Pieces being added.
pub(crate) struct Pieces(BufWriter<File>);

impl Pieces {
    /// In an empty file.
    pub(crate) fn new(file: File) -> Self {
        Self(BufWriter::new(file))
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// `Retry` when the file cannot be written.
    pub(crate) fn add(&mut self, piece: &[u8]) -> Result<(), JobError> {
        self.0.write_all(&(piece.len() as u64).to_le_bytes()).map_err(unusable)?;
        self.0.write_all(piece).map_err(unusable)
    }

    /// All of them, to be read.
    ///
    /// # Errors
    /// `Retry` when the file cannot be written or read.
    pub(crate) fn read(self) -> Result<Added, JobError> {
        let mut file = self.0.into_inner().map_err(|error| unusable(error.into_error()))?;
        file.rewind().map_err(unusable)?;
        Ok(Added(BufReader::new(file)))
    }
}

/// The pieces in the order in which they were added; `Retry` when the file cannot be read.
pub(crate) struct Added(BufReader<File>);

impl Iterator for Added {
    type Item = Result<Vec<u8>, JobError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.piece().map_err(unusable).transpose()
    }
}

impl Added {
    fn piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.0.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut length = [0; LENGTH];
        self.0.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        let mut piece = Vec::new();
        let read = (&mut self.0).take(length).read_to_end(&mut piece)?;
        if read as u64 == length { Ok(Some(piece)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn unusable(error: io::Error) -> JobError {
    JobError::retry("the worker's folder for temporary files cannot be used", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_as_they_were_added() {
        let large = vec![7; 100_000];
        let mut pieces = Pieces::new(tempfile::tempfile().unwrap());
        for piece in [b"one".as_slice(), b"", &large, b"four"] {
            pieces.add(piece).unwrap();
        }
        let read: Vec<Vec<u8>> = pieces.read().unwrap().map(Result::unwrap).collect();
        assert_eq!(read, [b"one".to_vec(), Vec::new(), large, b"four".to_vec()]);
    }

    #[test]
    fn a_file_that_ends_within_a_piece_is_an_error() {
        let mut pieces = Pieces::new(tempfile::tempfile().unwrap());
        pieces.add(b"whole").unwrap();
        pieces.add(b"cut off").unwrap();
        let added = pieces.read().unwrap();
        added.0.get_ref().set_len(24).unwrap();
        let read: Vec<bool> = added.map(|piece| piece.is_ok()).take(2).collect();
        assert_eq!(read, [true, false]);
    }
}
