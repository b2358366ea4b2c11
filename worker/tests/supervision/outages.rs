//! What is no fault of a job costs it no try: an outage, a deploy, another clock.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use deertrack_schemas::State;
use deertrack_stream::WaitPolicy;
use deertrack_worker::run::Settings;

use crate::support::Worker;

/// As long an outage as by default, at another pace.
fn hasty() -> Settings {
    let wait = WaitPolicy {
        base: Duration::from_millis(10),
        cap: Duration::from_millis(40),
        most: Duration::from_secs(60),
    };
    Settings { wait, ..Settings::default() }
}

fn impatient() -> Settings {
    let wait = WaitPolicy { most: Duration::from_millis(50), ..hasty().wait };
    Settings { wait, ..Settings::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_database_costs_no_job_a_try_and_nothing_is_fetched_meanwhile() {
    let worker = Worker::start(Settings { concurrency: 2, ..hasty() }).await;
    worker.until_open().await;
    worker.script.database_is_away.store(true, Ordering::SeqCst);
    let first = worker.submit("needs the database").await;
    let waits = worker.status_that(&first, |record| record.error.is_some()).await;
    assert_eq!((waits.attempt, waits.error.as_deref()), (1, Some("the database cannot be reached")));
    assert!(!waits.state.is_terminal());
    worker.until_closed_for("database: its name does not resolve").await;
    let begun = worker.script.begun.load(Ordering::SeqCst);
    let mut jobs = vec![first];
    for _ in 0..8 {
        jobs.push(worker.submit("needs the database").await);
    }
    // Longer than all three tries that a job had before, at this pace.
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(worker.script.begun.load(Ordering::SeqCst), begun, "nothing is fetched");
    assert_eq!(worker.status(&jobs[8]).await.unwrap().state, State::Queued);

    worker.script.database_is_away.store(false, Ordering::SeqCst);
    let ended = worker.ended(9).await;
    for job in &jobs {
        assert_eq!((ended[job].state, ended[job].attempt), (State::Completed, 1));
    }
    assert_eq!(worker.gate.closed(), Vec::<String>::new());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_folder_that_is_gone_is_waited_for() {
    let worker = Worker::start(hasty()).await;
    let (folder, aside) = (worker.exports.path().to_owned(), worker.exports.path().with_extension("aside"));
    worker.until_open().await;
    std::fs::rename(&folder, &aside).unwrap();
    let id = worker.submit("good").await;
    let waits = worker.status_that(&id, |record| record.error.is_some()).await;
    assert_eq!((waits.attempt, waits.error.as_deref()), (1, Some("the finished file could not be stored")));
    worker.until_closed_for("export folder").await;
    std::fs::rename(&aside, &folder).unwrap();
    let ended = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!((ended.state, ended.attempt), (State::Completed, 1));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_alone_finds_no_room_is_given_up_when_it_has_waited_for_as_long_as_it_may() {
    let worker = Worker::start(impatient()).await;
    let (id, good) = (worker.submit("no room").await, worker.submit("good").await);
    let ended = worker.ended(2).await;
    assert_eq!((ended[&id].state, ended[&good].state), (State::Dead, State::Completed));
    let letter = worker.stream.dead_letters().list(None, None, 10).await.unwrap().remove(0);
    let waited = letter.errors[0].waited.unwrap();
    assert!(waited.milliseconds >= 50 && waited.times > 1, "{waited:?}");
    assert!(letter.reason.contains("were waited for"), "{}", letter.reason);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_a_newer_version_waits_for_a_newer_worker_and_says_so() {
    let worker = Worker::start(hasty()).await;
    let jobs = [
        worker.submit_changed(|command| command["v"] = 2.into()).await,
        worker.submit_changed(|command| command["kind"] = "docx".into()).await,
        worker.submit_changed(|command| command["params"]["from_a_newer_version"] = true.into()).await,
    ];
    for (job, told) in jobs.iter().zip(["has version 2", "docx", "from_a_newer_version"]) {
        let waits = worker.status_that(job, |record| record.error.is_some()).await;
        let error = waits.error.unwrap();
        assert!(error.contains("a newer worker is needed") && error.contains(told), "{error}");
        assert_eq!((waits.attempt, waits.state.is_terminal()), (1, false));
    }
    assert_eq!(worker.status(&jobs[1]).await.unwrap().kind, "docx");
    // What only the envelope has more of passes.
    let passes = worker.submit_changed(|command| command["from_a_newer_version"] = true.into()).await;
    assert_eq!(worker.ended(1).await[&passes].state, State::Completed);
    assert!(worker.stream.dead_letters().list(None, None, 10).await.unwrap().is_empty());
    worker.stream.cancel(jobs[0].as_str()).await.unwrap();
    assert_eq!(worker.ended(2).await[&jobs[0]].state, State::Cancelled);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_no_newer_worker_comes_for_ends_in_the_dead_letters_byte_for_byte() {
    let worker = Worker::start(impatient()).await;
    let id = worker.submit_changed(|command| command["kind"] = "docx".into()).await;
    let ended = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!((ended.state, ended.kind.as_str()), (State::Dead, "docx"));
    assert!(ended.error.unwrap().contains("a newer worker is needed"));
    let letter = worker.stream.dead_letters().list(None, None, 10).await.unwrap().remove(0);
    let body: serde_json::Value = rmp_serde::from_slice(&letter.fields[b"body".as_slice()]).unwrap();
    assert_eq!((&body["kind"], &body["job_id"]), (&"docx".into(), &id.as_str().into()));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_today_where_a_command_was_accepted_is_no_future_for_a_worker_elsewhere() {
    let worker = Worker::start(Settings::default()).await;
    // Accepted in the zone that is furthest ahead, where it may be tomorrow already.
    let today = (Utc::now() + TimeDelta::hours(14)).date_naive().to_string();
    let id = worker.submit_range("good", "2026-01-01", &today).await;
    assert_eq!(worker.ended(1).await[&id].state, State::Completed);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_may_not_read_is_not_ready_and_says_why() {
    let worker = Worker::start(Settings::default()).await;
    worker.until_open().await;
    let told = async |is: fn(&str) -> bool| {
        let seen = async {
            while !is(&worker.gate.not_ready().join("; ")) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), seen).await.unwrap();
    };
    worker.redis.run(&[b"ACL", b"SETUSER", b"default", b"-xreadgroup"]);
    told(|why| why.contains("xreadgroup")).await;
    worker.redis.run(&[b"ACL", b"SETUSER", b"default", b"+xreadgroup"]);
    told(str::is_empty).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_with_one_idempotency_key_the_second_says_who_has_it() {
    let worker = Worker::start(Settings::default()).await;
    let first = worker.submit_changed(|command| command["idempotency_key"] = "monday".into()).await;
    assert_eq!(worker.ended(1).await[&first].state, State::Completed);
    let second = worker.submit_changed(|command| command["idempotency_key"] = "monday".into()).await;
    let record = worker.ended(2).await.remove(&second).unwrap();
    assert_eq!(record.state, State::Failed);
    assert!(record.error.unwrap().contains(first.as_str()));
    worker.stop().await;
}
