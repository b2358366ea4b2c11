//! What stands here without the feature `otlp`: the same names, and no spans.

use clap::Args;
use tokio::runtime::Handle;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::Layer;

use crate::exit::Exit;

/// No flag.
#[derive(Args, Clone, Debug)]
pub(crate) struct OtlpArgs {}

/// No way out.
pub(crate) struct Spans;

impl Spans {
    #[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
    pub(crate) fn start(_: &OtlpArgs, _: &'static str, _: &Handle) -> Result<Self, Exit> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        None
    }

    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(crate) fn flush(&self) {}
}

/// No context.
pub(crate) fn span_context() -> Option<String> {
    None
}
