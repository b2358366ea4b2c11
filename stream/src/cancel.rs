//! Cancelling a job from anywhere. Its status says where it is, so the cost does not grow with the backlog.
//!
//! A job that waits is taken out at once. A running one is asked: a flag that its next beat sees, and a hint that
//! makes that beat come now.

use chrono::Utc;
use deertrack_schemas::{Keys, State, Status, StatusRecord};
use redis::Cmd;
use serde::Deserialize;

use crate::claim::event_body;
use crate::error::StreamError;
use crate::{Stream, crash, meters, script};

/// How often the status is read again when the job has moved on meanwhile.
const LOOKS: usize = 10;

/// What a cancel came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// No such job, or it was forgotten.
    NotFound,
    /// It waited; it has ended as cancelled.
    AtOnce,
    /// It runs; its worker was asked and will end it as cancelled, unless it ends before.
    Asked,
    /// It had ended before.
    AlreadyEnded(State),
}

impl Stream {
    /// Cancels a job that waits, waits for its next try, or runs. Calling it again is harmless.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn cancel(&self, job_id: &str) -> Result<Cancelled, StreamError> {
        for look in 1..=LOOKS {
            let Some(text) = self.status_text(job_id).await? else { return Ok(Cancelled::NotFound) };
            let Ok(record) = serde_json::from_slice::<StatusRecord>(&text) else {
                return self.cancel_foreign(job_id, &text).await;
            };
            if record.state.is_terminal() {
                return Ok(Cancelled::AlreadyEnded(record.state));
            }
            crash::point("cancel.before");
            let came_to = self.link().run(&self.cancel_call(record, look == LOOKS)).await?;
            crash::point("cancel.after");
            match came_to {
                0 => {} // it moved between our two looks
                1 => {
                    meters::moved("cancel", 1);
                    return Ok(Cancelled::AtOnce);
                }
                _ => {
                    meters::moved("ask to cancel", 1);
                    // The flag is the truth; the hint makes it quick.
                    self.link().hint(&self.settings().keys, &format!("cancel {job_id}")).await;
                    return Ok(Cancelled::Asked);
                }
            }
        }
        Ok(Cancelled::NotFound)
    }

    /// The record is another program's: it does not say where the job is. Whoever runs it, now or later, is asked.
    async fn cancel_foreign(&self, job_id: &str, record: &[u8]) -> Result<Cancelled, StreamError> {
        let Ok(record) = serde_json::from_slice::<ForeignRecord>(record) else {
            return Ok(Cancelled::NotFound);
        };
        // In a cluster such a job may be another program's alone: here nobody can run it.
        if self.settings().keys.is_foreign(job_id) {
            return Ok(Cancelled::NotFound);
        }
        match record.status {
            Some(Status::Completed) => return Ok(Cancelled::AlreadyEnded(State::Completed)),
            Some(Status::Failed) => return Ok(Cancelled::AlreadyEnded(State::Failed)),
            Some(Status::Processing) | None => {}
        }
        let mut ask = redis::cmd("SETEX");
        ask.arg(self.settings().keys.cancel(job_id)).arg(self.settings().status_ttl.as_secs()).arg(1);
        self.link().query::<()>(&ask).await?;
        meters::moved("ask to cancel", 1);
        self.link().hint(&self.settings().keys, &format!("cancel {job_id}")).await;
        Ok(Cancelled::Asked)
    }

    fn cancel_call(&self, record: StatusRecord, in_vain: bool) -> Cmd {
        let (settings, keys) = (self.settings(), &self.settings().keys);
        let entry_id = record.entry_id.clone().unwrap_or_default();
        let record = StatusRecord {
            error: Some("cancelled".to_owned()),
            completed_at: Some(Utc::now()),
            next_attempt_at: None,
            ..record.with_state(State::Cancelled)
        }
        .kept_for(settings.status_ttl);
        let job = record.job_id.as_str();
        let mut call = script::call(&script::CANCEL, 7, 10, 2048);
        call.arg(keys.commands())
            .arg(keys.events())
            .arg(keys.event_seq())
            .arg(keys.delayed())
            .arg(keys.parked())
            .arg(keys.status(job))
            .arg(keys.cancel(job))
            .arg(Keys::GROUP)
            .arg(settings.status_ttl.as_secs())
            .arg(settings.max_events)
            .arg(job)
            .arg(entry_id)
            .arg(&record.kind)
            .arg(record.state.name())
            .arg(record.to_json())
            .arg(event_body(&record))
            .arg(u8::from(in_vain));
        call
    }
}

/// What a record must have to be one at all.
#[derive(Deserialize)]
struct ForeignRecord {
    #[serde(default)]
    status: Option<Status>,
}
