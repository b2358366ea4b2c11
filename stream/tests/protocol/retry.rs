//! A failed try waits its time and comes back.

use std::time::Duration;

use chrono::Utc;
use deertrack_schemas::{Command, JobId, State, Valid, wire};
use deertrack_stream::{Claim, Finished, Retried, RetryPolicy, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

const AT_ONCE: RetryPolicy = RetryPolicy { base: Duration::from_millis(20), cap: Duration::from_millis(20) };
const MUCH_LATER: RetryPolicy =
    RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(7200) };

pub(crate) fn for_a_tenant() -> Valid<Command> {
    let mut command = Command::new(job_id(), export(), Utc::now());
    command.tenant = Some("forest".into());
    command.max_attempts = 3;
    valid(command)
}

async fn submit_for_a_tenant(stream: &Stream) -> JobId {
    let command = for_a_tenant();
    stream.submit(&command).await.unwrap();
    command.job_id.clone()
}

async fn retry(claim: Claim, policy: &RetryPolicy) -> Retried {
    let mut record = running(&claim);
    record.error = Some("the database cannot be reached".into());
    soon(claim.retry(record, "connection refused", policy)).await
}

#[tokio::test]
async fn a_retried_job_waits_in_the_delayed_set_and_comes_back_with_its_next_attempt() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit_for_a_tenant(&stream).await;
    let first = next(&mut consumer).await;
    let first_entry = first.entry_id().to_owned();
    let Retried::Later { at, attempt: 2 } = retry(first, &AT_ONCE).await else { panic!("not parked") };
    assert!(at <= Utc::now() + chrono::TimeDelta::seconds(1));

    let again = next(&mut consumer).await;
    let command = again.decode().unwrap();
    assert_eq!((again.job_id(), again.delivery(), command.attempt), (job.as_str(), 1, 2));
    assert_eq!(command.tenant.as_deref(), Some("forest"));
    assert_ne!(again.entry_id(), first_entry);
    let record = status(&stream, &job).await;
    assert_eq!((record.state, record.attempt), (State::Queued, 2));
    assert_eq!(record.entry_id.as_deref(), Some(again.entry_id()), "a cancel would not find it");
    assert_eq!(finish(again).await, Finished::Done);
    assert_eq!((stream.counts().await.unwrap().delayed, raw.events().await), (0, 1));
    raw.assert_drained().await;
}

#[tokio::test]
async fn while_it_waits_its_status_says_when_it_is_tried_again_and_why() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let job = submit_for_a_tenant(&stream).await;
    let Retried::Later { at, .. } = retry(next(&mut consumer).await, &MUCH_LATER).await else { panic!() };
    let record = status(&stream, &job).await;
    assert_eq!((record.state, record.attempt, record.entry_id), (State::Retrying, 2, None));
    assert_eq!(record.error.as_deref(), Some("the database cannot be reached"));
    let told = record.next_attempt_at.unwrap();
    assert!((told - at).num_seconds().abs() <= 1, "{told} is not {at}");
    raw.assert_drained().await;
    assert_eq!(stream.counts().await.unwrap().delayed, 1);
    let delayed = stream.overview().await.unwrap().delayed;
    assert_eq!((delayed.len(), delayed[0].job_id.as_str()), (1, job.as_str()));
    assert_eq!(raw.events().await, 0, "a retry is no end");
}

#[tokio::test]
async fn a_job_that_has_had_all_its_tries_is_a_dead_letter_with_its_history() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit_for_a_tenant(&stream).await;
    for _ in 1..3 {
        assert!(matches!(retry(next(&mut consumer).await, &AT_ONCE).await, Retried::Later { .. }));
    }
    assert_eq!(retry(next(&mut consumer).await, &AT_ONCE).await, Retried::Dead);
    let letters = stream.dead_letters().list(None, None, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "3 of 3 tries failed: connection refused");
    let history: Vec<(u32, &str)> =
        letters[0].errors.iter().map(|error| (error.attempt, error.error.as_str())).collect();
    assert_eq!(history, [(1, "connection refused"), (2, "connection refused"), (3, "connection refused")]);
    let record = status(&stream, &job).await;
    assert_eq!(record.state, State::Dead);
    assert_eq!(record.error.as_deref(), Some("the database cannot be reached"));
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_parked_job_is_put_back_by_any_worker_when_its_own_is_gone() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let mut first = consumer(&stream, "a").await;
    let job = submit_for_a_tenant(&stream).await;
    let claim = next(&mut first).await;
    drop(first);
    assert!(matches!(retry(claim, &AT_ONCE).await, Retried::Later { .. }));
    let mut second = consumer(&stream, "b").await;
    assert_eq!(next(&mut second).await.job_id(), job.as_str());
}

#[tokio::test]
async fn many_parked_jobs_are_put_back_once_each_by_several_workers() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut parking = consumer(&stream, "parking").await;
    stream.submit_many(&commands(300)).await.unwrap();
    let policy = RetryPolicy { base: Duration::from_millis(300), cap: Duration::from_millis(300) };
    let mut parked = 0;
    while parked < 300 {
        for claim in soon(parking.next(64)).await {
            if claim.decode().unwrap().attempt == 1 {
                assert!(matches!(retry(claim, &policy).await, Retried::Later { .. }));
                parked += 1;
            } else {
                soon(claim.release()).await;
            }
        }
    }
    soon(parking.stop()).await;
    let (mut a, mut b) = (consumer(&stream, "a").await, consumer(&stream, "b").await);
    let mut done = std::collections::HashSet::new();
    while done.len() < 300 {
        let claims = soon(async {
            tokio::select! { claims = a.next(64) => claims, claims = b.next(64) => claims }
        })
        .await;
        for claim in claims {
            assert_eq!(claim.decode().unwrap().attempt, 2);
            assert!(done.insert(claim.job_id().to_owned()), "put back twice");
            assert_eq!(finish(claim).await, Finished::Done);
        }
    }
    assert_eq!(raw.events().await, 300);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_lost_claim_is_not_retried() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    submit_for_a_tenant(&stream).await;
    let claim = next(&mut consumer).await;
    raw.steal(claim.entry_id()).await;
    assert_eq!(retry(claim, &AT_ONCE).await, Retried::Lost);
    assert_eq!((raw.backlog().await, stream.counts().await.unwrap().delayed), (1, 0));
}

/// Written by another program at the limit. One more attempt takes a byte more: 127 fits into one, 128 does not.
fn as_large_as_can_be() -> Vec<u8> {
    let mut command = Command::new(job_id(), export(), Utc::now());
    (command.attempt, command.max_attempts) = (127, 200);
    command.requested_by = Some("a".repeat(70_000)); // with a length of as many bytes as the last one's
    let room = wire::MAX_BYTES - wire::encode(&command).unwrap().len();
    command.requested_by = Some("a".repeat(70_000 + room));
    let body = wire::encode(&command).unwrap();
    assert_eq!(body.len(), wire::MAX_BYTES);
    body
}

#[tokio::test]
async fn a_command_that_would_grow_over_the_limit_is_given_up_with_the_reason_and_can_be_replayed() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut add = redis::cmd("XADD");
    add.arg(raw.keys.commands()).arg("*").arg("job").arg("large").arg("body").arg(as_large_as_can_be());
    add.exec_async(&mut raw.connection.clone()).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    assert_eq!(retry(next(&mut consumer).await, &AT_ONCE).await, Retried::Dead);
    let letter = stream.dead_letters().list(None, None, 1).await.unwrap().remove(0);
    assert_eq!(
        letter.reason,
        "it cannot be tried again: the command has 1048577 bytes; the limit is 1048576: connection refused"
    );
    assert_eq!(letter.errors.len(), 1);
    raw.assert_drained().await;
    assert!(stream.dead_letters().replay(letter.id).await.unwrap());
    assert_eq!(next(&mut consumer).await.decode().unwrap().attempt, 1);
}
