//! What an accepted command survives, by level.

use std::time::Duration;

use deertrack_stream::{Durability, Settings, Stream, StreamError, Submitted};
use deertrack_testkit::proxy::Proxy;
use deertrack_testkit::redis::Redis;

use crate::support::*;

const SOON: Duration = Duration::from_secs(10);

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

async fn with(redis: &Redis, durability: Durability) -> Stream {
    Stream::connect(Settings { durability, ..redis.settings() }).await.unwrap()
}

#[tokio::test]
async fn a_replicated_submit_is_on_the_replica_when_it_answers() {
    let port = free_port();
    let master =
        Redis::with(false, &[("port", &port), ("bind", "127.0.0.1"), ("repl-diskless-sync-delay", "0")])
            .await;
    let replica = Redis::with(false, &[("replicaof", &format!("127.0.0.1 {port}"))]).await;
    let (on_master, on_replica) = (Raw::connect(master.url()).await, Raw::connect(replica.url()).await);
    until(async || on_master.run::<String>(&["INFO", "replication"]).await.contains("state=online")).await;
    let stream = with(&master, Durability::Replicated { replicas: 1, within: SOON }).await;
    for count in 1..=20 {
        submit(&stream).await;
        assert_eq!(on_replica.backlog().await, count);
    }
    let many = stream.submit_many(&commands(200)).await.unwrap();
    assert!(many.iter().all(|result| matches!(result, Submitted::New(_))));
    assert_eq!(on_replica.backlog().await, 220);
}

#[tokio::test]
async fn a_submit_that_is_not_replicated_in_time_says_so_and_is_accepted() {
    let redis = Redis::start().await;
    let raw = Raw::connect(redis.url()).await;
    let stream =
        with(&redis, Durability::Replicated { replicas: 1, within: Duration::from_millis(50) }).await;
    let command = command();
    let error = stream.submit(&command).await.unwrap_err();
    assert!(matches!(error, StreamError::NotDurable) && error.is_unavailable(), "{error}");
    assert_eq!(raw.backlog().await, 1);
    assert!(matches!(stream.submit(&command).await, Err(StreamError::NotDurable)), "asked again");
    assert_eq!(raw.backlog().await, 1);
}

#[tokio::test]
async fn a_synced_submit_is_on_the_disk_or_told_to_be_impossible() {
    let mut redis = Redis::with(true, &[("appendfsync", "everysec")]).await;
    let stream = with(&redis, Durability::Synced { replicas: 0, within: SOON }).await;
    let command = command();
    let result = stream.submit(&command).await;
    if stream.probe().await.unwrap().can_sync {
        assert!(matches!(result, Ok(Submitted::New(_))));
        redis.server.kill().await.unwrap();
        redis.server.restart().await.unwrap();
        assert_eq!(Raw::connect(redis.url()).await.backlog().await, 1);
    } else {
        let error = result.unwrap_err();
        assert!(matches!(error, StreamError::NoWaitAof) && error.is_unavailable(), "{error}");
        assert_eq!(Raw::connect(redis.url()).await.backlog().await, 1, "it was accepted all the same");
    }
}

#[tokio::test]
async fn submits_that_wait_do_not_wait_for_each_other() {
    let redis = Redis::start().await;
    let within = Duration::from_millis(500);
    let stream = with(&redis, Durability::Replicated { replicas: 1, within }).await;
    let start = std::time::Instant::now();
    let commands = commands(20);
    futures::future::join_all(commands.iter().map(|command| stream.submit(command))).await;
    assert!(start.elapsed() < 5 * within, "{:?}: one after the other would take 10 s", start.elapsed());
}

#[tokio::test]
async fn a_submit_that_is_answered_by_nobody_ends_in_time() {
    let redis = Redis::start().await;
    let proxy = Proxy::start(redis.url()).await;
    let durability = Durability::Replicated { replicas: 0, within: Duration::from_millis(100) };
    let stream = Stream::connect(Settings { durability, ..hasty(proxy.url()) }).await.unwrap();
    submit(&stream).await;
    proxy.swallow();
    // The connection stays open.
    let error = soon(stream.submit(&command())).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    proxy.cut();
    submit(&stream).await;
}
