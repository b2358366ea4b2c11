//! Where requests go: a gateway over HTTP, or Redis directly. Both keep the same rules and give the same answers.

mod answers;
mod direct;
mod gateway;

use std::path::Path;

use clap::Args;
use deertrack_schemas::Kind;
use deertrack_stream::Stream;
use futures::stream::BoxStream;
use serde_json::Value;

use crate::commands::services;
use crate::exit::Exit;
use crate::flags::{AcceptanceArgs, PrefixArgs, RedisArgs, TlsArgs, ZoneArgs};
use direct::Direct;
use gateway::Gateway;

pub(crate) use answers::{Accepted, Seen, text};

/// Where requests go.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetArgs {
    /// Gateway to ask, as `deertrack up` and `deertrack serve` print it
    #[arg(
        long,
        global = true,
        env = "DEERTRACK_GATEWAY",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    gateway: String,
    /// Key for a gateway that asks for one
    #[arg(long, global = true, env = "DEERTRACK_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// Go to this Redis directly, without a gateway
    #[arg(long, global = true, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis_url: Option<String>,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    prefix: PrefixArgs,
}

impl TargetArgs {
    /// The Redis to go to; `None`: to the gateway.
    fn redis(&self) -> Option<RedisArgs> {
        let redis_url = self.redis_url.clone()?;
        Some(RedisArgs { redis_url, tls: self.tls.clone(), prefix: self.prefix.clone() })
    }
}

/// A way to submit and to follow.
pub(crate) enum Client {
    Gateway(Gateway),
    Direct(Box<Direct>),
}

impl Client {
    /// Redis when its URL was given on the command line or in `REDIS_URL`, else the gateway.
    pub(crate) async fn connect(target: &TargetArgs, zone: &ZoneArgs) -> Result<Self, Exit> {
        match target.redis() {
            Some(redis) => Ok(Self::direct(services::stream(&redis).await?, zone)),
            None => Self::gateway(&target.gateway, target.key.as_deref()),
        }
    }

    /// The same for one that submits. `acceptance` holds without a gateway, which keeps to its own.
    pub(crate) async fn submitting(
        target: &TargetArgs,
        zone: &ZoneArgs,
        acceptance: &AcceptanceArgs,
    ) -> Result<Self, Exit> {
        match target.redis() {
            Some(redis) => Ok(Self::direct(services::accepting_stream(&redis, acceptance).await?, zone)),
            None => Self::gateway(&target.gateway, target.key.as_deref()),
        }
    }

    fn direct(stream: Stream, zone: &ZoneArgs) -> Self {
        Self::Direct(Box::new(Direct::new(stream, zone.timezone)))
    }

    /// A gateway at a known address.
    pub(crate) fn gateway(base: &str, key: Option<&str>) -> Result<Self, Exit> {
        Ok(Self::Gateway(Gateway::new(base, key)?))
    }

    pub(crate) async fn submit(&self, kind: Kind, body: &Value) -> Result<Accepted, Exit> {
        match self {
            Self::Gateway(gateway) => gateway.submit(kind, body).await,
            Self::Direct(direct) => direct.submit(kind, body).await,
        }
    }

    /// The status record, whoever wrote it; `None` when there is none (any more).
    pub(crate) async fn status(&self, job_id: &str) -> Result<Option<Value>, Exit> {
        match self {
            Self::Gateway(gateway) => gateway.status(job_id).await,
            Self::Direct(direct) => direct.status(job_id).await,
        }
    }

    /// Completions from now on, or behind the event `after`.
    pub(crate) async fn watch(
        &self,
        after: Option<&str>,
    ) -> Result<BoxStream<'static, Result<Seen, Exit>>, Exit> {
        match self {
            Self::Gateway(gateway) => gateway.watch(after).await,
            Self::Direct(direct) => direct.watch(after).await,
        }
    }

    /// Fetches a finished file.
    pub(crate) async fn download(&self, record: &Value, export_dir: &Path, to: &Path) -> Result<u64, Exit> {
        match self {
            Self::Gateway(gateway) => gateway.download(record, to).await,
            Self::Direct(_) => direct::copy(record, export_dir, to).await,
        }
    }
}
