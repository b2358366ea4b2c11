//! Cancelling a job from anywhere. Its status says where it is, so the cost does not grow with the backlog.
//!
//! A job that waits is taken out at once. A running one is asked: a flag that its next beat sees, and a hint that
//! makes that beat come now.

use chrono::Utc;
use deertrack_schemas::{Keys, State, StatusRecord};
use redis::Cmd;

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
        for _ in 0..LOOKS {
            let text = self.status_text(job_id).await?;
            let record = text.and_then(|text| serde_json::from_slice::<StatusRecord>(&text).ok());
            let Some(record) = record else { return Ok(Cancelled::NotFound) };
            if record.state.is_terminal() {
                return Ok(Cancelled::AlreadyEnded(record.state));
            }
            crash::point("cancel.before");
            let came_to = self.link().run(&self.cancel_call(record)).await?;
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
        // A status without an entry: the stream was deleted or lost.
        Ok(Cancelled::NotFound)
    }

    fn cancel_call(&self, record: StatusRecord) -> Cmd {
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
        let mut call = script::call(&script::CANCEL, 7, 9, 2048);
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
            .arg(event_body(&record));
        call
    }
}
