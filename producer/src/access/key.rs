//! One key: `dtk.<id>.<43 characters>`, and what is kept of it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deertrack_schemas::tenant::{MAX_TENANT_CHARS, is_tenant};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;

/// How every key begins, so that scanners for leaked secrets find it.
const PREFIX: &str = "dtk.";
/// Random bytes of a key.
const SECRET_BYTES: usize = 32;

/// The id of a key or the name of a tenant: `a-z`, `0-9` and `-`, at most 40 of them. It stands in names of files and keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// Something else.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} cannot be the id of a key or the name of a tenant; write 1 to {MAX_TENANT_CHARS} of a-z, 0-9 and -"
)]
pub struct InvalidName(pub String);

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if is_tenant(text) { Ok(Self(text.into())) } else { Err(InvalidName(text.to_owned())) }
    }
}

impl Name {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new key. It is shown once, and only its hash is kept.
pub struct NewKey {
    /// What its holder sends: `Authorization: Bearer ...`.
    pub secret: String,
    /// What the file keeps.
    pub(super) hash: KeyHash,
}

impl NewKey {
    /// A random one, whose holder it names.
    ///
    /// # Panics
    /// When the system has no random numbers.
    pub fn of(id: &Name) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        SystemRandom::new().fill(&mut bytes).expect("the system gives random numbers");
        let secret = format!("{PREFIX}{id}.{}", URL_SAFE_NO_PAD.encode(bytes));
        Self { hash: KeyHash::of(&secret), secret }
    }
}

/// SHA-256 of a key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KeyHash([u8; 32]);

impl KeyHash {
    /// Of the whole key as it is sent.
    pub(super) fn of(secret: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self(hash)
    }

    /// In constant time.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for KeyHash {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(());
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| ())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| ())?;
        }
        Ok(Self(hash))
    }
}

/// The id that a key names. Says nothing of whether it is right.
pub(super) fn id_of(secret: &str) -> Option<&str> {
    let (id, random) = secret.strip_prefix(PREFIX)?.split_once('.')?;
    (!id.is_empty() && !random.is_empty() && secret.len() < 128).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_hash_alone() {
        let id: Name = "dashboard".parse().unwrap();
        let (one, other) = (NewKey::of(&id), NewKey::of(&id));
        assert_eq!((id_of(&one.secret), one.secret.len()), (Some("dashboard"), 4 + 9 + 1 + 43));
        assert!(one.hash.is(&KeyHash::of(&one.secret)) && !one.hash.is(&other.hash));
        let kept: KeyHash = one.hash.to_string().parse().ok().unwrap();
        assert!(kept.is(&one.hash) && !one.hash.to_string().contains(&one.secret));
        for bad in
            ["", "dtk", "dtk.", "dtk.a", "dtk..x", "dtk.a.", "sk.a.x", &format!("dtk.a.{}", "x".repeat(200))]
        {
            assert_eq!(id_of(bad), None, "{bad}");
        }
        for bad in ["", "A", "a b", "a.b", "a_b", "ä", &"a".repeat(41)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
