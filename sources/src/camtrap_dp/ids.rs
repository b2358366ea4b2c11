//! The ids of a package in a database that may hold other data sets: the package's own, unless one of them is taken
//! there; then all of them behind a prefix.

use std::collections::HashSet;

use deertrack_catalog::store::{KnownDataset, Named, Owned, Writing};

use super::deployments::Stands;
use super::events::Events;
use super::individuals::Individuals;
use super::media::Media;
use super::observations::Observations;
use crate::error::ImportError;

const LONGEST_PREFIX: usize = 24;

/// What a package calls its rows.
pub(super) struct Own<'a> {
    pub(super) stands: &'a Stands,
    pub(super) media: &'a Media,
    pub(super) observations: &'a Observations,
    pub(super) events: &'a Events,
    pub(super) individuals: &'a Individuals,
}

impl Own<'_> {
    /// Whether another data set of the database has one of these ids.
    async fn are_taken(&self, dataset_id: &str, writing: &mut Writing) -> Result<bool, ImportError> {
        for table in Owned::ALL {
            let others = writing.ids_of_others(table, dataset_id).await?;
            let is_taken = |id: &String| others.contains(id);
            let taken = match table {
                Owned::Detections => self.observations.found.iter().any(|found| is_taken(&found.row.id)),
                Owned::Images => self.media.all.iter().any(|medium| is_taken(&medium.id)),
                Owned::Deployments => self.stands.all.iter().any(|stand| is_taken(&stand.id)),
                Owned::Places => self.stands.places.all.iter().any(|place| is_taken(&place.id)),
                Owned::Deer => self.individuals.all.keys().any(is_taken),
            };
            if taken {
                return Ok(true);
            }
        }
        let others = writing.names_of_others(Named::Events, dataset_id).await?;
        Ok(self.events.all.iter().any(|event| others.contains(&event.key)))
    }

    /// What ids of the data set begin with. One that was imported with a prefix keeps it.
    pub(super) async fn prefix(
        &self,
        dataset_id: &str,
        known: &[KnownDataset],
        writing: &mut Writing,
    ) -> Result<String, ImportError> {
        let own = known.iter().find(|dataset| dataset.id == dataset_id).map(|dataset| &dataset.id_prefix);
        if let Some(prefix) = own.filter(|prefix| !prefix.is_empty()) {
            return Ok(prefix.clone());
        }
        if !self.are_taken(dataset_id, writing).await? {
            return Ok(String::new());
        }
        let taken: HashSet<&str> = known.iter().map(|dataset| dataset.id_prefix.as_str()).collect();
        let word = slug(dataset_id);
        let numbered = (2..).map(|number| format!("{word}-{number}:"));
        let mut candidates = std::iter::once(format!("{word}:")).chain(numbered);
        Ok(candidates.find(|prefix| !taken.contains(prefix.as_str())).unwrap_or_default())
    }
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
