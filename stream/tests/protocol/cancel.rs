//! A job ends because somebody asked: queued, delayed or running.

use std::time::Duration;

use deertrack_schemas::{JobId, Kind, State, StatusRecord};
use deertrack_stream::{Cancelled, Finished, Retried, RetryPolicy, Settings, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

async fn cancel(stream: &Stream, job: &JobId) -> Cancelled {
    stream.cancel(job.as_str()).await.unwrap()
}

#[tokio::test]
async fn a_queued_job_is_cancelled_at_once_with_one_event_and_is_never_delivered() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let (job, other) = (submit(&stream).await, submit(&stream).await);
    assert_eq!(cancel(&stream, &job).await, Cancelled::AtOnce);
    assert_eq!(cancel(&stream, &job).await, Cancelled::AlreadyEnded(State::Cancelled));
    let record = status(&stream, &job).await;
    assert_eq!(record.state, State::Cancelled);
    assert!(record.completed_at.is_some());
    assert_eq!(raw.events().await, 1);
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), other.as_str());
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_delayed_job_is_cancelled_at_once_and_never_comes_back() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    let policy = RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(3600) };
    assert!(matches!(soon(claim.retry(record, "away", &policy)).await, Retried::Later { .. }));
    assert_eq!(cancel(&stream, &job).await, Cancelled::AtOnce);
    assert_eq!(status(&stream, &job).await.state, State::Cancelled);
    assert_eq!((stream.counts().await.unwrap().delayed, raw.events().await), (0, 1));
    let parked: usize = raw.run(&["HLEN", &raw.keys.parked()]).await;
    assert_eq!(parked, 0);
}

#[tokio::test]
async fn a_running_job_is_told_at_once_although_its_next_beat_is_far() {
    let redis = Redis::start().await;
    let settings = Settings { beat_every: Duration::from_secs(3600), ..redis.settings() };
    let stream = Stream::connect(settings).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record.clone());
    until(async || status(&stream, &job).await.state == State::Running).await;
    until(async || raw.run::<(String, u64)>(&["PUBSUB", "NUMSUB", &raw.keys.control()]).await.1 == 1).await;
    assert_eq!(cancel(&stream, &job).await, Cancelled::Asked);
    soon(run.cancelled().cancelled()).await;
    let last = StatusRecord { error: Some("cancelled".into()), ..record.with_state(State::Cancelled) };
    assert_eq!(soon(claim.finish(last)).await, Finished::Done);
    assert_eq!(cancel(&stream, &job).await, Cancelled::AlreadyEnded(State::Cancelled));
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_running_job_whose_hint_was_lost_is_told_by_its_next_beat() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    let _: i64 = raw.run(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    assert_eq!(cancel(&stream, &job).await, Cancelled::Asked);
    soon(run.cancelled().cancelled()).await;
}

#[tokio::test]
async fn a_job_that_asks_for_another_try_after_a_cancel_ends_as_cancelled() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    assert_eq!(cancel(&stream, &job).await, Cancelled::Asked);
    let record = running(&claim);
    assert_eq!(soon(claim.retry(record, "away", &RetryPolicy::of(Kind::Pdf))).await, Retried::Cancelled);
    assert_eq!(status(&stream, &job).await.state, State::Cancelled);
    assert_eq!((raw.events().await, stream.counts().await.unwrap().delayed), (1, 0));
}

#[tokio::test]
async fn unknown_jobs_and_what_is_no_record_are_not_found() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let unknown = job_id();
    assert_eq!(cancel(&stream, &unknown).await, Cancelled::NotFound);
    let _: String = raw.run(&["SET", &raw.keys.status("foreign"), "processing"]).await;
    assert_eq!(stream.cancel("foreign").await.unwrap(), Cancelled::NotFound);
}

#[tokio::test]
async fn a_status_that_names_the_entry_of_another_job_ends_alone() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let victim = submit(&stream).await;
    let mut record = status(&stream, &victim).await;
    record.job_id = job_id();
    let _: String = raw.run(&["SET", &raw.keys.status(record.job_id.as_str()), &record.to_json()]).await;
    assert_eq!(cancel(&stream, &record.job_id).await, Cancelled::AtOnce);
    assert_eq!((raw.backlog().await, status(&stream, &victim).await.state), (1, State::Queued));
}
