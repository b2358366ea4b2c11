//! `deertrack bridge celery`: what services send to Celery becomes exports, under the tasks' own ids, without a changed line
//! in the services.
//!
//! A message stays in hand ([`Inbox`]) until its job is accepted or its refusal stands in its status. A bridge that is killed
//! in between leaves it there, and the next one does the same again, which does nothing more: a job id is accepted once.

mod message;

use std::time::Duration;

use clap::{Args, Subcommand};
use deertrack_producer::{Exports, ExportsError};
use deertrack_schemas::{Command, JobId, Request, Valid};
use deertrack_stream::{Inbox, Settings, StreamError, Submitted};
use tokio_util::sync::CancellationToken;

use self::message::{Refused, Task, TaskName};
use super::services;
use crate::exit::Exit;
use crate::flags::{AcceptanceArgs, RedisArgs, ZoneArgs};
use crate::{print, signals};

/// Between two tries while Redis is away or the backlog is full.
const PAUSE: Duration = Duration::from_millis(500);
/// What kombu puts between a list's name and a priority, and the priorities that have lists of their own.
const SEPARATOR: &str = "\u{6}\u{16}";
const PRIORITIES: [u8; 3] = [3, 6, 9];

/// `deertrack bridge`
#[derive(Args, Debug)]
pub(crate) struct BridgeArgs {
    #[command(subcommand)]
    from: From,
}

#[derive(Subcommand, Debug)]
enum From {
    /// Read the messages of Celery's protocol 2 from the lists of a Redis broker
    Celery(CeleryArgs),
}

#[derive(Args, Debug)]
struct CeleryArgs {
    /// Celery's queue: the name of the list. No Celery worker may read it any more
    #[arg(long, default_value = "exports", value_name = "NAME")]
    queue: String,
    /// Celery's broker, when it is another Redis, or another database of it
    #[arg(long, env = "DEERTRACK_BROKER_URL", hide_env_values = true, value_name = "URL")]
    broker_url: Option<String>,
    /// One more task that is an export, with the names of its positional arguments: mine.make_zip=zip:detection_ids. May be
    /// repeated
    #[arg(long, value_name = "TASK=KIND:ARGUMENT,...")]
    task: Vec<TaskName>,
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    acceptance: AcceptanceArgs,
    #[command(flatten)]
    zone: ZoneArgs,
}

pub(crate) async fn run(args: BridgeArgs) -> Result<(), Exit> {
    let From::Celery(args) = args.from;
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    let stream = services::accepting_stream(&args.redis, &args.acceptance).await?;
    let broker = match &args.broker_url {
        Some(url) => Settings { tls: args.redis.settings().tls, ..Settings::new(url) },
        None => args.redis.settings(),
    };
    let inbox = Inbox::open(broker, lists(&args.queue)).await.map_err(Exit::unavailable)?;
    let tasks = message::known(args.task);
    print::line(&format!("bridge is ready: {} of the queue {}", message::listed(&tasks), args.queue));
    let mut bridge = Bridge { exports: Exports::new(stream, args.zone.timezone), inbox, tasks };
    bridge.run(&shutdown).await;
    Ok(())
}

/// The list of a queue, and those of its lower priorities.
fn lists(queue: &str) -> Vec<String> {
    let lower = PRIORITIES.iter().map(|priority| format!("{queue}{SEPARATOR}{priority}"));
    std::iter::once(queue.to_owned()).chain(lower).collect()
}

struct Bridge {
    exports: Exports,
    inbox: Inbox,
    tasks: Vec<TaskName>,
}

/// What became of a task.
enum Outcome {
    /// Its job is accepted.
    Job,
    /// It will never be one.
    Refused(String),
    /// The backlog is full.
    Later,
}

impl Bridge {
    async fn run(&mut self, shutdown: &CancellationToken) {
        while !shutdown.is_cancelled() {
            // Not cut off by a signal: it ends within a second.
            let passed = match self.inbox.next().await {
                Ok(None) => continue,
                Ok(Some(message)) => self.pass_on(&message).await,
                Err(error) => Err(error.into()),
            };
            let wait = passed.unwrap_or_else(|error| {
                tracing::warn!(%error, "the bridge waits; what it has in hand stays there");
                true
            });
            if wait {
                shutdown.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }

    /// Job or refusal; `true`: neither yet. Then, and after an error, the message comes again.
    async fn pass_on(&mut self, message: &[u8]) -> Result<bool, ExportsError> {
        match message::read(message, &self.tasks) {
            Ok(task) => {
                let (id, kind) = (task.id.clone(), task.kind.name());
                match self.submit(task).await? {
                    Outcome::Job => tracing::info!(job.id = %id, "a task of Celery is an export"),
                    Outcome::Refused(why) => self.refuse(id, kind, why).await?,
                    Outcome::Later => return Ok(true),
                }
            }
            Err(Refused { id: Some(id), kind, why }) => {
                self.refuse(id, kind.map_or("unknown", |kind| kind.name()), why).await?;
            }
            Err(Refused { id: None, why, .. }) => {
                tracing::error!(why, "a message of Celery that tells no task is put aside");
                self.inbox.put_aside(message).await?;
                return Ok(false);
            }
        }
        self.inbox.done(message).await?;
        Ok(false)
    }

    async fn submit(&self, task: Task) -> Result<Outcome, ExportsError> {
        let command = match self.command(task) {
            Ok(command) => command,
            Err(why) => return Ok(Outcome::Refused(why)),
        };
        match self.exports.submit(&command).await {
            Ok(Submitted::Full) => Ok(Outcome::Later),
            Ok(_) => Ok(Outcome::Job),
            Err(ExportsError::Stream(StreamError::Foreign(foreign))) => {
                Ok(Outcome::Refused(foreign.to_string()))
            }
            // It was accepted, and the same again would be answered as existing.
            Err(ExportsError::Stream(error @ StreamError::NotDurable)) => {
                tracing::warn!(job.id = %command.job_id, %error, "a task was accepted all the same");
                Ok(Outcome::Job)
            }
            Err(error) => Err(error),
        }
    }

    fn command(&self, task: Task) -> Result<Valid<Command>, String> {
        let request = Request::from_json(task.kind, task.body.to_string()).map_err(|why| why.to_string())?;
        let command = self.exports.command(request);
        let command = Command { job_id: task.id, deadline: task.expires, ..command };
        self.exports.check_command(command).map_err(|why| why.to_string())
    }

    async fn refuse(&self, job_id: JobId, kind: &str, why: String) -> Result<(), ExportsError> {
        tracing::warn!(job.id = %job_id, why, "a task of Celery is refused");
        Ok(self.exports.stream().refuse(job_id, kind, why).await?)
    }
}
