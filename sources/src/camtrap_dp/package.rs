//! The package's own description (`datapackage.json`, of Data Package 1 or 2) and where its files are. Nothing outside
//! its folder is read.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use deertrack_catalog::corrections::{Corrections, Failure, KEY};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::columns::{COLUMNS, FREE_TEXT};
use super::dialect::{Resource, form};
use super::locate::{DESCRIPTION, Located, TABLES, locate};
use crate::draft::Drafted;
use crate::error::ImportError;
use crate::table::Table;
use crate::table_form::{Form, Origins};
use crate::told::Told;

/// Profiles of Camtrap DP 1.0 name it so, with or without a patch version.
const PROFILE: &str = "camtrap-dp/";
const VERSION: &str = "1.0";
/// The profile of any Data Package 2.
const DATA_PACKAGE_2: &str = "datapackage.org/profiles/2";

/// Under which key of its description an export says what only itself knows.
const OWN_WORD: &str = "deertrack";

/// An opened package.
pub(crate) struct Package {
    located: Located,
    description: Description,
    /// The description without its resources, and without the word of an export.
    metadata: Map<String, Value>,
    /// What an export said of it; null: it is none.
    own_word: Value,
    /// Of one that was drawn up from a tool's files: where its rows were told, and as what they were taken.
    drafted: Option<FromTool>,
}

struct FromTool {
    origins: HashMap<&'static str, Arc<Origins>>,
    told: Told,
}

#[derive(Deserialize)]
struct Description {
    profile: Option<String>,
    /// Where Data Package 2 names the profile.
    #[serde(rename = "$schema")]
    schema: Option<String>,
    id: Option<String>,
    name: Option<String>,
    title: Option<String>,
    homepage: Option<String>,
    resources: Vec<Resource>,
}

impl Package {
    /// Opens what somebody else made.
    ///
    /// # Errors
    /// When it cannot be read, or is no package of this version.
    pub(crate) fn open(path: &Path) -> Result<Self, ImportError> {
        Self::read(locate(path)?, None)
    }

    /// Opens what was drawn up here from the files of a tool.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn of(drafted: Drafted) -> Result<Self, ImportError> {
        let Drafted { dir, photographs, origins, told } = drafted;
        let unreadable = |source| ImportError::Unreadable { path: dir.path().to_owned(), source };
        let root = dir.path().canonicalize().map_err(unreadable)?;
        let name = told.source.clone();
        let located = Located { root, name, unpacked: Some(dir), photographs, elsewhere: None };
        Self::read(located, Some(FromTool { origins, told }))
    }

    fn read(located: Located, drafted: Option<FromTool>) -> Result<Self, ImportError> {
        let path = located.root.join(DESCRIPTION);
        let text =
            fs::read(&path).map_err(|source| ImportError::Unreadable { path: path.clone(), source })?;
        let wrong = |reason: String| ImportError::WrongForm { path: path.clone(), reason };
        let no_package = |error| wrong(format!("it is no data package: {error}"));
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let mut metadata: Map<String, Value> = serde_json::from_slice(text).map_err(no_package)?;
        let description: Description =
            serde_json::from_value(Value::Object(metadata.clone())).map_err(no_package)?;
        metadata.remove("resources");
        let own_word = metadata.remove(OWN_WORD).unwrap_or_default();
        let package = Self { located, description, metadata, own_word, drafted };
        if package.version().is_none_or(|version| !version.starts_with(VERSION)) {
            return Err(wrong(package.wrong_version()));
        }
        Ok(package)
    }

    /// What is wrong with its version, and what to do about it.
    fn wrong_version(&self) -> String {
        let of = &self.description;
        let profile = of.profile.as_deref().or(of.schema.as_deref()).unwrap_or("missing");
        let cure = match self.version().and_then(|version| version.split('.').next()) {
            Some("0") => {
                "export it in that version. Older ones name other columns: platforms (Agouti, TRAPPER, eMammal) make the \
                 package anew in version 1.0 when it is downloaded again"
            }
            Some(_) => "export it in that version",
            None if profile.contains(DATA_PACKAGE_2) => {
                "a Data Package 2 says there of which standard its tables are. If they are of Camtrap DP 1.0, write \
                 \"$schema\": \"https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json\" into \
                 datapackage.json; else export it in that version"
            }
            None => "export it in that version; another data package is no survey of cameras",
        };
        format!("its profile is {profile}, and this reads Camtrap DP {VERSION}: {cure}")
    }

    /// What the database keeps of where it came from.
    pub(super) fn profile(&self) -> Option<String> {
        let version = self.version()?;
        let tool = self.drafted.as_ref().map(|drafted| format!(", drawn up from {}", drafted.told.source));
        Some(format!("camtrap-dp {version}{}", tool.unwrap_or_default()))
    }

    /// As what the files of a tool were taken.
    pub(crate) fn told(&self) -> Told {
        self.drafted.as_ref().map(|drafted| drafted.told.clone()).unwrap_or_default()
    }

    /// It was drawn up from the files of a tool, which need not know where its cameras stood.
    pub(super) fn is_drafted(&self) -> bool {
        self.drafted.is_some()
    }

    /// The version of the standard, as its profile names it.
    pub(super) fn version(&self) -> Option<&str> {
        let named = [self.description.profile.as_deref(), self.description.schema.as_deref()];
        let (_, version) = named.into_iter().flatten().find_map(|name| name.split_once(PROFILE))?;
        version.split('/').next()
    }

    /// What its rows are marked with: its own id or name, else that of its folder.
    pub(super) fn id(&self) -> String {
        let named = self.description.id.as_ref().or(self.description.name.as_ref());
        named.filter(|id| !id.trim().is_empty()).cloned().unwrap_or_else(|| self.located.name.clone())
    }

    /// For people.
    pub(super) fn title(&self) -> String {
        let titled = self.description.title.as_ref().or(self.description.name.as_ref());
        titled.filter(|title| !title.trim().is_empty()).cloned().unwrap_or_else(|| self.id())
    }

    /// Where it can be found again, if it says so.
    pub(super) fn source(&self) -> Option<String> {
        self.description.homepage.clone().or_else(|| self.description.id.clone())
    }

    /// Its description without the resources, as JSON.
    pub(super) fn metadata(&self) -> Option<String> {
        serde_json::to_string(&self.metadata).ok()
    }

    /// What an earlier import of these rows had corrected, where they were exported since.
    pub(super) fn corrections(&self) -> Corrections {
        Corrections::of(&self.own_word[KEY])
    }

    /// When its cameras failed, by deployment, where the rows were exported from a database that knew.
    pub(super) fn failures(&self) -> BTreeMap<String, Vec<Failure>> {
        BTreeMap::deserialize(&self.own_word["failures"]).unwrap_or_default()
    }

    /// It was exported from a database such as ours.
    pub(super) fn is_own(&self) -> bool {
        !self.own_word.is_null()
    }

    /// Where it was found, if that is not where was pointed to.
    pub(super) fn elsewhere(&self) -> Option<&Path> {
        self.located.elsewhere.as_deref()
    }

    /// It is a ZIP, of which the tables were unpacked and the photographs were not.
    pub(super) fn is_unpacked(&self) -> bool {
        self.located.photographs.is_none()
    }

    /// The file of a table; `None` when it is not there.
    fn file(&self, resource: &Resource) -> Result<Option<PathBuf>, ImportError> {
        let name = &resource.name;
        let wrong = |reason: &str| ImportError::WrongForm {
            path: self.located.root.join(DESCRIPTION),
            reason: format!("the path of {name} {reason}"),
        };
        let path = match &resource.path {
            Some(Value::String(path)) => path,
            Some(Value::Array(paths)) if paths.len() == 1 => paths[0].as_str().unwrap_or_default(),
            Some(Value::Array(_)) => return Err(wrong("is several files; join them into one first")),
            _ => return Err(wrong("is missing: a table within the description itself is not read")),
        };
        if path.contains("://") {
            let reason = format!(
                "is a URL, and an import fetches nothing: download {path} beside datapackage.json and put the file's name there"
            );
            return Err(wrong(&reason));
        }
        if !Path::new(path).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
            return Err(wrong("is not that of a CSV file; unpack it first"));
        }
        let inside = self.inside(path).ok_or_else(|| wrong("leads out of the package"))?;
        Ok(inside.is_file().then_some(inside))
    }

    /// Opens a table that every package has.
    pub(super) fn required(&self, name: &str, columns: &[&str]) -> Result<Table, ImportError> {
        self.table(name, columns)?.ok_or_else(|| {
            let path = self.resource(name).and_then(|resource| resource.path.as_ref()?.as_str());
            let reason = match path {
                Some(path) => format!("the table {name} is {path}, and there is no such file"),
                None => format!("the package has no {name}.csv"),
            };
            // What a ZIP was unpacked to is gone when this is read.
            let path = if self.located.unpacked.is_some() {
                PathBuf::from(&self.located.name)
            } else {
                self.located.root.clone()
            };
            ImportError::WrongForm { path, reason }
        })
    }

    /// Opens a table; `None` where the package has none.
    pub(super) fn table(&self, name: &str, columns: &[&str]) -> Result<Option<Table>, ImportError> {
        let Some(resource) = self.resource(name) else { return Ok(None) };
        let Some(path) = self.file(resource)? else { return Ok(None) };
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let form = form(resource).map_err(|reason| ImportError::WrongForm {
            path: self.located.root.join(DESCRIPTION),
            reason: format!("{reason} of {name}"),
        })?;
        let origins = self.drafted.as_ref().and_then(|drafted| drafted.origins.get(name).cloned());
        // Only an export of ours marks free text, and a tool's is as it was.
        let free_text = if origins.is_some() { &[][..] } else { &FREE_TEXT };
        Table::open_as(&path, &file, columns, Form { columns: &COLUMNS, free_text, origins, ..form })
            .map(Some)
    }

    fn resource(&self, name: &str) -> Option<&Resource> {
        self.description.resources.iter().find(|resource| resource.name.eq_ignore_ascii_case(name))
    }

    /// SHA-256 of its tables, in hex: the same tables are the same package, whatever its description says.
    pub(super) fn fingerprint(&self) -> Result<String, ImportError> {
        let mut hash = Sha256::new();
        for name in TABLES {
            let Some(resource) = self.resource(name) else { continue };
            let Some(path) = self.file(resource)? else { continue };
            let unreadable = |source| ImportError::Unreadable { path: path.clone(), source };
            hash.update(name);
            hash.update([0]);
            io::copy(&mut File::open(&path).map_err(unreadable)?, &mut hash).map_err(unreadable)?;
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Where the path of a table leads; `None` when it leads out of the package.
    fn inside(&self, relative: &str) -> Option<PathBuf> {
        within(&self.located.root, relative)
    }

    /// Where the path of a photograph leads: to a file, or nowhere where photographs are not at hand; `None` when it leads
    /// out of their folder.
    pub(super) fn photograph(&self, relative: &str) -> Option<Option<PathBuf>> {
        let folder = self.located.photographs.as_ref().unwrap_or(&self.located.root);
        let inside = within(folder, relative)?;
        Some(self.located.photographs.is_some().then_some(inside))
    }

    /// The files in the package's `media` folder by name. Platforms write URLs into `filePath` and ship copies there.
    pub(super) fn local_copies(&self) -> HashMap<String, PathBuf> {
        let entries = fs::read_dir(self.located.root.join("media")).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let path = self.inside(&format!("media/{name}"))?;
                path.is_file().then_some((name, path))
            })
            .collect()
    }
}

/// Where a relative path leads; `None` when it leads out of the folder, also by a symbolic link.
fn within(folder: &Path, relative: &str) -> Option<PathBuf> {
    let relative = Path::new(relative);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !plain || relative.as_os_str().is_empty() {
        return None;
    }
    let path = folder.join(relative);
    match path.canonicalize() {
        Ok(real) => real.starts_with(folder).then_some(real),
        Err(_) => Some(path), // not there: then nothing is read
    }
}
