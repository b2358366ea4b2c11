//! Nothing grows without bound, and whoever looks asks for little at a time.

use std::time::Duration;

use deertrack_stream::{Settings, Stream, Submitted};
use deertrack_testkit::redis::Redis;

use crate::support::*;

/// Dead letters of so many bytes each.
async fn bury(raw: &Raw, count: usize, bytes: usize) {
    for number in 0..count {
        let mut add = redis::cmd("XADD");
        add.arg(raw.keys.dead()).arg("*").arg("job").arg(number).arg("kind").arg("pdf");
        add.arg("raw.body").arg(vec![b'x'; bytes]);
        add.exec_async(&mut raw.connection.clone()).await.unwrap();
    }
}

#[tokio::test]
async fn large_dead_letters_do_not_fill_redis_and_the_newest_stay() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    bury(&raw, 48, 600_000).await;
    let _: String = raw.run(&["CONFIG", "SET", "maxmemory", "32mb"]).await;
    let dropped = stream.bound_dead_letters().await.unwrap();
    let left = stream.dead_letters().list(None, None, 100).await.unwrap();
    assert_eq!(left.len() as u64 + dropped, 48);
    assert!((1..=7).contains(&left.len()), "an eighth of 32 MB: {}", left.len());
    assert_eq!(left.last().unwrap().job_id, "47");
    assert!(matches!(stream.submit(&command()).await.unwrap(), Submitted::New(_)));
    assert_eq!(stream.bound_dead_letters().await.unwrap(), 0);
}

#[tokio::test]
async fn dead_letters_are_bounded_by_number_and_by_age_as_soon_as_a_worker_gives_up_a_job() {
    let redis = Redis::start().await;
    let settings = Settings { max_dead_letters: 5, ..hasty(redis.url()) };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    bury(&raw, 20, 10).await;
    submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    soon(claim.dead("given up", record)).await;
    until(async || stream.counts().await.unwrap().dead == 5).await;

    let old = Settings { max_dead_letter_age: Duration::from_millis(1), ..redis.settings() };
    let old = Stream::connect(old).await.unwrap();
    until(async || {
        old.bound_dead_letters().await.unwrap();
        old.counts().await.unwrap().dead == 0
    })
    .await;
}

/// The most bytes that Redis held back for a client that reads, lately.
async fn largest_reply(raw: &Raw) -> u64 {
    let info: String = raw.run(&["INFO", "clients"]).await;
    let line = info.lines().find_map(|line| line.strip_prefix("client_recent_max_output_buffer:"));
    line.unwrap().trim().parse().unwrap()
}

#[tokio::test]
async fn who_looks_at_large_commands_never_asks_for_many_at_once() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    for number in 0..100 {
        let mut add = redis::cmd("XADD");
        add.arg(raw.keys.commands()).arg("*").arg("job").arg(number).arg("body").arg(vec![b'x'; 1_000_000]);
        add.exec_async(&mut raw.connection.clone()).await.unwrap();
    }
    bury(&raw, 100, 1_000_000).await;
    let overview = stream.overview().await.unwrap();
    assert!((1..=6).contains(&overview.sampled), "a few are enough: {}", overview.sampled);
    assert_eq!(stream.dead_letters().list(None, None, 100).await.unwrap().len(), 100);
    stream.housekeep().await.unwrap();
    let most = largest_reply(&raw).await;
    assert!(most < 5_000_000, "{most} bytes of replies waited in Redis");
}
