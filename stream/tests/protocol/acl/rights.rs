//! Each user of `deploy/redis/users.acl` does its work on a real Redis with these rights and no others.

use std::fs;
use std::time::Duration;

use deertrack_schemas::{JobId, State};
use deertrack_stream::embedded::Options;
use deertrack_stream::{
    Cancelled, Durability, Finished, Inbox, Retried, RetryPolicy, Settings, Stream, StreamError, Submitted,
    WatchFrom,
};
use deertrack_testkit::redis::Redis;
use redis::aio::MultiplexedConnection;

use super::roles;
use crate::support::*;

/// A Redis with our users, each line of theirs changed by `change`.
pub(crate) async fn with_users(change: impl Fn(&str) -> String) -> Redis {
    Redis::of(|dir| {
        let users = fs::read_to_string(roles::stored()).unwrap();
        let users: String =
            users.lines().map(|line| change(&line.replace(" off ", " on >secret ")) + "\n").collect();
        let file = dir.join("users.acl");
        fs::write(&file, users).unwrap();
        let extra = vec![("aclfile".to_owned(), file.display().to_string())];
        Options { dir, append_only: true, check_aof: true, extra }
    })
    .await
}

/// The URL with which a user logs in.
pub(crate) fn url_of(redis: &Redis, user: &str) -> String {
    format!("{}?user={user}&pass=secret", redis.url())
}

pub(crate) async fn stream_of(redis: &Redis, user: &str) -> Stream {
    Stream::connect(hasty(&url_of(redis, user))).await.unwrap()
}

async fn raw_of(redis: &Redis, user: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url_of(redis, user)).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Who was refused what; nobody, when each has all it needs.
async fn refusals(redis: &Redis) -> Vec<String> {
    let raw = Raw::connect(redis.url()).await;
    let log: Vec<std::collections::HashMap<String, redis::Value>> = raw.run(&["ACL", "LOG", "1000"]).await;
    let text = |entry: &std::collections::HashMap<String, redis::Value>, name: &str| -> String {
        redis::from_redis_value_ref(&entry[name]).unwrap()
    };
    log.iter().map(|entry| format!("{} {}", text(entry, "username"), text(entry, "object"))).collect()
}

#[tokio::test]
async fn gateway_worker_and_operator_may_do_all_they_do() {
    let redis = with_users(str::to_owned).await;
    let gateway = stream_of(&redis, "gateway").await;
    let mut events = gateway.watch(WatchFrom::Now).await.unwrap();
    let info = gateway.probe().await.unwrap();
    assert_eq!((gateway.healing().problem(), info.problems()), (None, vec![]));
    assert_eq!((info.aof, info.rdb), (Some(true), Some(false)));

    // Submit, work, finish, try again, hand back, give up.
    let job = submit(&gateway).await;
    let worker = stream_of(&redis, "worker").await;
    let mut consumer = consumer(&worker, "a").await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    run.progress(0.5, "half way");
    until(async || status(&gateway, &job).await.stage.is_some()).await;
    drop(run);
    assert_eq!(finish(claim).await, Finished::Done);
    soon(events.next()).await.unwrap();

    let parked = submit(&gateway).await;
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    let policy = RetryPolicy { base: Duration::from_millis(1), cap: Duration::from_millis(2) };
    assert!(matches!(soon(claim.retry(record, "not yet", &policy)).await, Retried::Later { .. }));
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), parked.as_str());
    assert_eq!(soon(claim.release()).await, Finished::Done);
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    soon(claim.dead("given up", record)).await;
    soon(events.next()).await.unwrap();
    worker.housekeep().await.unwrap();
    worker.record_gauges().await.unwrap();

    // Cancel a running job and a waiting one; pause.
    let operator = stream_of(&redis, "operator").await;
    let runs = submit(&gateway).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    assert_eq!(gateway.cancel(runs.as_str()).await.unwrap(), Cancelled::Asked);
    soon(run.cancelled().cancelled()).await;
    drop(run);
    let cancelled = running(&claim).with_state(State::Cancelled);
    soon(claim.finish(cancelled)).await;
    operator.pause().await.unwrap();
    let waits = submit(&operator).await;
    assert_eq!(operator.cancel(waits.as_str()).await.unwrap(), Cancelled::AtOnce);
    operator.resume().await.unwrap();

    let letters = operator.dead_letters();
    let letter = letters.list(None, None, 10).await.unwrap().remove(0);
    assert!(letters.replay(letter.id).await.unwrap());
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    soon(claim.dead("again", record)).await;
    assert_eq!(letters.drop_all(None).await.unwrap(), 1);
    assert_eq!(operator.overview().await.unwrap().counts.backlog, 0);
    let all = gateway.catch_up(WatchFrom::Start).await.unwrap();
    drop(all);
    consumer.stop().await;

    let sure = Durability::Replicated { replicas: 0, within: Duration::from_millis(100) };
    let sure = Settings { durability: sure, ..hasty(&url_of(&redis, "gateway")) };
    let sure = Stream::connect(sure).await.unwrap();
    assert!(matches!(sure.submit(&command()).await.unwrap(), Submitted::New(_)));
    assert_eq!(refusals(&redis).await, [""; 0]);
}

#[tokio::test]
async fn a_bridge_takes_messages_from_a_list_and_submits_and_refuses() {
    let redis = with_users(str::to_owned).await;
    let bridge = stream_of(&redis, "bridge").await;
    let lists = ["exports", "exports:3"].map(str::to_owned).to_vec();
    let mut inbox = Inbox::open(hasty(&url_of(&redis, "bridge")), lists.clone()).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    for (list, message) in [("exports:3", "third"), ("exports", "first"), ("exports", "second")] {
        let _: i64 = raw.run(&["LPUSH", list, message]).await;
    }
    assert_eq!(inbox.next().await.unwrap().as_deref(), Some(&b"first"[..]));
    assert_eq!(inbox.next().await.unwrap().as_deref(), Some(&b"first"[..]), "it was not done");
    // Its process died; the next one begins with what it had in hand.
    let mut inbox = Inbox::open(hasty(&url_of(&redis, "bridge")), lists).await.unwrap();
    for (message, aside) in [("first", false), ("second", true), ("third", false)] {
        assert_eq!(inbox.next().await.unwrap().as_deref(), Some(message.as_bytes()));
        let bytes = message.as_bytes();
        if aside { inbox.put_aside(bytes).await.unwrap() } else { inbox.done(bytes).await.unwrap() }
    }
    assert_eq!(inbox.next().await.unwrap(), None);
    let aside: Vec<String> = raw.run(&["LRANGE", "exports:unreadable", "0", "-1"]).await;
    assert_eq!(aside, ["second"]);

    let job = submit(&bridge).await;
    let never: JobId = "never".parse().unwrap();
    bridge.refuse(never.clone(), "pdf", "why".to_owned()).await.unwrap();
    let told = status(&bridge, &never).await;
    assert_eq!((told.state, told.kind.as_str(), told.error.as_deref()), (State::Failed, "pdf", Some("why")));
    assert!(told.completed_at < told.expires_at);
    // A job that there is keeps its status.
    bridge.refuse(job.clone(), "pdf", "why".to_owned()).await.unwrap();
    assert_eq!(status(&bridge, &job).await.state, State::Queued);
    assert_eq!(refusals(&redis).await, [""; 0]);
}

#[tokio::test]
async fn an_observer_sees_everything_and_changes_nothing() {
    let redis = with_users(str::to_owned).await;
    let gateway = stream_of(&redis, "gateway").await;
    let job = submit(&gateway).await;
    let observer = stream_of(&redis, "observer").await;
    let mut events = observer.watch(WatchFrom::Start).await.unwrap();
    let overview = observer.overview().await.unwrap();
    assert_eq!((overview.counts.backlog, overview.sampled, overview.paused), (1, 1, false));
    assert_eq!(status(&observer, &job).await.state, State::Queued);
    assert!(observer.dead_letters().list(None, None, 10).await.unwrap().is_empty());
    assert_eq!(observer.probe().await.unwrap().problems(), []);
    // The gateway has had a new file begun: there is nothing to ask for.
    assert_eq!(observer.healing().problem(), None);
    gateway.cancel(job.as_str()).await.unwrap();
    soon(events.next()).await.unwrap();

    assert!(matches!(observer.pause().await, Err(StreamError::Refused(_))));
    assert!(matches!(observer.submit(&command()).await, Err(StreamError::Refused(_))));
    assert!(!observer.is_paused().await.unwrap());
    assert_eq!(observer.counts().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn a_producer_publishes_and_follows_and_may_do_nothing_else() {
    let redis = with_users(str::to_owned).await;
    let worker = stream_of(&redis, "worker").await;
    let command = command();
    let body = deertrack_schemas::wire::encode(&command).unwrap();
    let mut producer = raw_of(&redis, "producer").await;
    let mut add = redis::cmd("XADD");
    add.arg("{exports}:commands").arg("*").arg("job").arg(command.job_id.as_str()).arg("body").arg(body);
    let _: String = add.query_async(&mut producer).await.unwrap();
    let mut consumer = consumer(&worker, "a").await;
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    let asked = async |words: &[&str]| -> redis::RedisResult<redis::Value> {
        let mut ask = redis::cmd(words[0]);
        ask.arg(&words[1..]);
        ask.query_async(&mut producer.clone()).await
    };
    asked(&["GET", &format!("export_job:{}", command.job_id)]).await.unwrap();
    asked(&["XREAD", "STREAMS", "{exports}:events", "0"]).await.unwrap();
    for refused in [
        &["XREAD", "STREAMS", "{exports}:commands", "0"][..],
        &["XADD", "{exports}:dead", "*", "job", "x"],
        &["XADD", "{exports}:events", "*", "n", "1"],
        &["SET", "{exports}:paused", "1"],
        &["DEL", "{exports}:commands"],
        &["SET", "export_job:x", "{}"],
        &["GET", "somebody:elses"],
        &["KEYS", "*"],
        &["FLUSHALL"],
    ] {
        let error = asked(refused).await.unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{refused:?}: {error}");
    }
}
