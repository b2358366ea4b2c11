//! A clock of Redis that ran a year ahead and was set back: what it stamped meanwhile is stamped here by hand.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deertrack_schemas::{Keys, State};
use deertrack_stream::{Finished, Settings, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// In milliseconds, a year from now.
fn next_year() -> String {
    (SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + YEAR).as_millis().to_string()
}

async fn hasty_stream(redis: &Redis) -> Stream {
    let often = Settings { housekeep_every: Duration::from_millis(200), ..hasty(redis.url()) };
    Stream::connect(often).await.unwrap()
}

#[tokio::test]
async fn a_housekeeper_of_next_year_keeps_nobody_from_tidying_up() {
    let redis = Redis::start().await;
    let stream = hasty_stream(&redis).await;
    let raw = Raw::connect(redis.url()).await;
    let year = YEAR.as_millis().to_string();
    let _: String = raw.run(&["SET", &raw.keys.housekeeper(), "1", "PX", &year]).await;
    let job = submit(&stream).await;
    let _: i64 = raw.run(&["DEL", &raw.keys.status(job.as_str())]).await;
    let _tidies = consumer(&stream, "a").await;
    until(async || stream.status_text(job.as_str()).await.unwrap().is_some()).await;
    assert!(raw.run::<i64>(&["PTTL", &raw.keys.housekeeper()]).await < 60_000);
}

#[tokio::test]
async fn a_retry_of_next_year_is_due_now() {
    let redis = Redis::start().await;
    let stream = hasty_stream(&redis).await;
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    let hour = Duration::from_secs(3600);
    soon(claim.retry(record, "away", &deertrack_stream::RetryPolicy { base: hour, cap: hour })).await;
    let waits = tokio::time::timeout(Duration::from_millis(500), consumer.next(1)).await;
    assert!(waits.is_err(), "what is due within an hour waits for it");
    let _: i64 = raw.run(&["ZADD", &raw.keys.delayed(), &next_year(), job.as_str()]).await;
    let claim = next(&mut consumer).await;
    assert_eq!(claim.decode().unwrap().attempt, 2);
    assert_eq!(finish(claim).await, Finished::Done);
}

#[tokio::test]
async fn a_command_with_an_id_of_next_year_keeps_its_status_and_those_behind_it_too() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let raw = Raw::connect(redis.url()).await;
    let command = command();
    let body = deertrack_schemas::wire::encode(&command).unwrap();
    let mut add = redis::cmd("XADD");
    add.arg(raw.keys.commands())
        .arg(format!("{}-0", next_year()))
        .arg("job")
        .arg("early")
        .arg("body")
        .arg(body);
    add.exec_async(&mut raw.connection.clone()).await.unwrap();
    let behind = submit(&stream).await;
    let ttl = async |job: &str| raw.run::<i64>(&["TTL", &raw.keys.status(job)]).await;
    let _: i64 = raw.run(&["EXPIRE", &raw.keys.status(behind.as_str()), "10"]).await;
    stream.housekeep().await.unwrap();
    assert!(ttl("early").await > 3_500 && ttl(behind.as_str()).await > 3_500);
    assert_eq!(stream.counts().await.unwrap().oldest_ms, 0);
}

#[tokio::test]
async fn records_of_jobs_that_ended_next_year_are_forgotten_in_an_hour() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let raw = Raw::connect(redis.url()).await;
    let key = raw.keys.status("ended");
    let _: String = raw.run(&["SET", &key, "{}", "EX", &YEAR.as_secs().to_string()]).await;
    let sooner = raw.keys.status("sooner");
    let _: String = raw.run(&["SET", &sooner, "{}", "EX", "60"]).await;
    for (number, job) in ["ended", "sooner"].into_iter().enumerate() {
        let id = format!("{}-{}", next_year(), number + 1);
        let _: String = raw.run(&["XADD", &raw.keys.events(), &id, "job", job, "body", "?"]).await;
    }
    stream.housekeep().await.unwrap();
    assert!(raw.run::<i64>(&["TTL", &key]).await <= 3_600);
    assert!(raw.run::<i64>(&["TTL", &sooner]).await <= 60);
}

#[tokio::test]
async fn a_lease_and_a_worker_of_next_year_end_soon() {
    let redis = Redis::start().await;
    let stream = hasty_stream(&redis).await;
    let raw = Raw::connect(redis.url()).await;
    let mut first = consumer(&stream, "first").await;
    let job = submit(&stream).await;
    let claim = next(&mut first).await;
    let (entry, owner) = (claim.entry_id().to_owned(), first.name().to_owned());
    drop((claim, first));
    let commands = raw.keys.commands();
    // Its owner is gone, and Redis believes that it was heard of next year.
    let of_next_year =
        ["XCLAIM", &commands, Keys::GROUP, &owner, "0", &entry, "TIME", &next_year(), "JUSTID"];
    let _: Vec<String> = raw.run(&of_next_year).await;
    let mut second = consumer(&stream, "second").await;
    let claim = next(&mut second).await;
    assert_eq!((claim.job_id(), claim.delivery()), (job.as_str(), 2));
    assert_eq!(finish(claim).await, Finished::Done);
    let consumers: Vec<HashMap<String, redis::Value>> =
        raw.run(&["XINFO", "CONSUMERS", &commands, Keys::GROUP]).await;
    assert!(!consumers.is_empty());
    assert_eq!(status(&stream, &job).await.state, State::Completed);
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_not_ended_by_whoever_tidies_up() {
    let redis = Redis::start().await;
    let stream = hasty_stream(&redis).await;
    let mut consumer = consumer(&stream, "a").await;
    submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    for _ in 0..20 {
        stream.housekeep().await.unwrap();
    }
    assert!(!run.lost().is_cancelled());
    assert_eq!(finish(claim).await, Finished::Done);
}
