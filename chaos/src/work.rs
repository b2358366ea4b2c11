//! The worker process: the real run loop with an exporter that does what the title of a report says.
//!
//! It ends when its standard input does: when the harness dies, however it dies, no worker stays behind.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clap::Args;
use deertrack_schemas::{Command, Export};
use deertrack_stream::{RetryPolicy, Settings, Stream};
use deertrack_worker::JobError;
use deertrack_worker::artifact::{Artifacts, Content};
use deertrack_worker::export::{Exporter, Job, Rendered};
use deertrack_worker::run;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::task::Task;

/// `deertrack-chaos work`
#[derive(Args, Debug)]
pub(crate) struct WorkArgs {
    #[arg(long)]
    pub(crate) redis_url: String,
    #[arg(long)]
    pub(crate) exports: PathBuf,
    #[arg(long)]
    pub(crate) lease_ms: u64,
    #[arg(long)]
    pub(crate) no_healing: bool,
}

/// Settings of all parts of the harness: statuses and events stay for longer than any run.
pub(crate) fn settings(url: &str, lease: Duration, heal: bool) -> Settings {
    Settings {
        heal,
        status_ttl: Duration::from_hours(48),
        max_events: 100_000_000,
        max_event_age: Duration::from_hours(48),
        ..Settings::new(url).paced(lease)
    }
}

/// Works until SIGTERM.
pub(crate) async fn work(args: WorkArgs) -> anyhow::Result<()> {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let shutdown = CancellationToken::new();
    let asked = shutdown.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        asked.cancel();
    });
    let stream = connect(&args).await;
    let artifacts = Artifacts::open(&args.exports)?;
    let settings = run::Settings {
        concurrency: 8,
        grace: Duration::from_millis(500),
        retry: Some(RetryPolicy { base: Duration::from_millis(100), cap: Duration::from_secs(1) }),
        ..run::Settings::default()
    };
    loop {
        let exporter = Arc::new(DoesItsTask);
        match run::run(&stream, exporter, artifacts.clone(), &settings, shutdown.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) if shutdown.is_cancelled() => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await, // Redis is away at the start
        }
    }
}

/// A service manager would start it again and again until Redis is there.
async fn connect(args: &WorkArgs) -> Stream {
    loop {
        let lease = Duration::from_millis(args.lease_ms);
        match Stream::connect(settings(&args.redis_url, lease, !args.no_healing)).await {
            Ok(stream) => return stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

struct DoesItsTask;

#[async_trait]
impl Exporter for DoesItsTask {
    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError> {
        match task_of(command)? {
            Task::Fail => return Err(JobError::Reject("it breaks a rule".to_owned())),
            Task::FailOnce if command.attempt == 1 => return Err(away()),
            Task::FailForever => return Err(away()),
            Task::Panic => panic!("a bug, on purpose"),
            Task::Abort => std::process::abort(),
            Task::Slow(time) => {
                let began = std::time::Instant::now();
                while began.elapsed() < time {
                    job.progress.at(began.elapsed().as_secs_f64() / time.as_secs_f64(), "working");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            Task::Nothing | Task::FailOnce | Task::Rubbish => {}
        }
        // Half of the files are written piece by piece, as large ones are.
        let bytes = format!("made for {}\n", command.job_id).into_bytes();
        let content = if command.job_id.as_str().as_bytes().last().is_some_and(|last| last % 2 == 0) {
            Content::InMemory(bytes)
        } else {
            job.blocking(move |job| {
                let mut draft = job.draft()?;
                std::io::Write::write_all(&mut draft, &bytes)
                    .map_err(|error| JobError::retry("the file could not be written", error))?;
                Ok(Content::OnDisk(draft))
            })
            .await?
        };
        Ok(Rendered { content, headline: None })
    }
}

fn task_of(command: &Command) -> Result<Task, JobError> {
    let Export::Pdf(params) = &command.export else {
        return Err(JobError::Reject("another kind".to_owned()));
    };
    params.title.as_deref().unwrap_or_default().parse().map_err(JobError::Reject)
}

fn away() -> JobError {
    JobError::retry("the database cannot be reached", "connection refused, on purpose")
}
