//! What a watcher is told: an event, or that some are missing.

use deertrack_schemas::{CompletionEvent, wire};
use redis::streams::StreamId;

use crate::event_id::EventId;

/// What a watcher sees.
#[expect(clippy::large_enum_variant, reason = "nearly all are events; a box for each would cost more")]
#[derive(Debug, Clone)]
pub enum Watched {
    /// A job has ended.
    Event {
        /// Resume behind it with [`WatchFrom::After`](crate::WatchFrom::After).
        id: EventId,
        /// Its number and the status record.
        event: CompletionEvent,
    },
    /// Events between were lost or trimmed: read the status keys again. Then the events go on.
    Lagged {
        /// The number that should have come; 0 when it is not known.
        expected: u64,
        /// The number that comes next.
        found: u64,
    },
    /// Redis lost data: it forgot events that were told, from number `found` on at the latest. The events go on with
    /// that number; some may be told again. None that Redis has is left out, whatever their ids are.
    Reset {
        /// The number that should have come; 0 when it is not known.
        expected: u64,
        /// The number that comes next.
        found: u64,
        /// The events go on behind this one: where to resume if none comes before the watcher goes away.
        behind: EventId,
    },
}

pub(crate) fn event_of(entry: &StreamId) -> Option<CompletionEvent> {
    let body: Vec<u8> = entry.get("body")?;
    Some(CompletionEvent { n: entry.get("n")?, record: wire::decode_record(&body).ok()? })
}
