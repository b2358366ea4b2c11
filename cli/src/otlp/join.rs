//! Joins a span to the trace that its field `traceparent` names: a request to its client's, a job to its request's.
//!
//! The field is there anyway, for log lines; so gateway and worker need no word of OpenTelemetry.

use std::collections::HashMap;
use std::fmt::Debug;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{self, Layer};

const FIELD: &str = "traceparent";

/// Around the layer that makes OpenTelemetry's spans: it takes the thread's present context for the parent of a new
/// span without a `tracing` parent of its own.
pub(super) struct Joining<L>(pub(super) L);

impl<S: Subscriber, L: Layer<S>> Layer<S> for Joining<L> {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: layer::Context<'_, S>) {
        let _parent = named_parent(attributes).map(Context::attach);
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: layer::Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: layer::Context<'_, S>) {
        self.0.on_follows_from(id, follows, context);
    }

    fn on_event(&self, event: &Event<'_>, context: layer::Context<'_, S>) {
        self.0.on_event(event, context);
    }

    fn on_enter(&self, id: &Id, context: layer::Context<'_, S>) {
        self.0.on_enter(id, context);
    }

    fn on_exit(&self, id: &Id, context: layer::Context<'_, S>) {
        self.0.on_exit(id, context);
    }

    fn on_close(&self, id: Id, context: layer::Context<'_, S>) {
        self.0.on_close(id, context);
    }
}

/// The context that the new span's field names, if it has one.
fn named_parent(attributes: &Attributes<'_>) -> Option<Context> {
    attributes.metadata().fields().field(FIELD)?;
    let mut found = Found::default();
    attributes.record(&mut found);
    let fields = HashMap::from([(FIELD.to_owned(), found.0?)]);
    // One that cannot be read gives an empty context: a new trace begins.
    Some(TraceContextPropagator::new().extract_with_context(&Context::new(), &fields))
}

#[derive(Default)]
struct Found(Option<String>);

impl Visit for Found {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == FIELD {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
