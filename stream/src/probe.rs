//! Questions to Redis about itself: for `doctor` and readiness probes. About the queue asks `counts`.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;

use crate::Stream;
use crate::error::StreamError;

/// What Redis says about itself.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// Its version; for Valkey the version of Redis that it is compatible with.
    pub version: String,
    /// `maxmemory-policy`. Anything but `noeviction` may eat keys.
    pub eviction_policy: String,
    /// Writes an append-only file.
    pub aof: bool,
    /// Saves snapshots. False as well when it may not be asked.
    pub rdb: bool,
    /// Bytes in use.
    pub used_memory: u64,
    /// Processor time that it has used since its start.
    pub processor_time: Duration,
    /// Bytes that may be used; 0: no limit.
    pub max_memory: u64,
    /// `master` or `slave`.
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
        if self.major() < 7 {
            problems.push(fatal(format!("Redis {} is too old: 7.0 or newer is needed", self.version)));
        }
        if self.role != "master" {
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
        if !self.aof && !self.rdb {
            problems.push(warning(
                "nothing is written to disk: a restart of Redis loses all jobs; CONFIG SET appendonly yes"
                    .into(),
            ));
        } else if !self.aof {
            problems.push(warning(
                "only snapshots are written: a crash of Redis loses all jobs since the last; \
                 CONFIG SET appendonly yes"
                    .into(),
            ));
        }
        if self.aof && self.rewrite_failed {
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
        (!self.aof).then(|| "Redis writes no append-only file: CONFIG SET appendonly yes".to_owned())
    }

    /// A version that cannot be read is taken for a new one.
    fn major(&self) -> u32 {
        self.version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
    }
}

impl Stream {
    /// Version, eviction policy, persistence, memory: what `doctor` prints and services check at their start.
    ///
    /// # Errors
    /// Redis cannot be used, or does not permit INFO.
    pub async fn probe(&self) -> Result<ServerInfo, StreamError> {
        let text: String = self.link().query(&redis::cmd("INFO")).await?;
        let info: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once(':')).collect();
        let word = |name| info.get(name).copied().unwrap_or("unknown").to_owned();
        let number = |name| info.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        let seconds = |name| info.get(name).and_then(|text| text.parse().ok()).unwrap_or(0.0_f64);
        let processor = seconds("used_cpu_user") + seconds("used_cpu_sys");
        Ok(ServerInfo {
            version: word("redis_version"),
            eviction_policy: word("maxmemory_policy"),
            aof: number("aof_enabled") == 1,
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

    /// Whether it has a command. Forks count their versions differently, so the version does not tell.
    async fn knows(&self, command: &str) -> bool {
        let mut ask = redis::cmd("COMMAND");
        ask.arg("INFO").arg(command);
        let Ok(reply) = self.link().query::<Vec<Value>>(&ask).await else { return true };
        reply.first().is_some_and(|info| *info != Value::Nil)
    }

    async fn saves_snapshots(&self) -> bool {
        let mut ask = redis::cmd("CONFIG");
        ask.arg("GET").arg("save");
        // Hosted servers often forbid CONFIG; not knowing is no reason to fail.
        let reply: HashMap<String, String> = self.link().query(&ask).await.unwrap_or_default();
        reply.get("save").is_some_and(|points| !points.is_empty())
    }
}
