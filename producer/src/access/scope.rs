//! What a key may be good for.

use std::fmt;
use std::str::FromStr;

/// One thing that a key may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Scope {
    /// Ask for exports.
    ExportsSubmit,
    /// Ask where they are.
    ExportsRead,
    /// Cancel them.
    ExportsCancel,
    /// Fetch their files.
    FilesRead,
    /// Follow completions.
    EventsRead,
    /// See what waits, runs and failed.
    QueueRead,
    /// Pause and resume.
    QueueWrite,
    /// Replay and drop what was given up.
    DeadWrite,
    /// Read metrics.
    MetricsRead,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 9] = [
        Self::ExportsSubmit,
        Self::ExportsRead,
        Self::ExportsCancel,
        Self::FilesRead,
        Self::EventsRead,
        Self::QueueRead,
        Self::QueueWrite,
        Self::DeadWrite,
        Self::MetricsRead,
    ];

    /// As in the file of keys.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExportsSubmit => "exports:submit",
            Self::ExportsRead => "exports:read",
            Self::ExportsCancel => "exports:cancel",
            Self::FilesRead => "files:read",
            Self::EventsRead => "events:read",
            Self::QueueRead => "queue:read",
            Self::QueueWrite => "queue:write",
            Self::DeadWrite => "dead:write",
            Self::MetricsRead => "metrics:read",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No scope of that name.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no scope; known: {known}", known = Scopes::all())]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// All of them.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    /// Whether it is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

fn bit(scope: Scope) -> u16 {
    1 << scope as u8
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().map(bit).fold(0, |all, one| all | one))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().map(Scope::name).collect::<Vec<_>>().join(", "))
    }
}
