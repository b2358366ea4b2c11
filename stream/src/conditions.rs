//! What must hold before a submit or a fetch can work: one list, asked by `/readyz`, by `doctor` and by workers before
//! they fetch.
//!
//! It is not asked whether anything answers, but whether the move itself would work: its own script is called about no
//! job. So whatever refuses the move refuses this: a demoted master, a slot that is another node's, a user without rights,
//! a full Redis, a disk or replicas that are behind.

use std::time::Duration;

use redis::{ErrorKind, Pipeline, ServerErrorKind};

use crate::Stream;
use crate::durability::Durability;
use crate::error::StreamError;
use crate::refusals::{TYPE, is_refusal};

/// How long an answer may take. An orchestrator's own limit is often a second or two; past it our reason would not be
/// read.
const WITHIN: Duration = Duration::from_secs(1);
/// How long replicas may take to confirm, when they are asked for.
const CONFIRMED_WITHIN: Duration = Duration::from_millis(500);

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What was looked at, for people: `submit`, `keys`, `export folder`.
    pub name: &'static str,
    /// What was found; or why it does not hold and what to do.
    pub found: Result<String, String>,
}

impl Condition {
    /// What an answer says, which must not take longer than `within`.
    pub async fn of<E: std::fmt::Display>(
        name: &'static str,
        within: Duration,
        answer: impl Future<Output = Result<String, E>>,
    ) -> Self {
        let found = match tokio::time::timeout(within, answer).await {
            Ok(found) => found.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {} s", within.as_secs())),
        };
        Self { name, found }
    }

    /// `name: why`, when it does not hold.
    pub fn unmet(&self) -> Option<String> {
        self.found.as_ref().err().map(|why| format!("{}: {why}", self.name))
    }
}

impl Stream {
    /// What must hold for a submit to be accepted, as sure as the settings ask.
    pub async fn submit_conditions(&self) -> Vec<Condition> {
        let submit = async {
            let durability = self.settings().durability.confirmed_within(CONFIRMED_WITHIN);
            again(|| self.try_submit(durability)).await?;
            Ok::<_, StreamError>(match self.settings().durability {
                Durability::Fast => "commands are accepted".to_owned(),
                Durability::Replicated { replicas, .. } => {
                    format!("commands are accepted and confirmed by {replicas} replica(s)")
                }
                Durability::Synced { .. } => "commands are accepted and confirmed by the disk".to_owned(),
            })
        };
        let submit = Condition::of("submit", WITHIN, async { submit.await.map_err(|error| advised(&error)) });
        let (submit, keys) = tokio::join!(submit, self.keys_condition());
        vec![submit, keys]
    }

    /// What must hold for a worker to fetch, and to write how its jobs end.
    pub async fn fetch_conditions(&self) -> Vec<Condition> {
        let fetch = async {
            again(|| self.try_beat()).await.map_err(|error| advised(&error))?;
            Ok::<_, String>("jobs can be held and ended".to_owned())
        };
        let (fetch, keys) = tokio::join!(Condition::of("fetch", WITHIN, fetch), self.keys_condition());
        vec![fetch, keys]
    }

    /// A key of another type would refuse each move that touches it.
    async fn keys_condition(&self) -> Condition {
        Condition::of("keys", WITHIN, async { self.check_types().await }).await
    }

    async fn check_types(&self) -> Result<String, String> {
        let keys = &self.settings().keys;
        let expected = [
            (keys.commands(), "stream"),
            (keys.events(), "stream"),
            (keys.event_seq(), "string"),
            (keys.delayed(), "zset"),
            (keys.parked(), "hash"),
            (keys.dead(), "stream"),
        ];
        let mut ask = redis::pipe();
        for (key, _) in &expected {
            ask.cmd("TYPE").arg(key);
        }
        let asked = again(|| self.types(&ask)).await;
        let Some(types) = asked.map_err(|error| advised(&error))? else {
            return Ok("this user may not ask for their types".to_owned());
        };
        let wrong = expected.iter().zip(&types).filter(|((_, ty), found)| found != ty && *found != "none");
        let wrong: Vec<String> = wrong
            .map(|((key, ty), found)| {
                format!("{key} is a {found}, not a {ty}: rename it away, or take another --key-prefix")
            })
            .collect();
        if wrong.is_empty() { Ok("all are what they have to be".to_owned()) } else { Err(wrong.join("; ")) }
    }

    /// `None` where it may not be asked, as by users of before December 2026.
    async fn types(&self, ask: &Pipeline) -> Result<Option<Vec<String>>, StreamError> {
        Ok(self.dialer().refusals().bear(&TYPE, self.link().pipe(ask).await)?)
    }
}

/// Once more: that Redis has closed a connection since its last use is found out only by using it.
async fn again<T, F>(call: impl Fn() -> F) -> Result<T, StreamError>
where
    F: Future<Output = Result<T, StreamError>>,
{
    match call().await {
        Err(StreamError::Unreachable(_)) => call().await,
        done => done,
    }
}

/// The error with the next step, where there is one.
fn advised(error: &StreamError) -> String {
    let text = error.to_string();
    let advice = match error {
        StreamError::NotDurable => {
            return "too few replicas confirm what is written: start them, or take --durability fast"
                .to_owned();
        }
        StreamError::NoWaitAof => {
            return "this Redis cannot tell when it is on its disk: take --durability fast or replicated"
                .to_owned();
        }
        StreamError::Unreachable(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            "it is a replica now: connect to its master"
        }
        StreamError::Refused(error) if is_refusal(error) => {
            "give this user the rights of deploy/redis/users.acl"
        }
        StreamError::Full(_) => "raise maxmemory, or drop dead letters (`deertrack dead drop`)",
        _ => return text,
    };
    format!("{text}; {advice}")
}
