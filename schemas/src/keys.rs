//! The names of all Redis keys.

use std::fmt;
use std::str::FromStr;

use crate::job_id::JobId;
use crate::slot::{crc16, key_slot};
use crate::steer::{self, DIGITS};

/// Longest name of a prefix, in characters.
const MAX_NAME_CHARS: usize = 64;

/// Key names under one prefix: two of them on one database share nothing. All keys lie in one slot of Redis Cluster, that
/// of the prefix's hash tag. The default's status keys, which have no tag, do so for the ids that [`Keys::steer`] makes.
///
/// `exports`, the default, gives `{exports}:commands` ... and `export_job:<job_id>`, the name that other services know;
/// any other gives `{name}:commands` ... and `{name}:export_job:<job_id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
    status_prefix: String,
    slot: u16,
    on_cluster: bool,
}

/// The text cannot name a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "key prefix {0:?} is not 1 to 64 characters out of A-Z a-z 0-9 _ - . : (without braces; they are added); \
     take the name of the stack, like exports-north"
)]
pub struct InvalidPrefix(String);

impl Default for Keys {
    /// The names that services and dashboards know.
    fn default() -> Self {
        Self::of(Self::DEFAULT_NAME, STATUS.to_owned())
    }
}

impl FromStr for Keys {
    type Err = InvalidPrefix;

    fn from_str(name: &str) -> Result<Self, InvalidPrefix> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        if !(1..=MAX_NAME_CHARS).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(InvalidPrefix(name.chars().take(80).collect()));
        }
        if name == Self::DEFAULT_NAME {
            return Ok(Self::default());
        }
        Ok(Self::of(name, format!("{{{name}}}:{STATUS}")))
    }
}

impl fmt::Display for Keys {
    /// The name, without braces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What status keys begin with.
const STATUS: &str = "export_job:";

impl Keys {
    /// The consumer group of the workers.
    pub const GROUP: &'static str = "workers";

    /// Name of the default prefix.
    pub const DEFAULT_NAME: &'static str = "exports";

    fn of(name: &str, status_prefix: String) -> Self {
        let prefix = format!("{{{name}}}");
        let slot = key_slot(prefix.as_bytes());
        Self { prefix, status_prefix, slot, on_cluster: false }
    }

    /// The name of the prefix, without braces.
    pub fn name(&self) -> &str {
        &self.prefix[1..self.prefix.len() - 1]
    }

    /// The slot of Redis Cluster in which all keys with the hash tag lie.
    pub fn slot(&self) -> u16 {
        self.slot
    }

    /// The same names for a Redis Cluster, where a script must not touch keys of two slots: see [`Keys::status`].
    #[must_use]
    pub fn on_cluster(self) -> Self {
        Self { on_cluster: true, ..self }
    }

    /// The slot in which the status of a job lies for those who read it by its name.
    pub fn status_slot(&self, job_id: &str) -> u16 {
        key_slot(self.public_status(job_id).as_bytes())
    }

    /// They are names for a Redis Cluster.
    pub fn is_on_cluster(&self) -> bool {
        self.on_cluster
    }

    /// On a Redis Cluster: the job's status lies in another slot than the queue, so the job cannot run.
    pub fn is_foreign(&self, job_id: &str) -> bool {
        self.on_cluster && self.status_slot(job_id) != self.slot
    }

    /// The id with its last five hex digits exchanged, so that `export_job:<job_id>` lies in the prefix's slot; under
    /// every prefix, though only the default's status keys need it. `None` when it does not end with five lower-case
    /// hex digits: it is no UUID.
    pub fn steer(&self, id: &JobId) -> Option<JobId> {
        let (rest, digits) = id.as_str().split_at_checked(id.as_str().len().checked_sub(DIGITS)?)?;
        if !digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let own = u32::from_str_radix(digits, 16).ok()?;
        let state = crc16(crc16(0, STATUS.as_bytes()), rest.as_bytes());
        let digits = steer::next_digits(state, self.slot, own);
        format!("{rest}{digits:05x}").parse().ok()
    }

    /// Stream of commands.
    pub fn commands(&self) -> String {
        self.key("commands")
    }

    /// Stream of completion events.
    pub fn events(&self) -> String {
        self.key("events")
    }

    /// Counter behind the events' `n`.
    pub fn event_seq(&self) -> String {
        self.key("event_seq")
    }

    /// Sorted set: job id by due time (Unix milliseconds).
    pub fn delayed(&self) -> String {
        self.key("delayed")
    }

    /// Hash: job id to the parked command.
    pub fn parked(&self) -> String {
        self.key("parked")
    }

    /// Stream of dead letters.
    pub fn dead(&self) -> String {
        self.key("dead")
    }

    /// Pub/sub channel of hints; the truth is in the keys.
    pub fn control(&self) -> String {
        self.key("control")
    }

    /// Set while workers shall not fetch.
    pub fn paused(&self) -> String {
        self.key("paused")
    }

    /// Held by the worker that tidies up this minute.
    pub fn housekeeper(&self) -> String {
        self.key("housekeeper")
    }

    /// Hash: up to which entry of which stream housekeeping has looked.
    pub fn housekept(&self) -> String {
        self.key("housekept")
    }

    /// Idempotency key to job id.
    pub fn dedupe(&self, idempotency_key: &str) -> String {
        format!("{}:dedupe:{idempotency_key}", self.prefix)
    }

    /// Set when somebody asked to cancel a running job.
    pub fn cancel(&self, job_id: &str) -> String {
        format!("{}:cancel:{job_id}", self.prefix)
    }

    /// The status record as scripts know it: [`Keys::public_status`]; for a job that [is foreign](Keys::is_foreign) a key
    /// in our slot that stands in for it.
    pub fn status(&self, job_id: &str) -> String {
        if self.is_foreign(job_id) {
            return format!("{}:status:{job_id}", self.prefix);
        }
        self.public_status(job_id)
    }

    /// The status record. Services read this key directly: `export_job:<job_id>` under the default prefix,
    /// `{name}:export_job:<job_id>` under another.
    pub fn public_status(&self, job_id: &str) -> String {
        format!("{}{job_id}", self.status_prefix)
    }

    /// First part of every other key.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_others_read_directly_are_fixed() {
        let keys = Keys::default();
        assert_eq!(keys.status("a"), "export_job:a");
        assert_eq!(keys.commands(), "{exports}:commands");
        assert_eq!(keys.events(), "{exports}:events");
        assert_eq!("exports".parse(), Ok(keys));
    }

    #[test]
    fn another_prefix_shares_no_key_and_keeps_all_in_its_slot() {
        let keys: Keys = "north".parse().unwrap();
        let names = |keys: &Keys| {
            let single = [keys.commands(), keys.events(), keys.event_seq(), keys.delayed(), keys.parked()];
            let more = [keys.dead(), keys.control(), keys.paused(), keys.housekeeper(), keys.housekept()];
            let of_job = [keys.dedupe("a"), keys.cancel("a"), keys.status("a")];
            [single.as_slice(), &more, &of_job].concat()
        };
        assert_eq!(keys.status("a"), "{north}:export_job:a");
        for name in names(&keys) {
            assert!(name.starts_with("{north}:"), "{name}");
            assert_eq!(key_slot(name.as_bytes()), keys.slot(), "{name}");
            assert!(!names(&Keys::default()).contains(&name), "{name}");
        }
    }

    #[test]
    fn on_a_cluster_a_foreign_job_has_a_status_in_our_slot_and_ours_are_as_ever() {
        let keys = Keys::default().on_cluster();
        let ours = keys.steer(&"0192f0c1-7d2e-7aaa-8bbb-cccccccccccc".parse().unwrap()).unwrap();
        assert_eq!(keys.status(ours.as_str()), format!("export_job:{ours}"));
        assert!(keys.is_foreign("celery-1") && !Keys::default().is_foreign("celery-1"));
        assert_eq!(keys.status("celery-1"), "{exports}:status:celery-1");
        assert_eq!(keys.public_status("celery-1"), "export_job:celery-1");
        // Under another prefix every id lies beside its queue.
        assert!(!"north".parse::<Keys>().unwrap().on_cluster().is_foreign("celery-1"));
    }

    #[test]
    fn a_name_that_could_leave_its_slot_or_be_a_pattern_is_refused() {
        for bad in ["", "{exports}", "a}b", "a{b", "a*", "a b", "a\n", "[a]", "é", &"x".repeat(65)] {
            let error = bad.parse::<Keys>().unwrap_err().to_string();
            assert!(error.contains("without braces"), "{error}");
        }
    }

    #[test]
    fn what_is_no_uuid_is_not_steered() {
        for id in ["a", "0192f0c1-7d2e-7aaa-8bbb-ccccccccccCC", "celery-1"] {
            assert_eq!(Keys::default().steer(&id.parse().unwrap()), None, "{id}");
        }
    }
}
