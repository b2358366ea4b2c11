//! What Redis says of itself and of the queue.

use deertrack_stream::Counts;
use deertrack_testkit::redis::Redis;

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
    let expected = Counts { backlog: 2, pending: 1, events: 1, consumers: 1, ..Counts::default() };
    assert_eq!(counts().await, expected);
    let record = running(&claim);
    soon(claim.dead("reason", record)).await;
    let expected = Counts { backlog: 1, pending: 0, events: 2, dead: 1, ..expected };
    assert_eq!(counts().await, expected);
    until(async || stream.counts().await.unwrap().oldest_ms > 0).await;
}

#[tokio::test]
async fn redis_tells_what_it_is() {
    let redis = Redis::with(true, &[("maxmemory", "64mb")]).await;
    let info = redis.stream().await.probe().await.unwrap();
    assert!(info.version.split('.').next().unwrap().parse::<u32>().unwrap() >= 7, "{}", info.version);
    assert_eq!((info.eviction_policy.as_str(), info.role.as_str()), ("noeviction", "master"));
    assert_eq!((info.aof, info.rdb, info.max_memory), (true, false, 64 << 20));
    assert!(info.used_memory > 0);
}
