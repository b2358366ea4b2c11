//! Pausing and going on, from any process.

use std::time::{Duration, Instant};

use deertrack_schemas::State;
use deertrack_stream::{Finished, Settings, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

async fn listens(raw: &Raw, count: u64) {
    until(async || raw.run::<(String, u64)>(&["PUBSUB", "NUMSUB", &raw.keys.control()]).await.1 == count)
        .await;
}

#[tokio::test]
async fn paused_workers_fetch_nothing_until_they_are_resumed() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    listens(&raw, 1).await;
    // A read is blocked in Redis while the pause begins.
    assert!(tokio::time::timeout(Duration::from_millis(100), consumer.next(1)).await.is_err());
    let (paused, waited) =
        tokio::join!(stream.pause(), tokio::time::timeout(Duration::from_millis(300), consumer.next(1)));
    paused.unwrap();
    assert!(waited.is_err() && stream.is_paused().await.unwrap());
    let job = submit(&stream).await;
    assert!(tokio::time::timeout(Duration::from_millis(500), consumer.next(1)).await.is_err());
    assert_eq!(raw.pending().await, []);
    let (resumed, claim) = tokio::join!(stream.resume(), next(&mut consumer));
    resumed.unwrap();
    assert_eq!(claim.job_id(), job.as_str());
    assert!(!stream.is_paused().await.unwrap());
}

#[tokio::test]
async fn a_pause_whose_hint_was_lost_is_noticed_all_the_same() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(50), consumer.next(1)).await.is_err());
    let _: String = raw.run(&["SET", &raw.keys.paused(), "1"]).await;
    // After a second it has asked.
    assert!(tokio::time::timeout(Duration::from_millis(1300), consumer.next(1)).await.is_err());
    submit(&stream).await;
    assert!(tokio::time::timeout(Duration::from_millis(300), consumer.next(1)).await.is_err());
    let _: i64 = raw.run(&["DEL", &raw.keys.paused()]).await;
    next(&mut consumer).await.discard().await;
}

#[tokio::test]
async fn a_job_that_is_handed_back_is_taken_at_once_by_a_worker_that_waits() {
    let redis = Redis::start().await;
    let slow = Settings { sweep_every: Duration::from_secs(3600), block: PATIENCE, ..redis.settings() };
    let stream = Stream::connect(slow).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let (mut first, mut second) = (consumer(&stream, "a").await, consumer(&stream, "b").await);
    let job = submit(&stream).await;
    let mut claim = next(&mut first).await;
    let record = running(&claim);
    let _run = claim.run(record);
    until(async || status(&stream, &job).await.state == State::Running).await;
    listens(&raw, 2).await;
    let waiting = tokio::spawn(async move { (next(&mut second).await, second) });
    // Its read is blocked: one read has gone by since it began.
    until(async || raw.run::<String>(&["CLIENT", "LIST"]).await.contains("cmd=xreadgroup")).await;
    let start = Instant::now();
    assert_eq!(soon(claim.release()).await, Finished::Done);
    assert_eq!(status(&stream, &job).await.state, State::Queued);
    let (claim, _second) = soon(waiting).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!((claim.job_id(), claim.delivery()), (job.as_str(), 1));
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

/// Id of the connection that listens for hints, and the last that was asked over it.
async fn listener(raw: &Raw) -> Option<(String, String)> {
    let list: String = raw.run(&["CLIENT", "LIST"]).await;
    let line = list.lines().find(|line| line.contains(" sub=1 "))?;
    let field = |name: &str| line.split(' ').find_map(|field| field.strip_prefix(name)).map(str::to_owned);
    Some((field("id=")?, field("cmd=")?))
}

#[tokio::test]
async fn a_silent_channel_of_hints_is_asked_whether_it_lives_and_is_renewed() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let _consumer = consumer(&stream, "a").await;
    until(async || listener(&raw).await.is_some_and(|(_, asked)| asked == "ping")).await;
    let (first, _) = listener(&raw).await.unwrap();
    until(async || listener(&raw).await.is_some_and(|(id, _)| id != first)).await;
    listens(&raw, 1).await;
}
