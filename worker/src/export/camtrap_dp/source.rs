//! What a source told of its rows beside what the catalog has a field for: its own ids, and its other columns.

use std::collections::{BTreeMap, HashMap, HashSet};

use deertrack_catalog::Dataset;
use deertrack_catalog::corrections::Corrections;

use super::standard::Field;

/// The data sets by their ids.
pub(super) struct Sources(HashMap<String, Dataset>);

impl Sources {
    pub(super) fn new(datasets: Vec<Dataset>) -> Self {
        Self(datasets.into_iter().map(|dataset| (dataset.id.clone(), dataset)).collect())
    }

    pub(super) fn get(&self, id: &str) -> Option<&Dataset> {
        self.0.get(id)
    }

    /// What an import corrected of a data set.
    pub(super) fn corrections(&self, dataset_id: Option<&str>) -> Corrections {
        let notes = dataset_id.and_then(|id| self.0.get(id)?.notes.as_deref());
        Corrections::of_notes(notes)
    }

    /// Whether a row is of such a package: then what it does not tell was not told there, and nothing is made up.
    pub(super) fn is_package(&self, dataset_id: Option<&str>) -> bool {
        let profile = dataset_id.and_then(|id| self.0.get(id)?.profile.as_deref());
        profile.is_some_and(|profile| profile.starts_with("camtrap-dp"))
    }

    /// Photographs and events at times that cannot be true, as imports found them: they are in the database, without a
    /// time, and in no package.
    pub(super) fn impossible_times(&self) -> u64 {
        let notes = self.0.values().filter_map(|dataset| dataset.notes.as_deref());
        let notes = notes.filter_map(|notes| serde_json::from_str::<serde_json::Value>(notes).ok());
        notes.filter_map(|notes| notes["impossible_times"].as_u64()).sum()
    }

    /// An id without what tells it from that of another data set.
    pub(super) fn without_prefix<'a>(&self, dataset_id: Option<&str>, id: &'a str) -> &'a str {
        let prefix = dataset_id.and_then(|id| Some(self.0.get(id)?.id_prefix.as_str()));
        prefix.and_then(|prefix| id.strip_prefix(prefix)).unwrap_or(id)
    }
}

/// The other columns of a row, by their names, each the text of its cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra(BTreeMap<String, String>);

impl Extra {
    /// What is no object of texts tells nothing.
    pub(super) fn of(json: Option<&str>) -> Self {
        Self(json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default())
    }

    pub(super) fn get(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }

    /// The others, without these.
    pub(super) fn without(mut self, columns: &[&str]) -> Self {
        self.0.retain(|name, _| !columns.contains(&name.as_str()));
        self
    }

    /// A number, with a decimal point or a decimal comma.
    pub(super) fn number(&self, column: &str) -> Option<f64> {
        self.get(column)?.replace(',', ".").parse().ok()
    }

    /// The cell as the standard writes it, if it knows such a value.
    pub(super) fn fitting(&self, field: &Field) -> Option<String> {
        Some(field.form.fitting(self.get(field.name)?)?.into_owned())
    }
}

/// The ids of the package.
pub(super) struct AllIds {
    pub(super) deployments: Ids,
    pub(super) places: Ids,
    pub(super) media: Ids,
    pub(super) observations: Ids,
    pub(super) deer: Ids,
}

/// The ids of one table as its sources have them; those of the database where two sources use one id.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_source_unless_two_sources_share_one() {
        let ids = Ids::of([("b:1", Some("1")), ("x", None)].into_iter());
        assert_eq!((ids.told("b:1"), ids.told("x"), ids.told("else")), ("1", "x", "else"));
        let ids = Ids::of([("1", Some("1")), ("b:1", Some("1"))].into_iter());
        assert_eq!((ids.told("1"), ids.told("b:1")), ("1", "b:1"));
    }
}
