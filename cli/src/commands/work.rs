//! `deertrack work`: a worker alone.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use deertrack_worker::gate::Gate;

use super::services::{self, WorkerPlan};
use crate::exit::Exit;
use crate::flags::{CatalogMapArgs, DatabaseArgs, ExportDirArgs, ImagesArgs, PaceArgs, RedisArgs, ZoneArgs};
use crate::signals;

/// `deertrack work`
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    map: CatalogMapArgs,
    #[command(flatten)]
    files: ExportDirArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    images: ImagesArgs,
    #[command(flatten)]
    pace: PaceArgs,
    /// Serve /metrics for Prometheus, /readyz (503 with the reason while nothing is fetched) and /healthz on this address
    #[arg(long, env = "DEERTRACK_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
    /// Milliseconds after which a worker counts as gone, instead of 15,000; all workers must agree. For tests
    #[arg(long, env = "DEERTRACK_LEASE_MS", hide = true, value_parser = clap::value_parser!(u64).range(300..))]
    lease_ms: Option<u64>,
}

pub(crate) async fn run(args: WorkArgs) -> Result<(), Exit> {
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    let metrics = services::metrics()?;
    let stream = services::working_stream(&args.redis, args.lease_ms).await?;
    let gate = Arc::<Gate>::default();
    if let Some(address) = args.metrics_listen {
        let gate = Arc::clone(&gate);
        services::serve_metrics(address, metrics, Some(move || gate.not_ready()), shutdown.clone()).await?;
    }
    let plan = WorkerPlan {
        database_url: args.database.url,
        map: args.map,
        images_dir: args.images.images_dir,
        export_dir: args.files.export_dir,
        zone: args.zone.timezone,
        pace: args.pace,
    };
    services::worker(stream, &plan, gate, shutdown).await
}
