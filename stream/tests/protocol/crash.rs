//! The rows of the crash table that are this crate's; the README names the test of each.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use deertrack_schemas::{Keys, State};
use deertrack_stream::{Finished, Stream, StreamError, Submitted};
use deertrack_testkit::proxy::Proxy;
use deertrack_testkit::redis::Redis;

use crate::support::*;

#[tokio::test]
async fn a_submit_whose_reply_was_lost_is_repeated_without_a_second_job() {
    let redis = Redis::start().await;
    let raw = Raw::connect(redis.url()).await;
    let proxy = Proxy::start(redis.url()).await;
    let stream = Stream::connect(hasty(proxy.url())).await.unwrap();
    let command = command();
    proxy.swallow();
    let first = tokio::spawn({
        let (stream, command) = (stream.clone(), command.clone());
        async move { stream.submit(&command).await }
    });
    until(async || raw.backlog().await == 1).await;
    proxy.cut();
    assert!(matches!(first.await.unwrap(), Err(StreamError::Unreachable(_))));
    assert_eq!(stream.submit(&command).await.unwrap(), Submitted::Existing(command.job_id.clone()));
    assert_eq!(raw.backlog().await, 1);
}

#[tokio::test]
async fn an_entry_whose_read_was_answered_to_nobody_is_found_again_in_its_first_delivery() {
    let redis = Redis::start().await;
    let (direct, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let proxy = Proxy::start(redis.url()).await;
    let stream = Stream::connect(redis_through(&proxy)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(100), consumer.next(1)).await.is_err());
    proxy.swallow();
    let job = submit(&direct).await;
    until(async || raw.pending().await.len() == 1).await;
    proxy.cut();
    let cut = Instant::now();
    let claim = next(&mut consumer).await;
    assert!(cut.elapsed() <= Duration::from_secs(5), "found after {:?}", cut.elapsed());
    assert_eq!((claim.job_id(), claim.delivery()), (job.as_str(), 1));
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

/// Default lease, so that only the search for strays can find what was lost.
fn redis_through(proxy: &Proxy) -> deertrack_stream::Settings {
    deertrack_stream::Settings::new(proxy.url())
}

#[tokio::test]
async fn a_finish_whose_reply_was_lost_is_done_with_one_event() {
    let redis = Redis::start().await;
    let (direct, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let proxy = Proxy::start(redis.url()).await;
    let stream = Stream::connect(redis_through(&proxy)).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let job = submit(&direct).await;
    let claim = next(&mut consumer).await;
    proxy.swallow();
    let finished = tokio::spawn(finish(claim));
    until(async || raw.events().await == 1).await;
    proxy.cut();
    assert_eq!(soon(finished).await.unwrap(), Finished::Done);
    assert_eq!(status(&direct, &job).await.state, State::Completed);
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_job_whose_owner_died_is_run_again_by_another() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut victim = consumer(&stream, "victim").await;
    let job = submit(&stream).await;
    let mut claim = next(&mut victim).await;
    let record = running(&claim);
    let _run = claim.run(record);
    drop(victim); // its reader and beat are gone at once
    let mut heir = consumer(&stream, "heir").await;
    let again = next(&mut heir).await;
    assert_eq!((again.job_id(), again.delivery()), (job.as_str(), 2));
    assert_eq!(finish(again).await, Finished::Done);
    assert_eq!(finish(claim).await, Finished::Lost);
    assert_eq!(status(&stream, &job).await.deliveries, 2);
    assert_eq!(raw.events().await, 1);
    raw.assert_drained().await;
}

#[tokio::test]
async fn an_owner_that_was_paused_for_longer_than_its_lease_writes_nothing() {
    let redis = Redis::start().await;
    let url = redis.url().to_owned();
    let stream = Stream::connect(hasty(&url)).await.unwrap();
    let raw = Raw::connect(&url).await;
    let job = submit(&stream).await;
    let (resume, paused) = mpsc::channel::<()>();
    let (says_claimed, claimed) = tokio::sync::oneshot::channel();
    // A runtime of its own with one thread: blocking that thread stops its beat too, as SIGSTOP would.
    let owner = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let stream = Stream::connect(hasty(&url)).await.unwrap();
            let mut consumer = consumer(&stream, "paused").await;
            let mut claim = next(&mut consumer).await;
            let record = running(&claim);
            let run = claim.run(record);
            says_claimed.send(()).unwrap();
            paused.recv().unwrap();
            soon(run.lost().cancelled()).await;
            finish(claim).await
        })
    });
    claimed.await.unwrap();
    let mut heir = consumer(&stream, "heir").await;
    let claim = next(&mut heir).await;
    assert_eq!(claim.delivery(), 2);
    resume.send(()).unwrap();
    let result = tokio::task::spawn_blocking(|| owner.join().unwrap()).await.unwrap();
    assert_eq!(result, Finished::Lost);
    assert_eq!(raw.events().await, 0, "the stale owner wrote an event");
    assert_eq!(finish(claim).await, Finished::Done);
    assert_eq!(status(&stream, &job).await.deliveries, 2);
    assert_eq!(raw.events().await, 1);
}

#[tokio::test]
async fn a_lost_claim_writes_nothing() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    stream.submit_many(&commands(4)).await.unwrap();
    let mut claims = soon(consumer.next(4)).await;
    for claim in &claims {
        raw.steal(claim.entry_id()).await;
    }
    let before: Vec<u8> = stream.status_text(claims[0].job_id()).await.unwrap().unwrap();
    let job = claims[0].job_id().to_owned();
    assert_eq!(finish(claims.remove(0)).await, Finished::Lost);
    let record = running(&claims[0]);
    assert_eq!(soon(claims.remove(0).dead("reason", record)).await, Finished::Lost);
    assert_eq!(soon(claims.remove(0).release()).await, Finished::Lost);
    assert_eq!(soon(claims.remove(0).discard()).await, Finished::Lost);
    assert_eq!(stream.status_text(&job).await.unwrap(), Some(before));
    assert_eq!((raw.events().await, raw.dead().await.len(), raw.backlog().await), (0, 0, 4));
}

#[tokio::test]
async fn after_a_flush_running_jobs_are_lost_and_the_same_consumer_goes_on() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    submit(&stream).await;
    let mut claim = next(&mut consumer).await;
    let record = running(&claim);
    let run = claim.run(record);
    let waiting = tokio::spawn(async move {
        let claim = next(&mut consumer).await;
        (consumer, claim)
    });
    let _: String = raw.run(&["FLUSHALL"]).await;
    soon(run.lost().cancelled()).await;
    assert_eq!(finish(claim).await, Finished::Lost);
    let job = submit(&stream).await;
    let (_consumer, claim) = soon(waiting).await.unwrap();
    assert_eq!(claim.job_id(), job.as_str());
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_group_that_is_gone_is_made_again_and_nothing_is_skipped() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut consumer = consumer(&stream, "a").await;
    let _: i64 = raw.run(&["XGROUP", "DESTROY", &raw.keys.commands(), Keys::GROUP]).await;
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), job.as_str());
    // Made again while the claim is held: the entry is given out again, and this process knows that it holds it.
    let _: i64 = raw.run(&["XGROUP", "DESTROY", &raw.keys.commands(), Keys::GROUP]).await;
    let other = submit(&stream).await;
    let next_claim = next(&mut consumer).await;
    assert_eq!(next_claim.job_id(), other.as_str());
    assert_eq!(finish(next_claim).await, Finished::Done);
    assert_eq!(finish(claim).await, Finished::Done);
    raw.assert_drained().await;
}

#[tokio::test]
async fn killed_connections_are_made_again() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut consumer = consumer(&stream, "a").await;
    for _ in 0..5 {
        assert!(tokio::time::timeout(Duration::from_millis(50), consumer.next(1)).await.is_err());
        let _: i64 = raw.run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        let command = command();
        // The first use of a killed connection fails; the same job again is harmless.
        let mut submitted = stream.submit(&command).await;
        while submitted.is_err() {
            submitted = stream.submit(&command).await;
        }
        let claim = next(&mut consumer).await;
        assert_eq!(claim.job_id(), command.job_id.as_str());
        let _: i64 = raw.run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        assert_eq!(finish(claim).await, Finished::Done);
    }
    raw.assert_drained().await;
}

#[tokio::test]
async fn work_goes_on_after_redis_was_killed_and_restarted() {
    let mut redis = Redis::durable().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let jobs = [submit(&stream).await, submit(&stream).await];
    let claim = next(&mut consumer).await;
    redis.server.kill().await.unwrap();
    let refused = stream.submit(&command()).await.unwrap_err();
    assert!(matches!(refused, StreamError::Unreachable(_)), "{refused}");
    // The job ends while Redis is away: its end waits.
    let ended = tokio::spawn(finish(claim));
    redis.server.restart().await.unwrap();
    assert_eq!(soon(ended).await.unwrap(), Finished::Done);
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    for job in jobs {
        assert_eq!(status(&stream, &job).await.state, State::Completed);
    }
    let raw = Raw::connect(redis.url()).await;
    assert_eq!(raw.events().await, 2);
    raw.assert_drained().await;
}

#[tokio::test]
async fn a_reader_on_a_connection_that_fell_silent_is_started_again() {
    let mut redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    assert!(tokio::time::timeout(Duration::from_millis(50), consumer.next(1)).await.is_err());
    redis.server.signal("STOP").unwrap();
    // Longer than the watchdog's patience of three BLOCKs, at least a second.
    assert!(tokio::time::timeout(Duration::from_millis(1500), consumer.next(1)).await.is_err());
    redis.server.signal("CONT").unwrap();
    let job = submit(&stream).await;
    let claim = next(&mut consumer).await;
    assert_eq!(claim.job_id(), job.as_str());
    assert_eq!(finish(claim).await, Finished::Done);
}
