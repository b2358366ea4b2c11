//! Entries of the command stream as Redis replies with them. Whoever wrote them: nothing here trusts a field.

use std::sync::Arc;

use deertrack_schemas::JobId;
use redis::{ErrorKind, RedisError, RedisResult, Value};

/// One entry and which delivery of it this is.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: Arc<str>,
    pub(crate) delivery: u64,
    /// The field `job`; the entry's id when there is none that could be a job's.
    pub(crate) job: JobId,
    /// The field `body`; empty when there is none.
    pub(crate) body: Vec<u8>,
    /// The field `errors`: what went wrong in earlier tries, a JSON list. Empty at the first try.
    pub(crate) errors: Vec<u8>,
}

/// The reply of XREADGROUP for one stream: nil, or `[[name, [[id, [field, value, ...]], ...]]]` (a map in RESP3).
/// What nobody had before is in its first delivery.
pub(crate) fn from_read(reply: Value) -> RedisResult<Vec<Entry>> {
    let entries = match reply {
        Value::Nil => return Ok(Vec::new()),
        Value::Array(mut streams) => match streams.pop() {
            Some(Value::Array(mut pair)) => pair.pop(),
            _ => None,
        },
        Value::Map(mut streams) => streams.pop().map(|(_, entries)| entries),
        _ => None,
    };
    let entries = entries.and_then(array).ok_or_else(|| strange("XREADGROUP"))?;
    entries.into_iter().map(|entry| with_delivery(entry, Some(1))).collect()
}

/// `[[id, delivery count, [field, value, ...]], ...]`, as our scripts reply.
pub(crate) fn from_script(reply: Value) -> RedisResult<Vec<Entry>> {
    let entries = array(reply).ok_or_else(|| strange("a script"))?;
    entries.into_iter().map(|entry| with_delivery(entry, None)).collect()
}

/// Where an entry lies in its stream: milliseconds and number of its id.
pub(crate) fn place(id: &str) -> (u64, u64) {
    let (ms, number) = id.split_once('-').unwrap_or((id, ""));
    (ms.parse().unwrap_or_default(), number.parse().unwrap_or_default())
}

fn with_delivery(entry: Value, known: Option<u64>) -> RedisResult<Entry> {
    parts(entry, known).ok_or_else(|| strange("a read"))
}

fn parts(entry: Value, known: Option<u64>) -> Option<Entry> {
    let mut parts = array(entry)?.into_iter();
    let id: Arc<str> = String::from_utf8(bytes(parts.next()?)?).ok()?.into();
    let delivery = match known {
        Some(delivery) => delivery,
        None => count(&parts.next()?)?,
    };
    let mut entry = Entry { job: job_of(&id)?, id, delivery, body: Vec::new(), errors: Vec::new() };
    let mut fields = array(parts.next()?)?.into_iter();
    while let (Some(name), Some(value)) = (fields.next().and_then(bytes), fields.next().and_then(bytes)) {
        match name.as_slice() {
            b"job" => entry.job = job_named(value).unwrap_or(entry.job),
            b"body" => entry.body = value,
            b"errors" => entry.errors = value,
            _ => {}
        }
    }
    Some(entry)
}

fn job_of(id: &str) -> Option<JobId> {
    id.parse().ok()
}

fn job_named(name: Vec<u8>) -> Option<JobId> {
    JobId::try_from(String::from_utf8(name).ok()?).ok()
}

fn array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Int(count) => u64::try_from(*count).ok(),
        _ => None,
    }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        _ => None,
    }
}

fn strange(who: &str) -> RedisError {
    (ErrorKind::UnexpectedReturnType, "not the reply of", who.to_owned()).into()
}
