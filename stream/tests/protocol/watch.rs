//! Completion events, followed and resumed.

use deertrack_schemas::{JobId, State};
use deertrack_stream::{EventId, Finished, Stream, Watch, WatchFrom, Watched};
use deertrack_testkit::redis::Redis;

use crate::support::*;

/// Runs one job to its end.
async fn one(stream: &Stream) -> JobId {
    let mut consumer = consumer(stream, "a").await;
    let job = submit(stream).await;
    assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
    consumer.stop().await;
    job
}

async fn event(watch: &mut Watch) -> (EventId, u64, JobId) {
    match soon(watch.next()).await.unwrap() {
        Watched::Event { id, event } => {
            assert_eq!(event.record.state, State::Completed);
            (id, event.n, event.record.job_id)
        }
        other => panic!("no event: {other:?}"),
    }
}

#[tokio::test]
async fn a_watcher_sees_every_event_behind_its_start_in_order() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    let first = one(&stream).await;
    let mut now = stream.watch(WatchFrom::Now).await.unwrap();
    let second = one(&stream).await;
    let (id, n, job) = event(&mut now).await;
    assert_eq!((n, job), (2, second.clone()));

    let mut start = stream.watch(WatchFrom::Start).await.unwrap();
    assert_eq!(event(&mut start).await.2, first);
    assert_eq!(event(&mut start).await.2, second);

    let third = one(&stream).await;
    let mut resumed = stream.watch(WatchFrom::After(id)).await.unwrap();
    assert_eq!(event(&mut resumed).await.2, third);
}

#[tokio::test]
async fn a_watcher_is_told_that_events_were_trimmed() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    one(&stream).await;
    let mut watch = stream.watch(WatchFrom::Start).await.unwrap();
    let (id, ..) = event(&mut watch).await;
    drop(watch);
    one(&stream).await;
    one(&stream).await;
    let _: i64 = raw.run(&["XTRIM", &raw.keys.events(), "MAXLEN", "1"]).await;
    let mut watch = stream.watch(WatchFrom::After(id)).await.unwrap();
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 0, found: 3 }), "{lagged:?}");
    assert_eq!(event(&mut watch).await.1, 3);
}

#[tokio::test]
async fn a_watcher_is_told_of_a_hole_in_the_numbers() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    let _: i64 = raw.run(&["INCRBY", &raw.keys.event_seq(), "3"]).await;
    one(&stream).await;
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 2, found: 5 }), "{lagged:?}");
    assert_eq!(event(&mut watch).await.1, 5);
}

#[tokio::test]
async fn a_watcher_is_told_that_redis_lost_data() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    one(&stream).await;
    event(&mut watch).await;
    let (id, ..) = event(&mut watch).await;
    let _: String = raw.run(&["FLUSHALL"]).await;
    let mut resumed = stream.watch(WatchFrom::After(id)).await.unwrap();
    one(&stream).await;
    for watch in [&mut watch, &mut resumed] {
        let reset = soon(watch.next()).await.unwrap();
        assert!(matches!(reset, Watched::Reset { found: 1, .. }), "{reset:?}");
        assert_eq!(event(watch).await.1, 1);
    }
}

/// The clock behind the events runs so many hours ahead from now on, as another host's may.
async fn clock_runs_ahead(raw: &Raw, hours: u64) {
    let (seconds, _): (u64, u64) = raw.run(&["TIME"]).await;
    let ahead = format!("{}-0", (seconds + 3600 * hours) * 1000);
    let _: String = raw.run(&["XSETID", &raw.keys.events(), &ahead]).await;
}

/// What a failover to a replica that was behind does: the same connection, an older state.
struct Replica {
    seq: String,
}

impl Replica {
    const EVENTS: &str = "{exports}:replica";

    async fn of(raw: &Raw) -> Self {
        let _: u8 = raw.run(&["COPY", &raw.keys.events(), Self::EVENTS, "REPLACE"]).await;
        Self { seq: raw.run(&["GET", &raw.keys.event_seq()]).await }
    }

    async fn takes_over(self, raw: &Raw) {
        let mut both = redis::pipe();
        both.atomic().cmd("COPY").arg(Self::EVENTS).arg(raw.keys.events()).arg("REPLACE");
        both.set(raw.keys.event_seq(), self.seq);
        let _: (u8, String) = both.query_async(&mut raw.connection.clone()).await.unwrap();
    }
}

async fn reset(watch: &mut Watch) -> (u64, u64) {
    match soon(watch.next()).await.unwrap() {
        Watched::Reset { expected, found, .. } => (expected, found),
        other => panic!("no reset: {other:?}"),
    }
}

#[tokio::test]
async fn a_watcher_ahead_of_all_ids_that_are_left_notices_and_misses_nothing() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    for n in 1..=2 {
        one(&stream).await;
        assert_eq!(event(&mut watch).await.1, n);
    }
    // The first place it remembers was trimmed, which is no loss.
    let _: i64 = raw.run(&["XTRIM", &raw.keys.events(), "MAXLEN", "1"]).await;
    let replica = Replica::of(&raw).await;
    clock_runs_ahead(&raw, 1).await;
    for n in 3..=4 {
        one(&stream).await;
        assert_eq!(event(&mut watch).await.1, n);
    }
    replica.takes_over(&raw).await;
    // It idles: no connection breaks, no event comes.
    assert_eq!(reset(&mut watch).await, (5, 3));
    let jobs = [one(&stream).await, one(&stream).await, one(&stream).await];
    for (n, job) in (3..).zip(jobs) {
        let (_, found, seen) = event(&mut watch).await;
        assert_eq!((found, seen), (n, job));
    }
}

#[tokio::test]
async fn a_watcher_finds_events_with_smaller_ids_when_the_power_is_cut() {
    let mut redis = Redis::durable().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    assert_eq!(event(&mut watch).await.1, 1);
    until(async || !raw.run::<String>(&["INFO", "persistence"]).await.contains("rewrite_in_progress:1"))
        .await;
    let (file, length) = newest_file(redis.dir());
    clock_runs_ahead(&raw, 1).await;
    for n in 2..=4 {
        one(&stream).await;
        assert_eq!(event(&mut watch).await.1, n);
    }
    redis.server.kill().await.unwrap();
    std::fs::File::options().write(true).open(file).unwrap().set_len(length).unwrap();
    redis.server.restart().await.unwrap();
    until(async || stream.ping().await.is_ok()).await;
    // As many as were forgotten and one more, before the watcher may be back: no number is missing behind its own.
    let again = [one(&stream).await, one(&stream).await, one(&stream).await, one(&stream).await];
    assert_eq!(reset(&mut watch).await, (5, 2));
    for (n, job) in (2..).zip(again) {
        let (_, found, seen) = event(&mut watch).await;
        assert_eq!((found, seen), (n, job));
    }
}

/// The file that Redis appends to, and its length.
fn newest_file(dir: &std::path::Path) -> (std::path::PathBuf, u64) {
    let files = std::fs::read_dir(dir.join("appendonlydir")).unwrap().map(|file| file.unwrap());
    let newest = files
        .filter(|file| file.file_name().to_string_lossy().ends_with(".incr.aof"))
        .max_by_key(|file| file.metadata().unwrap().modified().unwrap())
        .unwrap();
    (newest.path(), newest.metadata().unwrap().len())
}

#[tokio::test]
async fn who_resumes_behind_an_event_that_redis_forgot_is_told_all_that_is_left() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let kept = one(&stream).await;
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    let replica = Replica::of(&raw).await;
    clock_runs_ahead(&raw, 1).await;
    one(&stream).await;
    let (forgotten, ..) = event(&mut watch).await;
    drop(watch);
    replica.takes_over(&raw).await;
    let smaller = one(&stream).await;
    let mut ahead = stream.watch(WatchFrom::After(forgotten)).await.unwrap();
    assert_eq!(reset(&mut ahead).await, (0, 1));
    for job in [&kept, &smaller] {
        assert_eq!(event(&mut ahead).await.2, *job);
    }
    // The clock has passed the forgotten id: it is not the newest any more, and the same holds.
    clock_runs_ahead(&raw, 2).await;
    let greater = one(&stream).await;
    let mut passed = stream.watch(WatchFrom::After(forgotten)).await.unwrap();
    assert_eq!(reset(&mut passed).await, (0, 1));
    for job in [&kept, &smaller, &greater] {
        assert_eq!(event(&mut passed).await.2, *job);
    }
}

#[tokio::test]
async fn a_watcher_whose_events_were_all_trimmed_is_told_of_no_reset() {
    let redis = Redis::start().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let raw = Raw::connect(redis.url()).await;
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    let _: i64 = raw.run(&["XTRIM", &raw.keys.events(), "MAXLEN", "0"]).await;
    let _: String = raw.run(&["CONFIG", "RESETSTAT"]).await;
    until(async || raw.run::<String>(&["INFO", "commandstats"]).await.contains("cmdstat_xinfo|stream")).await;
    one(&stream).await;
    assert_eq!(event(&mut watch).await.1, 2);
}

#[tokio::test]
async fn a_watcher_survives_a_restart_of_redis() {
    let mut redis = Redis::durable().await;
    let stream = Stream::connect(hasty(redis.url())).await.unwrap();
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    redis.server.kill().await.unwrap();
    redis.server.restart().await.unwrap();
    until(async || stream.ping().await.is_ok()).await;
    one(&stream).await;
    assert_eq!(event(&mut watch).await.1, 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_told_as_a_gap() {
    let redis = Redis::start().await;
    let (stream, raw) = (redis.stream().await, Raw::connect(redis.url()).await);
    let mut watch = stream.watch(WatchFrom::Now).await.unwrap();
    one(&stream).await;
    event(&mut watch).await;
    let _: i64 = raw.run(&["INCR", &raw.keys.event_seq()]).await;
    let _: String = raw.run(&["XADD", &raw.keys.events(), "*", "n", "2", "body", "rubbish"]).await;
    one(&stream).await;
    let lagged = soon(watch.next()).await.unwrap();
    assert!(matches!(lagged, Watched::Lagged { expected: 2, found: 3 }), "{lagged:?}");
}
