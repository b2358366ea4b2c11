//! The file that an export makes: written aside, synced, published under its name in one step.
//!
//! Names hold the job id and never user text. Large files are written piece by piece, see [`Draft`]. Reading files
//! back is the gateway's business.

mod draft;
mod name;
mod stored;
mod sync;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use deertrack_stream::crash;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};

pub use draft::{Draft, Drafts};
pub use name::file_name;
pub(crate) use stored::hex;
pub use stored::{DOWNLOAD_PATH, Stored};

/// What is written to see whether anything can be: more than a full disk has left in its last blocks.
const CHECK_BYTES: usize = 64 * 1024;

/// A file could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be used.
    #[error("the export folder {dir:?} cannot be used: {source}; create it or set DEERTRACK_EXPORT_DIR")]
    Folder {
        /// Which folder.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Writing failed.
    #[error("cannot write {name}: {source}")]
    Write {
        /// Which file.
        name: String,
        /// Why.
        source: object_store::Error,
    },
    /// The file could not be forced to disk.
    #[error("cannot sync {name}: {source}")]
    Sync {
        /// Which file.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// A draft could not be published.
    #[error("cannot publish the draft of {name}: {source}")]
    Publish {
        /// Which file.
        name: String,
        /// Why.
        source: io::Error,
    },
}

/// What an export made, before it has its name.
#[derive(Debug)]
pub enum Content {
    /// All of it.
    InMemory(Vec<u8>),
    /// Written piece by piece.
    OnDisk(Draft),
}

impl Content {
    /// The bytes, for whoever publishes nothing: the command line, tests.
    ///
    /// # Errors
    /// The draft cannot be written to its end or read.
    pub fn into_bytes(self) -> io::Result<Vec<u8>> {
        match self {
            Self::InMemory(bytes) => Ok(bytes),
            Self::OnDisk(draft) => draft.into_bytes(),
        }
    }
}

/// The folder of finished files.
#[derive(Clone, Debug)]
pub struct Artifacts {
    store: Arc<LocalFileSystem>,
    dir: PathBuf,
}

impl Artifacts {
    /// Uses `dir`, which is created if it is missing.
    ///
    /// # Errors
    /// The folder cannot be created or opened.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let folder = |source| StoreError::Folder { dir: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(folder)?;
        let store = LocalFileSystem::new_with_prefix(dir).map_err(|error| folder(io::Error::other(error)))?;
        Ok(Self { store: Arc::new(store), dir: dir.to_owned() })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stores `content` under `name`: readers see the whole file or none, also after a power cut.
    ///
    /// When the future is dropped meanwhile, the file may still appear; nobody names it, and it is removed by age.
    ///
    /// # Errors
    /// The disk is full, the folder is gone, or the file cannot be synced.
    pub async fn publish(&self, name: &str, content: Content) -> Result<Stored, StoreError> {
        let stored = match content {
            Content::InMemory(bytes) => self.put(name, bytes).await?,
            Content::OnDisk(draft) => self.rename(name, draft).await?,
        };
        crash::point("artifact.written");
        self.sync(name).await.map_err(|source| StoreError::Sync { name: name.to_owned(), source })?;
        Ok(stored)
    }

    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<Stored, StoreError> {
        // The store would make a folder that is gone again: on the disk below it, where nobody looks for files.
        let found = tokio::fs::metadata(&self.dir).await;
        found.map_err(|source| StoreError::Folder { dir: self.dir.clone(), source })?;
        let stored = Stored { size: bytes.len() as u64, sha256: hex(&Sha256::digest(&bytes)) };
        let at = object_store::path::Path::from(name);
        let put = self.store.put(&at, PutPayload::from(bytes)).await;
        put.map_err(|source| StoreError::Write { name: name.to_owned(), source })?;
        Ok(stored)
    }

    async fn rename(&self, name: &str, draft: Draft) -> Result<Stored, StoreError> {
        let path = self.dir.join(name);
        let published = off_the_runtime(move || draft.publish(&path)).await;
        published.map_err(|source| StoreError::Publish { name: name.to_owned(), source })
    }

    /// The store renames into place but does not sync: a status must not outlive its file.
    async fn sync(&self, name: &str) -> io::Result<()> {
        let (file, dir) = (self.dir.join(name), self.dir.clone());
        off_the_runtime(move || {
            sync::sync(&File::open(file)?)?;
            sync::sync_folder(&dir)
        })
        .await
    }

    /// Whether files can be stored just now: one is written, forced to disk and removed. On a disk that hangs this waits.
    ///
    /// # Errors
    /// As for [`Artifacts::publish`].
    pub async fn check(&self) -> io::Result<()> {
        let dir = self.dir.clone();
        off_the_runtime(move || {
            let mut draft = Drafts::new(&dir, "check".parse().map_err(io::Error::other)?).begin()?;
            draft.write_all(&[0; CHECK_BYTES])?;
            draft.try_publish()?;
            sync::sync_folder(&dir)
        })
        .await
    }

    /// Removes files older than `keep`: expired artifacts, orphans of tries that lost their claim, and temporary
    /// files of workers that were killed. Returns how many. The folder may be shared: what no worker has written
    /// stays, however old.
    ///
    /// # Errors
    /// The folder cannot be read. A file that vanishes meanwhile was removed by another worker.
    pub async fn remove_older_than(&self, keep: Duration) -> io::Result<usize> {
        let mut removed = 0;
        let mut entries = tokio::fs::read_dir(&self.dir).await?;
        while let Some(entry) = entries.next_entry().await? {
            let Ok(meta) = entry.metadata().await else { continue };
            let age = meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
            let old = meta.is_file() && age.is_some_and(|age| age > keep);
            let ours = entry.file_name().to_str().is_some_and(name::is_ours);
            if ours && old && tokio::fs::remove_file(entry.path()).await.is_ok() {
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Work that waits for the disk.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|ended| Err(io::Error::other(ended)))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use deertrack_schemas::{Command, Export, JobId, TableParams, table};
    use tempfile::TempDir;

    use super::*;

    const KEEP: Duration = Duration::from_hours(7 * 24);

    fn artifact(job_id: &str) -> String {
        let (start, end) = ("2026-01-01".parse().unwrap(), "2026-02-01".parse().unwrap());
        let export = Export::Table(TableParams::new(table::Format::Csv, start, end));
        file_name(&Command::new(job_id.parse().unwrap(), export, Utc::now()), Utc::now())
    }

    fn names(dir: &TempDir) -> Vec<String> {
        let entries = std::fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// As if it had lain there for a day longer than files are kept.
    fn age(dir: &TempDir, name: &str) {
        let file = File::open(dir.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - KEEP - Duration::from_hours(24)).unwrap();
    }

    #[tokio::test]
    async fn orphans_and_old_artifacts_are_removed_by_age_and_files_of_others_never() {
        let dir = TempDir::new().unwrap();
        let artifacts = Artifacts::open(dir.path()).unwrap();
        let publish = async |name: &str| artifacts.publish(name, Content::InMemory(vec![7])).await.unwrap();
        let (old, young) = (artifact("old"), artifact("young"));
        publish(&old).await;
        publish(&young).await;
        // What killed workers leave: a draft, and a file that the store had not renamed yet.
        let job_id: JobId = "killed".parse().unwrap();
        std::mem::forget(Drafts::new(dir.path(), job_id).begin().unwrap());
        std::fs::write(dir.path().join(format!("{old}#1")), "half").unwrap();
        for name in names(&dir).iter().filter(|name| **name != young) {
            age(&dir, name);
        }
        std::mem::forget(Drafts::new(dir.path(), "running".parse().unwrap()).begin().unwrap());
        let foreign = ["notes.csv", "report.pdf", ".gitkeep", "film.part"];
        for name in foreign {
            std::fs::write(dir.path().join(name), "somebody else's").unwrap();
            age(&dir, name);
        }
        let folder = artifact("folder");
        std::fs::create_dir(dir.path().join(&folder)).unwrap();
        age(&dir, &folder);
        let link = artifact("link");
        std::os::unix::fs::symlink(dir.path().join("notes.csv"), dir.path().join(&link)).unwrap();

        assert_eq!(artifacts.remove_older_than(KEEP).await.unwrap(), 3, "{:?}", names(&dir));
        let left = names(&dir);
        for name in foreign.iter().copied().chain([&*young, &*folder, &*link]) {
            assert!(left.iter().any(|left| left == name), "{name} is gone: {left:?}");
        }
        assert_eq!(left.len(), foreign.len() + 4, "the draft of the running job stays too: {left:?}");
    }
}
