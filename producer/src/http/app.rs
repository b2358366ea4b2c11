//! What every handler may use. It is built in `mod.rs`, from what the program gives the gateway.

use std::path::Path;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use super::feed::Feed;
use super::limits::Places;
use crate::Exports;
use crate::access::Keys;

/// What handlers see.
#[derive(Clone)]
pub(super) struct App {
    pub(super) exports: Exports,
    pub(super) export_dir: Arc<Path>,
    pub(super) metrics: PrometheusHandle,
    pub(super) span_context: fn() -> Option<String>,
    pub(super) feed: Feed,
    pub(super) places: Places,
    /// Sign links.
    pub(super) keys: Option<Arc<Keys>>,
    pub(super) speaks_tls: bool,
    /// The path below which clients ask: `/exports`, or nothing.
    pub(super) prefix: Arc<str>,
    pub(super) closing: CancellationToken,
}
