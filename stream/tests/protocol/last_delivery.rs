//! Entries in their last permitted delivery: what died together is not tried together to its end.

use std::time::Duration;

use deertrack_schemas::{JobId, Keys};
use deertrack_stream::{Claim, Consumer, Finished, Settings, Stream};
use deertrack_testkit::redis::Redis;

use crate::support::*;

/// More than any test here has to give.
const SLOTS: usize = 8;

/// Leases that end within a test, but not while it looks.
fn paced(url: &str) -> Settings {
    Settings::new(url).paced(Duration::from_secs(1))
}

/// That so much time brings no claim: several looks around.
async fn comes_nothing(consumer: &mut Consumer) {
    let came = tokio::time::timeout(Duration::from_millis(700), consumer.next(SLOTS)).await;
    assert!(came.is_err(), "{} claims came", came.unwrap().len());
}

/// Claims until there are so many.
async fn some(consumer: &mut Consumer, count: usize) -> Vec<Claim> {
    let mut claims = Vec::new();
    while claims.len() < count {
        claims.append(&mut soon(consumer.next(SLOTS)).await);
    }
    claims
}

/// Runs, so that it keeps its lease.
fn held(mut claim: Claim) -> Claim {
    let record = running(&claim);
    let _ = claim.run(record);
    claim
}

/// A consumer that has a job at work.
async fn at_work(settings: Settings) -> (Stream, Raw, Consumer, Claim) {
    let raw = Raw::connect(&settings.url).await;
    let stream = Stream::connect(settings).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    submit(&stream).await;
    let busy = held(next(&mut consumer).await);
    (stream, raw, consumer, busy)
}

impl Raw {
    /// Submits a job and lets it be in the hands of `consumer`, idle for `idle_ms`, after so many deliveries.
    async fn left_by(&self, stream: &Stream, consumer: &str, idle_ms: &str, deliveries: &str) -> JobId {
        let (commands, job) = (self.keys.commands(), submit(stream).await);
        let (id, _) = self.entries().await.pop().unwrap();
        let read = ["XREADGROUP", "GROUP", Keys::GROUP, consumer, "STREAMS", &commands, ">"];
        let _: redis::Value = self.run(&read).await;
        let claim = ["XCLAIM", &commands, Keys::GROUP, consumer, "0", &id];
        let claim = [&claim[..], &["IDLE", idle_ms, "RETRYCOUNT", deliveries, "JUSTID"]].concat();
        let _: Vec<String> = self.run(&claim).await;
        job
    }
}

#[tokio::test]
async fn jobs_whose_worker_died_twice_get_their_last_delivery_one_at_a_time() {
    let redis = Redis::start().await;
    let stream = Stream::connect(paced(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    stream.submit_many(&commands(3)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    for delivery in 1..=2 {
        let together = some(&mut consumer, 3).await;
        assert!(together.iter().all(|claim| claim.delivery() == delivery));
        drop(together); // as if their owner had died
    }
    for _ in 0..3 {
        let mut alone = soon(consumer.next(SLOTS)).await;
        assert_eq!((alone.len(), alone[0].delivery()), (1, 3));
        let claim = held(alone.remove(0));
        comes_nothing(&mut consumer).await;
        assert_eq!(finish(claim).await, Finished::Done);
    }
    assert!(raw.dead().await.is_empty());
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_last_delivery_is_counted_only_when_nothing_else_is_at_work() {
    let redis = Redis::start().await;
    let (stream, raw, mut consumer, busy) = at_work(paced(redis.url())).await;
    let suspect = raw.left_by(&stream, "vanished", "60000", "2").await;
    comes_nothing(&mut consumer).await;
    let fresh = submit(&stream).await;
    comes_nothing(&mut consumer).await; // what is new stays where it is
    let waits = raw.pending().await.into_iter().find(|(_, owner, ..)| owner == "vanished");
    assert_eq!(waits.map(|(.., deliveries)| deliveries), Some(2), "not counted while it waits");

    assert_eq!(finish(busy).await, Finished::Done);
    let mut alone = soon(consumer.next(SLOTS)).await;
    assert_eq!((alone.len(), alone[0].job_id(), alone[0].delivery()), (1, suspect.as_str(), 3));
    let alone = held(alone.remove(0));
    comes_nothing(&mut consumer).await;
    assert_eq!(finish(alone).await, Finished::Done);
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), fresh.as_str());
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_busy_worker_goes_on_when_an_idle_one_has_taken_the_last_delivery() {
    let redis = Redis::start().await;
    let (stream, raw, mut busy, _work) = at_work(paced(redis.url())).await;
    let suspect = raw.left_by(&stream, "vanished", "60000", "2").await;
    comes_nothing(&mut busy).await;
    let mut idle = consumer(&stream, "idle").await;
    let claim = held(next(&mut idle).await);
    assert_eq!((claim.job_id(), claim.delivery()), (suspect.as_str(), 3));
    let fresh = submit(&stream).await;
    let other = next(&mut busy).await;
    assert_eq!(other.job_id(), fresh.as_str());
}

#[tokio::test]
async fn a_last_delivery_whose_reply_was_lost_keeps_its_lease_until_nothing_else_is_at_work() {
    let redis = Redis::start().await;
    let (stream, raw, mut consumer, busy) = at_work(paced(redis.url())).await;
    let name = consumer.name().to_owned();
    let suspect = raw.left_by(&stream, &name, "0", "3").await;
    for _ in 0..3 {
        comes_nothing(&mut consumer).await;
    }
    assert_eq!(finish(busy).await, Finished::Done);
    let claim = next(&mut consumer).await;
    assert_eq!((claim.job_id(), claim.delivery()), (suspect.as_str(), 3));
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_stopping_worker_that_waits_for_a_last_delivery_stops_at_once() {
    let redis = Redis::start().await;
    let (stream, raw, mut consumer, busy) = at_work(Settings { block: PATIENCE, ..paced(redis.url()) }).await;
    raw.left_by(&stream, "vanished", "60000", "2").await;
    comes_nothing(&mut consumer).await;
    let start = std::time::Instant::now();
    soon(consumer.stop_reading()).await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(finish(busy).await, Finished::Done);
    let waits = raw.pending().await;
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].3, 2, "not counted");
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_its_last_delivery_waits_is_told_when_it_runs() {
    let redis = Redis::start().await;
    let (stream, raw, mut consumer, busy) = at_work(paced(redis.url())).await;
    let suspect = raw.left_by(&stream, "vanished", "60000", "2").await;
    comes_nothing(&mut consumer).await;
    stream.cancel(suspect.as_str()).await.unwrap();
    assert_eq!(finish(busy).await, Finished::Done);
    let mut claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), suspect.as_str());
    let record = running(&claim);
    soon(claim.run(record).cancelled().cancelled()).await;
}
