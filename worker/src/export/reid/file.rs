//! A file that an analysis becomes, and where such files go.

use crate::JobError;

/// A finished file.
pub struct File {
    /// Where it lies in the archive, with `/` between folders.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// Text is worth compressing.
    pub is_text: bool,
}

impl File {
    pub(super) fn text(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), bytes: bytes.into(), is_text: true }
    }

    pub(super) fn binary(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { path: path.into(), bytes, is_text: false }
    }
}

/// Where files go.
pub(super) type Sink<'a> = &'a mut dyn FnMut(File) -> Result<(), JobError>;
