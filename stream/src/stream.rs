//! [`Stream`]: what all users of one Redis share. What can be asked of it stands in the files of the moves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deertrack_schemas::JobId;

use crate::connect::{Dialer, Link};
use crate::error::StreamError;
use crate::heal::Healing;
use crate::job_ids::new_job_id;
use crate::sentry;
use crate::settings::Settings;
use crate::waiters::Waiters;

/// One Redis, one prefix. Cheap to clone; all clones share one multiplexed connection that mends itself.
#[derive(Clone)]
pub struct Stream {
    settings: Arc<Settings>,
    dialer: Dialer,
    link: Arc<Link>,
    waiters: Arc<Waiters>,
}

impl Stream {
    /// Connects and asks whether anybody is there.
    ///
    /// # Errors
    /// The URL names no Redis, or Redis cannot be used now.
    pub async fn connect(settings: Settings) -> Result<Self, StreamError> {
        let dialer = Dialer::new(&settings)?;
        let link = Arc::new(Link::new(dialer.clone()));
        let mut stream = Self { settings: Arc::new(settings), dialer, link, waiters: Arc::default() };
        stream.ping().await?;
        if stream.dialer.is_on_cluster() {
            let settings = Settings::clone(&stream.settings);
            stream.settings = Arc::new(Settings { keys: settings.keys.on_cluster(), ..settings });
        }
        let (every, key) = (stream.settings.look_after_master, stream.settings.keys.commands());
        tokio::spawn(sentry::look(stream.dialer.clone(), Arc::downgrade(&stream.link), every, key));
        Ok(stream)
    }

    /// PING, with the round trip time.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn ping(&self) -> Result<Duration, StreamError> {
        let start = Instant::now();
        self.link.query::<String>(&redis::cmd("PING")).await?;
        Ok(start.elapsed())
    }

    /// The settings that it was connected with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A new id for a job of this prefix.
    pub fn new_job_id(&self) -> JobId {
        new_job_id(&self.settings.keys)
    }

    /// The raw text of a job's status, whoever wrote it. Any text is taken as an id.
    ///
    /// # Errors
    /// Redis cannot be used, or the key holds no text.
    pub async fn status_text(&self, job_id: &str) -> Result<Option<Vec<u8>>, StreamError> {
        let keys = &self.settings.keys;
        let get = |key: String| {
            let mut get = redis::cmd("GET");
            get.arg(key);
            get
        };
        let text = self.link.query_anywhere(&get(keys.public_status(job_id))).await?;
        match text {
            None if keys.is_foreign(job_id) => Ok(self.link.query(&get(keys.status(job_id))).await?),
            text => Ok(text),
        }
    }

    /// What became of the append-only file of the Redis that was met last: half a transaction in it must not come back.
    pub fn healing(&self) -> Healing {
        self.dialer.healing()
    }

    pub(crate) fn shared_settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    pub(crate) fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    pub(crate) fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }
}
