//! What one client, or ten thousand, may take of the gateway: time, connections, descriptors, memory.
//!
//! Nobody is kept out by those who say nothing: when all connections are taken, the ones that wait for a request are
//! closed, the longest first. Only when all of them are being served is a new one told 503, by a few connections kept
//! aside, which always answer `/healthz` and `/readyz`.

use std::time::Duration;

mod connections;
mod descriptors;
mod held;
mod places;
mod watched;

pub(super) use connections::{Connection, Connections};
pub use descriptors::raise as raise_descriptor_limit;
pub(super) use held::hold;
pub(super) use places::{Places, Taken, budget_bodies};
pub(super) use watched::Watched;

/// The most connections by default, where descriptors allow.
const CONNECTIONS: usize = 10_000;
/// The most downloads at a time by default: each holds a file besides its connection.
const DOWNLOADS: usize = 1_000;
/// Descriptors for everything else: Redis, the log, the listeners, libraries.
const OTHER_DESCRIPTORS: usize = 64;
/// Connections beyond the bound that are told 503, or how the gateway is.
const ASIDE: usize = 64;
/// Fewer connections are no gateway.
const FEWEST: usize = 16;

/// The bounds of one gateway.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long a client may take for the head of a request, the first bytes of TLS included.
    pub head: Duration,
    /// How long a connection may wait for its next request.
    pub idle: Duration,
    /// How long a client may leave an answer unread.
    pub stall: Duration,
    /// The most connections.
    pub connections: usize,
    /// The most clients of `GET /api/events`.
    pub event_streams: usize,
    /// The most downloads at a time.
    pub downloads: usize,
    /// Memory for large bodies that are being read, in bytes.
    pub body_bytes: usize,
}

impl Limits {
    /// What fits into the descriptors that the process may have, which are raised as far as it may raise them.
    pub fn of_process() -> Self {
        Self::within(descriptors::raise())
    }

    /// What fits into so many descriptors.
    fn within(descriptors: usize) -> Self {
        let free = descriptors.saturating_sub(OTHER_DESCRIPTORS + ASIDE);
        let downloads = DOWNLOADS.min(free / 4).max(1);
        let connections = CONNECTIONS.min(free.saturating_sub(downloads)).max(FEWEST);
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            stall: Duration::from_secs(60),
            connections,
            event_streams: connections / 2,
            downloads,
            body_bytes: 64 * 1024 * 1024,
        }
    }

    /// The same with so many connections, half of which may follow events.
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self { connections, event_streams: connections.div_ceil(2), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::of_process()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_downloads_fit_into_the_descriptors() {
        for descriptors in [256, 1024, 4096, 1_048_576] {
            let limits = Limits::within(descriptors);
            let taken = limits.connections + limits.downloads + ASIDE + OTHER_DESCRIPTORS;
            assert!(taken <= descriptors, "{descriptors}: {limits:?}");
            assert!(limits.event_streams < limits.connections);
        }
        assert_eq!(Limits::within(1_048_576).connections, 10_000);
    }
}
