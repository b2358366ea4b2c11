//! A corner of a Redis to measure or try things in: keys of its own beside those of a live system.
//!
//! Only such a corner can be swept out; there is no call that removes the keys of a live prefix.

use crate::error::StreamError;
use crate::{Settings, Stream};

/// How many keys one step looks at.
const PAGE: usize = 1_000;

/// A stream under a prefix that nobody else knows.
pub struct Scratch {
    stream: Stream,
    name: String,
}

impl Scratch {
    /// Connects with a new prefix in place of that of `settings`.
    ///
    /// # Errors
    /// As for [`Stream::connect`].
    pub async fn open(settings: Settings) -> Result<Self, StreamError> {
        let name = format!("deertrack-scratch-{}", uuid::Uuid::now_v7());
        let keys = name.parse().expect("letters, digits and dashes make a prefix");
        let stream = Stream::connect(Settings { keys, ..settings }).await?;
        Ok(Self { stream, name })
    }

    /// What works on it.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Removes all keys of the prefix, and says how many. Consumers should have stopped before: a living one makes
    /// its group again. Looks at every key name of the database, in small steps.
    ///
    /// # Errors
    /// Redis cannot be used; call it again.
    pub async fn clear(&self) -> Result<u64, StreamError> {
        let (mut removed, mut cursor) = (0, 0_u64);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("{{{}}}:*", self.name)).arg("COUNT").arg(PAGE);
            let (next, keys): (u64, Vec<String>) = self.stream.link().query(&scan).await?;
            if !keys.is_empty() {
                let mut unlink = redis::cmd("UNLINK");
                unlink.arg(&keys);
                removed += self.stream.link().query::<u64>(&unlink).await?;
            }
            if next == 0 {
                return Ok(removed);
            }
            cursor = next;
        }
    }
}
