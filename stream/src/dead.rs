//! Dead letters: entries that are given up, with their raw fields, the reason and what went wrong before.

use std::sync::Arc;

use deertrack_schemas::{Keys, State, StatusRecord};
use redis::Cmd;

use crate::claim::{Claim, event_body};
use crate::error::Foreign;
use crate::finish::Finished;
use crate::script;

impl Claim {
    pub(crate) fn dead_call(&self, reason: &str, record: &StatusRecord) -> Cmd {
        let keys = &self.member.settings.keys;
        let mut call = script::call(&script::DEAD, 5, 13, 4096);
        call.arg(keys.commands())
            .arg(keys.events())
            .arg(keys.event_seq())
            .arg(keys.dead())
            .arg(keys.status(record.job_id.as_str()))
            .arg(Keys::GROUP)
            .arg(&self.member.name)
            .arg(self.member.settings.status_ttl.as_secs())
            .arg(self.member.settings.max_events)
            .arg(&*self.entry.id)
            .arg(self.entry.delivery)
            .arg(record.job_id.as_str())
            .arg(&record.kind)
            .arg(record.state.name())
            .arg(record.to_json())
            .arg(event_body(record))
            .arg(reason)
            .arg(if self.entry.errors.is_empty() { b"[]" } else { self.entry.errors.as_slice() });
        call
    }

    pub(crate) fn discard_call(&self) -> Cmd {
        let mut call = script::call(&script::DISCARD, 1, 4, 256);
        call.arg(self.member.settings.keys.commands())
            .arg(Keys::GROUP)
            .arg(&self.member.name)
            .arg(&*self.entry.id)
            .arg(self.entry.delivery);
        call
    }

    /// Its status cannot be written together with its entry. It goes to the dead letters without being run, and whoever
    /// put it here is told under the key that he knows.
    pub(crate) async fn bury_foreign(self, foreign: Foreign) {
        tracing::warn!(job.id = self.job_id(), entry.id = self.entry_id(), "{foreign}; to the dead letters");
        let reason = foreign.to_string();
        let record = match self.decode() {
            Ok(command) => StatusRecord { error: Some(reason.clone()), ..StatusRecord::queued(&command) },
            Err(_) => StatusRecord { error: Some(reason.clone()), ..self.unreadable() },
        };
        let member = Arc::clone(&self.member);
        let settings = &member.settings;
        let mut tell = redis::cmd("SET");
        tell.arg(settings.keys.public_status(&foreign.job_id));
        tell.arg(self.last(record.clone().with_state(State::Dead)).to_json());
        tell.arg("EX").arg(settings.status_ttl.as_secs());
        if self.dead(&reason, record).await == Finished::Done
            && let Err(error) = member.link.query_anywhere::<()>(&tell).await
        {
            tracing::warn!(%error, job.id = foreign.job_id, "the status of a foreign job could not be written");
        }
    }

    /// Delivered too often: each of its owners died or lost it. It goes to the dead letters without being run.
    pub(crate) async fn bury_over_cap(self) {
        let before = self.delivery() - 1;
        let reason = format!("delivered {before} times without an end");
        tracing::warn!(job.id = self.job_id(), entry.id = self.entry_id(), "{reason}; to the dead letters");
        let told = "the export was given up: the worker that ran it stopped each time";
        let record = match self.decode() {
            Ok(command) => StatusRecord { error: Some(told.into()), ..StatusRecord::queued(&command) },
            Err(_) => StatusRecord { error: Some(told.into()), ..self.unreadable() },
        };
        self.dead(&reason, record).await;
    }
}
