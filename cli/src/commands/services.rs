//! The two services as functions: `serve`, `work`, `up` and `demo` are made of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytesize::ByteSize;
use chrono_tz::Tz;
use deertrack_catalog::{self as catalog, Catalog};
use deertrack_producer::http;
use deertrack_stream::{Durability, Settings, Stream, StreamError};
use deertrack_worker::artifact::Artifacts;
use deertrack_worker::export::{ImagesFolder, Kinds};
use deertrack_worker::gate::Gate;
use deertrack_worker::memory::Memory;
use deertrack_worker::run;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::map::refused_or_unavailable;
use crate::exit::{Code, Exit};
use crate::flags::{AcceptanceArgs, CatalogMapArgs, DurabilityArg, PaceArgs, RedisArgs, SafetyArgs};

/// Bounds of all histograms, in seconds: from a no-op job to a report that hits its time limit.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];

/// How long a submit waits until it is as sure as asked; well within the gateway's own limit.
const DURABLE_WITHIN: Duration = Duration::from_secs(2);

/// How often the histograms are tidied up: each sample is kept until then.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Starts counting; once for the process, on its runtime.
pub(crate) fn metrics() -> Result<PrometheusHandle, Exit> {
    let builder =
        PrometheusBuilder::new().set_buckets(&SECONDS).context("the bounds of the histograms are wrong")?;
    let handle = builder.install_recorder().context("metrics were started before")?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        // Without it, a process that nobody scrapes would keep every sample: 70 bytes for each job.
        let mut ticks = tokio::time::interval(UPKEEP_EVERY);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok(handle)
}

/// Serves `/metrics` and `/healthz` beside a service; with `closed` also `/readyz`.
pub(crate) async fn serve_metrics<F>(
    address: SocketAddr,
    metrics: PrometheusHandle,
    closed: Option<F>,
    shutdown: CancellationToken,
) -> Result<(), Exit>
where
    F: Fn() -> Vec<String> + Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr().context("the listener has no address")?;
    tracing::info!(%address, "metrics are served");
    tokio::spawn(http::serve_metrics(listener, metrics, closed, shutdown));
    Ok(())
}

/// Connects to Redis.
pub(crate) async fn stream(redis: &RedisArgs) -> Result<Stream, Exit> {
    connect(redis.settings()).await
}

/// A server that cannot be used at all, or not with these certificates, will not mend itself: that is no outage.
async fn connect(settings: Settings) -> Result<Stream, Exit> {
    Stream::connect(settings).await.map_err(|error| match error {
        error @ (StreamError::Unfit(_) | StreamError::Tls(_)) => Exit::failed(error),
        error => Exit::unavailable(error),
    })
}

/// Connects to Redis as a worker; with another lease when one is given.
pub(crate) async fn working_stream(redis: &RedisArgs, lease_ms: Option<u64>) -> Result<Stream, Exit> {
    let settings = redis.settings();
    let settings = match lease_ms {
        Some(lease) => settings.paced(Duration::from_millis(lease)),
        None => settings,
    };
    connect(settings).await
}

/// Connects to Redis for submits that keep to `acceptance`.
pub(crate) async fn accepting_stream(redis: &RedisArgs, acceptance: &AcceptanceArgs) -> Result<Stream, Exit> {
    let stream = connect(accepting(redis, acceptance)).await?;
    if matches!(stream.settings().durability, Durability::Synced { .. }) {
        refuse_unsynced(&stream).await?;
    }
    Ok(stream)
}

/// The settings of a gateway.
pub(crate) fn accepting(redis: &RedisArgs, acceptance: &AcceptanceArgs) -> Settings {
    let within = DURABLE_WITHIN;
    let durability = match acceptance.durability {
        DurabilityArg::Fast => Durability::Fast,
        DurabilityArg::Replicated => Durability::Replicated { replicas: 1, within },
        DurabilityArg::Synced => Durability::Synced { replicas: 0, within },
    };
    Settings { max_backlog: acceptance.max_backlog, durability, ..redis.settings() }
}

/// It would take every job, and tell every caller that it cannot say when it is on its disk.
async fn refuse_unsynced(stream: &Stream) -> Result<(), Exit> {
    let info = stream.probe().await.map_err(Exit::unavailable)?;
    info.cannot_sync().map_or(Ok(()), |problem| {
        let advice = "--durability synced (DEERTRACK_DURABILITY) has to be fast or replicated here";
        Err(Exit::text(Code::Failed, format!("{problem}; {advice}")))
    })
}

/// Connects to the platform's database.
pub(crate) async fn database(url: &str, map: &CatalogMapArgs) -> Result<Arc<dyn Catalog>, Exit> {
    catalog::connect_mapped(url, map.mapping()?).await.map_err(refused_or_unavailable)
}

/// What a worker works with.
pub(crate) struct WorkerPlan {
    pub(crate) database_url: String,
    pub(crate) map: CatalogMapArgs,
    pub(crate) images_dir: Option<PathBuf>,
    pub(crate) export_dir: PathBuf,
    pub(crate) zone: Tz,
    pub(crate) pace: PaceArgs,
}

/// Works until `shutdown`.
pub(crate) async fn worker(
    stream: Stream,
    plan: &WorkerPlan,
    gate: Arc<Gate>,
    shutdown: CancellationToken,
) -> Result<(), Exit> {
    refuse_unsafe(&stream, plan.pace.safety).await?;
    let catalog = database(&plan.database_url, &plan.map).await?;
    let images = ImagesFolder::of(plan.images_dir.as_deref(), &plan.database_url);
    let artifacts = Artifacts::open(&plan.export_dir).map_err(Exit::failed)?;
    let grace = Duration::from_secs(plan.pace.grace_seconds);
    let mut settings = run::Settings { grace, gate, ..run::Settings::default() };
    if let Some(concurrency) = plan.pace.concurrency {
        settings.concurrency = usize::from(concurrency);
    }
    if let Some(ByteSize(limit)) = plan.pace.memory_limit {
        settings.memory = Memory::limited(limit);
    }
    let kinds = Arc::new(Kinds { catalog, zone: plan.zone, images });
    run::run(&stream, kinds, artifacts, &settings, shutdown).await.map_err(Exit::unavailable)
}

/// A Redis that may throw jobs away is no place for them.
pub(crate) async fn refuse_unsafe(stream: &Stream, safety: SafetyArgs) -> Result<(), Exit> {
    let info = stream.probe().await.map_err(Exit::unavailable)?;
    for problem in info.problems() {
        if problem.fatal && !safety.allow_unsafe_redis {
            return Err(Exit::text(
                Code::Failed,
                format!("{}; --allow-unsafe-redis starts all the same", problem.text),
            ));
        }
        tracing::warn!("{}", problem.text);
    }
    Ok(())
}
