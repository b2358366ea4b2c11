//! The ids of a package in a database that may hold other data sets: the package's own, unless one of them is taken
//! there; then all of them behind a prefix.

use std::collections::{BTreeMap, HashSet};

use deertrack_catalog::store::{KnownDataset, Named, Owned, Writing};

use super::deployments::Stands;
use super::individuals::Seen;
use super::part::Part;
use crate::error::ImportError;

const LONGEST_PREFIX: usize = 24;

/// What other data sets of the database call their rows.
pub(super) struct Others {
    tables: Vec<Owned>,
    events: HashSet<String>,
}

impl Others {
    /// `None`: there are none.
    pub(super) async fn of(dataset_id: &str, writing: &mut Writing) -> Result<Option<Self>, ImportError> {
        let mut tables = Vec::new();
        for table in Owned::ALL {
            if writing.has_others(table, dataset_id).await? {
                tables.push(table);
            }
        }
        if tables.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { tables, events: writing.names_of_others(Named::Events, dataset_id).await? }))
    }

    /// Whether one of them has an id of ours.
    async fn has_one(
        &self,
        table: Owned,
        ids: impl Iterator<Item = &str>,
        dataset_id: &str,
        writing: &mut Writing,
    ) -> Result<bool, ImportError> {
        if !self.tables.contains(&table) {
            return Ok(false);
        }
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        Ok(writing.has_one_of_others(table, dataset_id, &ids).await?)
    }

    /// Whether one of them has the id of a deployment, a place or an animal.
    pub(super) async fn share_stands(
        &self,
        stands: &Stands,
        individuals: &BTreeMap<String, Seen>,
        dataset_id: &str,
        writing: &mut Writing,
    ) -> Result<bool, ImportError> {
        let deployments = stands.all.iter().map(|stand| stand.id.as_str());
        let places = stands.places.all.iter().map(|place| place.id.as_str());
        let deer = individuals.keys().map(String::as_str);
        Ok(self.has_one(Owned::Deployments, deployments, dataset_id, writing).await?
            || self.has_one(Owned::Places, places, dataset_id, writing).await?
            || self.has_one(Owned::Deer, deer, dataset_id, writing).await?)
    }

    /// Whether one of them has the id of a photograph, a detection or an event.
    pub(super) async fn share_rows(
        &self,
        part: &Part,
        dataset_id: &str,
        writing: &mut Writing,
    ) -> Result<bool, ImportError> {
        let detections = part.observations.found.iter().map(|found| found.row.id.as_str());
        let images = part.media.all.iter().map(|medium| medium.id.as_str());
        Ok(part.events.all.iter().any(|event| self.events.contains(&event.key))
            || self.has_one(Owned::Detections, detections, dataset_id, writing).await?
            || self.has_one(Owned::Images, images, dataset_id, writing).await?)
    }
}

/// What the ids of a data set begin with that shares some with others, where no earlier import chose it.
pub(super) fn prefix(dataset_id: &str, known: &[KnownDataset]) -> String {
    let taken: HashSet<&str> = known.iter().map(|dataset| dataset.id_prefix.as_str()).collect();
    let word = slug(dataset_id);
    let numbered = (2..).map(|number| format!("{word}-{number}:"));
    let mut candidates = std::iter::once(format!("{word}:")).chain(numbered);
    candidates.find(|prefix| !taken.contains(prefix.as_str())).unwrap_or_default()
}

/// Lower-case letters, digits and dashes of a data set's id.
fn slug(id: &str) -> String {
    let mut slug = String::new();
    for letter in id.chars().map(|letter| letter.to_ascii_lowercase()) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    // The end of an address tells more than its begin.
    let from = slug.len().saturating_sub(LONGEST_PREFIX);
    let short = slug[from..].trim_matches('-');
    if short.is_empty() { "set".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_short_and_says_whose_ids_they_are() {
        assert_eq!(slug("c02_same_ids_B"), "c02-same-ids-b");
        assert_eq!(slug("https://doi.org/10.15468/5tb6ze"), "doi-org-10-15468-5tb6ze");
        assert_eq!(slug("データ"), "set");
    }
}
