//! Completion events from a point on, for dashboards.
//!
//! A plain XREAD: no group, so a watcher that goes away leaves nothing behind. The events are numbered without
//! gaps; the numbers tell a watcher that it missed some, or that Redis lost data.

use std::time::Duration;

use deertrack_schemas::{CompletionEvent, wire};
use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply, StreamReadReply};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::connect::Dialer;
use crate::error::StreamError;
use crate::event_id::EventId;
use crate::{Stream, meters};

/// The most events of one read, and how many may wait for a slow watcher.
const BATCH: usize = 256;

/// Where to begin.
#[derive(Debug, Clone, Copy)]
pub enum WatchFrom {
    /// With the first event after the call.
    Now,
    /// With the oldest event that is kept.
    Start,
    /// With the event behind this one: resume.
    After(EventId),
}

/// What a watcher sees.
#[expect(clippy::large_enum_variant, reason = "nearly all are events; a box for each would cost more")]
#[derive(Debug, Clone)]
pub enum Watched {
    /// A job has ended.
    Event {
        /// Resume behind it with [`WatchFrom::After`].
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
    /// The numbers went back: Redis lost data. Then the events go on.
    Reset {
        /// The number that should have come; 0 when it is not known.
        expected: u64,
        /// The number that comes next.
        found: u64,
    },
}

/// Events for ever. Reconnects by itself.
pub struct Watch {
    events: mpsc::Receiver<Watched>,
    task: JoinHandle<()>,
}

impl Watch {
    /// The next event, whenever it comes. Cancel safe.
    ///
    /// # Errors
    /// None at present: what goes wrong is tried again. Dashboards must not rely on that.
    pub async fn next(&mut self) -> Result<Watched, StreamError> {
        Ok(self.events.recv().await.expect("the task reads for as long as it has a watcher"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Stream {
    /// Completion events behind `from`, for ever. Every event that ends after this call has returned is seen.
    ///
    /// # Errors
    /// Redis cannot be used now.
    pub async fn watch(&self, from: WatchFrom) -> Result<Watch, StreamError> {
        let (position, first) = self.position(from).await?;
        let (sender, events) = mpsc::channel(BATCH);
        if let Some(first) = first {
            sender.try_send(first).expect("the channel is new");
        }
        let watcher = Watcher {
            dialer: self.dialer().clone(),
            key: self.settings().keys.events(),
            block: self.settings().block,
            position,
            sender,
        };
        Ok(Watch { events, task: tokio::spawn(watcher.run()) })
    }

    /// Where `from` is, and what to say before the first event.
    pub(crate) async fn position(&self, from: WatchFrom) -> Result<(Position, Option<Watched>), StreamError> {
        match from {
            WatchFrom::Start => Ok((Position::default(), None)),
            WatchFrom::Now => Ok((self.end_of(&["XREVRANGE", "+", "-"]).await?.unwrap_or_default(), None)),
            WatchFrom::After(id) => self.behind(id).await,
        }
    }

    async fn behind(&self, id: EventId) -> Result<(Position, Option<Watched>), StreamError> {
        let text = id.to_string();
        if let Some(found) = self.end_of(&["XRANGE", &text, &text]).await? {
            return Ok((found, None));
        }
        let unknown = Position { id, last: None };
        let newest = self.end_of(&["XREVRANGE", "+", "-"]).await?.unwrap_or_default();
        if newest.id < id {
            // Ids grow with time. An id ahead of all that there is was given out before Redis lost data.
            let reset = Watched::Reset { expected: 0, found: newest.last.map_or(1, |last| last + 1) };
            return Ok((newest, Some(reset)));
        }
        let oldest = self.end_of(&["XRANGE", "-", "+"]).await?.unwrap_or_default();
        let trimmed = oldest.id > id && oldest.last.is_some_and(|n| n > 1);
        let lagged = Watched::Lagged { expected: 0, found: oldest.last.unwrap_or(1) };
        Ok((unknown, trimmed.then_some(lagged)))
    }

    /// The first event that a range command finds.
    async fn end_of(&self, range: &[&str; 3]) -> Result<Option<Position>, StreamError> {
        let mut command = redis::cmd(range[0]);
        command.arg(self.settings().keys.events()).arg(&range[1..]).arg("COUNT").arg(1);
        let reply: StreamRangeReply = self.link().query(&command).await?;
        Ok(reply
            .ids
            .first()
            .and_then(|entry| Some(Position { id: entry.id.parse().ok()?, last: entry.get("n") })))
    }
}

/// Up to where the events have been read.
#[derive(Clone, Copy, Default)]
pub(crate) struct Position {
    pub(crate) id: EventId,
    /// Number of the last event; `None` when nothing can be said about the next one.
    last: Option<u64>,
}

impl Position {
    /// What a watcher is told of the entry behind it: the event, after a notice when others are missing before it.
    pub(crate) fn advance(&mut self, entry: &StreamId) -> Vec<Watched> {
        let Ok(id) = entry.id.parse() else { return Vec::new() };
        self.id = id;
        let Some(event) = event_of(entry) else {
            // Its number is not taken note of, so the next event tells the watcher that it missed one.
            tracing::warn!(event.id = %id, "an event cannot be read; it is left out");
            return Vec::new();
        };
        let gap = gap(self.last, event.n);
        if gap.is_some() {
            metrics::counter!(meters::GAPS).increment(1);
        }
        self.last = Some(event.n);
        gap.into_iter().chain([Watched::Event { id, event }]).collect()
    }
}

struct Watcher {
    dialer: Dialer,
    key: String,
    block: Duration,
    position: Position,
    sender: mpsc::Sender<Watched>,
}

impl Watcher {
    async fn run(mut self) {
        let mut backoff = Backoff::for_redis();
        let mut connection = None;
        loop {
            match self.read(&mut connection).await {
                Ok(entries) => {
                    backoff.reset();
                    for entry in entries {
                        if self.tell(&entry).await.is_err() {
                            return; // nobody watches any more
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "events cannot be read; trying again");
                    metrics::counter!(meters::RECONNECTS, "connection" => "watch").increment(1);
                    connection = None;
                    backoff.wait().await;
                }
            }
        }
    }

    async fn read(&self, connection: &mut Option<MultiplexedConnection>) -> RedisResult<Vec<StreamId>> {
        let mut current = match connection.take() {
            Some(connection) => connection,
            None => self.dialer.blocking().await?,
        };
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(BATCH).arg("BLOCK").arg(self.block.as_millis().max(1) as u64);
        read.arg("STREAMS").arg(&self.key).arg(self.position.id.to_string());
        let patience = (3 * self.block).max(Duration::from_secs(1));
        let reply: Option<StreamReadReply> = tokio::time::timeout(patience, read.query_async(&mut current))
            .await
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::TimedOut, "the watcher was silent"))??;
        *connection = Some(current);
        Ok(reply.and_then(|mut reply| reply.keys.pop()).map(|key| key.ids).unwrap_or_default())
    }

    async fn tell(&mut self, entry: &StreamId) -> Result<(), mpsc::error::SendError<Watched>> {
        for watched in self.position.advance(entry) {
            self.sender.send(watched).await?;
        }
        Ok(())
    }
}

fn event_of(entry: &StreamId) -> Option<CompletionEvent> {
    let body: Vec<u8> = entry.get("body")?;
    Some(CompletionEvent { n: entry.get("n")?, record: wire::decode_record(&body).ok()? })
}

fn gap(last: Option<u64>, found: u64) -> Option<Watched> {
    let expected = last? + 1;
    match found.cmp(&expected) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Watched::Lagged { expected, found }),
        std::cmp::Ordering::Less => Some(Watched::Reset { expected, found }),
    }
}
