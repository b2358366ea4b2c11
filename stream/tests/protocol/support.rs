//! Commands to submit, a raw look at the keys, and a short way to wait for what must come.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use chrono::{NaiveDate, Utc};
use deertrack_schemas::{Artifact, Command, Export, JobId, Keys, Kind, Request, State, StatusRecord, Valid};
use deertrack_stream::{Claim, Consumer, ConsumerOptions, Finished, Settings, Stream, Submitted, new_job_id};
use redis::aio::MultiplexedConnection;

/// Longer than anything here takes; shorter than a person's patience.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Leases that end within a test.
pub(crate) fn hasty(url: &str) -> Settings {
    Settings {
        lease: Duration::from_millis(300),
        beat_every: Duration::from_millis(100),
        first_beat: Duration::from_millis(10),
        progress_every: Duration::from_millis(20),
        sweep_every: Duration::from_millis(50),
        block: Duration::from_millis(100),
        ..Settings::new(url)
    }
}

pub(crate) fn export() -> Export {
    let body = br#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;
    Request::from_json(Kind::Pdf, body).unwrap().export
}

pub(crate) fn valid(command: Command) -> Valid<Command> {
    Valid::check(command, NaiveDate::from_ymd_opt(2026, 6, 1).unwrap()).unwrap()
}

pub(crate) fn job_id() -> JobId {
    new_job_id(&Keys::default())
}

pub(crate) fn command() -> Valid<Command> {
    valid(Command::new(job_id(), export(), Utc::now()))
}

pub(crate) fn commands(count: usize) -> Vec<Valid<Command>> {
    (0..count).map(|_| command()).collect()
}

/// Submits one job.
pub(crate) async fn submit(stream: &Stream) -> JobId {
    match stream.submit(&command()).await.unwrap() {
        Submitted::New(job) => job,
        other => panic!("not accepted: {other:?}"),
    }
}

pub(crate) async fn consumer(stream: &Stream, host: &str) -> Consumer {
    Consumer::start(stream, ConsumerOptions { host: Some(host.into()) }).await.unwrap()
}

/// The one claim that must come.
pub(crate) async fn next(consumer: &mut Consumer) -> Claim {
    let mut claims = soon(consumer.next(1)).await;
    assert_eq!(claims.len(), 1);
    claims.pop().unwrap()
}

/// Submits until it is accepted: while the master changes or a cluster is rearranged, it says "later".
pub(crate) async fn submit_at_last(stream: &Stream) -> JobId {
    let command = command();
    soon(async {
        loop {
            match stream.submit(&command).await {
                Ok(Submitted::New(job) | Submitted::Existing(job)) => return job,
                Ok(other) => panic!("{other:?}"),
                Err(error) if error.is_unavailable() => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await
}

/// What must happen within the test's patience.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it must happen within 30 s")
}

/// Waits until Redis shows something; there is no event for it.
pub(crate) async fn until<F: Future<Output = bool>>(mut shown: impl FnMut() -> F) {
    soon(async {
        while !shown().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

pub(crate) fn completed(claim: &Claim) -> StatusRecord {
    let artifact = Artifact {
        filename: "report.pdf".into(),
        download_url: "/api/static/exports/report.pdf".into(),
        file_size_bytes: 1,
        sha256: "00".into(),
        media_type: "application/pdf".into(),
        headline: None,
    };
    let queued = StatusRecord::queued(&claim.decode().unwrap());
    StatusRecord { artifact: Some(artifact), progress: 1.0, ..queued.with_state(State::Completed) }
}

pub(crate) fn running(claim: &Claim) -> StatusRecord {
    StatusRecord::queued(&claim.decode().unwrap())
}

pub(crate) async fn finish(claim: Claim) -> Finished {
    let record = completed(&claim);
    soon(claim.finish(record)).await
}

pub(crate) async fn status(stream: &Stream, job: &JobId) -> StatusRecord {
    let text = stream.status_text(job.as_str()).await.unwrap().expect("the job has a status");
    serde_json::from_slice(&text).unwrap()
}

/// Id and fields of an entry, in their order.
pub(crate) type Entry = (String, Vec<(String, Vec<u8>)>);

/// Redis as any client sees it.
pub(crate) struct Raw {
    pub(crate) connection: MultiplexedConnection,
    pub(crate) keys: Keys,
}

impl Raw {
    pub(crate) async fn connect(url: &str) -> Self {
        let client = redis::Client::open(url).unwrap();
        Self { connection: client.get_multiplexed_async_connection().await.unwrap(), keys: Keys::default() }
    }

    /// A command in words.
    pub(crate) async fn run<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async(&mut self.connection.clone()).await.unwrap()
    }

    pub(crate) async fn entries(&self) -> Vec<Entry> {
        self.run(&["XRANGE", &self.keys.commands(), "-", "+"]).await
    }

    pub(crate) async fn backlog(&self) -> u64 {
        self.run(&["XLEN", &self.keys.commands()]).await
    }

    pub(crate) async fn events(&self) -> u64 {
        self.run(&["XLEN", &self.keys.events()]).await
    }

    /// Entry id, consumer, idle ms, delivery count.
    pub(crate) async fn pending(&self) -> Vec<(String, String, u64, u64)> {
        self.run(&["XPENDING", &self.keys.commands(), Keys::GROUP, "-", "+", "1000"]).await
    }

    /// Gives an entry to another consumer, without counting a delivery.
    pub(crate) async fn steal(&self, id: &str) {
        let stolen: Vec<String> =
            self.run(&["XCLAIM", &self.keys.commands(), Keys::GROUP, "thief", "0", id, "JUSTID"]).await;
        assert_eq!(stolen, [id]);
    }

    /// Fields of the dead letters.
    pub(crate) async fn dead(&self) -> Vec<HashMap<String, Vec<u8>>> {
        let letters: Vec<(String, HashMap<String, Vec<u8>>)> =
            self.run(&["XRANGE", &self.keys.dead(), "-", "+"]).await;
        letters.into_iter().map(|(_, fields)| fields).collect()
    }

    /// Nothing is left to do, and nobody holds anything.
    pub(crate) async fn assert_drained(&self) {
        assert_eq!(self.backlog().await, 0, "the command stream is not empty");
        assert_eq!(self.pending().await, [], "the pending list is not empty");
    }
}
