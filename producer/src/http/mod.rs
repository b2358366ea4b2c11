//! The HTTP gateway: JSON in, commands out, status, events and files back.
//!
//! It holds no rules and no Redis commands; each handler reads its input, calls [`Exports`] and says what came
//! of it. Routes stand here, what surrounds every request in `layers.rs`, and each group of handlers in a file
//! of its name.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Exports;
use crate::access::Keys;

mod app;
mod audit;
mod events;
mod exports;
mod feed;
mod files;
mod guard;
mod health;
mod layers;
mod limits;
mod links;
mod metrics;
mod origin;
mod pages;
mod prefix;
mod refusal;
mod server;
mod session;
mod tls;
mod trace;

use app::App;
use feed::Feed;
use guard::Guard;
use limits::Places;
use origin::Names;
use tls::Certificates;

pub use guard::{RULES, Rule};
pub use limits::{Limits, raise_descriptor_limit};
pub use prefix::PathPrefix;
pub use refusal::MAX_BODY_BYTES;
pub use tls::{TlsError, TlsFiles};

/// How long one request may take. Events and downloads may take longer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests in flight may go on after the shutdown signal.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// Connections of those who ask for metrics alone.
const METRICS_CONNECTIONS: usize = 64;
/// How often the metrics recorder tidies its histograms; it asks to be called every few seconds.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// What the gateway needs.
#[derive(Clone)]
pub struct GatewayState {
    /// The way to Redis.
    pub exports: Exports,
    /// The directory in which workers publish artifacts.
    pub export_dir: PathBuf,
    /// Renders the process's metrics for `GET /metrics`.
    pub metrics: PrometheusHandle,
    /// Tells the W3C trace context (`traceparent`) of the span in which it is called; the command carries it to the
    /// worker. `None` where spans are not exported: the command then carries what the client sent.
    pub span_context: fn() -> Option<String>,
    /// What clients may take of it.
    pub limits: Limits,
    /// Names by which it is asked, besides those of this machine where only this machine can ask: `deer.example`.
    pub allowed_hosts: Vec<String>,
    /// Who may ask for what; `None`: everybody for everything.
    pub keys: Option<Arc<Keys>>,
    /// The certificates of a gateway that speaks TLS.
    pub tls: Option<TlsFiles>,
    /// The path of a proxy below which it lives.
    pub path_prefix: PathPrefix,
    /// `/metrics` is asked elsewhere ([`serve_metrics`]), and not here.
    pub metrics_elsewhere: bool,
}

/// The gateway's routes, for a program that serves them itself.
///
/// Starts the task that watches Redis for `GET /api/events`; it ends with the last clone of the router.
///
/// # Panics
/// Outside a Tokio runtime.
pub fn router(state: GatewayState) -> Router {
    routes(state, None, CancellationToken::new())
}

/// Serves the gateway until `shutdown` fires. Event streams then end at once; other requests in flight have
/// [`SHUTDOWN_GRACE`].
///
/// # Errors
/// The certificates cannot be used ([`TlsError`]), or the listener has no address.
pub async fn serve(
    listener: TcpListener,
    state: GatewayState,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (metrics, limits) = (state.metrics.clone(), state.limits.clone());
    let tls = state.tls.clone().map(Certificates::start).transpose().map_err(io::Error::other)?;
    let app = routes(state, Some(listener.local_addr()?), shutdown.clone());
    tokio::select! {
        () = server::run(listener, tls, app, limits, shutdown.clone()) => Ok(()),
        () = grace_over(&shutdown) => {
            tracing::warn!(grace_s = SHUTDOWN_GRACE.as_secs(), "requests still in flight are cut off");
            Ok(())
        }
        () = keep_up(&metrics) => Ok(()),
    }
}

/// Serves `/metrics` and `/healthz` alone until `shutdown`. With `closed` also `/readyz`, for processes without a
/// gateway: it tells why the process cannot do its work just now; nothing when it can.
pub async fn serve_metrics<F>(
    listener: TcpListener,
    metrics: PrometheusHandle,
    closed: Option<F>,
    shutdown: CancellationToken,
) where
    F: Fn() -> Vec<String> + Clone + Send + Sync + 'static,
{
    let rendered = metrics.clone();
    let app = Router::new()
        .route("/metrics", get(async move || health::rendered(&rendered)))
        .route("/healthz", get(health::alive));
    let app = match closed {
        Some(closed) => app.route("/readyz", get(async move || health::told(&closed()))),
        None => app,
    };
    let limits = Limits::of_process().with_connections(METRICS_CONNECTIONS);
    tokio::select! {
        () = server::run(listener, None, app, limits, shutdown) => {}
        () = keep_up(&metrics) => {}
    }
}

async fn grace_over(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    tokio::time::sleep(SHUTDOWN_GRACE).await;
}

async fn keep_up(metrics: &PrometheusHandle) {
    let mut ticks = tokio::time::interval(METRICS_UPKEEP);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

fn routes(state: GatewayState, address: Option<SocketAddr>, closing: CancellationToken) -> Router {
    metrics::describe();
    let mut routes = quick_routes();
    if !state.metrics_elsewhere {
        routes = routes.route("/metrics", get(health::metrics));
    }
    let names = Names::new(address, &state.allowed_hosts).with_links(state.keys.is_some());
    let app = App {
        feed: Feed::start(state.exports.clone()),
        exports: state.exports,
        export_dir: state.export_dir.into(),
        metrics: state.metrics,
        span_context: state.span_context,
        places: Places::new(&state.limits),
        keys: state.keys.clone(),
        speaks_tls: state.tls.is_some(),
        prefix: state.path_prefix.as_str().into(),
        closing,
    };
    let guard = Guard { keys: state.keys };
    let routes = within_limits(routes, &app.places).merge(long_routes());
    let routes = routes.fallback(refusal::no_such_path).method_not_allowed_fallback(refusal::wrong_method);
    let guarded = routes.layer(from_fn_with_state(guard, guard::check));
    let speaks_tls = app.speaks_tls;
    let routes = layers::around(guarded.layer(from_fn_with_state(names, origin::check))).with_state(app);
    let routes = if speaks_tls { routes.layer(from_fn(layers::keep_to_tls)) } else { routes };
    state.path_prefix.above(routes)
}

/// Answered within [`REQUEST_TIMEOUT`].
fn quick_routes() -> Router<App> {
    Router::new()
        .route("/api/exports/{kind}", post(exports::create).delete(exports::cancel))
        .route("/api/exports/{kind}/{job_id}", get(exports::status))
        .route("/api/kinds", get(exports::kinds))
        .route("/api/files/{filename}/link", post(links::create))
        .route("/api/session", get(session::show).post(session::begin).delete(session::end))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(pages::openapi))
        .route("/docs", get(pages::docs_folder))
        .route("/docs/", get(pages::docs_index))
        .route("/docs/{file}", get(pages::docs_file))
        .route("/", get(pages::dashboard))
        .route("/assets/{file}", get(pages::asset))
}

/// With bounds on their bodies and on the time they take.
fn within_limits(routes: Router<App>, places: &Places) -> Router<App> {
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(places.clone(), limits::budget_bodies))
        .layer(from_fn_with_state(REQUEST_TIMEOUT, layers::time_limit))
}

/// As long as the client wants.
fn long_routes() -> Router<App> {
    Router::new()
        .route("/api/events", get(events::follow))
        .route("/api/static/exports/{filename}", get(files::download))
}
