//! What a source told of its rows beside what the catalog has a field for.

use std::collections::{BTreeMap, HashMap};

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

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
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
