//! What must hold before a submit or a fetch can work, and what is said when it does not.

use std::time::Duration;

use deertrack_stream::{Condition, Durability, Settings, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

async fn unmet(stream: &Stream) -> [Vec<String>; 2] {
    let [submit, fetch] = [stream.submit_conditions().await, stream.fetch_conditions().await];
    [submit, fetch].map(|list| list.iter().filter_map(Condition::unmet).collect())
}

#[tokio::test]
async fn an_idle_redis_meets_all_conditions_and_nothing_is_written_to_see_it() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    assert_eq!(unmet(&stream).await, [vec![], Vec::<String>::new()]);
    let names: Vec<&str> = stream.submit_conditions().await.iter().map(|condition| condition.name).collect();
    assert_eq!(names, ["submit", "keys"]);
    assert_eq!(Raw::connect(redis.url()).await.run::<u64>(&["DBSIZE"]).await, 0);
}

#[tokio::test]
async fn what_would_refuse_the_move_is_told_with_the_next_step() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let raw = Raw::connect(redis.url()).await;
    let cases: [(&[&str], &[&str], [&str; 2]); 5] = [
        // Running work ends on a full Redis, so it is fetched.
        (&["CONFIG", "SET", "maxmemory", "1"], &["CONFIG", "SET", "maxmemory", "0"], ["raise maxmemory", ""]),
        (
            &["REPLICAOF", "127.0.0.1", "1"],
            &["REPLICAOF", "NO", "ONE"],
            ["connect to its master", "connect to its master"],
        ),
        (
            &["SET", "{exports}:dead", "x"],
            &["DEL", "{exports}:dead"],
            ["{exports}:dead is a string, not a stream", "{exports}:dead is a string, not a stream"],
        ),
        (
            &["CONFIG", "SET", "min-replicas-to-write", "1"],
            &["CONFIG", "SET", "min-replicas-to-write", "0"],
            ["NOREPLICAS", "NOREPLICAS"],
        ),
        (
            &["ACL", "SETUSER", "default", "-evalsha"],
            &["ACL", "SETUSER", "default", "+evalsha"],
            ["users.acl", "users.acl"],
        ),
    ];
    for (wrong, mended, told) in cases {
        let _: redis::Value = raw.run(wrong).await;
        for (why, told) in unmet(&stream).await.iter().zip(told) {
            let why = why.join("; ");
            assert!(why.contains(told) && why.is_empty() == told.is_empty(), "{wrong:?}: {why}");
        }
        let _: redis::Value = raw.run(mended).await;
        until(async || unmet(&stream).await.iter().all(Vec::is_empty)).await;
    }
}

#[tokio::test]
async fn too_few_replicas_are_told_where_submits_wait_for_them() {
    let redis = Redis::start().await;
    let durability = Durability::Replicated { replicas: 1, within: Duration::from_secs(2) };
    let stream = Stream::connect(Settings { durability, ..redis.settings() }).await.unwrap();
    let [submit, fetch] = unmet(&stream).await;
    assert!(submit[0].contains("too few replicas") && fetch.is_empty(), "{submit:?} {fetch:?}");
}
