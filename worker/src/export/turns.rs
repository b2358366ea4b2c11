//! Who may read two streams at once: each takes two connections, and others need some too.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Of all jobs of this process, so many read two streams at once: a third of the connections is left to others.
static TURNS: Semaphore = Semaphore::const_new(deertrack_catalog::CONNECTIONS as usize / 3);

/// Waits until two streams may be read; they may until it is dropped.
pub(super) async fn turn() -> SemaphorePermit<'static> {
    TURNS.acquire().await.expect("nobody closes it")
}
