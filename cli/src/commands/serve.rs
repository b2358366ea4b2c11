//! `deertrack serve`: the HTTP gateway alone.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use super::gateway::{Gateway, GatewayArgs};
use super::services;
use crate::exit::Exit;
use crate::flags::{AcceptanceArgs, ExportDirArgs, RedisArgs, SafetyArgs, ZoneArgs};
use crate::{print, signals};

/// `deertrack serve`
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    files: ExportDirArgs,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    acceptance: AcceptanceArgs,
    #[command(flatten)]
    safety: SafetyArgs,
    #[command(flatten)]
    gateway: GatewayArgs,
    /// Address to listen on
    #[arg(long, env = "DEERTRACK_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Serve /metrics on this address instead, and nothing else there but /healthz
    #[arg(long, env = "DEERTRACK_METRICS_LISTEN", value_name = "ADDRESS")]
    metrics_listen: Option<SocketAddr>,
}

pub(crate) async fn run(args: ServeArgs) -> Result<(), Exit> {
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    args.gateway.refuse_open(args.listen)?;
    let metrics = services::metrics()?;
    let stream = services::accepting_stream(&args.redis, &args.acceptance).await?;
    services::refuse_unsafe(&stream, args.safety).await?;
    let listener =
        TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr().context("the listener has no address")?;
    let metrics_elsewhere = args.metrics_listen.is_some();
    if let Some(address) = args.metrics_listen {
        services::serve_metrics(address, metrics.clone(), None::<fn() -> Vec<String>>, shutdown.clone())
            .await?;
    }
    print::line(&format!("gateway {}://{address}{}", args.gateway.scheme(), args.gateway.path()));
    let (zone, export_dir) = (args.zone.timezone, &*args.files.export_dir);
    let gateway = Gateway { args: &args.gateway, stream, zone, export_dir, metrics, metrics_elsewhere };
    gateway.serve(listener, shutdown).await
}
