//! Completion events that are there already, page by page, without waiting for more: for a dashboard that comes
//! back and then joins a watcher it shares with others.

use redis::streams::StreamRangeReply;

use crate::Stream;
use crate::error::StreamError;
use crate::event_id::EventId;
use crate::position::Position;
use crate::watch::WatchFrom;
use crate::watched::Watched;

/// How many events one page holds.
const PAGE: usize = 256;

/// A reader of the events behind a point. It holds no connection of its own.
pub struct CatchUp {
    stream: Stream,
    position: Position,
    first: Option<Watched>,
}

impl Stream {
    /// Events behind `from`, up to the newest there is when the last page is read.
    ///
    /// # Errors
    /// Redis cannot be used now.
    pub async fn catch_up(&self, from: WatchFrom) -> Result<CatchUp, StreamError> {
        let (position, first) = self.position(from).await?;
        Ok(CatchUp { stream: self.clone(), position, first })
    }
}

impl CatchUp {
    /// Everything up to this event has been read.
    pub fn position(&self) -> EventId {
        self.position.id
    }

    /// The next events, in order, with a notice where some are missing. Empty when there are no more at present.
    ///
    /// # Errors
    /// Redis cannot be used now. The same page can be asked for again.
    pub async fn page(&mut self) -> Result<Vec<Watched>, StreamError> {
        loop {
            let mut range = redis::cmd("XRANGE");
            range.arg(self.stream.settings().keys.events()).arg(format!("({}", self.position.id)).arg("+");
            let reply: StreamRangeReply = self.stream.link().query(range.arg("COUNT").arg(PAGE)).await?;
            let mut page: Vec<Watched> = self.first.take().into_iter().collect();
            page.extend(reply.ids.iter().flat_map(|entry| self.position.advance(entry)));
            // A page of unreadable events alone is not the end.
            if !page.is_empty() || reply.ids.is_empty() {
                return Ok(page);
            }
        }
    }
}
