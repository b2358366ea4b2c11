//! What the user that we log in as may not do, of what we can do without: managed servers forbid some of it. Each is told
//! once, with what it costs.

use std::collections::BTreeSet;
use std::sync::Mutex;

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};

/// A command that we can do without.
pub(crate) struct Dispensable {
    pub(crate) command: &'static str,
    /// What it costs to do without.
    pub(crate) cost: &'static str,
}

pub(crate) static CLIENT_ID: Dispensable = Dispensable {
    command: "CLIENT ID",
    cost: "a blocked read cannot be sent away, so a worker stops and follows hints up to 2 s later",
};

pub(crate) static CLIENT_UNBLOCK: Dispensable =
    Dispensable { command: "CLIENT UNBLOCK", cost: CLIENT_ID.cost };

pub(crate) static PUBLISH: Dispensable = Dispensable {
    command: "PUBLISH",
    cost: "hints are not sent, so a running job learns at its next beat, within 5 s, that it is cancelled, and what is \
           handed back is found by the next sweep",
};

pub(crate) static SUBSCRIBE: Dispensable = Dispensable {
    command: "SUBSCRIBE",
    cost: "hints are not heard, so a running job learns at its next beat, within 5 s, that it is cancelled, and what \
           others hand back is found by the next sweep",
};

pub(crate) static MEMORY_USAGE: Dispensable = Dispensable {
    command: "MEMORY USAGE",
    cost: "dead letters are bounded by number and age alone, not by the memory that they take",
};

pub(crate) static TYPE: Dispensable =
    Dispensable { command: "TYPE", cost: "a key of a wrong type is seen only when a move fails" };

/// Who remembers what was told, for all connections of one [`crate::Stream`].
#[derive(Default)]
pub(crate) struct Refusals {
    told: Mutex<BTreeSet<&'static str>>,
}

impl Refusals {
    /// The reply; `None` when it was refused, which is told the first time.
    pub(crate) fn bear<T>(&self, what: &Dispensable, reply: RedisResult<T>) -> RedisResult<Option<T>> {
        match reply {
            Err(error) if is_refusal(&error) => {
                self.tell(what, &error);
                Ok(None)
            }
            reply => reply.map(Some),
        }
    }

    fn tell(&self, what: &Dispensable, error: &RedisError) {
        let Dispensable { command, cost } = what;
        if self.told.lock().expect("nobody panics while holding what was told").insert(command) {
            tracing::warn!(%error, "Redis does not permit {command} to this user: {cost}");
        }
    }
}

/// The user may not do this: its access control list says so.
pub(crate) fn is_refusal(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
}
