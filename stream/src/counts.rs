//! How much there is of everything: asked for people, and set as gauges.

use std::collections::HashMap;

use deertrack_schemas::Keys;
use redis::Value;

use crate::error::StreamError;
use crate::stored::StoredEntry;
use crate::{EventId, Stream, meters};

/// How much there is of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Commands that wait or run: the length of the command stream.
    pub backlog: u64,
    /// Those of them that a worker holds.
    pub pending: u64,
    /// Those of them that no worker was given yet: the lag of the group.
    pub lag: u64,
    /// Retries that wait for their time.
    pub delayed: u64,
    /// Dead letters.
    pub dead: u64,
    /// Events that are kept.
    pub events: u64,
    /// Members of the consumer group.
    pub consumers: u64,
    /// Age of the oldest command that waits or runs, in milliseconds; 0 when there is none.
    pub oldest_ms: u64,
}

impl Stream {
    /// Backlog, pending, dead, ... for gauges, `doctor` and `queue`. Its cost does not grow with the backlog.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn counts(&self) -> Result<Counts, StreamError> {
        let keys = &self.settings().keys;
        let mut pipe = redis::pipe();
        pipe.cmd("XLEN").arg(keys.commands());
        pipe.cmd("ZCARD").arg(keys.delayed());
        pipe.cmd("XLEN").arg(keys.dead());
        pipe.cmd("XLEN").arg(keys.events());
        pipe.cmd("EXISTS").arg(keys.commands());
        pipe.cmd("XRANGE").arg(keys.commands()).arg("-").arg("+").arg("COUNT").arg(1);
        pipe.cmd("TIME");
        type Replies = (u64, u64, u64, u64, bool, Vec<StoredEntry>, (u64, u64));
        let (backlog, delayed, dead, events, exists, first, (seconds, micros)): Replies =
            self.link().pipe(&pipe).await?;
        let Group { consumers, pending, lag } = if exists { self.group().await? } else { Group::default() };
        // Redis cannot tell while an entry that was deleted lies behind one that is left, which is often so: ended ones
        // are deleted. Since all of them are, what is left and held by nobody is the lag as well.
        let lag = lag.unwrap_or(backlog.saturating_sub(pending));
        let now = seconds * 1000 + micros / 1000;
        let added = first.first().and_then(|entry| entry.id.parse::<EventId>().ok());
        let oldest_ms = added.map_or(0, |id| now.saturating_sub(id.ms));
        Ok(Counts { backlog, pending, lag, delayed, dead, events, consumers, oldest_ms })
    }

    /// Reads the gauges and sets them.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn record_gauges(&self) -> Result<(), StreamError> {
        self.counts().await?.set_gauges();
        Ok(())
    }

    /// The workers' group; nothing when there is none yet.
    async fn group(&self) -> Result<Group, StreamError> {
        let mut ask = redis::cmd("XINFO");
        ask.arg("GROUPS").arg(self.settings().keys.commands());
        let groups: Vec<HashMap<String, Value>> = self.link().query(&ask).await?;
        let named = |group: &&HashMap<String, Value>| group.get("name").is_some_and(is_ours);
        let count = |group: &HashMap<String, Value>, name| match group.get(name) {
            Some(Value::Int(count)) => u64::try_from(*count).ok(),
            _ => None,
        };
        let read = |group| Group {
            consumers: count(group, "consumers").unwrap_or(0),
            pending: count(group, "pending").unwrap_or(0),
            lag: count(group, "lag"),
        };
        Ok(groups.iter().find(named).map(read).unwrap_or_default())
    }
}

impl Counts {
    fn set_gauges(&self) {
        metrics::gauge!(meters::BACKLOG).set(self.backlog as f64);
        metrics::gauge!(meters::PENDING).set(self.pending as f64);
        metrics::gauge!(meters::LAG).set(self.lag as f64);
        metrics::gauge!(meters::DELAYED).set(self.delayed as f64);
        metrics::gauge!(meters::DEAD).set(self.dead as f64);
        metrics::gauge!(meters::CONSUMERS).set(self.consumers as f64);
        metrics::gauge!(meters::OLDEST).set(self.oldest_ms as f64 / 1000.0);
    }
}

/// What XINFO GROUPS says of the workers' group.
#[derive(Default)]
struct Group {
    consumers: u64,
    pending: u64,
    lag: Option<u64>,
}

fn is_ours(name: &Value) -> bool {
    matches!(name, Value::BulkString(name) if name == Keys::GROUP.as_bytes())
}
