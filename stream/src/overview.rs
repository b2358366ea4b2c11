//! What is in the queue, for people. Looks at bounded samples, so its cost does not grow with the backlog.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deertrack_schemas::{Keys, StatusRecord, wire};
use redis::Value;

use crate::error::{StreamError, or_nothing};
use crate::pages::Pages;
use crate::stored::StoredEntry;
use crate::{Counts, EventId, Stream};

/// How many waiting commands are looked into.
const SAMPLE: usize = 1_000;
/// How many bytes of them.
const SAMPLE_BYTES: usize = 4 * 1024 * 1024;
/// How many running and delayed jobs are shown.
const SHOWN: usize = 100;

/// What is in the queue.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How much there is of everything.
    pub counts: Counts,
    /// Nobody fetches.
    pub paused: bool,
    /// The waiting commands that come next, by kind and requester; the most first.
    pub waiting: Vec<Waiting>,
    /// How many commands `waiting` was counted from: all that wait, or the first of them:
    /// at most a thousand, and few where they are large.
    pub sampled: usize,
    /// The jobs that were claimed first, at most a hundred.
    pub running: Vec<RunningJob>,
    /// The retries that are due first, at most a hundred.
    pub delayed: Vec<Delayed>,
}

/// Commands that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Export kind; `unknown` when it cannot be read.
    pub kind: String,
    /// Who asked.
    pub requested_by: Option<String>,
    /// How many of the sample.
    pub count: usize,
}

/// A job that a worker holds.
#[derive(Clone, Debug)]
pub struct RunningJob {
    /// The job; the entry's id when it names none.
    pub job_id: String,
    /// Consumer name of its worker.
    pub worker: String,
    /// Since its last beat. Over the lease: its worker is gone.
    pub idle: Duration,
    /// How often it was delivered.
    pub deliveries: u64,
    /// Kind, requester, stage, progress, times; if it can be read.
    pub record: Option<StatusRecord>,
}

/// A job that waits for its next try.
#[derive(Clone, Debug)]
pub struct Delayed {
    /// The job.
    pub job_id: String,
    /// When it is due (UTC).
    pub due: Option<DateTime<Utc>>,
    /// Kind, requester, attempt, error; if it can be read.
    pub record: Option<StatusRecord>,
}

impl Stream {
    /// What is in the queue.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn overview(&self) -> Result<Overview, StreamError> {
        let (sampled, waiting) = self.waiting().await?;
        Ok(Overview {
            counts: self.counts().await?,
            paused: self.is_paused().await?,
            waiting,
            sampled,
            running: self.running().await?,
            delayed: self.delayed().await?,
        })
    }

    /// Whether the workers are paused.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn is_paused(&self) -> Result<bool, StreamError> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.settings().keys.paused());
        Ok(self.link().query(&exists).await?)
    }

    /// The sample begins behind what was last delivered.
    async fn waiting(&self) -> Result<(usize, Vec<Waiting>), StreamError> {
        let mut pages = Pages::new(self, self.settings().keys.commands(), self.last_delivered().await?);
        let mut groups: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        while pages.entries < SAMPLE && pages.bytes < SAMPLE_BYTES {
            let page = pages.next(SAMPLE - pages.entries).await?;
            if page.is_empty() {
                break;
            }
            for entry in &page {
                *groups.entry(kind_and_requester(entry)).or_default() += 1;
            }
        }
        let waiting = |((kind, requested_by), count)| Waiting { kind, requested_by, count };
        let mut groups: Vec<Waiting> = groups.into_iter().map(waiting).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        Ok((pages.entries, groups))
    }

    async fn running(&self) -> Result<Vec<RunningJob>, StreamError> {
        let keys = &self.settings().keys;
        let mut list = redis::cmd("XPENDING");
        list.arg(keys.commands()).arg(Keys::GROUP).arg("-").arg("+").arg(SHOWN);
        let pending: Vec<(String, String, u64, u64)> = or_nothing(self.link().query(&list).await)?;
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let mut jobs: Vec<String> = Vec::with_capacity(pending.len());
        // One by one: their bodies come along.
        for (id, ..) in &pending {
            let mut read = redis::cmd("XRANGE");
            read.arg(keys.commands()).arg(id).arg(id);
            let entry: Vec<StoredEntry> = self.link().query(&read).await?;
            jobs.push(entry.first().and_then(|entry| entry.text("job")).unwrap_or(id).to_owned());
        }
        let records = self.records(&jobs).await?;
        let running = |(((_, worker, idle, deliveries), job_id), record)| RunningJob {
            job_id,
            worker,
            idle: Duration::from_millis(idle),
            deliveries,
            record,
        };
        Ok(pending.into_iter().zip(jobs).zip(records).map(running).collect())
    }

    async fn delayed(&self) -> Result<Vec<Delayed>, StreamError> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.settings().keys.delayed()).arg(0).arg(SHOWN - 1).arg("WITHSCORES");
        let parked: Vec<(String, f64)> = self.link().query(&range).await?;
        let jobs: Vec<String> = parked.iter().map(|(job, _)| job.clone()).collect();
        let records = self.records(&jobs).await?;
        let delayed = |((job_id, due), record)| Delayed {
            job_id,
            due: DateTime::from_timestamp_millis(due as i64),
            record,
        };
        Ok(parked.into_iter().zip(records).map(delayed).collect())
    }

    async fn records(&self, jobs: &[String]) -> Result<Vec<Option<StatusRecord>>, StreamError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = redis::cmd("MGET");
        for job in jobs {
            get.arg(self.settings().keys.status(job));
        }
        let texts: Vec<Option<Vec<u8>>> = self.link().query(&get).await?;
        Ok(texts.into_iter().map(|text| serde_json::from_slice(&text?).ok()).collect())
    }

    /// Up to where the group has read.
    async fn last_delivered(&self) -> Result<EventId, StreamError> {
        let mut ask = redis::cmd("XINFO");
        ask.arg("GROUPS").arg(self.settings().keys.commands());
        let groups: Vec<std::collections::HashMap<String, Value>> =
            or_nothing(self.link().query(&ask).await)?;
        let ours = |group: &std::collections::HashMap<String, Value>| {
            matches!(group.get("name")?, Value::BulkString(name) if name == Keys::GROUP.as_bytes())
                .then(|| redis::from_redis_value_ref(group.get("last-delivered-id")?).ok())?
        };
        let last: Option<String> = groups.iter().find_map(ours);
        Ok(last.and_then(|id| id.parse().ok()).unwrap_or_default())
    }
}

/// What a command is, as its group in an overview.
fn kind_and_requester(entry: &StoredEntry) -> (String, Option<String>) {
    let body = entry.bytes("body").unwrap_or_default();
    match wire::decode(body) {
        Ok(command) => (command.export.kind().name().to_owned(), command.requested_by),
        Err(_) => wire::outline(body)
            .map_or(("unknown".to_owned(), None), |outline| (outline.kind, outline.requested_by)),
    }
}
