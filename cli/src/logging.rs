//! Logs go to stderr: for people by default, as JSON lines for machines.

use std::io::IsTerminal;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
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
    /// File to which who did what is added, as JSON lines [default: among the other lines]
    #[arg(long, global = true, env = "DEERTRACK_AUDIT_LOG", value_name = "FILE", help_heading = "Logging")]
    audit_log: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
}

/// Starts logging for the process, and what `spans` does with its spans; the log filter is not asked for those.
///
/// # Errors
/// The file of the audit cannot be opened.
pub(crate) fn start(
    args: &LogArgs,
    service: bool,
    spans: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> anyhow::Result<()> {
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
    let audit = args.audit_log.as_deref().map(audit).transpose()?;
    let filter = match audit {
        // It stands in its own file.
        Some(_) => filter.add_directive("audit=off".parse()?),
        None => filter,
    };
    tracing_subscriber::registry().with(spans).with(audit).with(lines.with_filter(filter)).init();
    Ok(())
}

/// JSON lines of the target `audit`, added to the file; each is one write.
fn audit<S>(path: &Path) -> anyhow::Result<impl Layer<S> + use<S>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let file = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    let file = file.with_context(|| format!("cannot write to --audit-log {}", path.display()))?;
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    let only = Targets::new().with_target("audit", LevelFilter::INFO);
    Ok(lines.with_writer(Mutex::new(file)).with_filter(only))
}
