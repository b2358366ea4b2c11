//! Tidying up, every minute by one of the workers: nothing that waits may lose its status, nothing that is gone may
//! stay.

use std::collections::HashMap;
use std::time::Duration;

use deertrack_schemas::{Keys, StatusRecord, wire};

use crate::backoff::jittered;
use crate::error::StreamError;
use crate::stored::StoredEntry;
use crate::{EventId, Stream, crash, script};

/// How many waiting entries are looked at in one go.
const PAGE: usize = 500;

/// What was tidied up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Jobs that wait for long, whose status was kept alive.
    pub kept_alive: usize,
    /// Members of the group that were gone.
    pub consumers_removed: usize,
    /// Events that were too old.
    pub events_removed: usize,
}

impl Stream {
    /// Tidies up now, whoever else does. Workers do it by themselves.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn housekeep(&self) -> Result<Tidied, StreamError> {
        let kept_alive = self.keep_waiting_alive().await? + self.keep_delayed_alive().await?;
        let (settings, keys) = (self.settings(), &self.settings().keys);
        let mut call = script::call(&script::HOUSEKEEP, 2, 3, 128);
        call.arg(keys.commands())
            .arg(keys.events())
            .arg(Keys::GROUP)
            .arg(settings.consumer_gone_after.as_millis() as u64)
            .arg(settings.max_event_age.as_millis() as u64);
        crash::point("housekeep.before");
        let (consumers_removed, events_removed) = self.link().run(&call).await?;
        crash::point("housekeep.after");
        Ok(Tidied { kept_alive, consumers_removed, events_removed })
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
        let mut take = redis::cmd("SET");
        take.arg(self.settings().keys.housekeeper()).arg(1).arg("NX");
        take.arg("PX").arg((self.settings().housekeep_every.as_millis() as u64 / 2).max(1));
        Ok(self.link().query(&take).await?)
    }

    /// What waits for longer than half of the TTL: its status is prolonged or written again, and its idempotency key
    /// is prolonged, or the same request would make a second job of it.
    async fn keep_waiting_alive(&self) -> Result<usize, StreamError> {
        let mut after = EventId::default();
        let mut kept = 0;
        let now = self.clock().await?;
        let old = now.saturating_sub(self.settings().status_ttl / 2).as_millis();
        loop {
            let mut range = redis::cmd("XRANGE");
            range.arg(self.settings().keys.commands()).arg(format!("({after}")).arg(old as u64);
            range.arg("COUNT").arg(PAGE);
            let page: Vec<StoredEntry> = self.link().query(&range).await?;
            let Some(last) = page.last().and_then(|entry| entry.id.parse().ok()) else { return Ok(kept) };
            after = last;
            kept += page.len();
            self.keep_entries_alive(&page).await?;
        }
    }

    async fn keep_entries_alive(&self, entries: &[StoredEntry]) -> Result<(), StreamError> {
        let keys = &self.settings().keys;
        let named: Vec<(&str, &StoredEntry)> =
            entries.iter().filter_map(|entry| Some((entry.text("job")?, entry))).collect();
        let alive = self.prolong(named.iter().map(|(job, _)| keys.status(job))).await?;
        let mut write = redis::pipe();
        let mut requests = Vec::new();
        for ((job, entry), alive) in named.iter().zip(alive) {
            let Ok(command) = wire::decode(entry.bytes("body").unwrap_or_default()) else { continue };
            requests.extend(command.idempotency_key.as_ref().map(|key| keys.dedupe(key)));
            if alive {
                continue;
            }
            let record = StatusRecord { entry_id: Some(entry.id.clone()), ..StatusRecord::queued(&command) };
            // NX: if it has begun or ended in this moment, what its worker wrote is newer.
            write.cmd("SET").arg(keys.status(job)).arg(record.to_json()).arg("NX");
            write.arg("EX").arg(self.settings().status_ttl.as_secs()).ignore();
        }
        if !write.is_empty() {
            self.link().pipe::<()>(&write).await?;
        }
        self.prolong(requests.into_iter()).await?;
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
    async fn clock(&self) -> Result<Duration, StreamError> {
        let (seconds, micros): (u64, u64) = self.link().query(&redis::cmd("TIME")).await?;
        Ok(Duration::from_secs(seconds) + Duration::from_micros(micros))
    }
}
