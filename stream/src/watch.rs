//! Completion events from a point on, for dashboards.
//!
//! A plain XREAD: no group, so a watcher that goes away leaves nothing behind. The events are numbered without
//! gaps; the numbers tell a watcher that it missed some, or that Redis lost data. Whether Redis still knows where the
//! watcher stands is asked at each new connection, at each read that brings nothing, and when the numbers go back
//! (`position`).

use std::time::Duration;

use redis::RedisResult;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamReadReply};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::connect::{Dialer, Placed};
use crate::error::StreamError;
use crate::event_id::EventId;
use crate::position::{By, Events, Position, Trail};
use crate::watched::Watched;
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
    /// With the event behind this one: resume. When Redis does not know it (it lost data, or it never was the id of an
    /// event) but has older ones, a reset is told and then all that is kept: new events may have smaller ids.
    After(EventId),
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
            trail: Trail::begin(position),
            sender,
        };
        Ok(Watch { events, task: tokio::spawn(watcher.run()) })
    }

    /// Where `from` is, and what to say before the first event.
    pub(crate) async fn position(&self, from: WatchFrom) -> Result<(Position, Option<Watched>), StreamError> {
        let key = self.settings().keys.events();
        let mut events = Events { by: By::Link(self.link()), key: &key };
        match from {
            WatchFrom::Start => Ok((Position::default(), None)),
            WatchFrom::Now => Ok((events.newest().await?.unwrap_or_default(), None)),
            WatchFrom::After(id) => behind(id, &mut events).await,
        }
    }
}

async fn behind(id: EventId, events: &mut Events<'_>) -> Result<(Position, Option<Watched>), StreamError> {
    if let Some(found) = events.at(id).await? {
        return Ok((found, None));
    }
    let mut trail = Trail::begin(Position { id, last: None });
    if let Some(reset) = trail.look(events).await? {
        return Ok((trail.position, Some(reset)));
    }
    let oldest = events.oldest().await?.unwrap_or_default();
    let trimmed = oldest.last.is_some_and(|n| n > 1);
    let lagged = Watched::Lagged { expected: 0, found: oldest.last.unwrap_or(1) };
    Ok((trail.position, trimmed.then_some(lagged)))
}

struct Watcher {
    dialer: Dialer,
    key: String,
    block: Duration,
    trail: Trail,
    sender: mpsc::Sender<Watched>,
}

impl Watcher {
    async fn run(mut self) {
        let mut backoff = Backoff::for_redis();
        let mut connection = None;
        loop {
            match self.step(&mut connection).await {
                Ok(told) => {
                    backoff.reset();
                    for watched in told {
                        if self.sender.send(watched).await.is_err() {
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

    /// Reads once. On a new connection it looks first: the server may have started again, or be another one.
    async fn step(&mut self, connection: &mut Option<Placed>) -> RedisResult<Vec<Watched>> {
        let mut current = match connection.take().filter(|placed| !self.dialer.has_moved(placed)) {
            Some(current) => current,
            None => {
                let mut new = self.dialer.blocking().await?;
                if let Some(reset) = self.look(&mut new.connection).await? {
                    *connection = Some(new);
                    return Ok(vec![reset]);
                }
                new
            }
        };
        let entries = self.read(&mut current.connection).await?;
        let reset = match entries.first() {
            Some(first) if !self.trail.position.is_ahead_of(first) => None,
            _ => self.look(&mut current.connection).await?,
        };
        *connection = Some(current);
        if let Some(reset) = reset {
            return Ok(vec![reset]); // what was read is read again, in its place
        }
        let told = entries.iter().flat_map(|entry| self.trail.position.advance(entry)).collect();
        if !entries.is_empty() {
            self.trail.mark();
        }
        Ok(told)
    }

    async fn look(&mut self, connection: &mut MultiplexedConnection) -> RedisResult<Option<Watched>> {
        let mut events = Events { by: By::Own(connection), key: &self.key };
        within(self.patience(), self.trail.look(&mut events)).await
    }

    async fn read(&self, connection: &mut MultiplexedConnection) -> RedisResult<Vec<StreamId>> {
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(BATCH).arg("BLOCK").arg(self.block.as_millis().max(1) as u64);
        read.arg("STREAMS").arg(&self.key).arg(self.trail.position.id.to_string());
        let reply: Option<StreamReadReply> = within(self.patience(), read.query_async(connection)).await?;
        Ok(reply.and_then(|mut reply| reply.keys.pop()).map(|key| key.ids).unwrap_or_default())
    }

    /// Longer than any answer takes.
    fn patience(&self) -> Duration {
        (3 * self.block).max(Duration::from_secs(1))
    }
}

/// The connection has no time-out of its own, as its reads wait.
async fn within<T>(patience: Duration, answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout(patience, answer)
        .await
        .map_err(|_| std::io::Error::new(std::io::ErrorKind::TimedOut, "the watcher was silent"))?
}
