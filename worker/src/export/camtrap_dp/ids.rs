//! The ids of the package: those of its sources where they are one source's, for a package that came in goes out as it
//! was; those of the database where two sources use one id.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::hashes::{Hasher, Hashes};
use crate::JobError;
use crate::export::scratch::ScratchFolder;

/// The ids of all tables.
pub(super) struct AllIds {
    pub(super) deployments: Ids,
    pub(super) places: Ids,
    pub(super) deer: Ids,
    pub(super) media: RowIds,
    pub(super) observations: RowIds,
}

/// The ids of a few things.
pub(super) struct Ids(HashMap<String, String>);

impl Ids {
    /// From pairs of the id in the database and the source's own.
    pub(super) fn of<'a>(rows: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Self {
        let told: BTreeMap<&str, &str> = rows.map(|(id, source)| (id, source.unwrap_or(id))).collect();
        let different: HashSet<&str> = told.values().copied().collect();
        if different.len() < told.len() {
            return Self(HashMap::new());
        }
        let changed = told.into_iter().filter(|(id, source)| id != source);
        Self(changed.map(|(id, source)| (id.to_owned(), source.to_owned())).collect())
    }

    pub(super) fn told<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// The ids of a table of many rows, each of which knows both of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowIds {
    Source,
    Database,
}

impl RowIds {
    pub(super) fn told<'a>(self, id: &'a str, source: Option<&'a str>) -> &'a str {
        match self {
            Self::Source => source.unwrap_or(id),
            Self::Database => id,
        }
    }
}

/// Which ids a table of many rows gets, while they are read.
pub(super) struct Choice {
    hasher: Hasher,
    told: Hashes,
    /// A row has another id in its source.
    differs: bool,
}

impl Choice {
    pub(super) fn new(hasher: &Hasher, scratch: &ScratchFolder) -> Self {
        Self { hasher: hasher.clone(), told: Hashes::new(scratch), differs: false }
    }

    /// Adds a row; ids of the database are its own alone.
    pub(super) fn add(&mut self, id: &str, source: Option<&str>) -> Result<(), JobError> {
        let told = source.unwrap_or(id);
        self.differs |= told != id;
        self.told.add((self.hasher.of(told), 0))
    }

    pub(super) fn finish(self) -> Result<RowIds, JobError> {
        let mut is_unique = true;
        if self.differs {
            self.told.each(|same| is_unique &= same.len() == 1)?;
        }
        Ok(if is_unique { RowIds::Source } else { RowIds::Database })
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::export::Room;

    const CASES: [&[(&str, Option<&str>)]; 3] = [
        &[("b:1", Some("1")), ("x", None)],
        &[("1", Some("1")), ("b:1", Some("1"))],
        &[("1", None), ("b:1", Some("1"))],
    ];

    #[test]
    fn ids_are_those_of_the_source_unless_two_sources_share_one() {
        let [one, shared, taken] = CASES.map(|rows| Ids::of(rows.iter().copied()));
        assert_eq!((one.told("b:1"), one.told("x"), one.told("else")), ("1", "x", "else"));
        assert_eq!((shared.told("1"), shared.told("b:1")), ("1", "b:1"));
        assert_eq!((taken.told("1"), taken.told("b:1")), ("1", "b:1"));
    }

    #[test]
    fn the_same_is_decided_without_holding_the_ids() {
        let dir = TempDir::new().unwrap();
        let scratch = ScratchFolder::new(dir.path(), Room::default());
        for rows in CASES {
            let mut choice = Choice::new(&Hasher::default(), &scratch);
            rows.iter().for_each(|(id, source)| choice.add(id, *source).unwrap());
            let (ids, all) = (choice.finish().unwrap(), Ids::of(rows.iter().copied()));
            for (id, source) in rows {
                assert_eq!(ids.told(id, *source), all.told(id));
            }
        }
    }
}
