//! Everything in one process: the embedded default behind `up` and `demo`.
//!
//! What is not configured is private to a data folder: a Redis child on a unix socket with append-only persistence,
//! a SQLite file, a folder of exports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use chrono_tz::Tz;
use deertrack_catalog as catalog;
use deertrack_stream::embedded::{Options, Server, StartError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::gateway::{Gateway, GatewayArgs};
use super::services::{self, WorkerPlan};
use crate::exit::{Code, Exit};
use crate::flags::{AcceptanceArgs, CatalogMapArgs, PaceArgs, PrefixArgs, RedisArgs, TlsArgs};

/// What to run, and where what is not named lies.
pub(crate) struct Plan {
    pub(crate) data_dir: PathBuf,
    pub(crate) redis_url: Option<String>,
    pub(crate) tls: TlsArgs,
    pub(crate) prefix: PrefixArgs,
    pub(crate) database_url: Option<String>,
    pub(crate) map: CatalogMapArgs,
    pub(crate) export_dir: Option<PathBuf>,
    pub(crate) images_dir: Option<PathBuf>,
    pub(crate) zone: Tz,
    pub(crate) acceptance: AcceptanceArgs,
    pub(crate) pace: PaceArgs,
    pub(crate) gateway: GatewayArgs,
}

/// A running Redis and a database with tables.
pub(crate) struct Local {
    private_redis: Option<Server>,
    redis: RedisArgs,
    acceptance: AcceptanceArgs,
    gateway: GatewayArgs,
    pub(crate) work: WorkerPlan,
}

impl Local {
    /// Starts what is private and prepares the database.
    pub(crate) async fn prepare(plan: Plan) -> Result<Self, Exit> {
        let dir = plan.data_dir;
        std::fs::create_dir_all(&dir)
            .with_context(|| format!("cannot create the data folder {}", dir.display()))?;
        let dir =
            dir.canonicalize().with_context(|| format!("cannot open the data folder {}", dir.display()))?;
        let database_url =
            plan.database_url.unwrap_or_else(|| format!("sqlite://{}", dir.join("deertrack.db").display()));
        // A mapping file means tables that are not ours.
        let is_ours = database_url.starts_with("sqlite:") && plan.map.catalog_map.is_none();
        if is_ours {
            catalog::migrate(&database_url).await.map_err(Exit::failed)?;
        }
        let private_redis = match &plan.redis_url {
            Some(_) => None,
            None => Some(private_redis(&dir).await?),
        };
        let redis_url =
            plan.redis_url.or_else(|| private_redis.as_ref().map(|server| server.url().to_owned()));
        Ok(Self {
            redis: RedisArgs {
                redis_url: redis_url.context("there is either a Redis URL or a private Redis")?,
                // A socket of ours needs none.
                tls: if private_redis.is_some() { TlsArgs::default() } else { plan.tls },
                prefix: plan.prefix,
            },
            private_redis,
            acceptance: plan.acceptance,
            gateway: plan.gateway,
            work: WorkerPlan {
                database_url,
                map: plan.map,
                images_dir: plan.images_dir,
                export_dir: plan.export_dir.unwrap_or_else(|| dir.join("exports")),
                zone: plan.zone,
                pace: plan.pace,
            },
        })
    }

    /// Runs gateway and worker until `shutdown`, or until one of them fails; then stops the private Redis.
    pub(crate) async fn run(self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Exit> {
        let ended = self.serve(listener, shutdown).await;
        if let Some(redis) = self.private_redis {
            redis.stop().await.context("the private redis-server did not stop")?;
        }
        ended
    }

    async fn serve(&self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), Exit> {
        let metrics = services::metrics()?;
        let for_gateway = services::accepting_stream(&self.redis, &self.acceptance).await?;
        let for_worker = services::stream(&self.redis).await?;
        let (zone, export_dir) = (self.work.zone, &*self.work.export_dir);
        let gateway = Gateway {
            args: &self.gateway,
            stream: for_gateway,
            zone,
            export_dir,
            metrics,
            metrics_elsewhere: false,
        };
        // Whichever ends first ends the other: half a system would look alive and do nothing.
        let (gateway, worker) = tokio::join!(
            ending(&shutdown, gateway.serve(listener, shutdown.clone())),
            ending(&shutdown, services::worker(for_worker, &self.work, Arc::default(), shutdown.clone())),
        );
        gateway.and(worker)
    }
}

/// Runs a service, and ends all others when it ends.
async fn ending(
    shutdown: &CancellationToken,
    service: impl Future<Output = Result<(), Exit>>,
) -> Result<(), Exit> {
    let end = service.await;
    shutdown.cancel();
    end
}

/// Listens on this machine only.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, String), Exit> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| anyhow!("cannot listen on {address}: {error}; choose another with --port"))?;
    let address = listener.local_addr().context("the listener has no address")?;
    Ok((listener, address.to_string()))
}

async fn private_redis(dir: &Path) -> Result<Server, Exit> {
    let dir = dir.join("redis");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let options = Options { dir, append_only: true, check_aof: true, extra: Vec::new() };
    Server::start(options).await.map_err(|error| match error {
        StartError::NotFound => Exit::new(Code::Unavailable, error),
        other => Exit::failed(other),
    })
}
