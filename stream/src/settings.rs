//! The numbers of the protocol. Which keys they apply to is [`Keys`]; how to read them from the environment is
//! the program's business.

use std::time::Duration;

use deertrack_schemas::Keys;

use crate::durability::Durability;
use crate::tls::Tls;

/// Settings of the protocol. [`Settings::new`] gives the defaults; change the fields that differ.
///
/// All workers of one prefix should agree on `lease`: a worker with a shorter one steals from the others.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `redis://`, `rediss://` or `redis+unix:///path`; `redis-sentinel://[user:pass@]host:port,host:port/service[/db]`
    /// or `rediss-sentinel://` for whatever server the Sentinels call the master of a service.
    pub url: String,
    /// Whom to trust, and who we are, on `rediss://`. The system's store; no certificate of our own.
    pub tls: Tls,
    /// Names of the keys.
    pub keys: Keys,
    /// An entry that was idle for longer may be taken over. 15 s.
    pub lease: Duration,
    /// When a running job renews its lease: well below a third of the lease. 5 s.
    pub beat_every: Duration,
    /// How long after its start a job says `running`, so that a shorter one costs no second script. 100 ms.
    pub first_beat: Duration,
    /// A job that reports progress writes it at most this often. 1 s.
    pub progress_every: Duration,
    /// How often a worker looks for entries whose owner is gone and for its own lost replies, give or take a
    /// fifth. 3 s: a killed worker's job is taken over within lease + 3.6 s, which leaves a report its time within 20 s.
    pub sweep_every: Duration,
    /// The longest wait of one read for new entries. 2 s.
    pub block: Duration,
    /// An entry that was delivered more often goes to the dead letters without being run. The last delivery of one that
    /// was taken over runs alone in its worker. 3.
    pub delivery_cap: u64,
    /// How long a status record stays after its last change. 3600 s.
    pub status_ttl: Duration,
    /// How sure a submit is before it answers. [`Durability::Fast`].
    pub durability: Durability,
    /// How many events are kept at most, give or take a hundred. 100,000.
    pub max_events: u64,
    /// Older events are removed. 24 hours.
    pub max_event_age: Duration,
    /// How often a worker tidies up, give or take a fifth. 60 s.
    pub housekeep_every: Duration,
    /// How often it is looked whether connections still lead to the master. 60 s.
    pub look_after_master: Duration,
    /// A member of the group that holds nothing and was not heard of for so long is removed: it is no worker any more. One
    /// that only pauses joins again with its next read. 3 min.
    pub consumer_gone_after: Duration,
    /// Beyond so many dead letters the oldest are dropped. 10,000.
    pub max_dead_letters: u64,
    /// The same for the bytes that they take of Redis' memory; an eighth of its `maxmemory` if that is less. 64 MiB.
    pub max_dead_letter_bytes: u64,
    /// Older ones are dropped. 30 days.
    pub max_dead_letter_age: Duration,
    /// A submit is refused when this many commands wait or run. None.
    pub max_backlog: Option<u64>,
    /// Each new connection sees to it that half a transaction in the append-only file cannot come back. True; off only
    /// in tests that show from what it guards.
    #[doc(hidden)]
    pub heal: bool,
}

impl Settings {
    /// The defaults of the protocol for the Redis at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            tls: Tls::default(),
            keys: Keys::default(),
            lease: Duration::from_secs(15),
            beat_every: Duration::from_secs(5),
            first_beat: Duration::from_millis(100),
            progress_every: Duration::from_secs(1),
            sweep_every: Duration::from_secs(3),
            block: Duration::from_secs(2),
            delivery_cap: 3,
            status_ttl: Duration::from_secs(3600),
            durability: Durability::Fast,
            max_events: 100_000,
            max_event_age: Duration::from_secs(24 * 3600),
            housekeep_every: Duration::from_secs(60),
            look_after_master: Duration::from_secs(60),
            consumer_gone_after: Duration::from_secs(180),
            max_dead_letters: 10_000,
            max_dead_letter_bytes: 64 * 1024 * 1024,
            max_dead_letter_age: Duration::from_secs(30 * 24 * 3600),
            max_backlog: None,
            heal: true,
        }
    }

    /// The same protocol at another pace: what depends on the lease keeps its ratio to it. For tests, which do not
    /// want to wait for 15 s.
    #[must_use]
    pub fn paced(self, lease: Duration) -> Self {
        Self {
            beat_every: lease / 3,
            first_beat: lease / 150,
            progress_every: lease / 15,
            sweep_every: lease / 5,
            block: lease * 2 / 15,
            housekeep_every: lease * 4,
            look_after_master: lease * 4,
            lease,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_default_lease_the_pace_is_the_default() {
        let default = Settings::new("redis://localhost");
        let paced = default.clone().paced(default.lease);
        assert_eq!(format!("{paced:?}"), format!("{default:?}"));
    }
}
