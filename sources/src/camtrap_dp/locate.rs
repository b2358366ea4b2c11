//! Where the package is, whatever a person pointed at: its folder, its description, the folder above or below, its ZIP.
//!
//! Of a ZIP only the description and the three tables are unpacked, each under its own name into a temporary folder, and
//! no more than [`MOST_BYTES`] of them: an archive decides neither where a file goes nor how much of the disk it takes.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::archive::{Archive, MOST_BYTES, is_zip};
use crate::error::ImportError;

/// The tables that are read, in the order in which they refer to each other.
pub(super) const TABLES: [&str; 3] = ["deployments", "media", "observations"];

pub(super) const DESCRIPTION: &str = "datapackage.json";
const MOST_OF_DESCRIPTION: u64 = 64 << 20;

/// A package that was found.
pub(super) struct Located {
    /// Its folder, without symbolic links.
    pub(super) root: PathBuf,
    /// What it is called where it does not name itself.
    pub(super) name: String,
    /// The folder is a temporary one with the tables alone; it goes with this.
    pub(super) unpacked: Option<TempDir>,
    /// The folder that paths of photographs start from; `None`: they are not at hand, and their paths stay as told.
    pub(super) photographs: Option<PathBuf>,
    /// Where it is, if that is not where was pointed to.
    pub(super) elsewhere: Option<PathBuf>,
}

impl Located {
    /// A folder with everything in it.
    fn at(root: PathBuf, elsewhere: Option<PathBuf>) -> Self {
        Self { name: name_of(&root), photographs: Some(root.clone()), root, unpacked: None, elsewhere }
    }
}

/// Finds the package that `path` means.
pub(super) fn locate(path: &Path) -> Result<Located, ImportError> {
    let real =
        path.canonicalize().map_err(|source| ImportError::Unreadable { path: path.to_owned(), source })?;
    if real.is_dir() {
        return folder(&real, path);
    }
    if real.file_name().is_some_and(|name| name == DESCRIPTION) {
        let root = real.parent().unwrap_or(&real).to_owned();
        return Ok(Located::at(root, None));
    }
    if is_zip(&real) { unpack(&real) } else { Err(no_package(path, "it is neither a folder nor a ZIP")) }
}

fn folder(real: &Path, told: &Path) -> Result<Located, ImportError> {
    let has = |dir: &Path| dir.join(DESCRIPTION).is_file();
    let found = |root: PathBuf, elsewhere: bool| {
        let elsewhere = elsewhere.then(|| root.clone());
        Ok(Located::at(root, elsewhere))
    };
    if has(real) {
        return found(real.to_owned(), false);
    }
    let entries = fs::read_dir(real);
    let entries = entries.map_err(|source| ImportError::Unreadable { path: told.to_owned(), source })?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let mut below: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir() && has(path)).cloned().collect();
    match (below.len(), real.parent()) {
        (1, _) => found(below.remove(0).canonicalize().unwrap_or_else(|_| real.to_owned()), true),
        (0, Some(above)) if has(above) => found(above.to_owned(), true),
        (0, _) => Err(no_package(told, &zips(&paths))),
        _ => Err(no_package(told, &format!("it holds several packages, import one: {}", names(&below)))),
    }
}

fn zips(paths: &[PathBuf]) -> String {
    let zips: Vec<PathBuf> = paths.iter().filter(|path| is_zip(path)).cloned().collect();
    let none = "there is no datapackage.json in it, nor one folder below or above";
    if zips.is_empty() { none.to_owned() } else { format!("{none}; it holds {}", names(&zips)) }
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| name_of(path)).collect::<Vec<_>>().join(", ")
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn no_package(path: &Path, reason: &str) -> ImportError {
    let next = "give the folder that holds datapackage.json, or its ZIP";
    ImportError::WrongForm { path: path.to_owned(), reason: format!("{reason}; {next}") }
}

fn unpack(path: &Path) -> Result<Located, ImportError> {
    let unreadable = |source: io::Error| ImportError::Unreadable { path: path.to_owned(), source };
    let wrong = |reason: String| ImportError::WrongForm { path: path.to_owned(), reason };
    let mut archive = Archive::open(path)?;
    let described = descriptions(&archive);
    let [description] = described.as_slice() else {
        let count = described.len();
        return Err(wrong(format!(
            "it holds {count} datapackage.json, and a package has one; a ZIP of one package is read"
        )));
    };
    let inside = description.strip_suffix(DESCRIPTION).unwrap_or_default().to_owned();
    let dir = TempDir::new().map_err(unreadable)?;
    let root = dir.path().canonicalize().map_err(unreadable)?;
    let mut left = MOST_OF_DESCRIPTION;
    archive.unpack(description, &root.join(DESCRIPTION), &mut left)?;
    let text = fs::read(root.join(DESCRIPTION)).map_err(unreadable)?;
    let mut left = MOST_BYTES;
    for table in paths_of_tables(&text) {
        let to = root.join(&table);
        if let Some(above) = to.parent() {
            fs::create_dir_all(above).map_err(unreadable)?;
        }
        archive.unpack(&format!("{inside}{table}"), &to, &mut left)?;
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Located { root, name, unpacked: Some(dir), photographs: None, elsewhere: None })
}

/// The descriptions of an archive that are the least deep in its folders.
fn descriptions(archive: &Archive) -> Vec<String> {
    let is_one = |name: &String| name.split('/').next_back() == Some(DESCRIPTION);
    let mut found: Vec<String> = archive.names().into_iter().filter(is_one).collect();
    let depth = |name: &String| name.matches('/').count();
    let least = found.iter().map(depth).min();
    found.retain(|name| Some(depth(name)) == least); // one at the top is meant, whatever lies below
    found
}

/// Paths of the tables that stay within the package. Others are refused later, by name.
fn paths_of_tables(description: &[u8]) -> Vec<String> {
    let text = description.strip_prefix(b"\xef\xbb\xbf").unwrap_or(description);
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let resources = value["resources"].as_array().cloned().unwrap_or_default();
    let is_table = |name: &str| TABLES.iter().any(|table| table.eq_ignore_ascii_case(name));
    let ours = resources.iter().filter(|resource| resource["name"].as_str().is_some_and(is_table));
    let paths = ours.flat_map(|resource| match &resource["path"] {
        Value::Array(paths) => paths.clone(),
        path => vec![path.clone()],
    });
    let is_plain = |path: &String| {
        !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
    };
    let without_dot = |path: &str| path.strip_prefix("./").unwrap_or(path).to_owned();
    paths.filter_map(|path| path.as_str().map(without_dot)).filter(is_plain).collect()
}
