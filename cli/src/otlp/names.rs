//! Our spans in the standard's words: a name that tells one operation from another, a kind, and whether it failed.
//!
//! Here and not in the fields of the spans: those stand on every log line too.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Asked by machines every few seconds: their spans tell nothing.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const OUTCOME: &str = "outcome";
/// A job's outcomes that somebody should look at.
const FAILURES: [&str; 3] = ["failed", "expired", "dead"];

/// Renames spans on their way to an exporter.
#[derive(Debug)]
pub(super) struct Named<E>(pub(super) E);

impl<E: SpanExporter> SpanExporter for Named<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.0.export(batch.into_iter().filter(|span| !is_probe(span)).map(named).collect())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn is_probe(span: &SpanData) -> bool {
    span.name == "request" && text(span, "http.route").is_some_and(|route| PROBES.contains(&&*route))
}

fn named(mut span: SpanData) -> SpanData {
    match &*span.name {
        "request" => {
            let method = text(&span, "http.method").unwrap_or_default();
            // The route's pattern, never the path: a name with an id in it would be an operation of its own.
            span.name = format!("{method} {}", text(&span, "http.route").unwrap_or_default()).into();
            span.span_kind = SpanKind::Server;
            if text(&span, "http.status").is_some_and(|status| status.starts_with('5')) {
                span.status = Status::error("");
            }
        }
        "job" => {
            span.name = format!("job {}", text(&span, "export.kind").unwrap_or_default()).into();
            span.span_kind = SpanKind::Consumer;
            if let Some(outcome) = outcome(&span) {
                if FAILURES.contains(&&*outcome) {
                    span.status = Status::error(outcome.clone());
                }
                span.attributes.push(KeyValue::new(OUTCOME, outcome));
            }
        }
        "stage" => {
            if let Some(stage) = text(&span, "stage") {
                span.name = stage.into();
            }
        }
        _ => {}
    }
    span
}

/// The last line of a job's log says how it ended.
fn outcome(span: &SpanData) -> Option<String> {
    span.events.iter().rev().find_map(|event| text_of(&event.attributes, OUTCOME))
}

fn text(span: &SpanData, key: &str) -> Option<String> {
    text_of(&span.attributes, key)
}

fn text_of(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key.as_str() == key)?;
    Some(attribute.value.to_string())
}
