//! Plays a row of the table: a process dies at its point, others go on, a user looks.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{NaiveDate, Utc};
use deertrack_schemas::{Command, Export, Keys, TableParams, Valid, table};
use deertrack_stream::{Settings, Stream, new_job_id};
use deertrack_testkit::redis::Redis;
use serde_json::Value;

use super::row::{Row, Story};
use crate::support::{Running, redis, run, season, until};

/// How long a worker may be silent, in the tests.
const LEASE_MS: &str = "2000";
const COMMANDS: &str = "{exports}:commands";

/// What all rows share: a season.
#[derive(Clone)]
pub(super) struct Stage {
    database: String,
    _dir: Arc<tempfile::TempDir>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { database: season(dir.path()), _dir: Arc::new(dir) }
    }
}

/// What a row has for itself.
struct Scene<'a> {
    stage: &'a Stage,
    row: &'a Row,
    redis: Redis,
    stream: Stream,
    exports: PathBuf,
    _dir: tempfile::TempDir,
}

/// Lets a process die, lets others go on, and looks at what a user sees.
pub(super) async fn play(stage: &Stage, row: &Row) {
    let (redis, dir) = (Redis::start().await, tempfile::tempdir().unwrap());
    let stream = Stream::connect(Settings::new(redis.url())).await.unwrap();
    let exports = dir.path().join("exports");
    let scene = Scene { stage, row, redis, stream, exports, _dir: dir };
    let job = match row.story {
        Story::Submit => scene.submit_twice(),
        Story::Cancel => scene.cancel_twice().await,
        Story::Replay => scene.replay_twice().await,
        _ => scene.let_a_worker_die().await,
    };
    let _heir = scene.worker(None);
    let record = until(row.point, || {
        let record = scene.record(&job)?;
        (record["status"] != "processing").then_some(record)
    });
    scene.look(&job, &record);
}

impl Scene<'_> {
    /// The command line `args`, dying at the row's point.
    fn dies(&self, args: &[&str]) {
        let points = format!("{}=return", self.row.point);
        died(&mut Running::start_with(args, &[("FAILPOINTS", &points)]), self.row);
    }

    fn submit_twice(&self) -> String {
        let url = self.redis.url();
        let submit = ["submit", "table", "--format", "csv", "--start-date", "2025-10-01", "--end-date"];
        let submit = [&submit[..], &["2025-10-31", "--idempotency-key", "k", "--redis-url", url]].concat();
        self.dies(&submit);
        let again = run(&submit);
        assert!(again.status.success(), "{again:?}");
        String::from_utf8_lossy(&again.stdout).trim().to_owned()
    }

    async fn cancel_twice(&self) -> String {
        let job = self.submit(3).await;
        let cancel = ["cancel", &job, "--redis-url", self.redis.url()];
        self.dies(&cancel);
        assert!(run(&cancel).status.success());
        job
    }

    async fn replay_twice(&self) -> String {
        let job = self.submit(1).await;
        // As if its owners had died in each of its deliveries.
        self.ask(&["XGROUP", "CREATE", COMMANDS, "workers", "0"]);
        self.ask(&["XREADGROUP", "GROUP", "workers", "vanished", "COUNT", "1", "STREAMS", COMMANDS, ">"]);
        let entry = self.record(&job).unwrap()["entry_id"].as_str().unwrap().to_owned();
        let claim = ["XCLAIM", COMMANDS, "workers", "vanished", "0", &entry];
        self.ask(&[&claim[..], &["IDLE", "3600000", "RETRYCOUNT", "3", "JUSTID"]].concat());
        let first = self.worker(None);
        until("a dead letter", || (self.ask(&["XLEN", "{exports}:dead"]) == "1").then_some(()));
        drop(first);
        let letters = self.stream.dead_letters().list(None, None, 10).await.unwrap();
        let id = letters[0].id.to_string();
        let replay = ["dead", "replay", &id, "--redis-url", self.redis.url()];
        self.dies(&replay);
        run(&replay); // says that the letter is gone when the dead process was faster
        job
    }

    async fn let_a_worker_die(&self) -> String {
        self.ask(&["XGROUP", "CREATE", COMMANDS, "workers", "0", "MKSTREAM"]);
        if self.row.point == "group.after" {
            self.ask(&["XGROUP", "DESTROY", COMMANDS, "workers"]);
        }
        self.ask(&["SET", "{exports}:paused", "1"]);
        let job = match self.row.story {
            Story::Rubbish => {
                self.ask(&["XADD", COMMANDS, "*", "job", "rubbish", "body", "no command"]);
                "rubbish".to_owned()
            }
            _ => self.submit(3).await,
        };
        let mut victim = self.worker(Some(self.row));
        self.prepare(&job, &mut victim);
        self.ask(&["DEL", "{exports}:paused"]);
        if self.row.story == Story::Stop {
            until("it runs", || (self.record(&job)?["state"] == "running").then_some(()));
            victim.signal("TERM");
        }
        died(&mut victim, self.row);
        self.restore_exports();
        job
    }

    /// While the workers are paused.
    fn prepare(&self, job: &str, victim: &mut Running) {
        let read_as = |consumer: &str| {
            let read = ["XREADGROUP", "GROUP", "workers", consumer, "COUNT", "1", "STREAMS", COMMANDS, ">"];
            assert!(self.ask(&read).contains(job));
        };
        match self.row.story {
            Story::Inherit => read_as("vanished"),
            Story::Stray => read_as(&consumer_name(victim)),
            Story::EndedBefore => {
                read_as("vanished");
                let mut record = self.record(job).unwrap();
                (record["state"], record["status"]) = ("completed".into(), "completed".into());
                self.ask(&["SET", &format!("export_job:{job}"), &record.to_string()]);
            }
            Story::Retry => {
                // Else it would not even fetch.
                victim.line("the worker fetches");
                self.block_exports();
            }
            _ => {}
        }
    }

    /// Nothing can be stored in a folder that is a file.
    fn block_exports(&self) {
        std::fs::remove_dir_all(&self.exports).unwrap();
        std::fs::write(&self.exports, "").unwrap();
    }

    fn restore_exports(&self) {
        if self.exports.is_file() {
            std::fs::remove_file(&self.exports).unwrap();
        }
    }

    /// A worker; one that dies at the row's point when it is the victim.
    fn worker(&self, victim: Option<&Row>) -> Running {
        self.restore_exports();
        let exports = self.exports.display().to_string();
        let long = match self.row.story {
            Story::LongWork | Story::Stop => "job.working=pause;",
            _ => "",
        };
        let points = victim.map(|row| format!("{long}{}=return", row.point)).unwrap_or_default();
        let args = ["work", "--redis-url", self.redis.url(), "--database", &self.stage.database];
        let args = [&args[..], &["--export-dir", &exports, "--grace-seconds", "0"]].concat();
        let mut worker =
            Running::start_with(&args, &[("FAILPOINTS", &points), ("DEERTRACK_LEASE_MS", LEASE_MS)]);
        if !points.starts_with("group.after") {
            worker.line("worker is ready");
        }
        worker
    }

    async fn submit(&self, max_attempts: u32) -> String {
        let day = |month, day| NaiveDate::from_ymd_opt(2025, month, day).unwrap();
        let params = TableParams::new(table::Format::Csv, day(10, 1), day(10, 31));
        let command = Command::new(new_job_id(&Keys::default()), Export::Table(params), Utc::now());
        let command = Command { max_attempts, ..command };
        let valid = Valid::check(command, day(12, 31)).unwrap();
        self.stream.submit(&valid).await.unwrap();
        valid.job_id.to_string()
    }

    fn ask(&self, args: &[&str]) -> String {
        redis(self.redis.url(), args)
    }

    fn record(&self, job: &str) -> Option<Value> {
        serde_json::from_str(&self.ask(&["GET", &format!("export_job:{job}")])).ok()
    }

    /// One result, one event, one file, and nothing left to do.
    fn look(&self, job: &str, record: &Value) {
        let point = self.row.point;
        assert_eq!(record["state"], self.row.ends, "{point}: {record}");
        assert!(record["deliveries"].as_u64() >= Some(self.row.deliveries), "{point}: {record}");
        let ended_by_hand = self.row.story == Story::EndedBefore;
        until("an empty stream", || (self.ask(&["XLEN", COMMANDS]) == "0").then_some(()));
        assert!(self.ask(&["XPENDING", COMMANDS, "workers"]).starts_with('0'), "{point}");
        for key in ["{exports}:delayed", "{exports}:parked"] {
            assert_eq!(self.ask(&["EXISTS", key]), "0", "{point}: {key}");
        }
        let events = self.ask(&["XRANGE", "{exports}:events", "-", "+"]);
        let replayed = usize::from(self.row.story == Story::Replay);
        let expected = if ended_by_hand { 0 } else { 1 + replayed };
        assert_eq!(events.lines().filter(|line| *line == job).count(), expected, "{point}:\n{events}");
        assert_eq!(self.ask(&["XLEN", "{exports}:events"]), expected.to_string(), "{point}:\n{events}");
        if record["status"] == "completed" && !ended_by_hand {
            let file = self.exports.join(record["filename"].as_str().unwrap());
            let size = std::fs::metadata(&file).map(|file| file.len());
            assert_eq!(size.ok(), record["file_size_bytes"].as_u64(), "{point}: {}", file.display());
        }
    }
}

/// As a worker logs it when it is ready.
fn consumer_name(worker: &mut Running) -> String {
    let line = worker.line("worker is ready");
    let name = line.split("consumer=\"").nth(1).and_then(|rest| rest.split('"').next());
    name.unwrap_or_else(|| panic!("no consumer in {line}")).to_owned()
}

/// It must die, and at its point: by abort.
fn died(process: &mut Running, row: &Row) {
    const ABORT: i32 = 6;
    let status = process.ended();
    assert_eq!(status.signal(), Some(ABORT), "{}: {status}:\n{}", row.point, process.said());
}
