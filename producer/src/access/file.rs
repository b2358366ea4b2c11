//! The file of keys: TOML, written by `deertrack keys`, read by the gateway.
//!
//! ```toml
//! [[key]]
//! id = "dashboard"
//! sha256 = "9f86d08..."
//! scopes = ["exports:submit", "exports:read", "events:read", "files:read"]
//! tenant = "north-wood"               # sees its own jobs, events and files only
//! kinds = ["pdf", "table"]            # may ask for these only
//! expires = "2027-01-01T00:00:00Z"
//!
//! [[link]]                            # signs links; the first signs, all are taken
//! id = "2026-12"
//! secret = "q1W..."
//! ```

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_schemas::{KINDS, Kind};
use serde::{Deserialize, Serialize};

use super::key::{InvalidName, KeyHash, Name, NewKey};
use super::link::{LinkSecret, new_secret};
use super::scope::{Scope, Scopes, UnknownScope};
use super::who::Who;

/// Why a file of keys cannot be used; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read or written.
    #[error("the file of keys {}: {source}; `deertrack keys new --keys-file` makes one", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no TOML, or has other fields.
    #[error("the file of keys is not what `deertrack keys new` writes: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A value of one key is wrong.
    #[error("key {id:?}: {problem}")]
    Key {
        /// Which.
        id: String,
        /// What is wrong, and what is right.
        problem: String,
    },
    /// Two keys have one id.
    #[error("there is a key {0:?} already; choose another id, or remove that entry")]
    Taken(String),
}

/// What is said of one key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    id: String,
    sha256: String,
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kinds: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    link: Vec<LinkEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key: Vec<KeyEntry>,
}

/// What is said of one secret that signs links.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkEntry {
    id: String,
    secret: String,
}

/// What the file says.
pub(super) struct Content {
    /// By id.
    pub(super) keys: HashMap<Arc<str>, Known>,
    /// The first one signs.
    pub(super) links: Vec<LinkSecret>,
}

/// One key as it is checked.
pub(super) struct Known {
    pub(super) hash: KeyHash,
    pub(super) expires: Option<DateTime<Utc>>,
    pub(super) who: Who,
}

impl KeyEntry {
    /// What the file keeps of a new key.
    pub fn new(
        key: &NewKey,
        id: &Name,
        scopes: Scopes,
        tenant: Option<&Name>,
        kinds: &[Kind],
        expires: Option<DateTime<Utc>>,
    ) -> Self {
        let kinds: Vec<String> = kinds.iter().map(|kind| kind.name().to_owned()).collect();
        Self {
            id: id.to_string(),
            sha256: key.hash.to_string(),
            scopes: scopes.iter().map(|scope| scope.name().to_owned()).collect(),
            tenant: tenant.map(Name::to_string),
            kinds: (!kinds.is_empty()).then_some(kinds),
            expires: expires.map(|time| time.to_rfc3339()),
        }
    }

    /// Adds it to the file, which is made when it is not there, for its owner alone. Whoever reads it meanwhile sees
    /// the old or the new one.
    ///
    /// # Errors
    /// The file cannot be read or written, is none of ours, or has the id.
    pub fn add_to(self, path: &Path) -> Result<(), KeysError> {
        change(path, |written| {
            if written.key.iter().any(|entry| entry.id == self.id) {
                return Err(KeysError::Taken(self.id));
            }
            written.key.push(self);
            Ok(())
        })
    }

    fn known(&self) -> Result<Known, String> {
        let name = |text: &str| text.parse::<Name>().map_err(|error: InvalidName| error.to_string());
        let id = name(&self.id)?;
        let hash = self.sha256.parse().map_err(|()| "sha256 has to be 64 hex digits".to_owned())?;
        let scopes =
            self.scopes.iter().map(|scope| scope.parse::<Scope>()).collect::<Result<_, UnknownScope>>();
        let tenant = self.tenant.as_deref().map(name).transpose()?;
        let kinds =
            self.kinds.as_ref().map(|kinds| kinds.iter().map(|kind| named(kind)).collect()).transpose()?;
        let expires = self.expires.as_deref().map(time).transpose()?;
        let scopes: Scopes = scopes.map_err(|error| error.to_string())?;
        let for_operators =
            [Scope::MetricsRead, Scope::QueueWrite].into_iter().find(|scope| scopes.has(*scope));
        if let (Some(scope), Some(_)) = (for_operators, &tenant) {
            return Err(format!("{scope} is about all tenants, so a key of one of them cannot have it"));
        }
        let who = Who { id: Some(id.shared()), scopes, tenant: tenant.map(|tenant| tenant.shared()), kinds };
        Ok(Known { hash, expires, who })
    }
}

fn named(kind: &str) -> Result<Kind, String> {
    let known = || KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
    Kind::named(kind).ok_or_else(|| format!("{kind:?} is no kind of export; known: {}", known()))
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let read = DateTime::parse_from_rfc3339(text);
    read.map(|time| time.to_utc())
        .map_err(|_| format!("{text:?} is no time; write it like 2027-01-01T00:00:00Z"))
}

/// Adds a new secret for links to the file, in front of those it has: it signs, and they are still taken.
///
/// # Errors
/// As [`KeyEntry::add_to`].
pub fn add_link_secret(path: &Path, id: &Name) -> Result<(), KeysError> {
    change(path, |written| {
        if written.link.iter().any(|entry| entry.id == id.as_str()) {
            return Err(KeysError::Taken(id.to_string()));
        }
        written.link.insert(0, LinkEntry { id: id.to_string(), secret: new_secret() });
        Ok(())
    })
}

fn change(path: &Path, how: impl FnOnce(&mut Written) -> Result<(), KeysError>) -> Result<(), KeysError> {
    let failed = |source| KeysError::File { path: path.to_owned(), source };
    let mut written = match fs::read_to_string(path) {
        Ok(text) => toml::from_str::<Written>(&text)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Written::default(),
        Err(error) => return Err(failed(error)),
    };
    how(&mut written)?;
    content(&written)?;
    let text = toml::to_string(&written).map_err(|error| failed(io::Error::other(error)))?;
    replace(path, &text).map_err(failed)
}

/// Everything that the file says.
pub(super) fn read(path: &Path) -> Result<Content, KeysError> {
    let text =
        fs::read_to_string(path).map_err(|source| KeysError::File { path: path.to_owned(), source })?;
    content(&toml::from_str::<Written>(&text)?)
}

fn content(written: &Written) -> Result<Content, KeysError> {
    let links = written.link.iter().map(|entry| {
        let secret = entry.id.parse::<Name>().ok().and_then(|id| LinkSecret::read(&id, &entry.secret));
        let problem = "a secret for links is what `deertrack keys link` writes";
        secret.ok_or_else(|| KeysError::Key { id: entry.id.clone(), problem: problem.to_owned() })
    });
    Ok(Content { links: links.collect::<Result<_, _>>()?, keys: known(&written.key)? })
}

fn known(entries: &[KeyEntry]) -> Result<HashMap<Arc<str>, Known>, KeysError> {
    let mut all = HashMap::with_capacity(entries.len());
    for entry in entries {
        let known = entry.known().map_err(|problem| KeysError::Key { id: entry.id.clone(), problem })?;
        if all.insert(Arc::from(entry.id.as_str()), known).is_some() {
            return Err(KeysError::Taken(entry.id.clone()));
        }
    }
    Ok(all)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let moved = written.and_then(|()| fs::rename(&aside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&aside);
    }
    moved
}
