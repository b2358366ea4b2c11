//! The name of a job: chosen by the client before its first try, so that a retry is harmless.
//!
//! It stands in key names and file names, so its alphabet is narrow. It does not make new ids: this crate has
//! no randomness; `deertrack-stream` mints UUID v7.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A job id: 1 to 64 characters out of `A-Z a-z 0-9 _ -`. Ours are UUIDs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_-]{1,64}$"))]
pub struct JobId(String);

/// The text cannot be a job id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("job id {0:?} is not 1 to 64 characters out of A-Z a-z 0-9 _ -; send a UUID")]
pub struct InvalidJobId(String);

impl JobId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidJobId;

    fn try_from(text: String) -> Result<Self, InvalidJobId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidJobId(text.chars().take(80).collect()))
        }
    }
}

impl FromStr for JobId {
    type Err = InvalidJobId;

    fn from_str(text: &str) -> Result<Self, InvalidJobId> {
        Self::try_from(text.to_owned())
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_leave_its_folder_is_refused() {
        for bad in ["", "../x", "a/b", "a b", "a\0", "é", &"x".repeat(65)] {
            assert!(bad.parse::<JobId>().is_err(), "{bad:?} was taken");
        }
        assert!("0192f0c1-7d2e-7aaa-8bbb-cccccccccccc".parse::<JobId>().is_ok());
    }
}
