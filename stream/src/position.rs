//! Where a reader of events stands, and how it finds its place again when Redis has forgotten it.
//!
//! An event that is still there proves that nothing before it was forgotten and that whatever is new comes behind it.
//! One that is not there proves nothing about what is: after a loss new events go on from the last id that is left,
//! and where the clock is behind (slewed, or another host's after a failover) they get ids that lie before the
//! position, where an XREAD from the position on never sees them. So the reader goes back to the newest of the places
//! where it stood that is still there. Their number, not their id, tells new from old.

use std::collections::{HashMap, VecDeque};

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamId, StreamRangeReply};
use redis::{Cmd, FromRedisValue, RedisResult, Value};

use crate::connect::Link;
use crate::event_id::EventId;
use crate::meters;
use crate::watched::{Watched, event_of};

/// How many places a reader remembers. One for each read, so at full speed they reach back 65,000 events.
const REMEMBERED: usize = 256;

/// Up to where the events have been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) id: EventId,
    /// Number of the last event; `None` when nothing can be said about the next one.
    pub(crate) last: Option<u64>,
}

impl Position {
    fn of(entry: &StreamId) -> Option<Self> {
        Some(Self { id: entry.id.parse().ok()?, last: entry.get("n") })
    }

    /// What a watcher is told of the entry behind it: the event, after a notice when others are missing before it.
    pub(crate) fn advance(&mut self, entry: &StreamId) -> Vec<Watched> {
        let Ok(id) = entry.id.parse() else { return Vec::new() };
        let before = std::mem::replace(&mut self.id, id);
        let Some(event) = event_of(entry) else {
            // Its number is not taken note of, so the next event tells the watcher that it missed one.
            tracing::warn!(event.id = %id, "an event cannot be read; it is left out");
            return Vec::new();
        };
        let gap = gap(self.last, event.n, before);
        if gap.is_some() {
            metrics::counter!(meters::GAPS).increment(1);
        }
        self.last = Some(event.n);
        gap.into_iter().chain([Watched::Event { id, event }]).collect()
    }

    /// Whether the numbers go back with this entry.
    pub(crate) fn is_ahead_of(&self, entry: &StreamId) -> bool {
        let found: Option<u64> = entry.get("n");
        self.last.zip(found).is_some_and(|(last, found)| found <= last)
    }
}

fn gap(last: Option<u64>, found: u64, behind: EventId) -> Option<Watched> {
    let expected = last? + 1;
    match found.cmp(&expected) {
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Watched::Lagged { expected, found }),
        std::cmp::Ordering::Less => Some(Watched::Reset { expected, found, behind }),
    }
}

/// A position and those before it.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    pub(crate) position: Position,
    passed: VecDeque<Position>,
}

impl Trail {
    pub(crate) fn begin(position: Position) -> Self {
        let passed = (position != Position::default()).then_some(position).into_iter().collect();
        Self { position, passed }
    }

    /// Remembers the present place.
    pub(crate) fn mark(&mut self) {
        if self.passed.len() == REMEMBERED {
            self.passed.pop_front();
        }
        self.passed.push_back(self.position);
    }

    /// Looks whether the events still hold the position. If not, it goes back to a place they do hold, and what is to
    /// be told is a reset. No event is skipped; some may come again.
    ///
    /// # Errors
    /// Redis cannot be used; nothing has changed.
    pub(crate) async fn look(&mut self, events: &mut Events<'_>) -> RedisResult<Option<Watched>> {
        // Before the first event nothing can have been forgotten.
        if self.position.id == EventId::default() || events.hold(self.position).await? {
            return Ok(None);
        }
        let oldest = events.oldest().await?;
        let trimmed = match oldest {
            Some(oldest) => oldest.id > self.position.id,
            None => events.last_id().await? >= self.position.id,
        };
        if trimmed {
            return Ok(None);
        }
        self.go_back(events, oldest).await.map(Some)
    }

    async fn go_back(&mut self, events: &mut Events<'_>, oldest: Option<Position>) -> RedisResult<Watched> {
        // What was trimmed is not there either: only behind it "is there" goes over to "is not" once.
        let trimmed = oldest
            .map_or(self.passed.len(), |oldest| self.passed.partition_point(|passed| passed.id < oldest.id));
        let (mut known, mut unknown) = (trimmed, self.passed.len());
        while known < unknown {
            let middle = usize::midpoint(known, unknown);
            if events.hold(self.passed[middle]).await? { known = middle + 1 } else { unknown = middle }
        }
        self.passed.truncate(known);
        let back = if known > trimmed { self.passed[known - 1] } else { Position::default() };
        let next = back.last.map(|last| last + 1);
        let found = next.or_else(|| oldest.filter(|_| known == trimmed)?.last).unwrap_or(1);
        let expected = self.position.last.map_or(0, |last| last + 1);
        tracing::warn!(forgotten = %self.position.id, behind = %back.id, "Redis forgot events; going back");
        metrics::counter!(meters::GAPS).increment(1);
        self.position = back;
        Ok(Watched::Reset { expected, found, behind: back.id })
    }
}

/// The events of one Redis, by whichever connection is at hand: a watcher must ask the server that it reads from.
pub(crate) struct Events<'a> {
    pub(crate) by: By<'a>,
    pub(crate) key: &'a str,
}

pub(crate) enum By<'a> {
    Link(&'a Link),
    Own(&'a mut MultiplexedConnection),
}

impl Events<'_> {
    pub(crate) async fn newest(&mut self) -> RedisResult<Option<Position>> {
        self.first("XREVRANGE", "+", "-").await
    }

    pub(crate) async fn oldest(&mut self) -> RedisResult<Option<Position>> {
        self.first("XRANGE", "-", "+").await
    }

    pub(crate) async fn at(&mut self, id: EventId) -> RedisResult<Option<Position>> {
        let id = id.to_string();
        self.first("XRANGE", &id, &id).await
    }

    async fn hold(&mut self, position: Position) -> RedisResult<bool> {
        let found = self.at(position.id).await?;
        // An id may be given out again after a loss; then the number differs.
        Ok(found.is_some_and(|found| position.last.is_none() || found.last == position.last))
    }

    async fn first(&mut self, range: &str, from: &str, to: &str) -> RedisResult<Option<Position>> {
        let mut command = redis::cmd(range);
        command.arg(self.key).arg(from).arg(to).arg("COUNT").arg(1);
        let reply: StreamRangeReply = self.ask(&command).await?;
        Ok(reply.ids.first().and_then(Position::of))
    }

    /// The last id given out; the stream keeps it when it has been trimmed to nothing. 0-0 without a stream.
    async fn last_id(&mut self) -> RedisResult<EventId> {
        let mut command = redis::cmd("XINFO");
        command.arg("STREAM").arg(self.key);
        let info: HashMap<String, Value> = match self.ask(&command).await {
            Err(error) if error.detail().is_some_and(|text| text.contains("no such key")) => HashMap::new(),
            info => info?,
        };
        let id = info.get("last-generated-id").and_then(|id| redis::from_redis_value_ref::<String>(id).ok());
        Ok(id.and_then(|id| id.parse().ok()).unwrap_or_default())
    }

    async fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> RedisResult<T> {
        match &mut self.by {
            By::Link(link) => link.query(command).await,
            By::Own(connection) => command.query_async(*connection).await,
        }
    }
}
