//! Heals the append-only file of a Redis that has just started, before anything is written to it.
//!
//! The writes of a script stand in the file between MULTI and EXEC. When a power cut leaves part of a *command* there,
//! Redis loads what is whole, but cuts its file behind the last whole command, inside the open MULTI, and goes on
//! writing there. At its next start, whenever that is, the half is executed together with the first whole block behind
//! it (Redis 7.0.15 and 8.2.3 do so; Valkey 9.1 does not). For our moves that means a job that is lost, or ends twice.
//!
//! A rewrite ends it, and as soon as it *begins*: from then on Redis writes to another file, so nothing comes behind the
//! open MULTI. So every new connection asks, before anything else, whether a rewrite has begun since this Redis started,
//! and has it begin one if not. Once in the life of a server; of many that ask, one is first.
//!
//! What this cannot mend: writes of others before our first connection; and a Redis that refuses, which is told in the
//! log, by `doctor` and by `/readyz`. What a Redis would do that dies before its rewrite has ended:
//! `docs/reliability.md`.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};

use crate::error::Trouble;
use crate::meters;
use crate::refusals::is_refusal;

/// How often a rewrite that waits for a snapshot is looked for, and for how long. A connection is not kept from work
/// for longer: Redis begins it by itself.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const WAIT_FOR_SNAPSHOT: Duration = Duration::from_secs(2);

/// What became of the append-only file of the server that was met last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Healing {
    /// No server was met yet, or it writes no append-only file.
    #[default]
    NotNeeded,
    /// A rewrite has begun since it started: half a transaction from before cannot come back.
    Done,
    /// A rewrite is to begin when the snapshot that is being written has ended.
    Waits,
    /// It refused; its own words.
    Refused(String),
    /// It may not be asked (INFO).
    Hidden,
}

impl Healing {
    /// What is wrong and what to do, in a sentence; `None` when nothing is.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::NotNeeded | Self::Done => None,
            Self::Waits => Some(
                "Redis has started, and its append-only file is rewritten only when its snapshot has ended: should it \
                 die before, half a transaction of before may come back"
                    .into(),
            ),
            Self::Refused(why) => Some(format!(
                "Redis has started and does not rewrite its append-only file ({why}): after a power cut, half a \
                 transaction may come back at the next restart. Permit BGREWRITEAOF, or run redis-check-aof --fix \
                 before each start of Redis"
            )),
            Self::Hidden => Some(
                "Redis does not permit INFO to this user: whether it may evict jobs, writes them to its disk, is a \
                 replica, or may bring back half a transaction after a power cut cannot be seen. Permit INFO and \
                 BGREWRITEAOF, or look yourself (docs/production.md)"
                    .into(),
            ),
        }
    }
}

/// Remembers which server was healed, for all connections of a process.
#[derive(Default)]
pub(crate) struct Healer {
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    run_id: String,
    healing: Healing,
}

/// What a server says about its file.
struct Life {
    run_id: String,
    appends: bool,
    /// How many rewrites have begun since it started.
    rewrites: u64,
}

impl Healer {
    /// What became of the server that was met last.
    pub(crate) fn healing(&self) -> Healing {
        self.met().healing.clone()
    }

    /// Has the server of a new connection begin a rewrite, unless one has begun since it started. To be called before
    /// anything else is asked over the connection.
    ///
    /// # Errors
    /// The connection is of no use, or Redis is still loading. That it refuses is no error: it is told.
    pub(crate) async fn heal(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let life = match Life::of(connection).await {
            Ok(life) => life,
            Err(error) if is_refusal(&error) => {
                self.note(String::new(), Healing::Hidden);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if !life.appends {
            self.note(life.run_id, Healing::NotNeeded);
            return Ok(());
        }
        if life.rewrites > 0 {
            self.note(life.run_id, Healing::Done);
            return Ok(());
        }
        let asked: RedisResult<String> = redis::cmd("BGREWRITEAOF").query_async(connection).await;
        let begun = match asked {
            Ok(said) if said.contains("scheduled") => begins_after_snapshot(connection).await?,
            Ok(_) => true,
            Err(error) if is_under_way(&error) => true,
            Err(error) => return self.refused(life.run_id, error),
        };
        self.note(life.run_id, if begun { Healing::Done } else { Healing::Waits });
        Ok(())
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().expect("nobody panics while holding what was met")
    }

    /// Remembers it, and says what is new of it.
    fn note(&self, run_id: String, healing: Healing) {
        let mut met = self.met();
        if met.run_id == run_id && met.healing == healing {
            return;
        }
        if healing != Healing::NotNeeded {
            metrics::counter!(meters::HEALED, "outcome" => outcome(&healing)).increment(1);
        }
        match healing.problem() {
            Some(problem) => tracing::warn!(redis.run_id = run_id, "{problem}"),
            None if healing == Healing::Done => {
                tracing::info!(
                    redis.run_id = run_id,
                    "Redis has begun a new append-only file since it started"
                );
            }
            None => {}
        }
        *met = Met { run_id, healing };
    }

    fn refused(&self, run_id: String, error: RedisError) -> RedisResult<()> {
        match Trouble::of(&error) {
            Trouble::Connection | Trouble::NotNow => Err(error),
            _ => {
                self.note(run_id, Healing::Refused(format!("BGREWRITEAOF: {error}")));
                Ok(())
            }
        }
    }
}

impl Life {
    async fn of(connection: &mut MultiplexedConnection) -> RedisResult<Self> {
        let mut ask = redis::pipe();
        ask.cmd("INFO").arg("server").cmd("INFO").arg("persistence");
        let (server, persistence): (String, String) = ask.query_async(connection).await?;
        let number = |name| field(&persistence, name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Self {
            run_id: field(&server, "run_id").unwrap_or_default().to_owned(),
            appends: number("aof_enabled") == 1,
            rewrites: number("aof_rewrites"),
        })
    }
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Somebody else was first.
fn is_under_way(error: &RedisError) -> bool {
    error.detail().is_some_and(|text| text.contains("already in progress"))
}

/// While a snapshot is written, Redis puts a rewrite off. Whether the snapshot ends in time.
async fn begins_after_snapshot(connection: &mut MultiplexedConnection) -> RedisResult<bool> {
    let looks = WAIT_FOR_SNAPSHOT.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..looks {
        if Life::of(connection).await?.rewrites > 0 {
            return Ok(true);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(false)
}

/// Label of the counter.
fn outcome(healing: &Healing) -> &'static str {
    match healing {
        Healing::NotNeeded => "not_needed",
        Healing::Done => "done",
        Healing::Waits => "waits",
        Healing::Refused(_) | Healing::Hidden => "refused",
    }
}
