//! What can go wrong between here and Redis, named by what a caller can do about it.

use deertrack_schemas::Keys;
use deertrack_schemas::wire::WireError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::refusals::is_refusal;
use crate::tls::TlsError;

/// A move that did not happen, or whose reply was lost.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The URL names no Redis.
    #[error(
        "not a Redis URL (redis://host:6379, rediss://host:6379, redis+unix:///path, redis-sentinel://host:26379/service): {0}"
    )]
    Url(RedisError),
    /// The certificates for TLS cannot be used.
    #[error("{0}")]
    Tls(#[from] TlsError),
    /// Redis cannot be reached, is loading its data or is failing over. Trying again later can help; whether the
    /// move happened is not known.
    #[error("Redis cannot be used at the moment: {0}")]
    Unreachable(RedisError),
    /// Redis is at its `maxmemory`. Nothing was written.
    #[error("Redis is full (maxmemory is reached): {0}")]
    Full(RedisError),
    /// What answers cannot be used: too old, another program, a Sentinel, a certificate that is not trusted. Why, and what
    /// to do.
    #[error("{0}")]
    Unfit(String),
    /// On a Redis Cluster: the status key of this job lies in another slot than its queue. Nothing was submitted.
    #[error("{0}")]
    Foreign(Foreign),
    /// Redis refused the command: wrong key type, missing permission, too old.
    #[error("Redis refused a command: {0}")]
    Refused(RedisError),
    /// The command was accepted, but is not as sure as was asked in the time given. It will run all the same unless
    /// Redis loses it; submitting it again asks again.
    #[error("accepted, but not enough replicas or disks have confirmed it in time")]
    NotDurable,
    /// Redis is older than 7.2, or writes no append-only file. The command was accepted all the same.
    #[error(
        "accepted, but this Redis cannot wait for an append-only file (WAITAOF needs 7.2 and appendonly yes); \
         use another durability"
    )]
    NoWaitAof,
    /// A command that cannot be written, or a record that cannot be read.
    #[error("{0}")]
    Wire(#[from] WireError),
}

/// Why a job cannot run on a Redis Cluster, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "job id {job_id:?} lies in slot {slot} of this Redis Cluster and its queue in slot {queue}: take ids of `deertrack \
     new-id`, or make them as schemas/README.md says"
)]
pub struct Foreign {
    /// The job.
    pub job_id: String,
    /// Where its status lies.
    pub slot: u16,
    /// Where its queue lies.
    pub queue: u16,
}

impl Foreign {
    /// `None` when all is well.
    pub(crate) fn of(keys: &Keys, job_id: &str) -> Option<Self> {
        let (slot, queue) = (keys.status_slot(job_id), keys.slot());
        keys.is_foreign(job_id).then(|| Self { job_id: job_id.to_owned(), slot, queue })
    }
}

impl StreamError {
    /// Redis is away, full or not as sure as asked, or another than before (HTTP 503). But for
    /// [`NoWaitAof`](Self::NoWaitAof), trying again later can help.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Unfit(_) | Self::Full(_) | Self::NotDurable | Self::NoWaitAof
        )
    }
}

impl StreamError {
    /// The user that we log in as lacks a right.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused(error) if is_refusal(error))
    }
}

impl From<RedisError> for StreamError {
    fn from(error: RedisError) -> Self {
        if error.kind() == ErrorKind::InvalidClientConfig {
            return Self::Unfit(error.detail().unwrap_or("this server cannot be used").to_owned());
        }
        match Trouble::of(&error) {
            Trouble::Full => Self::Full(error),
            Trouble::Connection | Trouble::NotNow => Self::Unreachable(error),
            Trouble::NoGroup | Trouble::Unblocked | Trouble::Other => Self::Refused(error),
        }
    }
}

/// Kinds of Redis errors, by what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The stream or its group is gone: make it again.
    NoGroup,
    /// A blocked read was sent away (CLIENT UNBLOCK, deleted key): read again.
    Unblocked,
    /// This connection is of no use: make a new one. After a failover it may still lead to the old master,
    /// which answers READONLY for ever, and in a cluster the slot may be another node's by now.
    Connection,
    /// Loading, failing over, a slot that moves: wait.
    NotNow,
    /// At maxmemory.
    Full,
    /// Nothing that waiting mends.
    Other,
}

impl Trouble {
    pub(crate) fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::Io | ErrorKind::Parse | ErrorKind::AuthenticationFailed => Self::Connection,
            // A cluster that is down may be one that this node has lost sight of.
            ErrorKind::Server(
                ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::Moved
                | ServerErrorKind::ClusterDown,
            ) => Self::Connection,
            // Our slot is on its way to another node.
            ErrorKind::Server(
                ServerErrorKind::BusyLoading | ServerErrorKind::TryAgain | ServerErrorKind::Ask,
            ) => Self::NotNow,
            _ => match error.code() {
                Some("NOGROUP") => Self::NoGroup,
                Some("UNBLOCKED") => Self::Unblocked,
                Some("OOM") => Self::Full,
                // A script of somebody else runs for too long; the disk or the replicas are behind.
                Some("BUSY" | "MISCONF" | "NOREPLICAS") => Self::NotNow,
                _ => Self::Other,
            },
        }
    }
}

/// Nothing, where the stream or its group is not there yet.
pub(crate) fn or_nothing<T: Default>(reply: Result<T, RedisError>) -> Result<T, RedisError> {
    match reply {
        Err(error) if Trouble::of(&error) == Trouble::NoGroup => Ok(T::default()),
        Err(error) if error.detail().is_some_and(|text| text.contains("no such key")) => Ok(T::default()),
        reply => reply,
    }
}

/// The same call would fail the same way for ever: its script fails, a key has another type, a reply another shape.
/// Not all of [`Trouble::Other`] is: a server with too many clients will have fewer.
pub(crate) fn is_for_good(error: &RedisError) -> bool {
    // What fails within a script is told with the script and the place.
    let within_a_script = || error.detail().is_some_and(|text| text.contains("script:"));
    let wrong = error.kind() == ErrorKind::UnexpectedReturnType || error.code() == Some("WRONGTYPE");
    Trouble::of(error) == Trouble::Other && (wrong || within_a_script())
}
