//! The package's own description (`datapackage.json`) and where its files are. Nothing outside its folder is read.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::error::ImportError;

/// Profiles of Camtrap DP 1.0 name it so, with or without a patch version.
const PROFILE: &str = "camtrap-dp/1.0";

/// An opened package.
pub(super) struct Package {
    /// Its folder, without symbolic links.
    root: PathBuf,
    description: Description,
}

#[derive(Deserialize)]
struct Description {
    profile: Option<String>,
    id: Option<String>,
    name: Option<String>,
    title: Option<String>,
    homepage: Option<String>,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    /// One path, or several, or (for tables that stand in the description itself) none.
    path: Option<serde_json::Value>,
}

impl Package {
    pub(super) fn open(dir: &Path) -> Result<Self, ImportError> {
        let root =
            dir.canonicalize().map_err(|source| ImportError::Unreadable { path: dir.to_owned(), source })?;
        let path = root.join("datapackage.json");
        let text =
            fs::read(&path).map_err(|source| ImportError::Unreadable { path: path.clone(), source })?;
        let wrong = |reason: String| ImportError::WrongForm { path: path.clone(), reason };
        let description: Description = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("it is no data package: {error}")))?;
        let profile = description.profile.as_deref().unwrap_or("missing");
        if !profile.contains(PROFILE) {
            return Err(wrong(format!("its profile is {profile}, and this reads Camtrap DP 1.0")));
        }
        Ok(Self { root, description })
    }

    /// What its rows are marked with: its own id or name, else the folder's name.
    pub(super) fn id(&self) -> String {
        let named = self.description.id.as_ref().or(self.description.name.as_ref());
        named
            .cloned()
            .unwrap_or_else(|| self.root.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        let titled = self.description.title.as_ref().or(self.description.name.as_ref());
        titled.cloned().unwrap_or_else(|| self.id())
    }

    /// Where it can be found again, if it says so.
    pub(super) fn source(&self) -> Option<String> {
        self.description.homepage.clone().or_else(|| self.description.id.clone())
    }

    /// The file of a table; `None` when the package has no such table or the file is not there.
    pub(super) fn table(&self, name: &str) -> Result<Option<PathBuf>, ImportError> {
        let resource = self.description.resources.iter().find(|resource| resource.name == name);
        let Some(resource) = resource else { return Ok(None) };
        let wrong = |reason: &str| ImportError::WrongForm {
            path: self.root.join("datapackage.json"),
            reason: format!("the path of {name} {reason}"),
        };
        let Some(path) = resource.path.as_ref().and_then(serde_json::Value::as_str) else {
            return Err(wrong("is not the name of one file"));
        };
        if !Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            return Err(wrong("is not that of a CSV file; unpack it first"));
        }
        let path = self.inside(path).ok_or_else(|| wrong("leads out of the package"))?;
        Ok(path.is_file().then_some(path))
    }

    /// That a table is missing which every package has.
    pub(super) fn without(&self, table: &str) -> ImportError {
        ImportError::WrongForm { path: self.root.clone(), reason: format!("the package has no {table}.csv") }
    }

    /// Where a relative path leads; `None` when it leads out of the package, also by a symbolic link.
    pub(super) fn inside(&self, relative: &str) -> Option<PathBuf> {
        let relative = Path::new(relative);
        let plain =
            relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !plain || relative.as_os_str().is_empty() {
            return None;
        }
        let path = self.root.join(relative);
        match path.canonicalize() {
            Ok(real) => real.starts_with(&self.root).then_some(real),
            Err(_) => Some(path), // not there: then nothing is read
        }
    }

    /// The files in the package's `media` folder by name. Platforms write URLs into `filePath` and ship copies there.
    pub(super) fn local_copies(&self) -> HashMap<String, PathBuf> {
        let entries = fs::read_dir(self.root.join("media")).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let path = self.inside(&format!("media/{name}"))?;
                path.is_file().then_some((name, path))
            })
            .collect()
    }
}
