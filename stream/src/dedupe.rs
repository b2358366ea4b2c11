//! Idempotency keys: whose job a key belongs to. A submit asks in its script; here is what holds for commands that other
//! programs put into the stream by themselves.

use deertrack_schemas::Command;
use redis::Pipeline;
use sha2::{Digest, Sha256};

use crate::claim::Claim;
use crate::error::StreamError;
use crate::settings::Settings;

/// Tells two requests under one idempotency key apart: a hash of all that the caller chose. Job id and time differ
/// with every try and stay out.
pub(crate) fn fingerprint(command: &Command) -> String {
    if command.idempotency_key.is_none() {
        return String::new();
    }
    let chosen = serde_json::to_vec(&(&command.export, &command.requested_by, &command.tenant))
        .expect("parameters are plain data with text keys");
    let hash = Sha256::digest(&chosen);
    hash[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whose key it is, and for what.
fn owner(command: &Command) -> String {
    format!("{}:{}", command.job_id, fingerprint(command))
}

/// Takes the key of a job that waits, unless another has it, and keeps it for a whole TTL more.
pub(crate) fn keep(pipe: &mut Pipeline, settings: &Settings, command: &Command) {
    let Some(key) = &command.idempotency_key else { return };
    let (key, ttl) = (settings.keys.dedupe(key), settings.status_ttl.as_secs());
    pipe.cmd("SET").arg(&key).arg(owner(command)).arg("NX").arg("EX").arg(ttl).ignore();
    pipe.cmd("EXPIRE").arg(&key).arg(ttl).ignore();
}

impl Claim {
    /// Takes the idempotency key of its command, unless it has none or has it already. The job that has it, if that is
    /// another: this one must not run.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn key_belongs_to(&self, command: &Command) -> Result<Option<String>, StreamError> {
        let Some(key) = &command.idempotency_key else { return Ok(None) };
        let settings = &self.member.settings;
        let mut take = redis::cmd("SET");
        take.arg(settings.keys.dedupe(key)).arg(owner(command)).arg("NX").arg("GET");
        take.arg("EX").arg(settings.status_ttl.as_secs());
        let before: Option<String> = self.member.link.query(&take).await?;
        let job = before.as_deref().and_then(|owner| owner.split_once(':')).map(|(job, _)| job);
        Ok(job.filter(|job| *job != command.job_id.as_str()).map(str::to_owned))
    }
}
