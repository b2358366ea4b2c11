//! What is kept alive, cleaned up and trimmed while nothing else happens.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{Command, Keys, State, Valid};
use deertrack_stream::{Finished, Retried, RetryPolicy, Settings, Stream, Submitted};
use deertrack_testkit::redis::Redis;

use crate::support::*;

#[tokio::test]
async fn the_status_of_a_job_that_waits_for_longer_than_its_ttl_is_kept_alive_or_written_again() {
    let redis = Redis::start().await;
    let stream =
        Stream::connect(Settings { status_ttl: Duration::from_secs(2), ..redis.settings() }).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let (waits, forgotten, delayed) = (submit(&stream).await, submit(&stream).await, submit(&stream).await);
    let mut consumer = consumer(&stream, "a").await;
    for claim in soon(consumer.next(3)).await {
        if claim.job_id() == delayed.as_str() {
            let record = running(&claim);
            let policy = RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(3600) };
            assert!(matches!(soon(claim.retry(record, "away", &policy)).await, Retried::Later { .. }));
        }
    }
    let _: i64 = raw.run(&["DEL", &raw.keys.status(forgotten.as_str())]).await;
    let ttl = async |job: &str| raw.run::<i64>(&["PTTL", &raw.keys.status(job)]).await;
    until(async || ttl(waits.as_str()).await < 900).await;
    let tidied = stream.housekeep().await.unwrap();
    assert_eq!(tidied.kept_alive, 3);
    for job in [&waits, &forgotten, &delayed] {
        assert!(ttl(job.as_str()).await > 1_500, "{job}");
    }
    let record = status(&stream, &forgotten).await;
    assert_eq!(record.state, State::Queued);
    assert!(record.entry_id.is_some());
    assert_eq!(status(&stream, &delayed).await.state, State::Retrying);
}

/// A job under an idempotency key, and the same request again.
fn twice_with(key: &str) -> [Valid<Command>; 2] {
    [(); 2].map(|()| {
        let mut command = Command::new(job_id(), export(), Utc::now());
        command.idempotency_key = Some(key.into());
        command.max_attempts = 3;
        valid(command)
    })
}

#[tokio::test]
async fn the_idempotency_key_of_a_job_that_waits_for_longer_than_its_ttl_is_kept_alive() {
    let redis = Redis::start().await;
    let stream =
        Stream::connect(Settings { status_ttl: Duration::from_secs(2), ..redis.settings() }).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let [first, again] = twice_with("monday");
    stream.submit(&first).await.unwrap();
    let ttl = async || raw.run::<i64>(&["PTTL", &raw.keys.dedupe("monday")]).await;
    until(async || ttl().await < 900).await;
    stream.housekeep().await.unwrap();
    assert!(ttl().await > 1_500);
    assert_eq!(stream.submit(&again).await.unwrap(), Submitted::Existing(first.job_id.clone()));
    assert_eq!(raw.backlog().await, 1);
}

#[tokio::test]
async fn a_retried_job_keeps_its_idempotency_key_for_a_whole_ttl_more() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let [first, again] = twice_with("monday");
    stream.submit(&first).await.unwrap();
    let key = raw.keys.dedupe("monday");
    assert_eq!(raw.run::<i64>(&["EXPIRE", &key, "10"]).await, 1);
    let claim = next(&mut consumer(&stream, "a").await).await;
    let record = running(&claim);
    let policy = RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(3600) };
    assert!(matches!(soon(claim.retry(record, "away", &policy)).await, Retried::Later { .. }));
    assert!(raw.run::<i64>(&["TTL", &key]).await > 10);
    assert_eq!(stream.submit(&again).await.unwrap(), Submitted::Existing(first.job_id.clone()));
}

#[tokio::test]
async fn consumers_that_are_gone_are_removed_unless_they_hold_something() {
    let redis = Redis::start().await;
    let settings = Settings { consumer_gone_after: Duration::from_millis(50), ..hasty(redis.url()) };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    submit(&stream).await;
    submit(&stream).await;
    let (mut done, mut holds) = (consumer(&stream, "done").await, consumer(&stream, "holds").await);
    let claim = next(&mut holds).await;
    assert_eq!(finish(next(&mut done).await).await, Finished::Done);
    drop((done, holds));
    let consumers = async || {
        let list: Vec<std::collections::HashMap<String, redis::Value>> =
            raw.run(&["XINFO", "CONSUMERS", &raw.keys.commands(), Keys::GROUP]).await;
        list.len()
    };
    assert_eq!(consumers().await, 2);
    until(async || stream.housekeep().await.unwrap().consumers_removed == 1).await;
    assert_eq!(consumers().await, 1);
    assert_eq!(finish(claim).await, Finished::Done, "what is held is not touched");
}

#[tokio::test]
async fn events_are_trimmed_by_length_and_by_age() {
    let redis = Redis::start().await;
    let settings = Settings { max_events: 100, max_event_age: Duration::from_millis(1), ..redis.settings() };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    stream.submit_many(&commands(1_000)).await.unwrap();
    let mut done = 0;
    while done < 1_000 {
        let claims = soon(consumer.next(64)).await;
        done += claims.len();
        futures::future::join_all(claims.into_iter().map(finish)).await;
    }
    // Whole nodes of a hundred entries are removed.
    let left = raw.events().await;
    assert!((100..=200).contains(&left), "{left}");
    until(async || {
        stream.housekeep().await.unwrap();
        raw.events().await < 100
    })
    .await;
}

#[tokio::test]
async fn housekeeping_on_an_empty_redis_finds_nothing() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    assert_eq!(stream.housekeep().await.unwrap(), deertrack_stream::Tidied::default());
    stream.record_gauges().await.unwrap();
}
