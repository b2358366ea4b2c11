//! The gate before the fetch: closed while something is away that every job needs, so that an outage costs no job a try.
//!
//! It is looked at every few seconds, at once when a job has met an outage, and with growing waits while it is closed. What
//! closes it is the list of [`Conditions`], no guess of its own.

use std::sync::OnceLock;
use std::time::Duration;

use deertrack_stream::Reading;
use tokio::sync::{Notify, watch};

use crate::conditions::Conditions;

/// How often an open gate is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A closed one: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LAST_LOOK: Duration = Duration::from_secs(15);

/// Why nothing is fetched: what does not hold, each with its reason. Empty while the gate is open.
pub type Closed = Vec<String>;

/// Whether jobs may be fetched.
#[derive(Debug)]
pub struct Gate {
    closed: watch::Sender<Closed>,
    doubt: Notify,
    reading: OnceLock<Reading>,
}

impl Default for Gate {
    /// Closed until somebody has looked.
    fn default() -> Self {
        Self {
            closed: watch::Sender::new(vec!["the worker starts".to_owned()]),
            doubt: Notify::new(),
            reading: OnceLock::new(),
        }
    }
}

impl Gate {
    /// Why it is closed; nothing while it is open.
    pub fn closed(&self) -> Closed {
        self.closed.borrow().clone()
    }

    /// Why the worker cannot take a job just now: the gate is closed, or its reads fail. Nothing when it can.
    pub fn not_ready(&self) -> Vec<String> {
        let unread = self.reading.get().and_then(Reading::trouble);
        let mut reasons = self.closed();
        reasons.extend(unread.map(|why| format!("the last read of new jobs failed: {why}")));
        reasons
    }

    /// Whose reads it is to tell of.
    pub(crate) fn tells_of(&self, reading: Reading) {
        // A second worker of the same settings is one too many to tell of.
        let _ = self.reading.set(reading);
    }

    /// A job has met an outage: nothing is fetched until somebody has looked.
    pub(crate) fn doubt(&self, why: &str) {
        self.closed.send_if_modified(|closed| {
            let was_open = closed.is_empty();
            if was_open {
                closed.push(why.to_owned());
            }
            was_open
        });
        self.doubt.notify_one();
    }

    /// Waits until it is open.
    pub(crate) async fn until_open(&self) {
        let opened = self.closed.subscribe().wait_for(Vec::is_empty).await.is_ok();
        debug_assert!(opened, "the sender lives as long as the gate");
    }

    /// Waits until it is closed.
    pub(crate) async fn until_closed(&self) {
        let closed = self.closed.subscribe().wait_for(|closed| !closed.is_empty()).await.is_ok();
        debug_assert!(closed, "the sender lives as long as the gate");
    }

    /// Keeps it for ever.
    pub(crate) async fn keep(&self, conditions: &Conditions) {
        let mut wait = FIRST_LOOK;
        let mut told = self.closed();
        loop {
            let unmet = conditions.unmet().await;
            tell(&told, &unmet);
            wait = if unmet.is_empty() { FIRST_LOOK } else { (2 * wait).min(LAST_LOOK) };
            let look_in = if unmet.is_empty() { LOOK_EVERY } else { wait };
            told.clone_from(&unmet);
            self.closed.send_replace(unmet);
            let _ = tokio::time::timeout(look_in, self.doubt.notified()).await;
        }
    }
}

fn tell(before: &Closed, now: &Closed) {
    match (before.is_empty(), now.is_empty()) {
        (false, true) => tracing::info!("all that jobs need is there; the worker fetches"),
        _ if before != now && !now.is_empty() => {
            tracing::warn!(reasons = now.join("; "), "the worker fetches nothing until this is mended");
        }
        _ => {}
    }
}
