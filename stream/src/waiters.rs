//! Submits that wait until what they wrote is as sure as was asked.
//!
//! WAIT and WAITAOF speak of what their own connection has written, and block it. So a submit that waits takes a
//! connection of its own out of a small pool: one wait for each batch, and nobody else waits with it.

use std::sync::Mutex;
use std::time::Duration;

use redis::{Cmd, FromRedisValue};

use crate::connect::{self, Dialer, Placed};
use crate::durability::Durability;
use crate::error::{StreamError, Trouble};
use crate::socket::silent;

/// How long a submit may take besides its wait, whatever happens to its connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections for submits that wait.
#[derive(Default)]
pub(crate) struct Waiters {
    idle: Mutex<Vec<Placed>>,
}

impl Waiters {
    /// Calls a script and then waits until what it wrote is as sure as `durability` asks. Its connections have no time-out
    /// of their own, so all of it has one.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        dialer: &Dialer,
        call: &Cmd,
        durability: Durability,
    ) -> Result<T, StreamError> {
        let answer =
            tokio::time::timeout(PATIENCE + durability.within(), self.call(dialer, call, durability)).await;
        answer.unwrap_or_else(|_| Err(StreamError::Unreachable(silent().into())))
    }

    async fn call<T: FromRedisValue>(
        &self,
        dialer: &Dialer,
        call: &Cmd,
        durability: Durability,
    ) -> Result<T, StreamError> {
        let mut placed = match self.take(dialer) {
            Some(placed) => placed,
            None => dialer.blocking().await?,
        };
        let connection = &mut placed.connection;
        let reply = match connect::run(connection, call).await {
            Err(error) if Trouble::of(&error) == Trouble::Connection => {
                self.forget(); // the others lead to the same place
                return Err(error.into());
            }
            reply => reply?,
        };
        if let Some(wait) = durability.wait() {
            let copies: redis::Value = match wait.query_async(connection).await {
                Err(error) if error.detail().is_some_and(cannot_wait) => {
                    return Err(StreamError::NoWaitAof);
                }
                result => result?,
            };
            if !durability.reached(&copies) {
                return Err(StreamError::NotDurable);
            }
        }
        self.give_back(placed);
        Ok(reply)
    }

    fn take(&self, dialer: &Dialer) -> Option<Placed> {
        let mut idle = self.idle.lock().expect("nobody panics while holding the pool");
        idle.retain(|placed| !dialer.has_moved(placed));
        idle.pop()
    }

    fn forget(&self) {
        self.idle.lock().expect("nobody panics while holding the pool").clear();
    }

    /// Only after success: a connection that failed is dropped.
    fn give_back(&self, connection: Placed) {
        self.idle.lock().expect("nobody panics while holding the pool").push(connection);
    }
}

/// Whether this is what Redis says when no wait for its append-only file can succeed.
fn cannot_wait(error: &str) -> bool {
    ["unknown command", "appendonly is disabled"].iter().any(|reason| error.contains(reason))
}
