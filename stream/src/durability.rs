//! How sure a submit is before it answers, and how Redis is asked for it. Who waits for its answer: `waiters`.

use std::time::Duration;

use redis::{Cmd, Value};

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
    /// As sure, or not at all after so long.
    pub(crate) fn confirmed_within(self, most: Duration) -> Self {
        match self {
            Self::Fast => self,
            Self::Replicated { replicas, within } => Self::Replicated { replicas, within: within.min(most) },
            Self::Synced { replicas, within } => Self::Synced { replicas, within: within.min(most) },
        }
    }

    /// The command that waits; `None` when there is nothing to wait for.
    pub(crate) fn wait(self) -> Option<Cmd> {
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

    /// How long the wait may take.
    pub(crate) fn within(self) -> Duration {
        match self {
            Self::Fast => Duration::ZERO,
            Self::Replicated { within, .. } | Self::Synced { within, .. } => within,
        }
    }

    /// Whether the reply of the wait says that it is as sure as asked.
    pub(crate) fn reached(self, reply: &Value) -> bool {
        let counts = counts(reply);
        match self {
            Self::Fast => true,
            Self::Replicated { replicas, .. } => counts.first().is_some_and(|copies| *copies >= replicas),
            Self::Synced { replicas, .. } => {
                matches!(counts[..], [disk, copies] if disk > 0 && copies >= replicas)
            }
        }
    }
}

/// WAIT replies with one number, WAITAOF with two.
fn counts(reply: &Value) -> Vec<u32> {
    let count = |value: &Value| match value {
        Value::Int(count) => u32::try_from(*count).ok(),
        _ => None,
    };
    match reply {
        Value::Array(counts) => counts.iter().filter_map(count).collect(),
        one => count(one).into_iter().collect(),
    }
}
