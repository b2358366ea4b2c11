//! What Redis says of itself and of the queue.

use deertrack_stream::Counts;
use deertrack_testkit::redis::Redis;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::support::*;

#[tokio::test]
async fn counts_tell_how_much_there_is_of_everything() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let counts = async || Counts { oldest_ms: 0, ..stream.counts().await.unwrap() };
    assert_eq!(stream.counts().await.unwrap(), Counts::default());
    stream.submit_many(&commands(3)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    assert_eq!(finish(next(&mut consumer).await).await, deertrack_stream::Finished::Done);
    let claim = next(&mut consumer).await;
    let expected = Counts { backlog: 2, pending: 1, lag: 1, events: 1, consumers: 1, ..Counts::default() };
    assert_eq!(counts().await, expected);
    let record = running(&claim);
    soon(claim.dead("reason", record)).await;
    let expected = Counts { backlog: 1, pending: 0, lag: 1, events: 2, dead: 1, ..expected };
    assert_eq!(counts().await, expected);
    until(async || stream.counts().await.unwrap().oldest_ms > 0).await;
}

/// What a gauge shows; `None` when it was never set.
fn gauge(metrics: &PrometheusHandle, name: &str) -> Option<f64> {
    metrics.render().lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test]
async fn gauges_are_there_as_soon_as_a_worker_is_and_tell_what_waits_and_who_works() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting_here = metrics::set_default_local_recorder(&recorder);
    let metrics = recorder.handle();
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    stream.submit_many(&commands(3)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    until(async || gauge(&metrics, "deertrack_stream_backlog").is_some()).await;

    let held = next(&mut consumer).await;
    let given_up = next(&mut consumer).await;
    let record = running(&given_up);
    soon(given_up.dead("reason", record)).await;
    until(async || stream.counts().await.unwrap().oldest_ms > 0).await;
    stream.record_gauges().await.unwrap();
    let shown = ["backlog", "pending", "lag", "delayed", "dead_letters", "consumers"]
        .map(|name| gauge(&metrics, &format!("deertrack_stream_{name}")));
    assert_eq!(shown, [2.0, 1.0, 1.0, 0.0, 1.0, 1.0].map(Some));
    assert!(gauge(&metrics, "deertrack_stream_oldest_seconds").is_some_and(|age| age > 0.0));
    drop(held);
}

#[tokio::test]
async fn the_lag_is_told_when_redis_does_not_know_it() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    submit(&stream).await;
    assert_eq!(stream.counts().await.unwrap().lag, 1, "nobody has made the group");
    stream.submit_many(&commands(3)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let held = next(&mut consumer).await;
    assert_eq!(finish(next(&mut consumer).await).await, deertrack_stream::Finished::Done);
    // Redis 7.0 has none to tell: an entry behind the held one is gone.
    assert_eq!(stream.counts().await.unwrap().lag, 2);
    drop(held);
}

#[tokio::test]
async fn redis_tells_what_it_is() {
    let redis = Redis::with(true, &[("maxmemory", "64mb")]).await;
    let info = redis.stream().await.probe().await.unwrap();
    assert!(info.version.split('.').next().unwrap().parse::<u32>().unwrap() >= 7, "{}", info.version);
    assert_eq!((info.eviction_policy.as_str(), info.role.as_str()), ("noeviction", "master"));
    assert_eq!((info.aof, info.rdb, info.max_memory), (Some(true), Some(false), 64 << 20));
    assert!(info.used_memory > 0);
}
