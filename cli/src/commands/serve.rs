//! `deertrack serve`: the HTTP gateway alone.

use anyhow::Context;
use tokio::net::TcpListener;

use super::services;
use crate::args::ServeArgs;
use crate::exit::Exit;
use crate::{print, signals};

pub(crate) async fn run(args: ServeArgs) -> Result<(), Exit> {
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    let metrics = services::metrics()?;
    let stream = services::accepting_stream(&args.redis.redis_url, &args.acceptance).await?;
    services::refuse_unsafe(&stream, args.safety).await?;
    let listener =
        TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr().context("the listener has no address")?;
    print::line(&format!("gateway http://{address}"));
    services::gateway(listener, stream, args.zone.timezone, &args.files.export_dir, metrics, shutdown).await
}
