//! `deertrack-chaos`: breaks a running system on purpose and checks what it promises. Never shipped.
//!
//! It starts a private Redis and real worker processes (itself, as `work`), submits thousands of jobs, and follows a
//! plan of disturbances that its seed repeats. Then it looks at what a user can see (statuses, events, files) beside
//! what it submitted. The files, in the order of a run: [`plan`], [`task`], [`load`], [`work`], [`fleet`], [`arena`]: [`server`]
//! and [`reach`], or [`replicated`] and [`reigns`]; [`busy`], [`disturb`], [`witness`], [`facts`], [`check`] and [`evidence`],
//! [`report`]; [`repeat`] makes a row of runs. What it proves and what not: `docs/reliability.md`.

mod arena;
mod args;
mod ask;
mod busy;
mod check;
mod deed;
mod disturb;
mod evidence;
mod facts;
mod fleet;
mod load;
mod plan;
mod reach;
mod reigns;
mod repeat;
mod replicated;
mod report;
mod run;
mod server;
mod task;
mod topology;
mod witness;
mod work;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser, Debug)]
#[command(name = "deertrack-chaos", about = "Breaks a running system on purpose and checks its promises")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Disturb, then check; exit code 1 when a promise was broken
    Run(args::RunArgs),
    /// Many short runs in a row, a line for each; exit code 1 when a promise was broken in any of them
    Repeat(args::RepeatArgs),
    /// One worker; started by `run`
    #[command(hide = true)]
    Work(work::WorkArgs),
}

fn main() -> anyhow::Result<ExitCode> {
    let filter = tracing_subscriber::EnvFilter::builder().parse_lossy("warn,deertrack_worker=info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Run(args) => runtime.block_on(run::run(args)),
        Command::Repeat(args) => runtime.block_on(repeat::repeat(args)),
        Command::Work(args) => runtime.block_on(work::work(args)).map(|()| ExitCode::SUCCESS),
    }
}
