//! The one binary, `deertrack`: parse, call, print. What it calls lives in the other crates.

mod args;
mod client;
mod commands;
mod exit;
mod flags;
mod logging;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
#[path = "otlp/absent.rs"]
mod otlp;
mod pages;
mod print;
mod secrets;
mod signals;
mod waiting;

use std::process::ExitCode;
use std::time::Duration;

use args::{Cli, Command};
use exit::Exit;
use otlp::Spans;

/// How long work on blocking threads may take to notice that its job is over; one that never does is left behind.
const BLOCKING_ENDS_WITHIN: Duration = Duration::from_millis(200);

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pages::keep_small();
    // One TLS provider for sqlx, redis and reqwest; without this line the first TLS connection panics.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _crash_points = fail::has_failpoints().then(fail::FailScenario::setup);
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(exit) => return exit.report(false),
    };
    let json = cli.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::failed(anyhow::Error::new(error)).report(json),
    };
    let spans = match Spans::start(&cli.otlp, cli.command.service_name(), runtime.handle()) {
        Ok(spans) => spans,
        Err(exit) => return exit.report(json),
    };
    if let Err(error) = logging::start(&cli.log, cli.command.is_service(), spans.layer()) {
        return Exit::failed(error).report(json);
    }
    let code = match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(json),
    };
    spans.flush();
    runtime.shutdown_timeout(BLOCKING_ENDS_WITHIN);
    code
}

async fn run(cli: Cli) -> Result<(), Exit> {
    let json = cli.json;
    match cli.command {
        Command::Demo(args) => commands::demo::run(args).await,
        Command::Up(args) => commands::up::run(args).await,
        Command::Serve(args) => commands::serve::run(args).await,
        Command::Work(args) => commands::work::run(args).await,
        Command::Submit(args) => commands::submit::run(args, json).await,
        Command::Status(args) => commands::status::run(args, json).await,
        Command::Watch(args) => commands::watch::run(args, json).await,
        Command::Cancel(args) => commands::cancel::run(args, json).await,
        Command::Queue(args) => commands::queue::run(args, json).await,
        Command::Dead(args) => commands::dead::run(args, json).await,
        Command::Pause(args) => commands::queue::pause(args).await,
        Command::Resume(args) => commands::queue::resume(args).await,
        Command::Import(args) => commands::import::run(*args, json).await,
        Command::Simulate(args) => commands::simulate::run(args, json).await,
        Command::Reid(args) => commands::reid::run(args, json).await,
        Command::Map(args) => commands::map::run(args, json).await,
        Command::Keys(args) => commands::keys::run(args, json),
        Command::NewId(args) => {
            commands::new_id::run(&args, json);
            Ok(())
        }
        Command::Doctor(args) => commands::doctor::run(args, json).await,
        Command::Bridge(args) => commands::bridge::run(args).await,
        Command::Bench(args) => commands::bench::run(args, json).await,
    }
}
