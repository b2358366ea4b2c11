//! Ids that come again and again, each held once.

use std::collections::HashSet;
use std::sync::Arc;

/// Every id that was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(HashSet<Arc<str>>);

impl Names {
    /// The id, as it was when it was seen first.
    pub(crate) fn of(&mut self, id: &str) -> Arc<str> {
        match self.0.get(id) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = Arc::from(id);
                self.0.insert(Arc::clone(&new));
                new
            }
        }
    }
}
