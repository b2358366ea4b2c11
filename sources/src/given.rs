//! What somebody pointed at: a folder, a ZIP or a file, and which tables are in it. Photographs are not listed; of a ZIP
//! only what a source asks for is unpacked, into a temporary folder, within the bounds of [`crate::archive`].

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::archive::{Archive, MOST_BYTES, is_zip};
use crate::error::ImportError;
use crate::table::Table;

/// So much of a file is looked at to know it again.
const HEAD_BYTES: u64 = 1 << 16;
/// Endings of files that sources read.
const ENDINGS: [&str; 5] = ["csv", "json", "txt", "npy", "npz"];

/// What was given.
pub(crate) struct Given {
    path: PathBuf,
    /// The folder that names start from.
    root: PathBuf,
    names: Vec<String>,
    zip: Option<RefCell<Zip>>,
}

struct Zip {
    archive: Archive,
    dir: TempDir,
    left: u64,
    unpacked: usize,
}

impl Given {
    /// Lists what is there: in a folder, and in the folders in it.
    ///
    /// # Errors
    /// When there is nothing, or it cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        let unreadable = |source: io::Error| ImportError::Unreadable { path: path.to_owned(), source };
        let real = path.canonicalize().map_err(unreadable)?;
        if real.is_dir() {
            let names = listed(&real).map_err(unreadable)?;
            return Ok(Self { path: path.to_owned(), root: real, names, zip: None });
        }
        if !is_zip(&real) {
            let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let root = real.parent().unwrap_or(&real).to_owned();
            return Ok(Self { path: path.to_owned(), root, names: vec![name], zip: None });
        }
        let archive = Archive::open(&real)?;
        let names = archive.names().into_iter().filter(|name| is_read(Path::new(name))).collect();
        let dir = TempDir::new().map_err(unreadable)?;
        let zip = Zip { archive, dir, left: MOST_BYTES, unpacked: 0 };
        let root = real.parent().unwrap_or(&real).to_owned();
        Ok(Self { path: path.to_owned(), root, names, zip: Some(RefCell::new(zip)) })
    }

    /// As it was pointed at.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it is called, without an ending.
    pub(crate) fn title(&self) -> String {
        let real = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let name = if real.is_dir() { real.file_name() } else { real.file_stem() };
        name.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// All files that a source may read, by their paths with `/` between.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Those whose own name is this, in whichever folder, in any case.
    pub(crate) fn named(&self, test: impl Fn(&str) -> bool) -> Vec<&str> {
        let own = |name: &str| name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        self.names.iter().map(String::as_str).filter(|name| test(&own(name))).collect()
    }

    /// The folder in which photographs may be; a ZIP keeps its own.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.zip.is_none().then_some(&self.root)
    }

    /// Its first bytes.
    pub(crate) fn head(&self, name: &str) -> Vec<u8> {
        if let Some(zip) = &self.zip {
            return zip.borrow_mut().archive.head(name, HEAD_BYTES);
        }
        let mut head = Vec::new();
        if let Ok(file) = File::open(self.root.join(name)) {
            // What cannot be read is not known again, and who opens it is told why.
            let _ = file.take(HEAD_BYTES).read_to_end(&mut head);
        }
        head
    }

    /// The columns of a table, in small letters: what stands in its first line between commas, semicolons or tabs.
    pub(crate) fn columns(&self, name: &str) -> Vec<String> {
        let head = self.head(name);
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)).into_owned();
        let sign = [',', ';', '\t'].into_iter().max_by_key(|sign| line.matches(*sign).count()).unwrap_or(',');
        line.split(sign).map(|name| name.trim().trim_matches('"').trim().to_ascii_lowercase()).collect()
    }

    /// The columns of a table, as they are written.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn header(&self, name: &str) -> Result<Vec<String>, ImportError> {
        Ok(Table::of_tool(&self.file(name)?, name, &[], &[])?.names().to_vec())
    }

    /// Whether a table has all of these columns.
    pub(crate) fn has(&self, name: &str, columns: &[&str]) -> bool {
        let there = self.columns(name);
        columns.iter().all(|column| there.iter().any(|there| there.eq_ignore_ascii_case(column)))
    }

    /// Files that are tables with all of these columns.
    pub(crate) fn tables(&self, columns: &[&str]) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| self.has(name, columns)).collect()
    }

    /// The one file that is meant, of those that `what` may be.
    ///
    /// # Errors
    /// When it is none or several.
    pub(crate) fn only<'a>(&self, what: &str, names: &[&'a str]) -> Result<&'a str, ImportError> {
        let reason = match names {
            [name] => return Ok(name),
            [] => format!("it holds no {what}; there is {}", self.in_words()),
            _ => format!("it holds several files of {what}, import one: {}", names.join(", ")),
        };
        Err(ImportError::WrongForm { path: self.path.clone(), reason })
    }

    fn in_words(&self) -> String {
        const SHOWN: usize = 8;
        let more = if self.names.len() > SHOWN { ", ..." } else { "" };
        match &self.names[..self.names.len().min(SHOWN)] {
            [] => "no table (CSV) and no JSON".to_owned(),
            names => format!("{}{more}", names.join(", ")),
        }
    }

    /// A path at which a file can be read; that of a ZIP is unpacked.
    ///
    /// # Errors
    /// When it cannot be unpacked.
    pub(crate) fn file(&self, name: &str) -> Result<PathBuf, ImportError> {
        let Some(zip) = &self.zip else { return Ok(self.root.join(name)) };
        let zip = &mut *zip.borrow_mut();
        zip.unpacked += 1;
        let to = zip.dir.path().join(zip.unpacked.to_string());
        zip.archive.unpack(name, &to, &mut zip.left)?;
        Ok(to)
    }
}

fn is_read(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending))
}

fn listed(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_file() && is_read(&path) {
            names.push(name);
        } else if path.is_dir() {
            let below = fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
            let files = below.filter(|path| is_read(path) && path.is_file());
            let own = |path: PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            names.extend(files.map(|path| format!("{name}/{}", own(path))));
        }
    }
    names.sort_by_key(|name| (name.matches('/').count(), name.clone()));
    Ok(names)
}
