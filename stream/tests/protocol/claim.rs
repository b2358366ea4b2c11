//! Claims from their fetch to their end.

use std::collections::HashSet;
use std::time::Duration;

use deertrack_schemas::{Keys, State, StatusRecord};
use deertrack_stream::{Finished, Settings, Stream};
use deertrack_testkit::redis::Redis;
use futures::future::join_all;

use crate::support::*;

#[tokio::test]
async fn a_finished_job_has_a_terminal_status_one_event_and_no_entry() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    assert_eq!((claim.job_id(), claim.delivery()), (job.as_str(), 1));
    let entry_id = claim.entry_id().to_owned();
    assert_eq!(finish(claim).await, Finished::Done);

    let record = status(&stream, &job).await;
    assert_eq!(record.state, State::Completed);
    assert_eq!((record.deliveries, record.entry_id), (1, Some(entry_id)));
    assert!(record.completed_at.is_some() && record.artifact.is_some());
    let ttl: i64 = raw.run(&["TTL", &raw.keys.status(job.as_str())]).await;
    assert!((3590..=3600).contains(&ttl), "{ttl}");
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn two_consumers_share_two_hundred_jobs_and_each_is_done_once() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    stream.submit_many(&commands(200)).await.unwrap();
    let share = |host: &'static str| {
        let stream = stream.clone();
        tokio::spawn(async move {
            let mut consumer = consumer(&stream, host).await;
            let mut done = Vec::new();
            while let Ok(claims) = tokio::time::timeout(Duration::from_millis(500), consumer.next(7)).await {
                for claim in claims {
                    done.push(claim.job_id().to_owned());
                    assert_eq!(finish(claim).await, Finished::Done);
                }
            }
            consumer.stop().await;
            done
        })
    };
    let (a, b) = (share("a"), share("b"));
    let (a, b) = (a.await.unwrap(), b.await.unwrap());
    assert!(!a.is_empty() && !b.is_empty(), "one of the two did nothing");
    let all: HashSet<&String> = a.iter().chain(&b).collect();
    assert_eq!((a.len() + b.len(), all.len()), (200, 200));
    assert_eq!(raw.events().await, 200);
    raw.assert_drained().await;
}

#[tokio::test]
async fn of_jobs_that_end_together_far_apart_each_is_written_by_its_owner_alone() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let raw = Raw::connect(redis.url()).await;
    stream.submit_many(&commands(60)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let mut claims = Vec::new();
    while claims.len() < 60 {
        claims.extend(soon(consumer.next(60 - claims.len())).await);
    }
    raw.steal(claims[30].entry_id()).await;
    // One look of the script sees the first few of those between; it must ask for the others alone.
    let ends = [59, 30, 0].map(|index| claims.remove(index)).map(finish);
    assert_eq!(join_all(ends).await, [Finished::Done, Finished::Lost, Finished::Done]);
    assert_eq!(raw.events().await, 2);
    let ends = join_all(claims.into_iter().map(finish)).await;
    assert!(ends.iter().all(|end| *end == Finished::Done), "{ends:?}");
    assert_eq!((raw.events().await, raw.pending().await.len()), (59, 1));
}

#[tokio::test]
async fn an_end_in_an_earlier_delivery_to_the_same_consumer_writes_nothing() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    submit(&stream).await;
    let claim = next(&mut consumer).await;
    // As if its lease had passed and it had taken the entry over from itself.
    let again = ["XCLAIM", &raw.keys.commands(), Keys::GROUP, consumer.name(), "0", claim.entry_id()];
    let _: Vec<String> = raw.run(&[&again[..], &["RETRYCOUNT", "2", "JUSTID"]].concat()).await;
    assert_eq!(finish(claim).await, Finished::Lost);
    assert_eq!((raw.events().await, raw.backlog().await), (0, 1));
}

#[tokio::test]
async fn next_gives_no_more_than_its_slots_and_the_rest_stays_in_the_stream() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    stream.submit_many(&commands(5)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let claims = soon(consumer.next(2)).await;
    assert_eq!(claims.len(), 2);
    assert_eq!(raw.pending().await.len(), 2);
}

#[tokio::test]
async fn what_a_dropped_next_was_about_to_get_comes_with_the_following_one() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    // Polled long enough to have a read blocked in Redis, then dropped.
    let dropped = tokio::time::timeout(Duration::from_millis(100), consumer.next(1)).await;
    assert!(dropped.is_err());
    let job = submit(&stream).await;
    until(async || raw.pending().await.len() == 1).await;
    let claim = next(&mut consumer).await;
    assert_eq!((claim.job_id(), claim.delivery()), (job.as_str(), 1));
    assert_eq!(finish(claim).await, Finished::Done);
}

#[tokio::test]
async fn what_nobody_takes_is_handed_back_and_no_delivery_is_counted() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut first = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(50), first.next(1)).await.is_err());
    submit(&stream).await;
    until(async || raw.pending().await.iter().any(|(_, _, _, deliveries)| *deliveries == 0)).await;
    let mut second = consumer(&stream, "b").await;
    let claim = next(&mut second).await;
    assert_eq!(claim.delivery(), 1);
    assert_eq!(finish(claim).await, Finished::Done);
}

#[tokio::test]
async fn stopping_hands_back_what_was_read_and_not_taken() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut first = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(50), first.next(1)).await.is_err());
    submit(&stream).await;
    until(async || raw.pending().await.len() == 1).await;
    soon(first.stop()).await;
    let mut second = consumer(&stream, "b").await;
    let claim = next(&mut second).await;
    assert_eq!(claim.delivery(), 1, "handing back costs no delivery");
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_blocked_read_to_end() {
    let redis = Redis::start().await;
    let stream = Stream::connect(Settings { block: PATIENCE, ..redis.settings() }).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(200), consumer.next(1)).await.is_err());
    let start = std::time::Instant::now();
    soon(consumer.stop()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_claim_that_was_taken_can_be_finished_while_its_consumer_stops() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    soon(consumer.stop_reading()).await;
    assert_eq!(finish(claim).await, Finished::Done);
    soon(consumer.stop()).await;
    assert_eq!(status(&stream, &job).await.state, State::Completed);
}

#[tokio::test]
async fn a_released_entry_is_taken_by_the_next_sweep_in_the_same_delivery() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut first = consumer(&stream, "a").await;
    submit(&stream).await;
    let claim = next(&mut first).await;
    assert_eq!(soon(claim.release()).await, Finished::Done);
    let mut second = consumer(&stream, "b").await;
    let claim = next(&mut second).await;
    assert_eq!(claim.delivery(), 1);
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn an_entry_delivered_too_often_goes_to_the_dead_letters_without_being_run() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let job = submit(&stream).await;
    let mut consumer = consumer(&stream, "a").await;
    for delivery in 1..=3 {
        let claim = next(&mut consumer).await;
        assert_eq!(claim.delivery(), delivery);
        drop(claim); // as if its owner had died
    }
    let ran = tokio::select! {
        _ = consumer.next(1) => true,
        () = until(async || raw.dead().await.len() == 1) => false,
    };
    assert!(!ran, "it was delivered a fourth time to be run");
    let letter = &raw.dead().await[0];
    assert_eq!(letter["job"], job.as_str().as_bytes());
    assert_eq!(letter["reason"], b"delivered 3 times without an end");
    assert!(letter.contains_key("raw.body"));
    assert_eq!(status(&stream, &job).await.state, State::Dead);
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn an_entry_whose_job_has_ended_is_dropped_without_a_second_event() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    let command = command();
    stream.submit(&command).await.unwrap();
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    let body = deertrack_schemas::wire::encode(&command).unwrap();
    let _: String = redis::cmd("XADD")
        .arg(raw.keys.commands())
        .arg("*")
        .arg("job")
        .arg(command.job_id.as_str())
        .arg("body")
        .arg(body)
        .query_async(&mut raw.connection.clone())
        .await
        .unwrap();
    let again = next(&mut consumer).await;
    let ended: StatusRecord = again.already_ended().await.unwrap().expect("it has ended before");
    assert_eq!(ended.state, State::Completed);
    assert_eq!(soon(again.discard()).await, Finished::Done);
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}
