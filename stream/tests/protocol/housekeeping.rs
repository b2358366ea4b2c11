//! What is kept alive, cleaned up and trimmed while nothing else happens.

use std::time::Duration;

use deertrack_schemas::{Keys, State};
use deertrack_stream::{Finished, Retried, RetryPolicy, Settings, Stream};
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
