//! How a command travels through Redis. SKELETON: signatures first; bodies follow.
#![allow(
    missing_docs,
    clippy::todo,
    clippy::allow_attributes_without_reason,
    clippy::allow_attributes,
    unused
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use deertrack_schemas::{
    Artifact, Command, CompletionEvent, JobId, Keys, State, StatusRecord, Valid, wire::WireError,
};
use tokio_util::sync::CancellationToken;

/// Settings of the protocol. `Settings::new(url)` gives the defaults of the protocol document.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `redis://`, `rediss://`, `redis+unix:///path`.
    pub url: String,
    pub keys: Keys,
    pub lease: Duration,       // 15 s
    pub beat_every: Duration,  // 5 s
    pub sweep_every: Duration, // 5 s, with jitter
    pub block: Duration,       // 2 s
    pub delivery_cap: u64,     // 3
    pub status_ttl: Duration,  // 3600 s
    pub max_backlog: Option<u64>,
}
impl Settings {
    pub fn new(url: impl Into<String>) -> Self {
        todo!()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error("{0}")]
    Redis(#[from] redis::RedisError),
    #[error("{0}")]
    Wire(#[from] WireError),
    // ... variants named by what went wrong: Unreachable{url,..}, Full (OOM), ...
}
impl StreamError {
    /// Redis is away or full: trying again later can help (HTTP 503).
    pub fn is_unavailable(&self) -> bool {
        todo!()
    }
}

/// One Redis, one prefix. Cheap to clone; all clones share one multiplexed connection that reconnects by itself.
#[derive(Clone)]
pub struct Stream {}

/// What a submit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    New(JobId),
    /// The idempotency key belongs to this job already.
    Existing(JobId),
    /// The same key was used for another body.
    Conflict(JobId),
    /// The backlog bound is reached.
    Full,
}

impl Stream {
    pub async fn connect(settings: Settings) -> Result<Self, StreamError> {
        todo!()
    }
    pub fn settings(&self) -> &Settings {
        todo!()
    }
    /// A new UUID v7.
    pub fn new_job_id() -> JobId {
        todo!()
    }
    pub async fn submit(&self, command: &Valid<Command>) -> Result<Submitted, StreamError> {
        todo!()
    }
    pub async fn submit_many(&self, commands: &[Valid<Command>]) -> Result<Vec<Submitted>, StreamError> {
        todo!()
    }
    /// The raw text under `export_job:<id>`, whoever wrote it.
    pub async fn status_text(&self, job_id: &str) -> Result<Option<Vec<u8>>, StreamError> {
        todo!()
    }
    /// Completion events behind `from`, for ever. Reconnects by itself.
    pub async fn watch(&self, from: WatchFrom) -> Result<Watch, StreamError> {
        todo!()
    }
    /// PING, with the round trip time.
    pub async fn ping(&self) -> Result<Duration, StreamError> {
        todo!()
    }
    /// Version, eviction policy, persistence, memory: what `doctor` prints and workers check at start.
    pub async fn probe(&self) -> Result<ServerInfo, StreamError> {
        todo!()
    }
    /// Backlog, pending, dead, ... for gauges, `doctor` and `queue`.
    pub async fn counts(&self) -> Result<Counts, StreamError> {
        todo!()
    }
}

#[derive(Debug, Clone)]
pub struct ServerInfo {
    pub version: String,
    pub eviction_policy: String,
    pub aof: bool,
    pub rdb: bool,
    pub used_memory: u64,
    pub max_memory: u64,
    pub role: String,
}
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub backlog: u64,
    pub pending: u64,
    pub delayed: u64,
    pub dead: u64,
    pub events: u64,
    pub consumers: u64,
}

/// Id of an event in the stream: the SSE `Last-Event-ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    pub ms: u64,
    pub seq: u64,
} // Display/FromStr "ms-seq"
#[derive(Debug, Clone, Copy)]
pub enum WatchFrom {
    Now,
    Start,
    After(EventId),
}
#[derive(Debug, Clone)]
pub enum Watched {
    Event {
        id: EventId,
        event: CompletionEvent,
    },
    /// Events between were lost or trimmed: read the status keys again. Then the events go on.
    Lagged {
        expected: u64,
        found: u64,
    },
    /// `n` went back: Redis lost data.
    Reset {
        expected: u64,
        found: u64,
    },
}
pub struct Watch {}
impl Watch {
    /// Cancel safe.
    pub async fn next(&mut self) -> Result<Watched, StreamError> {
        todo!()
    }
}

/// A worker's membership of the consumer group: reader, beater, sweeper, finisher.
pub struct Consumer {}
#[derive(Clone, Debug, Default)]
pub struct ConsumerOptions {
    /// Shown in lists; the consumer name is `host:pid:boot-uuid`.
    pub host: Option<String>,
}
impl Consumer {
    pub async fn start(stream: &Stream, options: ConsumerOptions) -> Result<Self, StreamError> {
        todo!()
    }
    pub fn name(&self) -> &str {
        todo!()
    }
    /// Waits for at least one claim and gives at most `slots`. Strays, swept and new entries alike.
    /// Never fails: it classifies, backs off and reconnects for ever. Cancel safe: a read in flight is kept.
    pub async fn next(&mut self, slots: usize) -> Vec<Claim> {
        todo!()
    }
    /// Stops reading (CLIENT UNBLOCK), hands back what nobody took, waits for finishes in flight, stops the beat. Claims still held stay valid until dropped.
    pub async fn stop(self) {
        todo!()
    }
}

/// One entry of the command stream that this consumer owns. Consumed by `finish`, `dead` (later `retry`, `release`).
#[must_use = "an entry that is not finished stays pending until its lease ends"]
pub struct Claim {}
impl Claim {
    pub fn entry_id(&self) -> &str {
        todo!()
    }
    pub fn job_id(&self) -> &str {
        todo!()
    }
    pub fn delivery(&self) -> u64 {
        todo!()
    }
    pub fn body(&self) -> &[u8] {
        todo!()
    }
    pub fn decode(&self) -> Result<Command, WireError> {
        todo!()
    }
    /// A re-delivered entry whose status is already terminal, if so.
    pub async fn already_ended(&self) -> Result<Option<StatusRecord>, StreamError> {
        todo!()
    }
    /// Begins the beat: the first writes `running` (after 100 ms, so that short jobs cost no second script).
    pub fn run(&mut self, record: StatusRecord) -> Running {
        todo!()
    }
    /// Writes status and event and acknowledges, in one step, only while the claim is held. Tries until it works or the lease is lost.
    pub async fn finish(self, record: StatusRecord) -> Finished {
        todo!()
    }
    /// To the dead letters with the raw bytes.
    pub async fn dead(self, reason: &str, record: StatusRecord) -> Finished {
        todo!()
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    Done,
    /// Somebody else owns the entry now; nothing was written.
    Lost,
}

/// What a running job sees of its claim; cheap to clone into blocking threads.
#[derive(Clone)]
pub struct Running {}
impl Running {
    /// 0..1 with a stage; sent with the next beat.
    pub fn progress(&self, fraction: f64, stage: &str) {
        todo!()
    }
    /// Fires when the lease is lost: stop, write nothing.
    pub fn lost(&self) -> CancellationToken {
        todo!()
    }
    /// Fires when somebody asked to cancel.
    pub fn cancelled(&self) -> CancellationToken {
        todo!()
    }
}

/// A private `redis-server` child on a unix socket, for `deertrack up` and for tests.
pub mod embedded {
    use super::*;
    /// How the private server keeps its data.
    #[derive(Clone, Debug)]
    pub struct Options {
        pub dir: PathBuf,
        pub append_only: bool,
        /// extra `--name value` pairs
        pub extra: Vec<(String, String)>,
    }
    #[derive(Debug, thiserror::Error)]
    pub enum StartError {
        #[error(
            "no redis-server found on PATH; install it: apt-get install redis-server | brew install redis | ..."
        )]
        NotFound,
        #[error("{0}")]
        Io(#[from] std::io::Error),
        #[error("redis-server did not start: {0}")]
        Failed(String),
    }
    pub struct Server {}
    impl Server {
        pub async fn start(options: Options) -> Result<Self, StartError> {
            todo!()
        }
        pub fn url(&self) -> &str {
            todo!()
        }
        pub fn pid(&self) -> u32 {
            todo!()
        }
        /// SIGTERM, waits for the exit.
        pub async fn stop(self) -> std::io::Result<()> {
            todo!()
        }
        /// SIGKILL, and the same data started again at the same address: for tests of restarts.
        pub async fn kill(&mut self) -> std::io::Result<()> {
            todo!()
        }
        pub async fn restart(&mut self) -> Result<(), StartError> {
            todo!()
        }
    }
}
