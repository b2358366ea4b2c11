//! A command in outline: what can be told of one that this version does not understand.
//!
//! A newer producer may send another version of the envelope, a kind or a parameter that this program does not know. What
//! has the outline of a command is not rubbish: a newer worker may understand it. See [`crate::wire::outline`].

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::JobId;

/// What every version of a command has, whatever else it says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Outline {
    /// Version of its envelope.
    pub v: u64,
    /// The job.
    pub job_id: JobId,
    /// The name of its kind, which may be unknown here.
    pub kind: String,
    /// Who asked.
    #[serde(default)]
    pub requested_by: Option<String>,
    /// Whose quota it counts against.
    #[serde(default)]
    pub tenant: Option<String>,
    /// It has parameters, of whatever form.
    #[serde(rename = "params")]
    _params: Anything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(from).map(|_ignored| Self)
    }
}
