//! The names of the kinds, and what callers may know of one. Each kind's own file fills this in; all of them are listed
//! in `mod.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of an export kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A PDF report.
    Pdf,
    /// An archive of crops.
    Zip,
    /// Rows for spreadsheets, statistics and maps.
    Table,
    /// A Camtrap DP package.
    CamtrapDp,
    /// The similarity analysis of re-identification.
    Reid,
}

/// What callers may know of a kind before they ask for it (`GET /api/kinds`).
#[derive(Debug, PartialEq, Serialize)]
pub struct KindInfo {
    /// Which kind this describes.
    #[serde(skip)]
    pub kind: Kind,
    /// As it stands in URLs, in the envelope and in metrics.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// One sentence: what one gets.
    pub description: &'static str,
    /// First part of the artifact's file name.
    pub file_stem: &'static str,
    /// File name extension of the artifact, without the dot. Some kinds make other files too, as asked.
    pub extension: &'static str,
    /// Media type of the artifact.
    pub media_type: &'static str,
    /// The other types of files that it makes, if asked.
    pub other_files: &'static [FileType],
    /// How long one try may run, in seconds.
    pub time_limit_seconds: u64,
    /// How many tries a command of this kind gets.
    pub max_attempts: u32,
    /// After its first failed try it waits for up to so many seconds, then for up to twice as many, and so on. More
    /// for kinds whose tries cost more.
    pub retry_base_seconds: u64,
    /// The longest wait before a try, in seconds.
    pub retry_cap_seconds: u64,
}

/// A type of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileType {
    /// File name extension, without the dot.
    pub extension: &'static str,
    /// Media type.
    pub media_type: &'static str,
}

impl KindInfo {
    /// Every type of files that this kind makes, the usual one first.
    pub fn files(&self) -> impl Iterator<Item = FileType> {
        let usual = FileType { extension: self.extension, media_type: self.media_type };
        std::iter::once(usual).chain(self.other_files.iter().copied())
    }
}
