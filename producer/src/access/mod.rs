//! Who may do what: keys, their scopes, and the file that holds them.
//!
//! A key is 256 random bits and shown once; the file keeps its SHA-256. What is random needs no slow hash, and a check
//! costs a few microseconds. HTTP is in `http/guard.rs`.

mod file;
mod key;
mod keys;
mod link;
mod scope;
mod who;

pub use file::{KeyEntry, KeysError, add_link_secret};
pub use key::{InvalidName, Name, NewKey};
pub use keys::Keys;
pub use link::{LONGEST_LINK, Signed};
pub use scope::{Scope, Scopes, UnknownScope};
pub use who::Who;
