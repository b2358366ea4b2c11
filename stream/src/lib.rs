#![doc = include_str!("../README.md")]

mod backoff;
mod beat;
mod cancel;
mod catch_up;
mod claim;
mod connect;
mod consumer;
mod control;
pub mod crash;
mod dead;
mod dead_letters;
mod durability;
pub mod embedded;
mod entry;
mod error;
mod event_id;
mod finish;
mod handover;
mod heal;
mod housekeeping;
mod in_flight;
mod member;
pub mod meters;
mod overview;
mod position;
mod probe;
mod reader;
mod release;
mod retry;
mod run;
mod scratch;
mod script;
mod settings;
mod stored;
mod submit;
mod sweep;
mod watch;
mod watched;

use std::sync::Arc;

pub use beat::Running;
pub use cancel::Cancelled;
pub use catch_up::CatchUp;
pub use claim::Claim;
pub use consumer::{Consumer, ConsumerOptions};
pub use dead_letters::{DeadLetter, DeadLetters};
use deertrack_schemas::JobId;
pub use durability::Durability;
pub use error::StreamError;
pub use event_id::{EventId, InvalidEventId};
pub use finish::Finished;
pub use heal::Healing;
pub use housekeeping::Tidied;
pub use overview::{Delayed, Overview, RunningJob, Waiting};
pub use probe::{Counts, ServerInfo, ServerProblem};
pub use retry::{Retried, RetryPolicy, TryError};
pub use scratch::Scratch;
pub use settings::Settings;
pub use submit::Submitted;
pub use watch::{Watch, WatchFrom};
pub use watched::Watched;

/// One Redis, one prefix. Cheap to clone; all clones share one multiplexed connection that mends itself.
#[derive(Clone)]
pub struct Stream {
    settings: Arc<Settings>,
    dialer: connect::Dialer,
    link: Arc<connect::Link>,
    waiters: Arc<durability::Waiters>,
}

impl Stream {
    /// Connects and asks whether anybody is there.
    ///
    /// # Errors
    /// The URL names no Redis, or Redis cannot be used now.
    pub async fn connect(settings: Settings) -> Result<Self, StreamError> {
        let dialer = connect::Dialer::new(&settings)?;
        let link = Arc::new(connect::Link::new(dialer.clone()));
        let stream = Self { settings: Arc::new(settings), dialer, link, waiters: Arc::default() };
        stream.ping().await?;
        Ok(stream)
    }

    /// The settings that it was connected with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A new UUID v7: ids sort by their time.
    pub fn new_job_id() -> JobId {
        uuid::Uuid::now_v7().to_string().parse().expect("a UUID is hex digits and dashes")
    }

    /// The raw text under `export_job:<id>`, whoever wrote it. Any text is taken as an id.
    ///
    /// # Errors
    /// Redis cannot be used, or the key holds no text.
    pub async fn status_text(&self, job_id: &str) -> Result<Option<Vec<u8>>, StreamError> {
        let mut get = redis::cmd("GET");
        get.arg(self.settings.keys.status(job_id));
        Ok(self.link.query(&get).await?)
    }

    /// What became of the append-only file of the Redis that was met last: half a transaction in it must not come back.
    pub fn healing(&self) -> Healing {
        self.dialer.healing()
    }

    pub(crate) fn shared_settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(crate) fn waiters(&self) -> &durability::Waiters {
        &self.waiters
    }

    pub(crate) fn dialer(&self) -> &connect::Dialer {
        &self.dialer
    }

    pub(crate) fn link(&self) -> &connect::Link {
        &self.link
    }
}
