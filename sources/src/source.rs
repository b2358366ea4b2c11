//! What callers may know of a source. Each source's own file fills this in; `lib.rs` lists them.

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
