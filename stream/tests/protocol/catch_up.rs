//! Reading the events that are there: pages, holes, the end.

use deertrack_schemas::State;
use deertrack_stream::{CatchUp, Stream, WatchFrom, Watched};
use deertrack_testkit::redis::Redis;

use crate::support::*;

/// Runs `count` jobs to their end.
async fn jobs(stream: &Stream, count: usize) {
    let mut consumer = consumer(stream, "a").await;
    for _ in 0..count {
        submit(stream).await;
        finish(next(&mut consumer).await).await;
    }
    consumer.stop().await;
}

/// The numbers of the next page; a notice counts as 0.
async fn numbers(reader: &mut CatchUp) -> Vec<u64> {
    let number = |watched: Watched| match watched {
        Watched::Event { event, .. } => {
            assert_eq!(event.record.state, State::Completed);
            event.n
        }
        _ => 0,
    };
    reader.page().await.unwrap().into_iter().map(number).collect()
}

#[tokio::test]
async fn catching_up_gives_what_is_there_and_ends() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    jobs(&stream, 300).await;
    let mut reader = stream.catch_up(WatchFrom::Start).await.unwrap();
    assert_eq!(numbers(&mut reader).await, (1..=256).collect::<Vec<u64>>());
    assert_eq!(numbers(&mut reader).await, (257..=300).collect::<Vec<u64>>());
    assert!(numbers(&mut reader).await.is_empty());

    // The end is not for ever: what comes later is the next page, from the reader or from its position on.
    let end = reader.position();
    jobs(&stream, 1).await;
    assert_eq!(numbers(&mut reader).await, [301]);
    assert_eq!(numbers(&mut stream.catch_up(WatchFrom::After(end)).await.unwrap()).await, [301]);
}

#[tokio::test]
async fn catching_up_tells_of_missing_events_within_and_between_pages() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    jobs(&stream, 2).await;
    let _: i64 = raw.run(&["INCRBY", &raw.keys.event_seq(), "5"]).await;
    jobs(&stream, 1).await;
    let mut reader = stream.catch_up(WatchFrom::Start).await.unwrap();
    assert_eq!(numbers(&mut reader).await, [1, 2, 0, 8]);
    let _: i64 = raw.run(&["INCRBY", &raw.keys.event_seq(), "5"]).await;
    jobs(&stream, 1).await;
    assert_eq!(numbers(&mut reader).await, [0, 14]);
}

#[tokio::test]
async fn an_empty_stream_has_a_position_too() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let now = stream.catch_up(WatchFrom::Now).await.unwrap().position();
    jobs(&stream, 1).await;
    assert_eq!(numbers(&mut stream.catch_up(WatchFrom::After(now)).await.unwrap()).await, [1]);
}
