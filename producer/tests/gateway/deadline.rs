//! When a test gives up waiting.

use std::time::Duration;

/// Nothing here takes this long unless it is broken.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
