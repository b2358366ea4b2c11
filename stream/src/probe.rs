//! Questions to Redis about itself: for `doctor` and readiness probes. About the queue asks `counts`.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;

use crate::Stream;
use crate::error::StreamError;
use crate::refusals::is_refusal;
use crate::server::Server;

/// What may not be asked.
const UNKNOWN: &str = "unknown";

/// What Redis says about itself.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// Its version; for Valkey the version of Redis that it is compatible with.
    pub version: String,
    /// `maxmemory-policy`. Anything but `noeviction` may eat keys. `unknown` when it may not be asked.
    pub eviction_policy: String,
    /// Writes an append-only file. `None` when it may not be asked.
    pub aof: Option<bool>,
    /// Saves snapshots. `None` when it may not be asked.
    pub rdb: Option<bool>,
    /// Bytes in use.
    pub used_memory: u64,
    /// Processor time that it has used since its start.
    pub processor_time: Duration,
    /// Bytes that may be used; 0: no limit.
    pub max_memory: u64,
    /// `master` or `slave`; `unknown` when it may not be asked.
    pub role: String,
    /// It knows how to wait for its append-only file: [`crate::Durability::Synced`]. True as well when it may not be
    /// asked.
    pub can_sync: bool,
    /// The last rewrite of its append-only file failed.
    pub rewrite_failed: bool,
    /// Its process, on its machine.
    pub process_id: u32,
}

/// What is wrong with a server, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerProblem {
    /// Gateways and workers must not start on it, unless somebody insists.
    pub fatal: bool,
    /// What is wrong and what to do, in a sentence.
    pub text: String,
}

impl ServerInfo {
    /// What is wrong with it for our purposes; the worst first.
    pub fn problems(&self) -> Vec<ServerProblem> {
        let fatal = |text| ServerProblem { fatal: true, text };
        let warning = |text| ServerProblem { fatal: false, text };
        let mut problems = Vec::new();
        if matches!(self.role.as_str(), "slave" | "replica") {
            problems.push(fatal(format!("this Redis is a {}: connect to its master", self.role)));
        }
        let policy = &self.eviction_policy;
        if policy.starts_with("allkeys-") {
            problems.push(fatal(format!(
                "maxmemory-policy {policy} may evict the queue itself: CONFIG SET maxmemory-policy noeviction"
            )));
        } else if policy.starts_with("volatile-") {
            problems.push(warning(format!(
                "maxmemory-policy {policy} may evict status records: CONFIG SET maxmemory-policy noeviction"
            )));
        }
        problems.extend(self.unsaved().map(|text| warning(text.into())));
        if self.aof == Some(true) && self.rewrite_failed {
            problems.push(warning(
                "the last rewrite of the append-only file failed (see the log of Redis: memory for its fork, room on \
                 the disk): the file grows, and a start after a power cut may take two tries"
                    .into(),
            ));
        }
        problems
    }

    /// Why no submit can be [`crate::Durability::Synced`] here, and what to do; `None` when all can.
    pub fn cannot_sync(&self) -> Option<String> {
        if !self.can_sync {
            return Some(format!("Redis {} cannot wait for its disk: 7.2 or newer is needed", self.version));
        }
        (self.aof == Some(false))
            .then(|| "Redis writes no append-only file: CONFIG SET appendonly yes".to_owned())
    }

    /// What a restart of Redis would lose. Nothing is said of what may not be asked.
    fn unsaved(&self) -> Option<&'static str> {
        match (self.aof?, self.rdb) {
            (true, _) => None,
            (false, Some(false)) => Some(
                "nothing is written to disk: a restart of Redis loses all jobs; CONFIG SET appendonly yes",
            ),
            (false, Some(true)) => Some(
                "only snapshots are written: a crash of Redis loses all jobs since the last; \
                 CONFIG SET appendonly yes",
            ),
            (false, None) => Some(
                "at most snapshots are written (Redis does not permit CONFIG GET to this user, so whether they are \
                 cannot be seen): a crash of Redis loses all jobs since the last; set appendonly yes",
            ),
        }
    }
}

impl Stream {
    /// Version, eviction policy, persistence, memory: what `doctor` prints and services check at their start. What may
    /// not be asked is `unknown` or `None`.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn probe(&self) -> Result<ServerInfo, StreamError> {
        let text = match self.link().query::<String>(&redis::cmd("INFO")).await {
            Err(error) if is_refusal(&error) => return self.probe_without_info().await,
            text => text?,
        };
        let info: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once(':')).collect();
        let word = |name| info.get(name).copied().unwrap_or(UNKNOWN).to_owned();
        let number = |name| info.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let seconds = |name| info.get(name).and_then(|text| text.parse().ok()).unwrap_or(0.0_f64);
        let processor = seconds("used_cpu_user") + seconds("used_cpu_sys");
        Ok(ServerInfo {
            version: word("redis_version"),
            eviction_policy: word("maxmemory_policy"),
            aof: Some(number("aof_enabled") == 1),
            rdb: self.saves_snapshots().await,
            used_memory: number("used_memory"),
            processor_time: Duration::try_from_secs_f64(processor).unwrap_or_default(),
            max_memory: number("maxmemory"),
            role: word("role"),
            can_sync: self.knows("WAITAOF").await,
            rewrite_failed: info.get("aof_last_bgrewrite_status") == Some(&"err"),
            process_id: info.get("process_id").and_then(|text| text.parse().ok()).unwrap_or(0),
        })
    }

    /// What HELLO tells everybody.
    async fn probe_without_info(&self) -> Result<ServerInfo, StreamError> {
        let server = Server::from_hello(&self.link().query(&redis::cmd("HELLO")).await?);
        Ok(ServerInfo {
            version: server.version.unwrap_or_else(|| UNKNOWN.to_owned()),
            eviction_policy: UNKNOWN.to_owned(),
            aof: None,
            rdb: None,
            used_memory: 0,
            processor_time: Duration::ZERO,
            max_memory: 0,
            role: server.role.unwrap_or_else(|| UNKNOWN.to_owned()),
            can_sync: self.knows("WAITAOF").await,
            rewrite_failed: false,
            process_id: 0,
        })
    }

    /// Whether it has a command. Forks count their versions differently, so the version does not tell.
    async fn knows(&self, command: &str) -> bool {
        let mut ask = redis::cmd("COMMAND");
        ask.arg("INFO").arg(command);
        let Ok(reply) = self.link().query::<Vec<Value>>(&ask).await else { return true };
        reply.first().is_some_and(|info| *info != Value::Nil)
    }

    async fn saves_snapshots(&self) -> Option<bool> {
        let mut ask = redis::cmd("CONFIG");
        ask.arg("GET").arg("save");
        let reply = self.link().query::<HashMap<String, String>>(&ask).await.ok()?;
        Some(reply.get("save").is_some_and(|points| !points.is_empty()))
    }
}
