//! Cancelling over HTTP and by the library.

use deertrack_producer::{Cancelled, Exports};
use deertrack_schemas::{State, StatusRecord};
use reqwest::Response;
use serde_json::Value;

use crate::deadline::DEADLINE;
use crate::support::{Gateway, exchange};

async fn cancel(gateway: &Gateway, job_id: &str) -> Response {
    gateway.client.delete(gateway.url(&format!("/api/exports/{job_id}"))).send().await.unwrap()
}

async fn state(gateway: &Gateway, job_id: &str) -> Value {
    let status: Value = gateway.get(&format!("/api/exports/pdf/{job_id}")).await.json().await.unwrap();
    status["state"].clone()
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_its_event_says_so() {
    let gateway = Gateway::start().await;
    let mut events = gateway.follow(None).await;
    let job_id = gateway.submit().await;
    assert_eq!(exchange(cancel(&gateway, &job_id).await).await, (204, String::new()));
    let event = events.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["record"]["job_id"]), ("cancelled", &job_id.clone().into()));
    assert_eq!(state(&gateway, &job_id).await, "cancelled");
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 0);
    // Again is harmless.
    assert_eq!(cancel(&gateway, &job_id).await.status(), 204);
}

#[tokio::test]
async fn a_running_job_is_asked_to_stop() {
    let gateway = Gateway::start().await;
    let job_id = gateway.submit().await;
    let mut worker = gateway.worker().await;
    let mut claim = worker.next().await;
    let running = claim.run(StatusRecord::queued(&claim.decode().unwrap()).with_state(State::Running));
    assert_eq!(cancel(&gateway, &job_id).await.status(), 204);
    tokio::time::timeout(DEADLINE, running.cancelled().cancelled()).await.expect("the worker was not told");
}

#[tokio::test]
async fn a_job_that_has_ended_stays_as_it_is() {
    let gateway = Gateway::start().await;
    let job_id = gateway.submit().await;
    gateway.worker().await.finish_next(State::Completed).await;
    assert_eq!(cancel(&gateway, &job_id).await.status(), 204);
    assert_eq!(state(&gateway, &job_id).await, "completed");
    let exports = Exports::new(gateway.stream.clone(), chrono_tz::Tz::UTC);
    assert_eq!(exports.cancel(&job_id).await.unwrap(), Cancelled::AlreadyEnded(State::Completed));
}

#[tokio::test]
async fn a_job_that_is_not_there_is_named() {
    let gateway = Gateway::start().await;
    let answer = exchange(cancel(&gateway, "no%20such%2Fjob").await).await;
    assert_eq!(answer, (404, r#"{"detail":"Export job not found: no such/job"}"#.to_owned()));
}
