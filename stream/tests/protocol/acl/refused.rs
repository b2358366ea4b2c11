//! What managed servers often forbid costs a warning each, once, and nobody a job.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use deertrack_schemas::State;
use deertrack_stream::{Cancelled, Finished};
use tracing_subscriber::fmt::MakeWriter;

use super::rights::{stream_of, with_users};
use crate::support::*;

/// What was logged, for reading.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything at WARN and above in this thread from now on.
    fn warnings(&self) -> tracing::subscriber::DefaultGuard {
        let log = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::WARN)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(log)
    }

    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn what_is_refused_is_told_once_and_everything_works() {
    const REFUSED: &str = " -info -config|get -client|id -client|unblock -publish -subscribe -command|info -type \
                           -memory|usage";
    let redis = with_users(|line| line.to_owned() + REFUSED).await;
    let log = Log::default();
    let _guard = log.warnings();
    let gateway = stream_of(&redis, "gateway").await;
    let info = gateway.probe().await.unwrap();
    assert_eq!((info.aof, info.rdb, info.role.as_str()), (None, None, "master"));
    assert!(
        info.version.starts_with(|first: char| first.is_ascii_digit()),
        "HELLO tells it: {}",
        info.version
    );
    assert!(!info.problems().iter().any(|problem| problem.fatal), "{:?}", info.problems());

    let worker = stream_of(&redis, "worker").await;
    let operator = stream_of(&redis, "operator").await;
    let mut consumer = consumer(&worker, "a").await;
    for _ in 0..3 {
        // Each of these hints is refused.
        let job = submit(&gateway).await;
        let mut claim = next(&mut consumer).await;
        let record = running(&claim);
        let run = claim.run(record);
        assert_eq!(gateway.cancel(job.as_str()).await.unwrap(), Cancelled::Asked);
        soon(run.cancelled().cancelled()).await;
        drop(run);
        let cancelled = running(&claim).with_state(State::Cancelled);
        assert_eq!(soon(claim.finish(cancelled)).await, Finished::Done);
        assert_eq!(status(&gateway, &job).await.state, State::Cancelled);
        operator.pause().await.unwrap();
        operator.resume().await.unwrap();
    }
    let job = submit(&gateway).await;
    assert_eq!(soon(next(&mut consumer).await.release()).await, Finished::Done);
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), job.as_str());
    assert_eq!(finish(claim).await, Finished::Done);
    let start = Instant::now();
    consumer.stop().await;
    assert!(start.elapsed() < Duration::from_secs(10), "a read that cannot be sent away ends by itself");

    for _ in 0..2 {
        let conditions = worker.fetch_conditions().await;
        assert_eq!(conditions.iter().filter_map(deertrack_stream::Condition::unmet).count(), 0);
        worker.housekeep().await.unwrap();
    }

    let lines = log.lines();
    let told = |text: &str| lines.iter().filter(|line| line.contains(text)).count();
    // Three processes are three streams here, and each says what it misses.
    assert_eq!(told("does not permit INFO"), 3, "{lines:#?}");
    assert_eq!(told("does not permit CLIENT ID"), 1, "{lines:#?}");
    assert_eq!(told("does not permit PUBLISH"), 3, "{lines:#?}");
    assert_eq!(told("does not permit SUBSCRIBE"), 1, "{lines:#?}");
    assert_eq!(told("does not permit TYPE"), 1, "{lines:#?}");
    assert_eq!(told("does not permit MEMORY USAGE"), 1, "{lines:#?}");
    assert_eq!(lines.len(), 10, "{lines:#?}");
}

#[tokio::test]
async fn a_read_that_may_not_be_sent_away_is_told_once() {
    let redis = with_users(|line| line.to_owned() + " -client|unblock").await;
    let log = Log::default();
    let _guard = log.warnings();
    let worker = stream_of(&redis, "worker").await;
    let operator = stream_of(&redis, "operator").await;
    let mut held = consumer(&worker, "a").await;
    for _ in 0..3 {
        submit(&operator).await;
        let claim = next(&mut held).await;
        assert_eq!(finish(claim).await, Finished::Done);
        operator.pause().await.unwrap();
        operator.resume().await.unwrap();
    }
    held.stop().await;
    let lines = log.lines();
    assert_eq!(
        lines.iter().filter(|line| line.contains("does not permit CLIENT UNBLOCK")).count(),
        1,
        "{lines:#?}"
    );
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[tokio::test]
async fn snapshots_that_may_not_be_asked_about_are_not_said_to_be_missing() {
    let redis = deertrack_testkit::redis::Redis::with(false, &[("save", "60 1")]).await;
    let raw = Raw::connect(redis.url()).await;
    let rights = ["ACL", "SETUSER", "some", "on", ">secret", "~*", "&*", "+@all", "-config|get"];
    raw.run::<()>(&rights).await;
    let info = stream_of(&redis, "some").await.probe().await.unwrap();
    assert_eq!((info.aof, info.rdb), (Some(false), None));
    let told = info.problems().remove(0).text;
    assert!(told.contains("does not permit CONFIG GET") && !told.contains("nothing is written"), "{told}");
}
