//! The way in: a command becomes an entry of the stream, once, whatever happens to the replies.
//!
//! One script takes up to 64 commands; each of them is accepted whole or not at all. What happens to an entry
//! then is told in [`crate::claim`].

use chrono::Utc;
use deertrack_schemas::{Command, JobId, State, StatusRecord, Valid, wire};
use futures::{StreamExt, TryStreamExt, stream};
use redis::{Cmd, RedisError};

use crate::claim::unreadable;
use crate::dedupe::fingerprint;
use crate::error::{Foreign, StreamError};
use crate::{Durability, Stream, crash, meters, script};

/// How many commands one script takes: 64 cost Redis about 0.3 ms, which nobody else notices.
const BATCH: usize = 64;
/// How many batches are under way at a time.
const BATCHES_IN_FLIGHT: usize = 4;

/// What a submit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// Accepted.
    New(JobId),
    /// The idempotency key, or this job id, was accepted before: this is its job.
    Existing(JobId),
    /// The same key was used for another body, by this job. Nothing was enqueued.
    Conflict(JobId),
    /// The backlog bound is reached. Nothing was enqueued.
    Full,
}

impl Stream {
    /// Puts the command into the stream. When the reply is lost, submit the same command again: its job id tells
    /// that it is the same.
    ///
    /// # Errors
    /// [`StreamError::Full`] and [`StreamError::Unreachable`]; after the latter the command may have been accepted.
    /// [`StreamError::NotDurable`] and [`StreamError::NoWaitAof`] when [`Settings::durability`] asks for more than
    /// there is.
    ///
    /// [`Settings::durability`]: crate::Settings::durability
    pub async fn submit(&self, command: &Valid<Command>) -> Result<Submitted, StreamError> {
        let mut results = self.submit_batch(std::slice::from_ref(command)).await?;
        Ok(results.pop().expect("one result for one command"))
    }

    /// Submits many commands, in order, with several batches under way. Results are in the order of `commands`.
    ///
    /// # Errors
    /// As for [`Stream::submit`], of the first batch that failed; the other batches may have been accepted.
    /// Submitting all of them again is harmless.
    pub async fn submit_many(&self, commands: &[Valid<Command>]) -> Result<Vec<Submitted>, StreamError> {
        let batches = commands.chunks(BATCH).map(|batch| self.submit_batch(batch));
        let results: Vec<Vec<Submitted>> =
            stream::iter(batches).buffered(BATCHES_IN_FLIGHT).try_collect().await?;
        Ok(results.into_iter().flatten().collect())
    }

    /// Tells why a job was refused before it became one, in its status; unless it has a status already.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn refuse(&self, job_id: JobId, kind: &str, why: String) -> Result<(), StreamError> {
        let settings = self.settings();
        let (kind, error, completed_at) = (kind.to_owned(), Some(why), Some(Utc::now()));
        let record = StatusRecord { kind, error, completed_at, ..unreadable(job_id, State::Failed) };
        let mut set = redis::cmd("SET");
        set.arg(settings.keys.status(record.job_id.as_str()));
        set.arg(record.kept_for(settings.status_ttl).to_json());
        set.arg("NX").arg("EX").arg(settings.status_ttl.as_secs());
        Ok(self.link().query(&set).await?)
    }

    async fn submit_batch(&self, commands: &[Valid<Command>]) -> Result<Vec<Submitted>, StreamError> {
        let call = self.submit_call(commands)?;
        crash::point("submit.before");
        let replies = self.run_submit(&call, self.settings().durability).await?;
        crash::point("submit.after");
        let results = replies.into_iter().map(submitted).collect::<Result<Vec<_>, RedisError>>()?;
        let new = results.iter().filter(|result| matches!(result, Submitted::New(_))).count();
        meters::moved("submit", new);
        Ok(results)
    }

    async fn run_submit(&self, call: &Cmd, durability: Durability) -> Result<Vec<(u8, String)>, StreamError> {
        match durability {
            Durability::Fast => Ok(self.link().run(call).await?),
            durability => self.waiters().run(self.dialer(), call, durability).await,
        }
    }

    /// A submit of nothing: it writes nothing, and fails where a submit would.
    pub(crate) async fn try_submit(&self, durability: Durability) -> Result<(), StreamError> {
        self.run_submit(&self.submit_call(&[])?, durability).await?;
        Ok(())
    }

    fn submit_call(&self, commands: &[Valid<Command>]) -> Result<Cmd, StreamError> {
        let (keys, count) = (&self.settings().keys, commands.len());
        // One of them would have Redis refuse its whole batch.
        if let Some(foreign) = commands.iter().find_map(|command| Foreign::of(keys, command.job_id.as_str()))
        {
            return Err(StreamError::Foreign(foreign));
        }
        let mut call = script::call(&script::SUBMIT, 1 + 2 * count, 2 + 5 * count, 1024 * count);
        call.arg(keys.commands());
        for command in commands {
            let status = keys.status(command.job_id.as_str());
            match &command.idempotency_key {
                Some(key) => call.arg(&status).arg(keys.dedupe(key)),
                None => call.arg(&status).arg(&status),
            };
        }
        call.arg(self.settings().status_ttl.as_secs()).arg(self.settings().max_backlog.unwrap_or(0));
        for command in commands {
            call.arg(command.job_id.as_str())
                .arg(command.tenant.as_deref().unwrap_or(""))
                .arg(wire::encode(command)?)
                .arg(StatusRecord::queued(command).to_json())
                .arg(fingerprint(command));
        }
        Ok(call)
    }
}

fn submitted((what, job): (u8, String)) -> Result<Submitted, RedisError> {
    let job = job.parse().map_err(|_| unexpected("a job id that is none"))?;
    match what {
        0 => Ok(Submitted::New(job)),
        1 => Ok(Submitted::Existing(job)),
        2 => Ok(Submitted::Conflict(job)),
        3 => Ok(Submitted::Full),
        _ => Err(unexpected("an unknown result")),
    }
}

fn unexpected(what: &'static str) -> RedisError {
    (redis::ErrorKind::UnexpectedReturnType, "the submit script returned", what.to_owned()).into()
}
