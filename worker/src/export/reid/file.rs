//! A file that an analysis becomes, and where such files go.

use std::io::Write;

use crate::JobError;

/// A finished file, or how to write it.
pub struct File<'a> {
    /// Where it lies in the archive, with `/` between folders.
    pub path: String,
    /// What it holds.
    pub content: FileContent<'a>,
}

/// What a file holds.
pub enum FileContent<'a> {
    /// Worth compressing.
    Text(Vec<u8>),
    /// Compressed already.
    Binary(Vec<u8>),
    /// Text that may be too long for memory, written piece by piece.
    LongText(Writing<'a>),
}

/// Writes a text.
pub type Writing<'a> = Box<dyn FnOnce(&mut dyn Write) -> Result<(), JobError> + 'a>;

impl<'a> File<'a> {
    pub(super) fn text(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), content: FileContent::Text(bytes.into()) }
    }

    pub(super) fn binary(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { path: path.into(), content: FileContent::Binary(bytes) }
    }

    pub(super) fn long_text(path: &str, write: Writing<'a>) -> Self {
        Self { path: path.to_owned(), content: FileContent::LongText(write) }
    }
}

impl FileContent<'_> {
    /// Writes it as it is.
    ///
    /// # Errors
    /// `Retry` when `out` cannot be written to; `Stopped` when told to stop.
    pub fn write_to(self, out: &mut dyn Write) -> Result<(), JobError> {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => out.write_all(&bytes).map_err(unwritable),
            Self::LongText(write) => write(out),
        }
    }
}

pub(super) fn unwritable(error: std::io::Error) -> JobError {
    JobError::retry("the file could not be written", error)
}

/// Where files go.
pub(super) type Sink<'a> = &'a mut dyn FnMut(File<'_>) -> Result<(), JobError>;
