//! The envelope: one export command as it lies in the stream. See [`crate::wire`] for its bytes.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Export, JobId};

/// Version of the envelope that this crate writes and the newest it reads.
pub const VERSION: u8 = 1;

/// One export command. On the wire it is a MessagePack map with these names; unknown names pass, so that
/// producers and workers of different ages mix.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Command {
    /// Version of the envelope: [`crate::wire::VERSION`].
    pub v: u8,
    /// Chosen by the producer before its first try.
    pub job_id: JobId,
    /// `kind` and `params`.
    #[serde(flatten)]
    pub export: Export,
    /// Who asked: a user or a service, for people to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Whose quota this counts against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// When the request was accepted (UTC). Reports print it as their generation time, so a re-run repeats its bytes.
    pub created_at: DateTime<Utc>,
    /// Which try this is, from 1. A retry parks the command with the next number.
    #[serde(default = "first_attempt")]
    pub attempt: u32,
    /// After this many failed tries the command goes to the dead letters.
    #[serde(default = "first_attempt")]
    pub max_attempts: u32,
    /// Not worth running after this time (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
    /// The same key answers the same job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

pub(crate) fn first_attempt() -> u32 {
    1
}

impl Command {
    /// A first try of `export`, with the number of attempts its kind allows.
    pub fn new(job_id: JobId, export: Export, created_at: DateTime<Utc>) -> Self {
        Self {
            v: VERSION,
            max_attempts: export.kind().info().max_attempts,
            job_id,
            export,
            requested_by: None,
            tenant: None,
            created_at,
            attempt: 1,
            deadline: None,
            idempotency_key: None,
            traceparent: None,
        }
    }
}
