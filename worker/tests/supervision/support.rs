//! A worker in the test's process, and an exporter that does what the title of a command says.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Counts, Export, JobId, Keys, PdfParams, StatusRecord, Valid};
use deertrack_stream::{Stream, WatchFrom, Watched, new_job_id};
use deertrack_testkit::redis::Redis;
use deertrack_worker::JobError;
use deertrack_worker::artifact::{Artifacts, Content};
use deertrack_worker::export::{Exporter, Job, Rendered};
use deertrack_worker::gate::Gate;
use deertrack_worker::run::{Settings, run};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Does what the title of the command says.
#[derive(Default)]
pub(crate) struct Script {
    running: AtomicUsize,
    pub(crate) most_at_a_time: AtomicUsize,
    /// Notified when blocking work that writes has truly ended.
    pub(crate) writing_ended: Arc<Notify>,
    /// How many jobs have begun.
    pub(crate) begun: AtomicUsize,
    /// What every job needs is away.
    pub(crate) database_is_away: AtomicBool,
}

#[async_trait]
impl Exporter for Script {
    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError> {
        let Export::Pdf(params) = &command.export else {
            return Err(JobError::Reject("another kind".into()));
        };
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_a_time.fetch_max(now, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        let end = match params.title.as_deref() {
            Some("panic") => panic!("a bug of ours"),
            Some("panic while blocking") => {
                job.blocking(|_| -> Result<(), JobError> { panic!("a bug of ours") }).await
            }
            Some("reject") => Err(JobError::Reject("No detections found in specified date range".into())),
            Some("too slow") => Err(JobError::retry("the database did not answer in time", "57014")),
            Some("too slow once") if command.attempt == 1 => {
                Err(JobError::retry("the database did not answer in time", "57014"))
            }
            Some("needs the database") if self.database_is_away.load(Ordering::SeqCst) => {
                Err(JobError::away("the database cannot be reached", "its name does not resolve"))
            }
            // As if a large file did not fit where a small one does.
            Some("no room") => Err(JobError::retry("the file could not be written", no_room())),
            Some("hang") => std::future::pending().await,
            Some("write until stopped") => {
                let ended = Arc::clone(&self.writing_ended);
                job.blocking(move |job| write_until_stopped(job, &ended)).await
            }
            Some("pause") => {
                tokio::time::sleep(Duration::from_millis(30)).await;
                Ok(())
            }
            _ => Ok(()),
        };
        self.running.fetch_sub(1, Ordering::SeqCst);
        end.map(|()| Rendered {
            content: Content::InMemory(b"made".to_vec()),
            headline: Some("all is well".into()),
        })
    }

    async fn ready(&self) -> Result<String, String> {
        if self.database_is_away.load(Ordering::SeqCst) {
            return Err("its name does not resolve".to_owned());
        }
        Ok("answers".to_owned())
    }
}

fn no_room() -> std::io::Error {
    std::io::ErrorKind::StorageFull.into()
}

fn write_until_stopped(job: &Job, ended: &Notify) -> Result<(), JobError> {
    let written = (|| -> Result<(), JobError> {
        let mut draft = job.draft()?;
        loop {
            job.check_stop()?;
            job.progress.counted(0.5, "writing", Counts::new(3, 12));
            draft.write_all(&[7; 1024]).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
    })();
    ended.notify_one();
    written
}

/// A worker in this process.
pub(crate) struct Worker {
    pub(crate) redis: Redis,
    pub(crate) stream: Stream,
    pub(crate) exports: tempfile::TempDir,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<()>,
    pub(crate) script: Arc<Script>,
    pub(crate) gate: Arc<Gate>,
}

impl Worker {
    pub(crate) async fn start(settings: Settings) -> Self {
        let redis = Redis::start().await;
        let stream = redis.stream().await;
        let exports = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(exports.path()).unwrap();
        let (shutdown, script) = (CancellationToken::new(), Arc::new(Script::default()));
        let gate = Arc::clone(&settings.gate);
        let (stop, of, does) = (shutdown.clone(), stream.clone(), Arc::clone(&script));
        let task = tokio::spawn(async move { run(&of, does, artifacts, &settings, stop).await.unwrap() });
        Self { redis, stream, exports, shutdown, task, script, gate }
    }

    pub(crate) async fn submit(&self, title: &str) -> JobId {
        self.submit_range(title, "2026-01-01", "2026-02-01").await
    }

    pub(crate) async fn submit_range(&self, title: &str, start: &str, end: &str) -> JobId {
        let params = PdfParams {
            title: Some(title.to_owned()),
            ..PdfParams::new(start.parse().unwrap(), end.parse().unwrap(), GroupBy::Week)
        };
        let command = Command::new(new_job_id(&Keys::default()), Export::Pdf(params), Utc::now());
        let id = command.job_id.clone();
        // A producer whose clock is far ahead: whether the worker agrees is what some tests ask.
        let valid = Valid::check(command, NaiveDate::from_ymd_opt(2999, 1, 1).unwrap()).unwrap();
        self.stream.submit(&valid).await.unwrap();
        id
    }

    /// A command that this version does not understand.
    pub(crate) async fn submit_changed(&self, change: impl FnOnce(&mut serde_json::Value)) -> JobId {
        let (start, end) = ("2026-01-01".parse().unwrap(), "2026-02-01".parse().unwrap());
        let export = Export::Pdf(PdfParams::new(start, end, GroupBy::Week));
        let command = Command::new(new_job_id(&Keys::default()), export, Utc::now());
        let id = command.job_id.clone();
        let mut body = serde_json::to_value(command).unwrap();
        change(&mut body);
        let body = rmp_serde::to_vec_named(&body).unwrap();
        let commands = Keys::default().commands();
        self.redis.run(&[b"XADD", commands.as_bytes(), b"*", b"job", id.as_str().as_bytes(), b"body", &body]);
        id
    }

    /// The status as it is now.
    pub(crate) async fn status(&self, id: &JobId) -> Option<StatusRecord> {
        let text = self.stream.status_text(id.as_str()).await.unwrap()?;
        Some(serde_json::from_slice(&text).unwrap())
    }

    pub(crate) async fn until_open(&self) {
        self.until(str::is_empty).await;
    }

    /// Waits until it fetches nothing, and says that this is why.
    pub(crate) async fn until_closed_for(&self, why: &str) {
        self.until(|closed| closed.contains(why)).await;
    }

    async fn until(&self, is: impl Fn(&str) -> bool) {
        let seen = async {
            while !is(&self.gate.closed().join("; ")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
    }

    /// The status once it `is` so.
    pub(crate) async fn status_that(&self, id: &JobId, is: impl Fn(&StatusRecord) -> bool) -> StatusRecord {
        let seen = async {
            loop {
                if let Some(record) = self.status(id).await.filter(&is) {
                    return record;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap()
    }

    /// The last records of so many jobs, from their events.
    pub(crate) async fn ended(&self, jobs: usize) -> BTreeMap<JobId, StatusRecord> {
        let mut watch = self.stream.watch(WatchFrom::Start).await.unwrap();
        let mut ended = BTreeMap::new();
        while ended.len() < jobs {
            match watch.next().await.unwrap() {
                Watched::Event { event, .. } => ended.insert(event.record.job_id.clone(), event.record),
                other => panic!("{other:?}"),
            };
        }
        ended
    }

    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
        drop(self.redis);
    }
}
