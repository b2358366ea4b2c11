//! Reading a stream of entries of any size without ever asking for much at once: what Redis has to send waits in its own
//! memory until it is read, and a command may have a megabyte.

use redis::Cmd;

use crate::error::StreamError;
use crate::stored::StoredEntry;
use crate::{EventId, Stream};

/// About how many bytes one reply has.
const REPLY_BYTES: usize = 512 * 1024;
/// The most entries of one reply: more than a few large ones behind many small ones are no surprise then.
const MOST: usize = 32;

/// The entries of a stream behind an id, page by page.
pub(crate) struct Pages<'a> {
    stream: &'a Stream,
    key: String,
    /// The last that was read.
    pub(crate) at: EventId,
    count: usize,
    /// Of all that was read.
    pub(crate) bytes: usize,
    /// Of all that was read.
    pub(crate) entries: usize,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(stream: &'a Stream, key: String, after: EventId) -> Self {
        Self { stream, key, at: after, count: 2, bytes: 0, entries: 0 }
    }

    /// Up to `most` entries; none at the end.
    pub(crate) async fn next(&mut self, most: usize) -> Result<Vec<StoredEntry>, StreamError> {
        let count = self.count.min(most).max(1);
        let page: Vec<StoredEntry> = self.stream.link().query(&self.range(count)).await?;
        let Some(last) = page.last().and_then(|entry| entry.id.parse().ok()) else { return Ok(page) };
        self.at = last;
        self.entries += page.len();
        let bytes: usize = page.iter().map(StoredEntry::size).sum();
        self.bytes += bytes;
        let fit = REPLY_BYTES / (bytes / page.len()).max(1);
        self.count = fit.clamp(1, MOST).min(2 * self.count);
        Ok(page)
    }

    fn range(&self, count: usize) -> Cmd {
        let mut range = redis::cmd("XRANGE");
        range.arg(&self.key).arg(format!("({}", self.at)).arg("+").arg("COUNT").arg(count);
        range
    }
}
