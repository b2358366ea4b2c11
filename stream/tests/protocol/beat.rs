//! A running job keeps its lease and tells how far it is.

use std::time::Duration;

use deertrack_schemas::State;
use deertrack_stream::{Finished, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

#[tokio::test]
async fn a_running_job_says_running_and_keeps_its_lease_for_longer_than_one() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let (mut owner, mut thief) = (consumer(&stream, "owner").await, consumer(&stream, "thief").await);
    let job = submit(&stream).await;
    let mut claim = next(&mut owner).await;
    let record = running(&claim);
    let run = claim.run(record);
    until(async || status(&stream, &job).await.state == State::Running).await;
    let three_leases = 3 * stream.settings().lease;
    assert!(tokio::time::timeout(three_leases, thief.next(1)).await.is_err(), "a live job was stolen");
    assert!(!run.lost().is_cancelled());
    assert_eq!(raw.pending().await[0].3, 1, "a beat counts no delivery");
    assert_eq!(status(&stream, &job).await.deliveries, 1);
    assert_eq!(finish(claim).await, Finished::Done);
}

#[tokio::test]
async fn progress_is_told_with_its_stage_before_the_next_regular_beat() {
    let redis = Redis::start().await;
    let settings = deertrack_stream::Settings {
        progress_every: Duration::from_millis(50),
        ..redis.settings() // the regular beat comes after 5 s
    };
    let stream = Stream::connect(settings).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    until(async || status(&stream, &job).await.state == State::Running).await;
    let start = std::time::Instant::now();
    run.progress(0.5, "drawing the report");
    until(async || status(&stream, &job).await.progress == 0.5).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(status(&stream, &job).await.stage.as_deref(), Some("drawing the report"));
    run.progress(f64::NAN, "still drawing");
    until(async || status(&stream, &job).await.stage.as_deref() == Some("still drawing")).await;
    assert_eq!(status(&stream, &job).await.progress, 0.5);
    run.counted(0.6, "cutting", deertrack_schemas::Counts::new(3, 5));
    until(async || status(&stream, &job).await.counts.is_some()).await;
    assert_eq!(status(&stream, &job).await.counts.unwrap().progress_percent, 60);
    assert_eq!(finish(claim).await, Finished::Done);
}

#[tokio::test]
async fn a_short_job_never_says_running() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let _run = claim.run(record);
    assert_eq!(finish(claim).await, Finished::Done);
    let calls: String = raw.run(&["INFO", "commandstats"]).await;
    assert!(!calls.contains("cmdstat_xclaim"), "the beat ran");
}

#[tokio::test]
async fn a_beat_tells_a_job_that_it_shall_be_cancelled() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    let _: String = raw.run(&["SETEX", &raw.keys.cancel(job.as_str()), "60", "1"]).await;
    soon(run.cancelled().cancelled()).await;
    assert!(!run.lost().is_cancelled());
}

#[tokio::test]
async fn a_full_redis_takes_no_leases_away() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let _: String = raw.run(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let record = running(&claim);
    let _run = claim.run(record);
    until(async || status(&stream, &job).await.state == State::Running).await;
}
