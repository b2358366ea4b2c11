//! The status record: the JSON under `export_job:<job_id>`, for one hour.
//!
//! `status`, `filename`, `download_url`, `error` and `completed_at` are known to services that poll and never
//! change meaning. `state` is finer; the rest helps people wait and programs verify what they download.
//! `error_message`, `expires_at`, `processed_count`, `total_detections` and `progress_percent` are the names under which
//! the platform's dashboards look for such things.

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, JobId};

/// Coarse status, as services that poll know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waiting or running.
    Processing,
    /// The artifact is there.
    Completed,
    /// It ended without an artifact.
    Failed,
}

/// Fine state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted, waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// A try failed; waits for its next.
    Retrying,
    /// Done, with an artifact.
    Completed,
    /// Ended by an error that another try would not mend.
    Failed,
    /// Ended because somebody asked for it.
    Cancelled,
    /// Its deadline passed before it ran.
    Expired,
    /// Given up: it lies in the dead letters.
    Dead,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Retrying,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
        Self::Dead,
    ];

    /// The coarse status it reads as.
    pub fn status(self) -> Status {
        match self {
            Self::Queued | Self::Running | Self::Retrying => Status::Processing,
            Self::Completed => Status::Completed,
            Self::Failed | Self::Cancelled | Self::Expired | Self::Dead => Status::Failed,
        }
    }

    /// Nothing follows this state.
    pub fn is_terminal(self) -> bool {
        self.status() != Status::Processing
    }

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Retrying => "retrying",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Dead => "dead",
        }
    }
}

/// What is known of a job. Absent fields are left out of the JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusRecord {
    /// Coarse status.
    pub status: Status,
    /// Fine state.
    pub state: State,
    /// The job.
    pub job_id: JobId,
    /// Its export kind; `unknown` when the command could not be read.
    pub kind: String,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<String>,
    /// Whose it is, where there are several tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// How far it is, 0 to 1.
    #[serde(default)]
    pub progress: f64,
    /// What it does now, for people: `drawing the report`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// How many detections are done, as soon as a kind that counts them knows; at the end, how many were.
    #[serde(flatten)]
    pub counts: Option<Counts>,
    /// When the request was accepted (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// When this try began (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
    /// When the next try is due (UTC); only while `retrying`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Which try, from 1.
    #[serde(default)]
    pub attempt: u32,
    /// How often Redis handed this entry to a worker.
    #[serde(default)]
    pub deliveries: u64,
    /// When this record will be forgotten (UTC), an hour after the end unless set otherwise: from then on the job is not
    /// found. Only when ended: a job that waits or runs is not forgotten. The file stays for longer than its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Id of the entry in the command stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<String>,
    /// Why it failed, for the person who asked. In JSON also as `error_message`.
    #[serde(flatten, with = "failure")]
    #[schemars(with = "failure::Failure<'static>")]
    pub error: Option<String>,
    /// The artifact's file; when completed.
    #[serde(flatten)]
    pub artifact: Option<Artifact>,
}

/// How many detections of an export are done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Detections that are done; a job that failed says how far it came.
    pub processed_count: u64,
    /// Detections in all.
    pub total_detections: u64,
    /// The same as whole percent, rounded down.
    #[serde(default)]
    pub progress_percent: u8,
}

impl Counts {
    /// `done` of `total`; never more than all.
    pub fn new(done: u64, total: u64) -> Self {
        let done = done.min(total);
        let percent = (done * 100).checked_div(total).unwrap_or(100);
        Self {
            processed_count: done,
            total_detections: total,
            progress_percent: u8::try_from(percent).expect("at most 100: done is at most total"),
        }
    }
}

/// The file that an export made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// File name: letters, digits, `_`, `-` and `.` only.
    pub filename: String,
    /// Path on the gateway.
    pub download_url: String,
    /// Its size in bytes.
    #[serde(default)]
    pub file_size_bytes: u64,
    /// SHA-256 of its bytes, hex.
    #[serde(default)]
    pub sha256: String,
    /// Its media type.
    #[serde(default)]
    pub media_type: String,
    /// Its main finding in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
}

impl StatusRecord {
    /// The record of a command that was just accepted.
    pub fn queued(command: &Command) -> Self {
        Self {
            status: Status::Processing,
            state: State::Queued,
            job_id: command.job_id.clone(),
            kind: command.export.kind().name().to_owned(),
            requested_by: command.requested_by.clone(),
            tenant: command.tenant.clone(),
            progress: 0.0,
            stage: None,
            counts: command.export.items().map(|total| Counts::new(0, total)),
            created_at: Some(command.created_at),
            started_at: None,
            completed_at: None,
            next_attempt_at: None,
            expires_at: None,
            attempt: command.attempt,
            deliveries: 0,
            entry_id: None,
            error: None,
            artifact: None,
        }
    }

    /// The same job in another state; `status` follows.
    #[must_use]
    pub fn with_state(mut self, state: State) -> Self {
        self.state = state;
        self.status = state.status();
        self
    }

    /// The same with the time at which Redis forgets it: `ttl` after its end. `None` while it has not ended.
    #[must_use]
    pub fn kept_for(self, ttl: std::time::Duration) -> Self {
        let ttl = TimeDelta::from_std(ttl).unwrap_or(TimeDelta::MAX);
        Self { expires_at: self.completed_at.and_then(|ended| ended.checked_add_signed(ttl)), ..self }
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self)
            .expect("names are strings and numbers are finite: nothing in a record can fail")
    }
}

/// One text under two names. What is read back is `error`.
mod failure {
    use std::borrow::Cow;

    use schemars::JsonSchema;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Failure<'a> {
        /// Why it failed, for the person who asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Cow<'a, str>>,
        /// The platform's name for `error`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error_message: Option<Cow<'a, str>>,
    }

    #[expect(clippy::ref_option, reason = "serde hands out a reference to the field")]
    pub(super) fn serialize<S: Serializer>(error: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
        let error = || error.as_deref().map(Cow::Borrowed);
        Failure { error: error(), error_message: error() }.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
        Ok(Failure::deserialize(from)?.error.map(Cow::into_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_say_how_many_percent_are_done() {
        let percent = |done, total| Counts::new(done, total).progress_percent;
        assert_eq!([percent(0, 3), percent(2, 3), percent(3, 3), percent(4, 3)], [0, 66, 100, 100]);
        assert_eq!(percent(0, 0), 100, "nothing to do is done");
    }

    #[test]
    fn a_record_that_has_ended_says_until_when_it_is_kept() {
        let ended = "2026-01-02T03:04:05Z".parse().ok();
        let record = |completed_at| {
            let params = crate::ZipParams::of(vec!["a".to_owned(), "b".to_owned()]);
            let job_id = "job".parse().expect("three letters are an id");
            let command = Command::new(job_id, crate::Export::Zip(params), DateTime::UNIX_EPOCH);
            StatusRecord { completed_at, ..StatusRecord::queued(&command) }
        };
        let kept = |record: StatusRecord, seconds| {
            record.kept_for(std::time::Duration::from_secs(seconds)).expires_at
        };
        assert_eq!(kept(record(ended), 3600), "2026-01-02T04:04:05Z".parse().ok());
        assert_eq!(kept(record(None), 3600), None);
        assert_eq!(kept(record(ended), u64::MAX), None, "a time that there is not is not told");
    }

    #[test]
    fn a_state_reads_as_the_status_that_pollers_know() {
        for state in State::ALL {
            assert_eq!(state.is_terminal(), state.status() != Status::Processing);
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
