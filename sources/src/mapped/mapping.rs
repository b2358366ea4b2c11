//! Which column tells what: as a tool always calls it, as a file says (`--mapping`, TOML), or as a proposal.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::error::ImportError;

/// What a column may tell, and by which names a project may call it, in small letters without signs.
const ROLES: [(&str, &[&str]); 25] = [
    ("file", &["file", "filename"]),
    ("folder", &["relativepath", "folder", "directory"]),
    ("id", &[]),
    ("time", &["datetime", "timestamp", "dates"]),
    ("date", &["date"]),
    ("clock", &["time"]),
    ("station", &["station", "site", "camera", "cameranumber", "cameraid", "location", "deployment"]),
    ("location", &[]),
    ("latitude", &["latitude", "lat"]),
    ("longitude", &["longitude", "long", "lon"]),
    ("start", &[]),
    ("end", &[]),
    ("camera", &[]),
    ("sequence", &["sequence", "sequenceid", "episode"]),
    (
        "label",
        &[
            "species",
            "speciesname",
            "animal",
            "animals",
            "commonname",
            "taxon",
            "choice0",
            "class",
            "prediction",
        ],
    ),
    ("genus", &[]),
    (
        "count",
        &[
            "count",
            "number",
            "quantity",
            "animalcount",
            "numindividuals",
            "individuals",
            "counter0",
            "howmany",
        ],
    ),
    ("sex", &["sex", "gender"]),
    ("life_stage", &["age", "lifestage", "ageclass"]),
    ("individual", &["individual", "individualid", "animalid"]),
    ("confidence", &["confidence", "score", "probability"]),
    ("blank", &["empty", "blank", "noanimal", "nothing", "flag0"]),
    ("person", &["person", "people", "human", "humans", "humanpresence"]),
    ("vehicle", &["vehicle", "vehicles"]),
    ("comments", &["comments", "comment", "notes", "note0", "remarks"]),
];

/// Columns by what they tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mapping(BTreeMap<String, String>);

impl Mapping {
    /// As a tool always calls its columns.
    pub(crate) fn of(columns: &[(&str, &str)]) -> Self {
        Self(columns.iter().map(|(role, column)| ((*role).to_owned(), (*column).to_owned())).collect())
    }

    /// The column that tells something.
    pub(crate) fn get(&self, role: &str) -> Option<&str> {
        self.0.get(role).map(String::as_str)
    }

    /// Without what a table does not have, and as it writes what it has.
    pub(crate) fn within(self, columns: &[String]) -> Self {
        let there = |column: &str| columns.iter().find(|there| there.eq_ignore_ascii_case(column)).cloned();
        Self(self.0.into_iter().filter_map(|(role, column)| Some((role, there(&column)?))).collect())
    }

    /// Those columns of a table whose names tell what they are.
    pub(crate) fn proposed(columns: &[String]) -> Self {
        let plain = |name: &String| {
            name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        let mut taken = BTreeMap::<String, String>::new();
        for (role, names) in ROLES {
            let is_free = |column: &&String| !taken.values().any(|taken| taken == *column);
            let named = names
                .iter()
                .find_map(|name| columns.iter().filter(is_free).find(|column| plain(column) == *name));
            if let Some(column) = named {
                taken.insert(role.to_owned(), column.clone());
            }
        }
        if taken.contains_key("time") {
            taken.remove("date");
            taken.remove("clock");
        }
        Self(taken)
    }

    /// Reads a mapping of a table.
    ///
    /// # Errors
    /// When it cannot be read, or names what is not there.
    pub(crate) fn read(path: &Path, columns: &[String]) -> Result<Self, ImportError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ImportError::Unreadable { path: path.to_owned(), source })?;
        let wrong = |reason: String| ImportError::WrongForm { path: path.to_owned(), reason };
        let told: BTreeMap<String, String> =
            toml::from_str(&text).map_err(|error| wrong(format!("it is no mapping: {}", error.message())))?;
        for (role, column) in &told {
            if !ROLES.iter().any(|(known, _)| known == role) {
                let known: Vec<&str> = ROLES.iter().map(|(role, _)| *role).collect();
                return Err(wrong(format!(
                    "it maps {role:?}, and what a column may tell is: {}",
                    known.join(", ")
                )));
            }
            if !columns.iter().any(|there| there.eq_ignore_ascii_case(column)) {
                let there = columns.join(", ");
                return Err(wrong(format!("{role} is the column {column:?}, and the table has: {there}")));
            }
        }
        Ok(Self(told).within(columns))
    }

    /// As a file says it.
    pub(crate) fn as_text(&self, columns: &[String]) -> String {
        let mut text = String::new();
        for (role, _) in ROLES {
            if let Some(column) = self.get(role) {
                let _ = writeln!(text, "{role} = {}", toml::Value::String(column.to_owned()));
            }
        }
        let free: Vec<&str> = columns
            .iter()
            .map(String::as_str)
            .filter(|column| !self.0.values().any(|taken| taken == column))
            .collect();
        if !free.is_empty() {
            let _ = writeln!(text, "# columns that tell nothing yet: {}", free.join(", "));
        }
        let rest: Vec<&str> =
            ROLES.iter().map(|(role, _)| *role).filter(|role| self.get(role).is_none()).collect();
        let _ = writeln!(text, "# what else a column may tell: {}", rest.join(", "));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_takes_each_column_once_and_is_read_back() {
        let columns =
            ["RootFolder", "File", "RelativePath", "DateTime", "DeleteFlag", "Species", "Count", "Empty"];
        let columns = columns.map(str::to_owned);
        let proposed = Mapping::proposed(&columns);
        let text = proposed.as_text(&columns);
        assert!(
            text.starts_with(
                "file = \"File\"\nfolder = \"RelativePath\"\ntime = \"DateTime\"\nlabel = \"Species\"\n"
            ),
            "{text}"
        );
        assert!(text.contains("# columns that tell nothing yet: RootFolder, DeleteFlag"), "{text}");
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("mapping.toml");
        fs::write(&path, &text).unwrap();
        assert_eq!(Mapping::read(&path, &columns).unwrap(), proposed);
        for (text, told) in [
            ("label = \"Animal\"", "label is the column \"Animal\", and the table has: RootFolder, File"),
            ("what = \"File\"", "it maps \"what\", and what a column may tell is: file, folder"),
            ("file = 3", "it is no mapping"),
        ] {
            fs::write(&path, text).unwrap();
            let error = Mapping::read(&path, &columns).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
