//! What callers may know of a source, and how it is read. Each source's own folder fills this in; `lib.rs` lists them.

use crate::draft::Draft;
use crate::error::ImportError;
use crate::given::Given;

/// What callers may know of a source before they read from it.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// As it stands behind `deertrack import`.
    pub name: &'static str,
    /// What it is, for people: one line without a full stop.
    pub about: &'static str,
    /// By what it tells that data are its own; anything else is refused.
    pub recognises: &'static str,
}

/// A source.
pub struct Source {
    /// What callers may know of it.
    pub info: &'static SourceInfo,
    /// Whether what was given is its own.
    pub(crate) claims: fn(&Given) -> bool,
    /// How it is read.
    pub(crate) read: How,
}

/// How a source is read.
pub(crate) enum How {
    /// It is a Camtrap DP package as it stands.
    Package,
    /// It becomes one: its rows are told to a draft.
    Tell(fn(&Given, &mut Draft<'_>) -> Result<(), ImportError>),
    /// It has a command of its own; this is the next step, in words.
    Other(&'static str),
}
