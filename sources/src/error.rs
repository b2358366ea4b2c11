//! Why an import ended, in words that lead to the place: file, line, column, value.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::Serialize;

use deertrack_catalog::CatalogError;

/// The longest part of a bad value that is shown.
const SHOWN_CHARS: usize = 80;

/// Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What is there is not what this import reads.
    #[error("{}: {reason}", path.display())]
    WrongForm {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A row cannot be used, and the choice was to stop at such a row.
    #[error("{bad}\nnothing was imported{}", others_of(.0), bad = .0)]
    BadRow(BadRow),
    /// Rows have no deployment, and the choice was to stop at such rows.
    #[error(
        "{first}\nrows without their deployment: {counts}\nnothing was imported; --skip-invalid imports the other rows"
    )]
    NoDeployment {
        /// The first of them.
        first: Box<BadRow>,
        /// How many, by deployment.
        counts: String,
    },
    /// A label cannot be used; labels are all needed.
    #[error("{0}\nnothing was imported")]
    BadLabel(BadRow),
    /// A row of a file of corrections cannot be used; all are needed.
    #[error("{0}\nnothing was imported")]
    BadCorrection(BadRow),
    /// A clock of a deployment that is not there should be mended.
    #[error(
        "--shift names the deployment {id:?}, which the package does not have{near}\nnothing was imported"
    )]
    NoSuchDeployment {
        /// Its id.
        id: String,
        /// What it may have been, as the end of a sentence.
        near: String,
    },
    /// A clock should be mended twice.
    #[error("--shift names the deployment {id:?} twice; tell one shift for it\nnothing was imported")]
    ShiftedTwice {
        /// Its id.
        id: String,
    },
    /// No row is of the chosen species.
    #[error(
        "the package has no observation of {}; it has {}{unused}", wanted.join(", "),
        if found.is_empty() { "none of an animal".to_owned() } else { found.join(", ") }
    )]
    NoSuchSpecies {
        /// What was asked for.
        wanted: Vec<String>,
        /// What there is.
        found: Vec<String>,
        /// How many rows could not be used, as the end of a sentence.
        unused: String,
    },
    /// No row is of a deer, and no species was chosen.
    #[error(
        "the package has no deer (Cervidae){}; --species NAME takes another animal{}{unused}",
        if found.is_empty() { ", nor any other animal with a name".to_owned() } else { format!("; it has {}", found.join(", ")) },
        if *has_nameless { ", and --species '*' every one, also those without a name" } else { "" }
    )]
    NoDeer {
        /// What there is.
        found: Vec<String>,
        /// There are animals that nobody named, as detectors tell them without a classifier.
        has_nameless: bool,
        /// How many rows could not be used, as the end of a sentence.
        unused: String,
    },
    /// A data set of this name is there, and its content is another.
    #[error(
        "the database has a data set named {name:?} ({title}) with other content; nothing was imported: \
         --replace removes that one and imports this, --as NAME imports this beside it under another name"
    )]
    AnotherOfThisName {
        /// The name of both.
        name: String,
        /// Of the one that is there.
        title: String,
    },
    /// Columns of a project's own need a mapping.
    #[error(
        "{file}: which column tells what is the project's own. Write this into a file, change what is wrong, and give it \
         with --mapping:\n\n{proposed}"
    )]
    NeedsMapping {
        /// The table.
        file: String,
        /// A mapping, as far as names tell it.
        proposed: String,
    },
    /// Nothing of the chosen species is in the files of a tool; what they were taken for tells why.
    #[error(
        "{error}\n--names CSV tells what a label means (columns: name, kind, scientific_name, sex, life_stage)\n\
         what was read, and as what it was taken:\n{told}"
    )]
    OfTool {
        /// What is wrong.
        error: Box<ImportError>,
        /// As what it was taken, in words.
        told: String,
    },
    /// The database.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// What becomes of the other rows. Where a flag is missing it is missing for nearly all of them.
fn others_of(bad: &BadRow) -> &'static str {
    if bad.reason.contains("say --") { "" } else { "; --skip-invalid imports the other rows" }
}

/// A row that cannot be used, and the value to blame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BadRow {
    /// File name within the package.
    pub file: String,
    /// Line of the file, from 1; the header is line 1.
    pub line: u64,
    /// Name of the column; empty when the row as a whole is broken.
    pub column: String,
    /// The value as it stands there.
    pub value: String,
    /// What is wrong with it, after "is".
    pub reason: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, value, reason } = self;
        if column.is_empty() {
            return write!(f, "{file}, line {line}: the row is {reason}");
        }
        let shown: String = value.chars().take(SHOWN_CHARS).collect();
        let more = if shown.len() < value.len() { "..." } else { "" };
        write!(f, "{file}, line {line}, column {column}: {shown:?}{more} is {reason}")
    }
}
