//! What a clock of Redis that ran ahead and was set back would leave behind for as long as it was ahead.
//!
//! Redis stamps what it writes: an expiry, the time of a delivery, the ids of entries. After the clock was set back such
//! a stamp lies in the future. Due times are seen to in [`crate::retry`], the status of what waits and the housekeeper's
//! key in [`crate::housekeeping`]; the rest is here.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use deertrack_schemas::{Keys, StatusRecord, wire};
use redis::Value;

use crate::error::{StreamError, or_nothing};
use crate::pages::Pages;
use crate::stored::StoredEntry;
use crate::{EventId, Stream};

/// Ids that are further ahead are none of two clocks that differ.
const AHEAD: Duration = Duration::from_secs(60);
/// How many entries, and consumers, are looked at.
const MOST: usize = 1_000;
/// How many ended jobs are seen to in one turn.
const EVENTS: usize = 5_000;
/// How often, within more than a lease, something must seem to be of this very millisecond.
const LOOKS: u32 = 5;

impl Stream {
    /// Entries and consumers whose last sign of life lies in the future seem to have given it this millisecond, at every
    /// look: the lease of such an entry would not end, its job not be taken over. It ends now. Which consumers are such.
    pub(crate) async fn end_leases_of_the_future(&self) -> Result<HashSet<String>, StreamError> {
        let (mut entries, mut consumers) = (self.entries_of_now().await?, self.consumers_of_now().await?);
        for _ in 1..LOOKS {
            if entries.is_empty() && consumers.is_empty() {
                return Ok(consumers);
            }
            // Who lives renews his leases, and reads, several times until the last look.
            tokio::time::sleep(self.settings().lease / (LOOKS - 2)).await;
            let now = self.entries_of_now().await?;
            entries.retain(|id, owner| now.get(id) == Some(owner));
            let now = self.consumers_of_now().await?;
            consumers.retain(|name| now.contains(name));
        }
        let mut end = redis::pipe();
        for (id, owner) in &entries {
            tracing::warn!(
                entry.id = id,
                "a lease lies in the future (Redis' clock was set back); it ends now"
            );
            end.cmd("XCLAIM").arg(self.settings().keys.commands()).arg(Keys::GROUP).arg(owner).arg(0).arg(id);
            end.arg("IDLE").arg(self.settings().lease.as_millis() as u64 + 1).arg("JUSTID").ignore();
        }
        if !end.is_empty() {
            self.link().pipe::<()>(&end).await?;
        }
        Ok(consumers)
    }

    /// Pending entries with an idle time of 0, and whose they are.
    async fn entries_of_now(&self) -> Result<HashMap<String, String>, StreamError> {
        let mut list = redis::cmd("XPENDING");
        list.arg(self.settings().keys.commands()).arg(Keys::GROUP).arg("-").arg("+").arg(MOST);
        let pending: Vec<(String, String, i64, u64)> = or_nothing(self.link().query(&list).await)?;
        let of_now = pending.into_iter().filter(|(_, _, idle, _)| *idle <= 0);
        Ok(of_now.map(|(id, owner, ..)| (id, owner)).collect())
    }

    async fn consumers_of_now(&self) -> Result<HashSet<String>, StreamError> {
        let mut list = redis::cmd("XINFO");
        list.arg("CONSUMERS").arg(self.settings().keys.commands()).arg(Keys::GROUP);
        let all: Vec<HashMap<String, Value>> = or_nothing(self.link().query(&list).await)?;
        let of_now = |consumer: &HashMap<String, Value>| match (consumer.get("name"), consumer.get("idle")) {
            (Some(Value::BulkString(name)), Some(Value::Int(..=0))) => {
                Some(String::from_utf8_lossy(name).into_owned())
            }
            _ => None,
        };
        Ok(all.iter().filter_map(of_now).collect())
    }

    /// Jobs that ended while the clock was ahead: their records are forgotten a TTL from now, not from then. Each is seen
    /// to once: `after` is up to where that was done; where it is now.
    pub(crate) async fn forget_records_of_the_future(&self, after: EventId) -> Result<EventId, StreamError> {
        let now = self.clock().await? + AHEAD;
        let now = EventId { ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX), seq: 0 };
        let mut pages = Pages::new(self, self.settings().keys.events(), after.max(now));
        while pages.entries < EVENTS {
            let page = pages.next(EVENTS - pages.entries).await?;
            if page.is_empty() {
                break;
            }
            let mut expire = redis::pipe();
            for job in page.iter().filter_map(job_of_event) {
                // LT: one that is forgotten sooner stays so.
                let status = self.settings().keys.status(&job);
                expire.cmd("EXPIRE").arg(status).arg(self.settings().status_ttl.as_secs()).arg("LT").ignore();
            }
            self.link().pipe::<()>(&expire).await?;
        }
        Ok(pages.at)
    }
}

fn job_of_event(event: &StoredEntry) -> Option<String> {
    let named = event.text("job").map(str::to_owned);
    let record: Option<StatusRecord> = wire::decode_record(event.bytes("body")?).ok();
    record.map(|record| record.job_id.to_string()).or(named)
}
