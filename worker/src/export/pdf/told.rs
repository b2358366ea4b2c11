//! What anybody tells in the whole data set: a class that nobody looks for is not one of which there are none, and an id
//! that never comes again names a passage and no animal.

use deertrack_schemas::Class;

use super::wording::{class_name, list};
use crate::export::whole::Whole;

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Bucks from does: who tells one of them has looked for the other.
    pub(super) sexes: bool,
    pub(super) fawns: bool,
    /// Individuals from passages.
    pub(super) individuals: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self { sexes: true, fawns: true, individuals: true }
    }
}

impl Told {
    /// By some rows.
    pub(super) fn by(rows: &Whole) -> Self {
        Self {
            sexes: rows.has(Class::Buck) || rows.has(Class::Doe),
            fawns: rows.has(Class::Fawn),
            individuals: !rows.names_passages(),
        }
    }

    /// Whether more rows could change nothing of what these tell.
    pub(super) fn is_settled(self, rows: &Whole) -> bool {
        self.sexes && self.fawns && !rows.leaves_passages_open()
    }

    pub(super) fn has(self, class: Class) -> bool {
        match class {
            Class::Buck | Class::Doe => self.sexes,
            Class::Fawn => self.fawns,
            Class::Unknown => true,
        }
    }
}

/// `Fawns are not told apart: no detection of the whole data set is of one, so they have no number here.`
pub(super) fn not_told_apart(classes: &[Class]) -> Option<String> {
    let names: Vec<String> = classes.iter().map(|class| class_name(*class).label.to_owned()).collect();
    let (first, rest) = names.split_first()?;
    let rest = rest.iter().map(|name| name.to_lowercase());
    let names: Vec<String> = std::iter::once(first.clone()).chain(rest).collect();
    Some(format!(
        "{} are not told apart: no detection of the whole data set is of one, so they have no numbers here; that says \
         nothing of how many there were.",
        list(&names)
    ))
}
