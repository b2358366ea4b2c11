//! How a worker treats its jobs, whatever their kind: with an exporter of the test's own, on a real Redis.
#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod outages;
mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use deertrack_schemas::{Counts, JobId, State, StatusRecord};
use deertrack_stream::{Consumer, ConsumerOptions, RetryPolicy};
use deertrack_worker::run::Settings;

use support::Worker;

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_own_job_alone() {
    let worker = Worker::start(Settings::default()).await;
    let panics = [worker.submit("panic").await, worker.submit("panic while blocking").await];
    let good = worker.submit("good").await;
    let ended = worker.ended(3).await;
    for id in panics {
        assert_eq!(ended[&id].state, State::Failed);
        let error = ended[&id].error.as_deref().unwrap();
        assert!(error.contains("internal error") && !error.contains("a bug of ours"), "{error}");
    }
    let artifact = ended[&good].artifact.as_ref().unwrap();
    assert_eq!(std::fs::read(worker.exports.path().join(&artifact.filename)).unwrap(), b"made");
    assert_eq!(artifact.headline.as_deref(), Some("all is well"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_is_ended() {
    let limit = Duration::from_secs(3);
    let worker = Worker::start(Settings { time_limit: Some(limit), ..Settings::default() }).await;
    let (slow, good) = (worker.submit("hang").await, worker.submit("good").await);
    let ended = worker.ended(2).await;
    assert_eq!((ended[&slow].state, ended[&good].state), (State::Failed, State::Completed));
    assert!(ended[&slow].error.as_deref().unwrap().contains("took longer than"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_job_says_why_and_leaves_no_file() {
    let worker = Worker::start(Settings::default()).await;
    let id = worker.submit("reject").await;
    let record = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!(record.error.as_deref(), Some("No detections found in specified date range"));
    assert!(record.artifact.is_none() && record.completed_at.is_some());
    assert_eq!(std::fs::read_dir(worker.exports.path()).unwrap().count(), 0);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_breaks_a_rule_is_failed_by_the_worker_too() {
    let worker = Worker::start(Settings::default()).await;
    let id = worker.submit_range("x", "2998-01-01", "2998-02-01").await;
    let record = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!(record.state, State::Failed);
    assert_eq!(record.error.as_deref(), Some("start_date cannot be in the future"));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_run_at_a_time_than_there_are_slots() {
    let worker = Worker::start(Settings { concurrency: 3, ..Settings::default() }).await;
    for _ in 0..20 {
        worker.submit("pause").await;
    }
    worker.ended(20).await;
    assert_eq!(worker.script.most_at_a_time.load(Ordering::SeqCst), 3);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_lets_running_jobs_end() {
    let worker = Worker::start(Settings { concurrency: 1, ..Settings::default() }).await;
    let running = worker.submit("pause").await;
    let waits = worker.submit("good").await;
    let stream = worker.stream.clone();
    while worker.script.most_at_a_time.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    worker.shutdown.cancel();
    let Worker { task, redis, exports, .. } = worker;
    task.await.unwrap();
    let state = async |id: &JobId| -> State {
        let text = stream.status_text(id.as_str()).await.unwrap().unwrap();
        serde_json::from_slice::<StatusRecord>(&text).unwrap().state
    };
    assert_eq!(state(&running).await, State::Completed);
    assert_eq!(state(&waits).await, State::Queued, "what had not begun waits for another worker");
    drop((redis, exports));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_outlasts_the_grace_time_is_handed_back_and_burns_no_delivery() {
    let grace = Duration::from_millis(100);
    let worker = Worker::start(Settings { concurrency: 1, grace, ..Settings::default() }).await;
    let id = worker.submit("hang").await;
    while worker.script.most_at_a_time.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    worker.shutdown.cancel();
    let Worker { stream, task, redis, exports, .. } = worker;
    task.await.unwrap();
    let mut heir = Consumer::start(&stream, ConsumerOptions::default()).await.unwrap();
    let claims = tokio::time::timeout(Duration::from_secs(10), heir.next(1)).await.unwrap();
    assert_eq!((claims[0].job_id(), claims[0].delivery()), (id.as_str(), 1));
    assert_eq!(std::fs::read_dir(exports.path()).unwrap().count(), 0);
    drop((claims, redis));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_tries_fail_is_tried_again_and_given_up_in_the_end() {
    let short = Duration::from_millis(20);
    let retry = Some(RetryPolicy { base: short, cap: short });
    let worker = Worker::start(Settings { retry, ..Settings::default() }).await;
    let (once, ever) = (worker.submit("too slow once").await, worker.submit("too slow").await);
    let ended = worker.ended(2).await;
    assert_eq!((ended[&once].state, ended[&once].attempt), (State::Completed, 2));
    assert_eq!((ended[&ever].state, ended[&ever].attempt), (State::Dead, 3));
    assert_eq!(ended[&ever].error.as_deref(), Some("the database did not answer in time"));
    let letters = worker.stream.dead_letters().list(None, None, 10).await.unwrap();
    assert_eq!((letters.len(), letters[0].job_id.as_str(), letters[0].errors.len()), (1, ever.as_str(), 3));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_that_is_cancelled_ends_as_cancelled_and_leaves_no_file() {
    let worker = Worker::start(Settings::default()).await;
    let id = worker.submit("hang").await;
    while worker.script.most_at_a_time.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    worker.stream.cancel(id.as_str()).await.unwrap();
    let record = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!((record.state, record.error.as_deref()), (State::Cancelled, Some("cancelled")));
    assert_eq!(std::fs::read_dir(worker.exports.path()).unwrap().count(), 0);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_in_the_status_and_a_cancelled_job_leaves_no_file() {
    let worker = Worker::start(Settings::default()).await;
    let id = worker.submit("write until stopped").await;
    let counted = async {
        loop {
            let text = worker.stream.status_text(id.as_str()).await.unwrap().unwrap();
            let record: serde_json::Value = serde_json::from_slice(&text).unwrap();
            if record.get("processed_count").is_some() {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let record = tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap();
    let counts = ["processed_count", "total_detections", "progress_percent"].map(|name| record[name].clone());
    assert_eq!(counts, [3, 12, 25]);
    let names = || std::fs::read_dir(worker.exports.path()).unwrap().count();
    assert_eq!(names(), 1, "its draft");

    worker.stream.cancel(id.as_str()).await.unwrap();
    let last = worker.ended(1).await.remove(&id).unwrap();
    assert_eq!((last.state, last.counts), (State::Cancelled, Some(Counts::new(3, 12))), "how far it came");
    worker.script.writing_ended.notified().await;
    assert_eq!(names(), 0);
    worker.stop().await;
}
