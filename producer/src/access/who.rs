//! Who asks.

use std::sync::Arc;

use deertrack_schemas::Kind;

use super::{Scope, Scopes};

/// Who asks, and what that key allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The key's id; `None` where the gateway asks nobody for a key.
    pub id: Option<Arc<str>>,
    /// What it allows.
    pub scopes: Scopes,
    /// Whose jobs, events and files it sees; `None`: everybody's.
    pub tenant: Option<Arc<str>>,
    /// Which kinds it may ask for; `None`: every one.
    pub kinds: Option<Arc<[Kind]>>,
}

impl Who {
    /// Anybody, on a gateway without keys.
    pub fn anybody() -> Self {
        Self { id: None, scopes: Scopes::all(), tenant: None, kinds: None }
    }

    /// Somebody without a key, where it is not asked for.
    pub fn nobody() -> Self {
        Self { scopes: Scopes::default(), ..Self::anybody() }
    }

    /// Whether this is allowed.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.has(scope)
    }

    /// Whether such exports may be asked for.
    pub fn may_ask_for(&self, kind: Kind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether what belongs to `tenant` is seen.
    pub fn sees(&self, tenant: Option<&str>) -> bool {
        self.tenant.is_none() || self.tenant.as_deref() == tenant
    }
}
