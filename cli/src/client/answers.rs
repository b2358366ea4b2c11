//! What both ways to submit and to follow answer.

use deertrack_schemas::CompletionEvent;
use serde_json::Value;

/// An accepted request.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) job_id: String,
    /// The idempotency key belongs to this job since earlier.
    pub(crate) existing: bool,
}

/// One thing seen while following completions.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A job ended. `id` resumes behind it.
    Ended { id: String, event: Box<CompletionEvent> },
    /// Events were missed; status records tell what happened meanwhile.
    Lagged(String),
}

/// A text field of a status record.
pub(crate) fn text<'a>(record: &'a Value, field: &str) -> Option<&'a str> {
    record.get(field).and_then(Value::as_str)
}
