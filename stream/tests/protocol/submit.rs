//! Commands on their way in.

use chrono::Utc;
use deertrack_schemas::{Command, State, Valid};
use deertrack_stream::{Settings, Stream, StreamError, Submitted};
use deertrack_testkit::redis::Redis;

use crate::support::*;

fn with_key(key: &str, title: &str) -> Valid<Command> {
    let mut command = Command::new(job_id(), export(), Utc::now());
    command.idempotency_key = Some(key.into());
    command.requested_by = Some(title.into());
    valid(command)
}

#[tokio::test]
async fn a_submitted_command_is_an_entry_and_a_queued_status_that_names_it() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let job = submit(&stream).await;
    let entries = raw.entries().await;
    let record = status(&stream, &job).await;
    assert_eq!(record.state, State::Queued);
    assert_eq!(record.entry_id.as_deref(), Some(entries[0].0.as_str()));
    let names: Vec<&str> = entries[0].1.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["job", "body"]);
    let decoded = deertrack_schemas::wire::decode(&entries[0].1[1].1).unwrap();
    assert_eq!(decoded.job_id, job);
    let ttl: i64 = raw.run(&["TTL", &raw.keys.status(job.as_str())]).await;
    assert!((3590..=3600).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn the_same_job_id_is_accepted_once() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let command = command();
    let job = command.job_id.clone();
    assert_eq!(stream.submit(&command).await.unwrap(), Submitted::New(job.clone()));
    assert_eq!(stream.submit(&command).await.unwrap(), Submitted::Existing(job));
    assert_eq!(raw.backlog().await, 1);
}

#[tokio::test]
async fn one_idempotency_key_means_one_job_and_another_body_is_a_conflict() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let first = with_key("monday", "anna");
    let job = first.job_id.clone();
    assert_eq!(stream.submit(&first).await.unwrap(), Submitted::New(job.clone()));
    assert_eq!(stream.submit(&first).await.unwrap(), Submitted::Existing(job.clone()));
    assert_eq!(stream.submit(&with_key("monday", "anna")).await.unwrap(), Submitted::Existing(job.clone()));
    assert_eq!(stream.submit(&with_key("monday", "berta")).await.unwrap(), Submitted::Conflict(job));
    assert!(matches!(stream.submit(&with_key("tuesday", "anna")).await.unwrap(), Submitted::New(_)));
    assert_eq!(raw.backlog().await, 2);
}

#[tokio::test]
async fn a_full_backlog_refuses_and_a_known_job_is_still_known() {
    let redis = Redis::start().await;
    let stream = Stream::connect(Settings { max_backlog: Some(3), ..redis.settings() }).await.unwrap();
    let first = command();
    let job = first.job_id.clone();
    stream.submit(&first).await.unwrap();
    let results = stream.submit_many(&commands(5)).await.unwrap();
    assert_eq!(results.iter().filter(|result| matches!(result, Submitted::New(_))).count(), 2);
    assert_eq!(results[2..], [Submitted::Full, Submitted::Full, Submitted::Full]);
    assert_eq!(stream.submit(&first).await.unwrap(), Submitted::Existing(job));
}

#[tokio::test]
async fn many_commands_are_accepted_in_their_order() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let commands = commands(300);
    let results = stream.submit_many(&commands).await.unwrap();
    let expected: Vec<Submitted> =
        commands.iter().map(|command| Submitted::New(command.job_id.clone())).collect();
    assert_eq!(results, expected);
    let entries = raw.entries().await;
    let order: Vec<&[u8]> = entries.iter().map(|(_, fields)| fields[0].1.as_slice()).collect();
    let expected: Vec<&[u8]> = commands.iter().map(|command| command.job_id.as_str().as_bytes()).collect();
    assert_eq!(order, expected);
    assert!(stream.submit_many(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_redis_refuses_new_work_and_lets_running_work_end() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let job = submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    let _: String = raw.run(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let refused = stream.submit(&command()).await.unwrap_err();
    assert!(matches!(refused, StreamError::Full(_)) && refused.is_unavailable(), "{refused}");
    assert_eq!(finish(claim).await, deertrack_stream::Finished::Done);
    assert_eq!(status(&stream, &job).await.state, State::Completed);
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let _: String = raw.run(&["SCRIPT", "FLUSH"]).await;
    assert_eq!(stream.submit_many(&commands(200)).await.unwrap().len(), 200);
    for _ in 0..200 {
        let claim = next(&mut consumer).await;
        let _: String = raw.run(&["SCRIPT", "FLUSH"]).await;
        assert_eq!(finish(claim).await, deertrack_stream::Finished::Done);
    }
    raw.assert_drained().await;
}

#[tokio::test]
async fn nobody_at_the_address_is_told_as_unreachable() {
    let missing = Stream::connect(Settings::new("redis+unix:///nowhere/redis.sock")).await;
    let error = missing.err().expect("nobody is there");
    assert!(matches!(error, StreamError::Unreachable(_)) && error.is_unavailable(), "{error}");
    let wrong = Stream::connect(Settings::new("http://localhost")).await;
    assert!(matches!(wrong.err(), Some(StreamError::Url(_))));
}
