//! A ZIP that somebody handed over: it decides neither where a file goes nor how much of the disk it takes. Callers name
//! the file that an entry is written to, and all of what they take has one bound.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::error::ImportError;

/// The most that is unpacked of an archive: beyond any survey, within any disk.
pub(crate) const MOST_BYTES: u64 = 4 << 30;

/// An opened ZIP.
pub(crate) struct Archive {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
}

impl Archive {
    /// Opens it.
    ///
    /// # Errors
    /// When it cannot be read, or is no ZIP.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let file =
            File::open(path).map_err(|source| ImportError::Unreadable { path: path.to_owned(), source })?;
        let zip = ZipArchive::new(BufReader::new(file)).map_err(|error| ImportError::WrongForm {
            path: path.to_owned(),
            reason: format!("it is no ZIP that can be read: {error}"),
        })?;
        Ok(Self { path: path.to_owned(), zip })
    }

    /// Names of its entries, in its order, without what macOS adds.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.zip.file_names().flatten().map(std::borrow::Cow::into_owned);
        names.filter(|name| !name.starts_with("__MACOSX/") && !name.ends_with('/')).collect()
    }

    /// The first bytes of an entry; none where there is no such file.
    pub(crate) fn head(&mut self, name: &str, most: u64) -> Vec<u8> {
        let mut head = Vec::new();
        if let Ok(entry) = self.zip.by_name(name) {
            // What cannot be unpacked tells nothing; whoever takes it is told why.
            let _ = entry.take(most).read_to_end(&mut head);
        }
        head
    }

    /// Unpacks one file, if the archive has it; `left` is how many bytes it may still have.
    ///
    /// # Errors
    /// When it cannot be unpacked, is larger than that, or cannot be written.
    pub(crate) fn unpack(&mut self, name: &str, to: &Path, left: &mut u64) -> Result<bool, ImportError> {
        let wrong = |reason: String| ImportError::WrongForm { path: self.path.clone(), reason };
        let Ok(entry) = self.zip.by_name(name) else { return Ok(false) };
        if !entry.is_file() {
            return Ok(false);
        }
        let mut file =
            File::create(to).map_err(|source| ImportError::Unreadable { path: to.to_owned(), source })?;
        // What the archive says of its size proves nothing: count what comes out.
        let written = io::copy(&mut entry.take(*left + 1), &mut file)
            .map_err(|error| wrong(format!("{name} in it cannot be unpacked: {error}")))?;
        if written > *left {
            return Err(wrong(format!(
                "{name} in it is larger than this unpacks; unpack it and give the folder"
            )));
        }
        *left -= written;
        Ok(true)
    }
}

/// Whether a file is called a ZIP.
pub(crate) fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}
