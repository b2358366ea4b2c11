//! The same protocol on a service whose master the Sentinels tell.

use std::time::Duration;

use deertrack_schemas::JobId;
use deertrack_stream::{Consumer, Durability, Finished, Settings, Stream, StreamError, WatchFrom, Watched};
use deertrack_testkit::ports::free_ports;
use deertrack_testkit::redis::Redis;
use deertrack_testkit::sentinel::{SERVICE, Watched as Service};

use crate::support::*;

/// A submit that waits for the replica is lost by no failover.
fn sure(url: &str) -> Settings {
    let durability = Durability::Replicated { replicas: 1, within: Duration::from_secs(5) };
    Settings { durability, ..hasty(url) }
}

/// Finishes what comes until each of these jobs was told by an event.
async fn work_off(consumer: &mut Consumer, events: &mut deertrack_stream::Watch, mut jobs: Vec<JobId>) {
    soon(async {
        while !jobs.is_empty() {
            tokio::select! {
                claims = consumer.next(1) => {
                    for claim in claims {
                        finish(claim).await;
                    }
                }
                told = events.next() => {
                    if let Watched::Event { event, .. } = told.unwrap() {
                        jobs.retain(|job| *job != event.record.job_id);
                    }
                }
            }
        }
    })
    .await;
}

async fn refused(url: &str) -> String {
    match Stream::connect(Settings::new(url)).await.err() {
        Some(StreamError::Unfit(why)) => why,
        other => panic!("{url}: not refused in words: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_a_watcher_go_on_after_failovers_asked_for_or_not_and_nothing_is_lost() {
    let mut service = Service::start(true, &[]).await;
    let stream = Stream::connect(sure(&service.url())).await.unwrap();
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let mut jobs = vec![submit_at_last(&stream).await];
    work_off(&mut consumer, &mut events, jobs.split_off(0)).await;

    jobs.push(submit_at_last(&stream).await);
    let held = next(&mut consumer).await;
    service.fail_over().await;
    jobs.push(submit_at_last(&stream).await);
    service.led_by(1).await;
    jobs.push(submit_at_last(&stream).await);
    // What was claimed at the old master is a claim at the new one; its end waits until that is one.
    assert!(matches!(finish(held).await, Finished::Done | Finished::Lost));
    work_off(&mut consumer, &mut events, jobs.split_off(0)).await;
    service.settled(1).await;

    let waits = submit_at_last(&stream).await;
    service.server(1).server.kill().await.unwrap();
    service.led_by(0).await;
    // Its replica is gone, so no submit can be sure; one that is not asked to be is taken.
    let fast = Stream::connect(hasty(&service.url())).await.unwrap();
    let after = submit_at_last(&fast).await;
    work_off(&mut consumer, &mut events, vec![waits, after]).await;
    service.server(1).server.restart().await.unwrap();
    service.settled(0).await;
    let last = submit_at_last(&stream).await;
    work_off(&mut consumer, &mut events, vec![last]).await;
    assert_eq!(stream.counts().await.unwrap().backlog, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_master_is_left_as_soon_as_a_sentinel_tells_of_another() {
    let service = Service::start(false, &[]).await;
    // Nobody looks by himself.
    let hearing = Settings { look_after_master: Duration::from_secs(600), ..hasty(&service.url()) };
    let stream = Stream::connect(hearing).await.unwrap();
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    until(async || {
        (0..3).all(|number| {
            service.sentinel(number).ask(&["CLIENT", "LIST", "TYPE", "pubsub"]).contains("sub=2")
        })
    })
    .await;
    service.fail_over().await;
    service.led_by(1).await;
    let told = std::time::Instant::now();
    let job = soon(async {
        loop {
            let job = submit_at_last(&stream).await;
            if service.ask(1, &["EXISTS", &format!("export_job:{job}")]) == "1" {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(told.elapsed() < Duration::from_secs(5), "Sentinels make the old one a replica after 8 s");
    assert!(service.ask(0, &["ROLE"]).starts_with("master"), "it is one still, and yet was left");
    work_off(&mut consumer, &mut events, vec![job]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_master_that_was_cut_off_is_left_by_readers_and_callers_alike() {
    let service = Service::start(false, &[]).await;
    service.fail_over().await;
    service.led_by(1).await;
    // The Sentinels forget the old master before they make it a replica, so it goes on as one that is cut off: it takes
    // what it is told. One Sentinel is cut off with it, and it is the one that is asked first.
    for number in 0..3 {
        service.sentinel(number).ask(&["SENTINEL", "RESET", SERVICE]);
    }
    service.sentinel(0).ask(&["SENTINEL", "REMOVE", SERVICE]);
    let old = service.port(0).to_string();
    assert_eq!(service.sentinel(0).ask(&["SENTINEL", "MONITOR", SERVICE, "127.0.0.1", &old, "3"]), "OK");
    assert!(service.ask(0, &["ROLE"]).starts_with("master"), "it was made a replica before the reset");

    let attentive = Settings { look_after_master: Duration::from_secs(2), ..hasty(&service.url()) };
    let stream = Stream::connect(attentive).await.unwrap();
    let mut events = stream.watch(WatchFrom::Now).await.unwrap();
    let mut consumer = consumer(&stream, "a").await;
    let at_first = submit(&stream).await;
    assert_eq!(
        service.ask(0, &["EXISTS", &format!("export_job:{at_first}")]),
        "1",
        "all begin at the old one"
    );
    let job = soon(async {
        loop {
            let job = submit(&stream).await;
            if service.ask(1, &["EXISTS", &format!("export_job:{job}")]) == "1" {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // Worker and watcher have left it, too: the one takes, and the other is told of, a job that it does not know.
    assert_eq!(service.ask(0, &["EXISTS", &format!("export_job:{job}")]), "0");
    work_off(&mut consumer, &mut events, vec![job]).await;
    assert!(service.ask(0, &["ROLE"]).starts_with("master"), "it never was told: only we have left");
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_are_asked_one_after_the_other_and_what_they_do_not_know_is_told() {
    let service = Service::start(false, &[]).await;
    let at = |number: usize| format!("127.0.0.1:{}", service.sentinel(number).port());
    let [nobody] = free_ports();
    let stream = Stream::connect(hasty(&format!("redis-sentinel://127.0.0.1:{nobody},{}/{SERVICE}", at(1))))
        .await
        .unwrap();
    submit(&stream).await;

    let why = refused(&format!("redis-sentinel://127.0.0.1:{nobody},{}/tasks", at(0))).await;
    assert!(why.contains("watches no service named \"tasks\", but these: jobs"), "{why}");
    let plain = Redis::with(false, &[("port", &nobody.to_string())]).await;
    let why = refused(&format!("redis-sentinel://127.0.0.1:{nobody}/{SERVICE}")).await;
    assert!(why.contains("is no Sentinel: ask it by redis://"), "{why}");
    drop(plain);
    let why = refused(&format!("redis://{}", at(0))).await;
    assert!(why.contains("this is a Sentinel") && why.contains("redis-sentinel://"), "{why}");

    service.sentinel(2).ask(&["ACL", "SETUSER", "default", "resetpass", ">quiet please"]);
    let why = refused(&format!("redis-sentinel://{}/{SERVICE}", at(2))).await;
    assert!(why.contains("?sentinel_user=...&sentinel_pass=..."), "{why}");
    let known = format!("redis-sentinel://{}/{SERVICE}?sentinel_pass=quiet%20please", at(2));
    submit(&Stream::connect(hasty(&known)).await.unwrap()).await;

    let [nobody] = free_ports();
    let error = Stream::connect(hasty(&format!("redis-sentinel://127.0.0.1:{nobody}/{SERVICE}")))
        .await
        .err()
        .unwrap();
    assert!(error.is_unavailable() && error.to_string().contains("no Sentinel tells the master"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentinel_that_names_a_replica_is_not_believed() {
    let service = Service::start(false, &[]).await;
    let stream = Stream::connect(hasty(&service.url())).await.unwrap();
    submit(&stream).await;
    // Behind the Sentinels' back.
    let [port] = free_ports();
    service.ask(0, &["REPLICAOF", "127.0.0.1", &port.to_string()]);
    let error = Stream::connect(hasty(&service.url())).await.err().unwrap();
    assert!(error.is_unavailable(), "{error}");
    service.ask(0, &["REPLICAOF", "NO", "ONE"]);
    submit_at_last(&stream).await;
}
