//! How sure a submit is before it answers.
//!
//! WAIT and WAITAOF speak of what their own connection has written, and block it. So a submit that waits takes a
//! connection of its own out of a small pool: one wait for each batch, and nobody else waits with it.

use std::sync::Mutex;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, FromRedisValue};

use crate::connect::{self, Dialer};
use crate::error::StreamError;

/// When a submit answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When Redis has it in memory. What its persistence has not written yet is lost if it is killed.
    #[default]
    Fast,
    /// When so many replicas have it too (WAIT). A failover to one of them keeps it.
    Replicated {
        /// How many.
        replicas: u32,
        /// How long to wait for them.
        within: Duration,
    },
    /// When the append-only file is on the disk (WAITAOF, Redis 7.2 or newer), also on so many replicas.
    Synced {
        /// How many besides the master.
        replicas: u32,
        /// How long to wait for it.
        within: Duration,
    },
}

impl Durability {
    /// The command that waits; `None` when there is nothing to wait for.
    fn wait(self) -> Option<Cmd> {
        let (mut wait, replicas, within) = match self {
            Self::Fast => return None,
            Self::Replicated { replicas, within } => (redis::cmd("WAIT"), replicas, within),
            Self::Synced { replicas, within } => {
                let mut wait = redis::cmd("WAITAOF");
                wait.arg(1);
                (wait, replicas, within)
            }
        };
        wait.arg(replicas).arg(within.as_millis().max(1) as u64); // 0 would mean for ever
        Some(wait)
    }

    /// Whether the reply of the wait says that it is as sure as asked.
    fn reached(self, reply: &[u32]) -> bool {
        match self {
            Self::Fast => true,
            Self::Replicated { replicas, .. } => reply.first().is_some_and(|copies| *copies >= replicas),
            Self::Synced { replicas, .. } => {
                matches!(reply, [disk, copies] if *disk > 0 && *copies >= replicas)
            }
        }
    }
}

/// Connections for submits that wait.
#[derive(Default)]
pub(crate) struct Waiters {
    idle: Mutex<Vec<MultiplexedConnection>>,
}

impl Waiters {
    /// Calls a script and then waits until what it wrote is as sure as `durability` asks.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        dialer: &Dialer,
        call: &Cmd,
        durability: Durability,
    ) -> Result<T, StreamError> {
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => dialer.blocking().await?,
        };
        let reply = connect::run(&mut connection, call).await?;
        if let Some(wait) = durability.wait() {
            let copies: redis::Value = match wait.query_async(&mut connection).await {
                Err(error) if error.detail().is_some_and(cannot_wait) => {
                    return Err(StreamError::NoWaitAof);
                }
                result => result?,
            };
            if !durability.reached(&counts(&copies)) {
                return Err(StreamError::NotDurable);
            }
        }
        self.give_back(connection);
        Ok(reply)
    }

    fn take(&self) -> Option<MultiplexedConnection> {
        self.idle.lock().expect("nobody panics while holding the pool").pop()
    }

    /// Only after success: a connection that failed is dropped.
    fn give_back(&self, connection: MultiplexedConnection) {
        self.idle.lock().expect("nobody panics while holding the pool").push(connection);
    }
}

/// Whether this is what Redis says when no wait for its append-only file can succeed.
fn cannot_wait(error: &str) -> bool {
    ["unknown command", "appendonly is disabled"].iter().any(|reason| error.contains(reason))
}

/// WAIT replies with one number, WAITAOF with two.
fn counts(reply: &redis::Value) -> Vec<u32> {
    let count = |value: &redis::Value| match value {
        redis::Value::Int(count) => u32::try_from(*count).ok(),
        _ => None,
    };
    match reply {
        redis::Value::Array(counts) => counts.iter().filter_map(count).collect(),
        one => count(one).into_iter().collect(),
    }
}
