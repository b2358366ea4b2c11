//! Tidying up, every minute by one of the workers: nothing that waits may lose its status, nothing that is gone may
//! stay.

use std::collections::HashMap;
use std::time::Duration;

use deertrack_schemas::{Command, Keys, State, StatusRecord, wire};

use crate::backoff::jittered;
use crate::claim::unreadable;
use crate::error::StreamError;
use crate::pages::Pages;
use crate::stored::StoredEntry;
use crate::wait::told_of;
use crate::{EventId, Stream, crash, dedupe, script};

/// How many delayed jobs are looked at in one go.
const PAGE: usize = 500;
/// How many waiting entries one turn looks at: so many, or as many as are needed to see all within so many turns.
const ENTRIES: usize = 20_000;
const TURNS: usize = 20;
/// How many bytes of them.
const BYTES: usize = 64 * 1024 * 1024;
/// Fields of what is remembered from turn to turn.
const COMMANDS: &str = "commands";
const EVENTS: &str = "events";

/// What was tidied up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Jobs that wait, whose status was kept alive.
    pub kept_alive: usize,
    /// Members of the group that were gone.
    pub consumers_removed: usize,
    /// Events that were too old.
    pub events_removed: usize,
    /// Dead letters beyond their bounds.
    pub dead_dropped: u64,
}

impl Stream {
    /// Tidies up now, whoever else does. Workers do it by themselves.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn housekeep(&self) -> Result<Tidied, StreamError> {
        let kept_alive = self.keep_waiting_alive().await? + self.keep_delayed_alive().await?;
        let dead_dropped = self.bound_dead_letters().await?;
        let ended = self.forget_records_of_the_future(self.looked_until(EVENTS).await?).await?;
        self.look_on(EVENTS, ended).await?;
        let gone = self.end_leases_of_the_future().await?;
        let (settings, keys) = (self.settings(), &self.settings().keys);
        let mut call = script::call(&script::HOUSEKEEP, 2, 3 + gone.len(), 128);
        call.arg(keys.commands())
            .arg(keys.events())
            .arg(Keys::GROUP)
            .arg(settings.consumer_gone_after.as_millis() as u64)
            .arg(settings.max_event_age.as_millis() as u64);
        for consumer in &gone {
            call.arg(consumer);
        }
        crash::point("housekeep.before");
        let (consumers_removed, events_removed) = self.link().run(&call).await?;
        crash::point("housekeep.after");
        Ok(Tidied { kept_alive, consumers_removed, events_removed, dead_dropped })
    }

    pub(crate) async fn housekeep_for_ever(&self) {
        loop {
            // Before the first wait: a worker that has just started is looked at as well.
            if let Err(error) = self.record_gauges().await {
                tracing::debug!(%error, "the gauges cannot be read now; the next turn will");
            }
            tokio::time::sleep(jittered(self.settings().housekeep_every)).await;
            let done =
                async { if self.is_my_turn().await? { self.housekeep().await.map(Some) } else { Ok(None) } };
            match done.await {
                Ok(Some(tidied)) => tracing::debug!(?tidied, "tidied up"),
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "cannot tidy up now; the next turn will"),
            }
        }
    }

    /// Everybody could do it at the same time without harm, but once is enough.
    async fn is_my_turn(&self) -> Result<bool, StreamError> {
        let key = self.settings().keys.housekeeper();
        let turn = (self.settings().housekeep_every / 2).max(Duration::from_millis(1));
        let mut take = redis::cmd("SET");
        take.arg(&key).arg(1).arg("PX").arg(turn.as_millis() as u64);
        if self.link().query::<bool>(take.clone().arg("NX")).await? {
            return Ok(true);
        }
        // Taken for longer than anybody takes it: Redis' clock was set back since.
        let mut left = redis::cmd("PTTL");
        left.arg(&key);
        let left: i64 = self.link().query(&left).await?;
        let is_stale = left == -1 || u128::try_from(left).is_ok_and(|left| left > turn.as_millis());
        Ok(is_stale && self.link().query(&take).await?)
    }

    /// What waits: its status is prolonged, or written if there is none (it was forgotten, or another program has put the
    /// command here), and so is its idempotency key, or the same request would make a second job of it.
    ///
    /// A turn looks at a bounded part; the next, whoever takes it, goes on from there.
    async fn keep_waiting_alive(&self) -> Result<usize, StreamError> {
        let key = self.settings().keys.commands();
        let mut length = redis::cmd("XLEN");
        length.arg(&key);
        let backlog: usize = self.link().query(&length).await?;
        // All are looked at several times before the first status is forgotten.
        let most = ENTRIES.max(backlog / TURNS);
        let mut pages = Pages::new(self, key, self.looked_until(COMMANDS).await?);
        let mut is_all = false;
        while pages.entries < most && pages.bytes < BYTES {
            let page = pages.next(most - pages.entries).await?;
            is_all = page.is_empty();
            if is_all {
                break;
            }
            self.keep_entries_alive(&page).await?;
        }
        self.look_on(COMMANDS, if is_all { EventId::default() } else { pages.at }).await?;
        Ok(pages.entries)
    }

    /// Up to which entry of a stream somebody has looked.
    async fn looked_until(&self, stream: &str) -> Result<EventId, StreamError> {
        let mut get = redis::cmd("HGET");
        get.arg(self.settings().keys.housekept()).arg(stream);
        let at: Option<String> = self.link().query(&get).await?;
        Ok(at.and_then(|at| at.parse().ok()).unwrap_or_default())
    }

    async fn look_on(&self, stream: &str, at: EventId) -> Result<(), StreamError> {
        let mut set = redis::cmd("HSET");
        set.arg(self.settings().keys.housekept()).arg(stream).arg(at.to_string());
        Ok(self.link().query(&set).await?)
    }

    async fn keep_entries_alive(&self, entries: &[StoredEntry]) -> Result<(), StreamError> {
        let settings = self.settings();
        let keys = &settings.keys;
        let named: Vec<(&str, &StoredEntry)> =
            entries.iter().filter_map(|entry| Some((entry.text("job")?, entry))).collect();
        let alive = self.prolong(named.iter().map(|(job, _)| keys.status(job))).await?;
        let mut write = redis::pipe();
        for ((job, entry), alive) in named.iter().zip(alive) {
            let body = entry.bytes("body").unwrap_or_default();
            let command = wire::decode(body).ok();
            if let Some(command) = &command {
                dedupe::keep(&mut write, settings, command);
            }
            if alive {
                continue;
            }
            let Some(record) = waiting(job, command.as_ref(), body) else { continue };
            let record = StatusRecord { entry_id: Some(entry.id.clone()), ..record };
            // NX: if it has begun or ended in this moment, what its worker wrote is newer.
            write.cmd("SET").arg(keys.status(job)).arg(record.to_json()).arg("NX");
            write.arg("EX").arg(settings.status_ttl.as_secs()).ignore();
        }
        if !write.is_empty() {
            self.link().pipe::<()>(&write).await?;
        }
        Ok(())
    }

    async fn keep_delayed_alive(&self) -> Result<usize, StreamError> {
        let (mut cursor, mut kept) = (0_u64, 0);
        loop {
            let mut scan = redis::cmd("ZSCAN");
            scan.arg(self.settings().keys.delayed()).arg(cursor).arg("COUNT").arg(PAGE);
            let (next, jobs): (u64, HashMap<String, f64>) = self.link().query(&scan).await?;
            if !jobs.is_empty() {
                self.prolong(jobs.keys().map(|job| self.settings().keys.status(job))).await?;
                kept += jobs.len();
            }
            cursor = next;
            if cursor == 0 {
                return Ok(kept);
            }
        }
    }

    /// Which of the keys are there; they live for a whole TTL again.
    async fn prolong(&self, keys: impl Iterator<Item = String>) -> Result<Vec<bool>, StreamError> {
        let mut expire = redis::pipe();
        for key in keys {
            expire.cmd("EXPIRE").arg(key).arg(self.settings().status_ttl.as_secs());
        }
        if expire.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.link().pipe(&expire).await?)
    }

    /// Unix time, by Redis' clock.
    pub(crate) async fn clock(&self) -> Result<Duration, StreamError> {
        let (seconds, micros): (u64, u64) = self.link().query(&redis::cmd("TIME")).await?;
        Ok(Duration::from_secs(seconds) + Duration::from_micros(micros))
    }
}

/// The status of a command that waits; `None` when its job can have none.
fn waiting(job: &str, command: Option<&Command>, body: &[u8]) -> Option<StatusRecord> {
    if let Some(command) = command {
        return Some(StatusRecord::queued(command));
    }
    let job = job.parse().ok()?;
    Some(match wire::outline(body) {
        Some(outline) => told_of(job, &outline),
        None => unreadable(job, State::Queued),
    })
}
