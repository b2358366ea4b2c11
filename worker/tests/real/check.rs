//! What a topic lists.

use std::path::Path;

/// A check: its name, and what it does with the folder of data. It fails by panicking.
pub(crate) type Check = (&'static str, fn(&Path));
