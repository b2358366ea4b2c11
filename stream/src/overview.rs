//! What is in the queue, for people. Looks at bounded samples, so its cost does not grow with the backlog.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deertrack_schemas::{Keys, StatusRecord, wire};
use redis::{RedisError, Value};

use crate::error::{StreamError, Trouble};
use crate::stored::StoredEntry;
use crate::{Counts, Stream};

/// How many waiting commands are looked into.
const SAMPLE: usize = 1_000;
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
    /// How many commands `waiting` was counted from: all that wait, or the first thousand of them.
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
        let from = self.last_delivered().await?.map_or_else(|| "-".to_owned(), |id| format!("({id}"));
        let mut range = redis::cmd("XRANGE");
        range.arg(self.settings().keys.commands()).arg(from).arg("+").arg("COUNT").arg(SAMPLE);
        let sample: Vec<StoredEntry> = self.link().query(&range).await?;
        let mut groups: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
        for entry in &sample {
            let command = wire::decode(entry.bytes("body").unwrap_or_default());
            let group = command.map_or(("unknown".to_owned(), None), |command| {
                (command.export.kind().name().to_owned(), command.requested_by)
            });
            *groups.entry(group).or_default() += 1;
        }
        let waiting = |((kind, requested_by), count)| Waiting { kind, requested_by, count };
        let mut groups: Vec<Waiting> = groups.into_iter().map(waiting).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        Ok((sample.len(), groups))
    }

    async fn running(&self) -> Result<Vec<RunningJob>, StreamError> {
        let keys = &self.settings().keys;
        let mut list = redis::cmd("XPENDING");
        list.arg(keys.commands()).arg(Keys::GROUP).arg("-").arg("+").arg(SHOWN);
        let pending: Vec<(String, String, u64, u64)> =
            none_without_group(self.link().query(&list).await)?.unwrap_or_default();
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let mut read = redis::pipe();
        for (id, ..) in &pending {
            read.cmd("XRANGE").arg(keys.commands()).arg(id).arg(id);
        }
        let entries: Vec<Vec<StoredEntry>> = self.link().pipe(&read).await?;
        let jobs: Vec<String> = pending
            .iter()
            .zip(&entries)
            .map(|((id, ..), entry)| {
                entry.first().and_then(|entry| entry.text("job")).unwrap_or(id).to_owned()
            })
            .collect();
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
    async fn last_delivered(&self) -> Result<Option<String>, StreamError> {
        let mut ask = redis::cmd("XINFO");
        ask.arg("GROUPS").arg(self.settings().keys.commands());
        let groups: Option<Vec<std::collections::HashMap<String, Value>>> =
            none_without_stream(self.link().query(&ask).await)?;
        let ours = |group: &std::collections::HashMap<String, Value>| {
            matches!(group.get("name")?, Value::BulkString(name) if name == Keys::GROUP.as_bytes())
                .then(|| redis::from_redis_value_ref(group.get("last-delivered-id")?).ok())?
        };
        Ok(groups.unwrap_or_default().iter().find_map(ours))
    }
}

fn none_without_group<T>(result: Result<T, RedisError>) -> Result<Option<T>, StreamError> {
    match result {
        Err(error) if Trouble::of(&error) == Trouble::NoGroup => Ok(None),
        result => Ok(Some(result?)),
    }
}

fn none_without_stream<T>(result: Result<T, RedisError>) -> Result<Option<T>, StreamError> {
    match result {
        Err(error) if error.detail().is_some_and(|text| text.contains("no such key")) => Ok(None),
        result => Ok(Some(result?)),
    }
}
