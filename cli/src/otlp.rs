//! Spans of requests and jobs for an OpenTelemetry collector, as long as one is named: OTLP over HTTP, in protobuf.
//!
//! Nothing outside these files knows OpenTelemetry: gateway and worker open `tracing` spans, and a layer makes them
//! known. Where to send is read in `settings.rs`, a span joins the trace of its request in `join.rs`, gets the names of
//! the standard in `names.rs`, and leaves in `collector.rs`. Without the feature `otlp`, `otlp/absent.rs` stands here.

mod collector;
mod join;
mod names;
mod settings;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, Key, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Level;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Layer;

use crate::exit::{Code, Exit};
use collector::Collector;
use join::Joining;
use names::Named;
use settings::Settings;

/// How long the end of the process may wait for the last spans to leave: part of the two seconds that a worker may take
/// beyond its grace time.
const FLUSH_WITHIN: Duration = Duration::from_millis(500);

/// Where spans go.
#[derive(Args, Clone, Debug)]
pub(crate) struct OtlpArgs {
    /// Send spans of requests and jobs to this OpenTelemetry collector, over HTTP: http://127.0.0.1:4318
    ///
    /// The other variables of OpenTelemetry hold too: OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...
    ///
    /// [env: OTEL_EXPORTER_OTLP_ENDPOINT=]
    // Not read by clap: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT stands between the two.
    #[arg(long, global = true, value_name = "URL", help_heading = "Logging")]
    otlp_endpoint: Option<String>,
}

/// The way of spans out of this process; `None` while no collector is named.
pub(crate) struct Spans(Option<SdkTracerProvider>);

impl Spans {
    /// Opens it. A collector that is away is no error.
    ///
    /// # Errors
    /// A setting that cannot be meant.
    pub(crate) fn start(args: &OtlpArgs, service: &'static str, runtime: &Handle) -> Result<Self, Exit> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let settings = settings::read(args.otlp_endpoint.as_deref(), variable);
        let settings = settings.map_err(|text| Exit::text(Code::Failed, text))?;
        settings.map(|settings| provider(&settings, service, runtime)).transpose().map(Self)
    }

    /// Makes the spans of our own crates known, whatever the log filter says. No span of the HTTP client that sends
    /// them is among these: sending never makes more to send.
    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        let tracer = self.0.as_ref()?.tracer("deertrack");
        let spans = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false);
        Some(Joining(spans).with_filter(Targets::new().with_target("deertrack", Level::INFO)).boxed())
    }

    /// Sends what still waits, for at most [`FLUSH_WITHIN`]. Not on the runtime's own threads: it blocks.
    pub(crate) fn flush(&self) {
        let Some(provider) = &self.0 else { return };
        if let Err(error) = provider.shutdown_with_timeout(FLUSH_WITHIN) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// The W3C trace context of the present span; `None` while no collector is named.
pub(crate) fn span_context() -> Option<String> {
    let mut fields = HashMap::new();
    TraceContextPropagator::new().inject_context(&Context::current(), &mut fields);
    fields.remove("traceparent")
}

fn provider(settings: &Settings, service: &'static str, runtime: &Handle) -> Result<SdkTracerProvider, Exit> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::new(settings, runtime.clone())?)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .build()
        .context("spans cannot be exported as the variables OTEL_EXPORTER_OTLP_* ask")?;
    // Sampler, limits and the sizes of batches: the builder reads the standard's variables.
    let provider = SdkTracerProvider::builder().with_resource(resource(service));
    Ok(provider.with_batch_exporter(Named(exporter)).build())
}

/// Who sends: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before `service`.
fn resource(service: &'static str) -> Resource {
    let asked = Resource::builder().build();
    let unnamed = |name: &Value| name.as_str().starts_with("unknown_service");
    let builder = Resource::builder()
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    match asked.get_ref(&Key::from_static_str("service.name")) {
        Some(name) if !unnamed(name) => builder.build(),
        _ => builder.with_service_name(service).build(),
    }
}
