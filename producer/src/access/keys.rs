//! The keys of a gateway while it runs: read anew when their file changes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use super::file::{self, Content};
use super::key::{KeyHash, id_of};
use super::link::Signed;
use super::{KeysError, Who};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The keys that are taken.
pub struct Keys {
    path: PathBuf,
    content: RwLock<Content>,
}

impl Keys {
    /// Reads the file, and reads it anew when it changes from now on, until the last handle is gone. A file that is wrong
    /// then leaves the keys as they are, and the log says why.
    ///
    /// # Errors
    /// It cannot be read, or something in it is wrong.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn follow(path: &Path) -> Result<Arc<Self>, KeysError> {
        let stamp = stamp(path);
        let keys = Arc::new(Self { path: path.to_owned(), content: RwLock::new(file::read(path)?) });
        tokio::spawn(look(Arc::downgrade(&keys), stamp));
        Ok(keys)
    }

    /// Whose key this is, if it is one that is taken now.
    pub fn who(&self, secret: &str) -> Option<Who> {
        let sent = KeyHash::of(secret);
        let content = self.content();
        let found = content.keys.get(id_of(secret)?)?;
        let right = found.hash.is(&sent) && found.expires.is_none_or(|expires| Utc::now() < expires);
        right.then(|| found.who.clone())
    }

    /// Signs a link to this file; `None` when the file of keys has no secret for that.
    pub fn sign(&self, filename: &str, until: DateTime<Utc>) -> Option<Signed> {
        self.content().links.first().map(|secret| secret.sign(filename, until))
    }

    /// Whether a link to this file is one of ours, and not over.
    pub fn proves(&self, filename: &str, signed: &Signed) -> bool {
        let content = self.content();
        let mut secrets = content.links.iter().filter(|secret| secret.id == signed.kid);
        secrets.any(|secret| secret.proves(filename, signed, Utc::now()))
    }

    fn content(&self) -> RwLockReadGuard<'_, Content> {
        self.content.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Time, size and number of the file: a renamed one differs in the last.
type Stamp = Option<(SystemTime, u64, u64)>;

fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len(), about.ino()))
}

async fn look(keys: Weak<Keys>, mut seen: Stamp) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(keys) = keys.upgrade() else { return };
        let now = stamp(&keys.path);
        if now == seen {
            continue;
        }
        seen = now;
        match file::read(&keys.path) {
            Ok(content) => {
                tracing::info!(keys = content.keys.len(), "the keys were read anew");
                *keys.content.write().unwrap_or_else(PoisonError::into_inner) = content;
            }
            Err(error) => tracing::error!(%error, "the changed keys cannot be used; the ones before stay"),
        }
    }
}
