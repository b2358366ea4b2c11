//! Ids of individuals that name passages: those that an import found and kept out, and those of a whole data set.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::{Catalog, Dataset};

use super::whole::Whole;
use super::words::counted;
use crate::JobError;

/// What stands in a data set's notes.
const NOTE: &str = "passages";

/// How many ids the imports found to be of passages; those are no individuals of the database.
pub(super) fn noted(datasets: &[Dataset]) -> u64 {
    let notes = datasets.iter().filter_map(|dataset| dataset.notes.as_deref());
    // Notes that are no JSON object tell nothing.
    let read =
        notes.filter_map(|notes| serde_json::from_str::<BTreeMap<String, serde_json::Value>>(notes).ok());
    read.filter_map(|notes| notes.get(NOTE)?.as_u64()).sum()
}

/// Whether the ids of individuals name passages. `some`: rows of a request, which often settle it.
pub(super) async fn are(catalog: &dyn Catalog, some: &Whole, now: DateTime<Utc>) -> Result<bool, JobError> {
    if !some.leaves_passages_open() {
        return Ok(false);
    }
    Ok(Whole::of(catalog, now).await?.names_passages())
}

/// `1,012 individual ids name passages, for none comes again`.
pub(super) fn words(ids: u64) -> String {
    let names = counted(ids, "individual id names a passage", "individual ids name passages");
    format!("{names}, for none comes again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_imports_found_is_summed_and_other_notes_say_nothing() {
        let dataset = |notes: Option<&str>| Dataset { notes: notes.map(str::to_owned), ..Dataset::default() };
        let told = [Some(r#"{"passages": 12}"#), Some(r#"{"passages": 3, "more": "x"}"#), Some("[]"), None];
        assert_eq!(noted(&told.map(dataset)), 15);
        assert_eq!(words(1), "1 individual id names a passage, for none comes again");
    }
}
