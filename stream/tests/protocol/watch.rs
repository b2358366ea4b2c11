//! Completion events, followed and resumed.

use deertrack_schemas::{JobId, State};
use deertrack_stream::{EventId, Finished, Stream, Watch, WatchFrom, Watched};
use deertrack_testkit::redis::Redis;

use crate::support::*;

/// Runs one job to its end.
async fn one(stream: &Stream) -> JobId {
    let mut consumer = consumer(stream, "a").await;
    let job = submit(stream).await;
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    consumer.stop().await;
    job
}

async fn event(watch: &mut Watch) -> (EventId, u64, JobId) {
    match soon(watch.next()).await.unwrap() {
        Watched::Event { id, event } => {
            assert_eq!(event.record.state, State::Completed);
            (id, event.n, event.record.job_id)
        }
        other => panic!("no event: {other:?}"),
    }
}

#[tokio::test]
async fn a_watcher_sees_every_event_behind_its_start_in_order() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let first = one(&stream).await;
    let mut now = stream.watch(WatchFrom::Now).await.unwrap();
    let second = one(&stream).await;
    let (id, n, job) = event(&mut now).await;
    assert_eq!((n, job), (2, second.clone()));

    let mut start = stream.watch(WatchFrom::Start).await.unwrap();
    assert_eq!(event(&mut start).await.2, first);
    assert_eq!(event(&mut start).await.2, second);

    let third = one(&stream).await;
    let mut resumed = stream.watch(WatchFrom::After(id)).await.unwrap();
    assert_eq!(event(&mut resumed).await.2, third);
}

#[tokio::test]
async fn a_watcher_is_told_that_events_were_trimmed() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    one(&stream).await;
    let mut watch = stream.watch(WatchFrom::Start).await.unwrap();
    let (id, ..) = event(&mut watch).await;
    drop(watch);
    one(&stream).await;
    one(&stream).await;
    let _: i64 = raw.run(&["XTRIM", &raw.keys.events(), "MAXLEN", "1"]).await;
    let mut watch = stream.watch(WatchFrom::After(id)).await.unwrap();
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 0, found: 3 }), "{lagged:?}");
    assert_eq!(event(&mut watch).await.1, 3);
}

#[tokio::test]
async fn a_watcher_is_told_of_a_hole_in_the_numbers() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    let _: i64 = raw.run(&["INCRBY", &raw.keys.event_seq(), "3"]).await;
    one(&stream).await;
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 2, found: 5 }), "{lagged:?}");
    assert_eq!(event(&mut watch).await.1, 5);
}

#[tokio::test]
async fn a_watcher_is_told_that_redis_lost_data() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    one(&stream).await;
    event(&mut watch).await;
    let (id, ..) = event(&mut watch).await;
    let _: String = raw.run(&["FLUSHALL"]).await;
    let mut resumed = stream.watch(WatchFrom::After(id)).await.unwrap();
    one(&stream).await;
    for watch in [&mut watch, &mut resumed] {
        let reset = soon(watch.next()).await.unwrap();
        assert!(matches!(reset, Watched::Reset { found: 1, .. }), "{reset:?}");
        assert_eq!(event(watch).await.1, 1);
    }
}

#[tokio::test]
async fn a_watcher_survives_a_restart_of_redis() {
    let mut redis = Redis::durable().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    redis.server.kill().await.unwrap();
    redis.server.restart().await.unwrap();
    until(async || stream.ping().await.is_ok()).await;
    one(&stream).await;
    assert_eq!(event(&mut watch).await.1, 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_told_as_a_gap() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    let _: i64 = raw.run(&["INCR", &raw.keys.event_seq()]).await;
    let _: String = raw.run(&["XADD", &raw.keys.events(), "*", "n", "2", "body", "rubbish"]).await;
    one(&stream).await;
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 2, found: 3 }), "{lagged:?}");
}
