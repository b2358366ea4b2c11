//! The completion event: what a dashboard learns when a job has ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::StatusRecord;

/// One job has ended. There is exactly one event for each job and replay.
///
/// In the stream it is an entry with the fields `n`, `job`, `kind`, `status` (readable with any Redis client)
/// and `body`: the status record as a MessagePack map with names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompletionEvent {
    /// Sequence number without gaps. `n != last + 1` means events were lost or trimmed; a smaller `n` means
    /// that Redis lost data.
    pub n: u64,
    /// The status record at the end.
    pub record: StatusRecord,
}
