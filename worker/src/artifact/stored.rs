//! What is known of a finished file: its size and its hash.

use deertrack_schemas::Artifact;

/// Where the gateway serves artifacts.
pub const DOWNLOAD_PATH: &str = "/api/static/exports";

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// In bytes.
    pub size: u64,
    /// Hex.
    pub sha256: String,
}

impl Stored {
    /// What the status record says of it.
    pub fn describe(self, name: &str, media_type: &str, headline: Option<String>) -> Artifact {
        Artifact {
            filename: name.to_owned(),
            download_url: format!("{DOWNLOAD_PATH}/{name}"),
            file_size_bytes: self.size,
            sha256: self.sha256,
            media_type: media_type.to_owned(),
            headline,
        }
    }
}

/// Bytes in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
