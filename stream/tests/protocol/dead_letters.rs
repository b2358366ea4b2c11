//! What is given up stays readable, and can be tried again exactly once.

use deertrack_schemas::{JobId, State};
use deertrack_stream::{EventId, Finished, Stream};
use deertrack_testkit::redis::Redis;

use crate::retry::for_a_tenant;
use crate::support::*;

/// A job that was given up, and its letter.
async fn bury(stream: &Stream) -> (JobId, EventId) {
    let mut consumer = consumer(stream, "a").await;
    let command = for_a_tenant();
    stream.submit(&command).await.unwrap();
    let claim = next(&mut consumer).await;
    let record = running(&claim);
    assert_eq!(soon(claim.dead("it never works", record)).await, Finished::Done);
    consumer.stop().await;
    let letters = stream.dead_letters().list(None, None, 100).await.unwrap();
    (command.job_id.clone(), letters.last().unwrap().id)
}

#[tokio::test]
async fn a_dead_letter_tells_everything_about_its_job() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let (job, id) = bury(&stream).await;
    let letter = stream.dead_letters().get(id).await.unwrap().unwrap();
    assert_eq!((letter.job_id.as_str(), letter.kind.as_str()), (job.as_str(), "pdf"));
    assert_eq!((letter.reason.as_str(), letter.deliveries), ("it never works", 1));
    assert_eq!(letter.command().unwrap().tenant.as_deref(), Some("forest"));
    assert!(letter.at.is_some() && letter.errors.is_empty());
    assert!(stream.dead_letters().get(EventId { ms: 1, seq: 1 }).await.unwrap().is_none());
}

#[tokio::test]
async fn a_replayed_letter_runs_once_more_with_all_its_tries() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let (job, id) = bury(&stream).await;
    let _: String = raw.run(&["SETEX", &raw.keys.cancel(job.as_str()), "60", "1"]).await;
    assert!(stream.dead_letters().replay(id).await.unwrap());
    assert!(!stream.dead_letters().replay(id).await.unwrap(), "replayed twice");
    let record = status(&stream, &job).await;
    assert_eq!(record.state, State::Queued);
    let flagged: bool = raw.run(&["EXISTS", &raw.keys.cancel(job.as_str())]).await;
    assert!(!flagged, "the cancel of the former life would end the new one");
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    assert_eq!(record.entry_id.as_deref(), Some(claim.entry_id()));
    let command = claim.decode().unwrap();
    assert_eq!((command.attempt, command.tenant.as_deref()), (1, Some("forest")));
    assert_eq!(finish(claim).await, Finished::Done);
    assert_eq!((raw.events().await, raw.dead().await.len()), (2, 0));
    raw.assert_drained().await;
}

#[tokio::test]
async fn of_many_replays_at_the_same_time_one_works() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let (_, id) = bury(&stream).await;
    let replays = (0..20).map(|_| {
        let stream = stream.clone();
        tokio::spawn(async move { stream.dead_letters().replay(id).await.unwrap() })
    });
    let worked = futures::future::join_all(replays).await;
    assert_eq!(worked.into_iter().filter(|worked| *worked.as_ref().unwrap()).count(), 1);
    assert_eq!(raw.backlog().await, 1);
}

#[tokio::test]
async fn letters_are_listed_in_pages_and_replayed_or_dropped_by_kind() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    for _ in 0..3 {
        bury(&stream).await;
    }
    let _: String =
        raw.run(&["XADD", &raw.keys.dead(), "*", "job", "x", "kind", "unknown", "raw.a", "b"]).await;
    let dead = stream.dead_letters();
    let first = dead.list(Some("pdf"), None, 2).await.unwrap();
    assert_eq!(first.len(), 2);
    assert_eq!(dead.list(Some("pdf"), Some(first[1].id), 2).await.unwrap().len(), 1);
    assert!(dead.drop(first[0].id).await.unwrap() && !dead.drop(first[0].id).await.unwrap());
    assert_eq!(dead.replay_all(Some("pdf")).await.unwrap(), 2);
    assert_eq!(dead.drop_all(None).await.unwrap(), 1);
    assert_eq!((raw.backlog().await, raw.dead().await.len()), (2, 0));
}

#[tokio::test]
async fn a_letter_that_is_no_command_is_replayed_as_it_was() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let _: String =
        raw.run(&["XADD", &raw.keys.commands(), "*", "job", "odd", "body", "rubbish", "extra", "1"]).await;
    let mut consumer = consumer(&stream, "a").await;
    let claim = next(&mut consumer).await;
    let record = claim.unreadable();
    assert_eq!(soon(claim.dead("no command", record)).await, Finished::Done);
    assert_eq!(stream.dead_letters().replay_all(None).await.unwrap(), 1);
    let mut fields = raw.entries().await.remove(0).1;
    fields.sort();
    let expected = [("body", "rubbish"), ("extra", "1"), ("job", "odd")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())));
}
