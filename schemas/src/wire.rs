//! MessagePack of commands and status records: maps with names, a size cap, nothing behind the end.
//!
//! A command is decoded alone: a bad one never hurts its neighbours.

use std::io::ErrorKind;

use rmp_serde::decode::Error;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use crate::command::VERSION;
use crate::{Command, Outline, StatusRecord};

/// The largest envelope, in bytes: 10,000 ids of 100 characters fit.
pub const MAX_BYTES: usize = 1024 * 1024;

/// How deep a command may nest. The reader's own limit of 1,024 overflows the stack of a 2 MiB thread, which
/// would let one poison message end a worker.
const MAX_DEPTH: usize = 32;

/// Bytes that are not a command, or a command that cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Larger than [`MAX_BYTES`].
    #[error("the command has {0} bytes; the limit is {MAX_BYTES}")]
    TooLarge(usize),
    /// Valid MessagePack, followed by something else.
    #[error("{0} bytes follow the end of the command")]
    TrailingBytes(usize),
    /// Written by a newer producer in a way that this version does not understand.
    #[error("the envelope has version {0}; this program reads up to {VERSION}: upgrade the workers first")]
    NewerVersion(u8),
    /// Not MessagePack, or not of the shape of a command.
    #[error("not a command: {0}")]
    Malformed(#[from] Error),
    /// A value that MessagePack cannot hold.
    #[error("cannot be written as MessagePack: {0}")]
    Unwritable(#[from] rmp_serde::encode::Error),
}

/// The bytes of a command.
///
/// # Errors
/// [`WireError::TooLarge`], or a value that cannot be written.
pub fn encode(command: &Command) -> Result<Vec<u8>, WireError> {
    let bytes = rmp_serde::to_vec_named(command)?;
    if bytes.len() > MAX_BYTES { Err(WireError::TooLarge(bytes.len())) } else { Ok(bytes) }
}

/// The command that the bytes hold. Never panics, whatever the bytes.
///
/// # Errors
/// Too large, cut off, of another shape, of a newer version, or followed by more bytes.
pub fn decode(bytes: &[u8]) -> Result<Command, WireError> {
    if bytes.len() > MAX_BYTES {
        return Err(WireError::TooLarge(bytes.len()));
    }
    let command: Command = whole(bytes)?;
    if command.v > VERSION { Err(WireError::NewerVersion(command.v)) } else { Ok(command) }
}

/// The longest name of a kind that is none of ours, in bytes.
const MAX_KIND_BYTES: usize = 64;

/// What can be told of bytes that [`decode`] refuses: a command of a newer version, of an unknown kind or with unknown
/// parameters. A newer worker may understand it. `None` when they have not the outline of a command. Never panics.
pub fn outline(bytes: &[u8]) -> Option<Outline> {
    if bytes.len() > MAX_BYTES {
        return None;
    }
    let outline: Outline = whole(bytes).ok()?;
    (1..=MAX_KIND_BYTES).contains(&outline.kind.len()).then_some(outline)
}

/// The bytes of a status record, as they lie in an event's `body`.
///
/// # Errors
/// A value that MessagePack cannot hold.
pub fn encode_record(record: &StatusRecord) -> Result<Vec<u8>, WireError> {
    Ok(rmp_serde::to_vec_named(record)?)
}

/// The status record that an event's `body` holds.
///
/// # Errors
/// Not a status record, or followed by more bytes.
pub fn decode_record(bytes: &[u8]) -> Result<StatusRecord, WireError> {
    whole(bytes)
}

/// `rmp_serde::from_slice` would accept trailing bytes, and nest too deep.
fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    // The reader that borrows takes half the time, but does not tell where it stands.
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader)?;
    // A unit is never nested, so that only the end of the bytes is no marker.
    match <()>::deserialize(&mut reader) {
        Err(Error::InvalidMarkerRead(end)) if end.kind() == ErrorKind::UnexpectedEof => Ok(value),
        _ => Err(WireError::TrailingBytes(behind::<T>(bytes)?)),
    }
}

/// How many bytes follow the value.
fn behind<T: DeserializeOwned>(bytes: &[u8]) -> Result<usize, WireError> {
    let mut rest = bytes;
    let mut reader = rmp_serde::Deserializer::new(&mut rest);
    reader.set_max_depth(MAX_DEPTH);
    T::deserialize(&mut reader)?;
    Ok(rest.len())
}
