//! What others can do to a reader that may be blocked: send its read away, wake it, have it look around.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tokio::sync::Notify;

use crate::connect::Link;
use crate::refusals::CLIENT_UNBLOCK;

#[derive(Default)]
pub(crate) struct Nudge {
    /// CLIENT ID of the reading connection, so that a blocked read can be sent away. 0: none.
    client_id: AtomicI64,
    /// Sweep, and ask about the pause, before the next read.
    look_around: AtomicBool,
    /// Ends the wait of a paused reader.
    wake: Notify,
}

impl Nudge {
    /// Something has changed: look around before the next read, and that soon.
    pub(crate) async fn look_around(&self, link: &Link) {
        self.look_around.store(true, Ordering::Relaxed);
        self.unblock(link).await;
    }

    /// Sends a blocked read away. Not being allowed to costs at most one BLOCK.
    pub(crate) async fn unblock(&self, link: &Link) {
        self.wake.notify_one();
        let id = self.client_id.load(Ordering::Relaxed);
        if id > 0 {
            let mut unblock = redis::cmd("CLIENT");
            unblock.arg("UNBLOCK").arg(id);
            if let Err(error) = link.query_dispensable::<i64>(&CLIENT_UNBLOCK, &unblock).await {
                tracing::debug!(%error, "the blocked read could not be sent away");
            }
        }
    }

    /// The reader has a connection, with this CLIENT ID, or none.
    pub(crate) fn reads_over(&self, client_id: Option<i64>) {
        self.client_id.store(client_id.unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether the reader shall look around. Asked once, it is not so any more.
    pub(crate) fn take_look_around(&self) -> bool {
        self.look_around.swap(false, Ordering::Relaxed)
    }

    /// Waits until somebody wakes the reader.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }
}
