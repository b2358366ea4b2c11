//! What the platform's dashboards send and read, over HTTP: requests in their own names, and each state of a job.

use std::time::Duration;

use chrono::{DateTime, Utc};
use deertrack_schemas::{Counts, State, StatusRecord};
use deertrack_stream::{Claim, Finished, Retried, RetryPolicy, Running};
use serde_json::{Value, json};

use crate::deadline::DEADLINE;
use crate::support::{Gateway, Worker, exchange};

/// Requests in the platform's names beside the same in ours; `schemas/tests/platform.rs` compares what they are read
/// into.
const REQUESTS: &str = include_str!("../../../schemas/golden/platform.json");

/// An archive of two detections, as the platform asks for it.
const ARCHIVE: &str =
    r#"{"detection_ids":["a","b"],"include_crops":true,"include_metadata_csv":true,"crop_size":300}"#;

#[tokio::test]
async fn each_request_of_the_platform_is_accepted_with_a_message() {
    let gateway = Gateway::start().await;
    let cases: Vec<Value> = serde_json::from_str(REQUESTS).unwrap();
    for case in &cases {
        let kind = case["kind"].as_str().unwrap();
        let response = gateway.post(kind, case["request"].to_string()).await;
        let (status, body) = exchange(response).await;
        assert_eq!(status, 202, "{body}: {}", case["request"]);
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["status"], "processing");
        assert!(body["message"].as_str().unwrap().ends_with("accepted; it waits for a worker"), "{body}");
    }
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, cases.len() as u64);
}

#[tokio::test]
async fn what_the_platforms_names_cannot_say_is_refused_in_words_and_nothing_is_enqueued() {
    let gateway = Gateway::start().await;
    let report = |change: Value| {
        let mut body = json!({
            "report_type": "comparison", "start_date": "2025-09-01", "end_date": "2025-11-30", "group_by": "week",
            "comparison_periods": [
                { "start_date": "2025-09-01", "end_date": "2025-11-30" },
                { "start_date": "2024-09-01", "end_date": "2024-11-30" },
            ],
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        body
    };
    let before = json!([{ "start_date": "2024-09-01", "end_date": "2024-11-30" }]);
    let rows = [
        ("pdf", report(json!({ "compare_with": before })), 422, "say the same thing; send one of them"),
        (
            "pdf",
            report(json!({ "comparison_periods": before })),
            422,
            "ensure this value has at least 2 items",
        ),
        (
            "pdf",
            report(json!({ "report_type": "custom" })),
            422,
            "comparison_periods needs report_type comparison",
        ),
        (
            "pdf",
            report(json!({ "end_date": "2025-11-30T12:34:00" })),
            422,
            "a date is a whole local day: write 2025-11-30",
        ),
        (
            "pdf",
            report(json!({ "start_date": "2025-09-01T23:59:59" })),
            422,
            "of times, only midnight is taken",
        ),
        ("pdf", report(json!({ "comparisonPeriods": [] })), 422, "extra fields not permitted"),
        (
            "zip",
            json!({ "detection_ids": ["a"], "include_crops": false, "include_metadata_csv": false }),
            400,
            "nothing would be left",
        ),
        ("zip", json!({ "detection_ids": ["a"], "crop_size": 30 }), 422, "greater than or equal to 128"),
    ];
    for (kind, body, expected, words) in rows {
        let (status, answer) = exchange(gateway.post(kind, body.to_string()).await).await;
        assert_eq!(status, expected, "{answer}: {body}");
        assert!(answer.contains(words), "{answer}: {body}");
    }
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 0);
}

/// The fields that the platform reads beside those of old.
const READ: [&str; 5] =
    ["error_message", "expires_at", "processed_count", "progress_percent", "total_detections"];

/// A job and what the gateway says of it.
struct Watched<'a> {
    gateway: &'a Gateway,
    job_id: String,
}

impl Watched<'_> {
    async fn status(&self) -> Value {
        self.gateway.get(&format!("/api/exports/zip/{}", self.job_id)).await.json().await.unwrap()
    }

    /// The record once it is in `state` and has counted `done`.
    async fn until(&self, state: &str, done: u64) -> Value {
        let ask = async {
            loop {
                let record = self.status().await;
                if record["state"] == state && record["processed_count"] == done {
                    return record;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, ask).await.unwrap_or_else(|_| panic!("never {state} with {done} done"))
    }
}

/// Which of [`READ`] a record has.
fn has(record: &Value) -> Vec<&'static str> {
    READ.into_iter().filter(|name| record.get(name).is_some()).collect()
}

fn counts(record: &Value) -> [Value; 3] {
    ["processed_count", "total_detections", "progress_percent"].map(|name| record[name].clone())
}

/// An archive of two that runs, with one crop made.
async fn half_done<'a>(
    gateway: &'a Gateway,
    worker: &mut Worker,
) -> (Watched<'a>, Claim, Running, StatusRecord) {
    let answer: Value = gateway.post("zip", ARCHIVE).await.json().await.unwrap();
    let job = Watched { gateway, job_id: answer["job_id"].as_str().unwrap().to_owned() };
    let queued = job.status().await;
    assert_eq!((has(&queued).len(), counts(&queued)), (3, [0, 2, 0].map(Value::from)), "{queued}");
    let mut claim = worker.next().await;
    let record = StatusRecord::queued(&claim.decode().unwrap()).with_state(State::Running);
    let running = claim.run(record.clone());
    running.counted(0.5, "cutting out crops", Counts::new(1, 2));
    let told = job.until("running", 1).await;
    assert_eq!((has(&told).len(), counts(&told)), (3, [1, 2, 50].map(Value::from)), "{told}");
    (job, claim, running, record)
}

#[tokio::test]
async fn each_end_of_a_job_is_told_in_the_fields_that_the_platform_reads() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    for state in [State::Completed, State::Failed, State::Cancelled, State::Expired, State::Dead] {
        let (job, claim, running, record) = half_done(&gateway, &mut worker).await;
        let why = (state != State::Completed).then(|| "no photographs".to_owned());
        let last = StatusRecord { counts: running.counts(), error: why.clone(), ..record.with_state(state) };
        let ended = match state {
            State::Dead => claim.dead("no photographs", last).await,
            _ => claim.finish(last).await,
        };
        assert_eq!(ended, Finished::Done);
        let told = job.status().await;
        assert_eq!(told["state"], state.name());
        assert_eq!(counts(&told), [1, 2, 50].map(Value::from), "how far it came: {told}");
        assert_eq!((&told["error"], &told["error_message"]), (&json!(why), &json!(why)), "{told}");
        let time = |name: &str| -> DateTime<Utc> { told[name].as_str().unwrap().parse().unwrap() };
        assert_eq!((time("expires_at") - time("completed_at")).num_seconds(), 3600, "{told}");
        assert_eq!(told.get("error").is_some(), state != State::Completed, "absent, not null: {told}");
    }
}

#[tokio::test]
async fn a_job_that_waits_for_its_next_try_says_why_and_does_not_expire() {
    let gateway = Gateway::start().await;
    let mut worker = gateway.worker().await;
    let (job, claim, running, record) = half_done(&gateway, &mut worker).await;
    let failed =
        StatusRecord { counts: running.counts(), error: Some("the database is away".into()), ..record };
    let hour = Duration::from_secs(3600);
    let parked = claim.retry(failed, "refused", &RetryPolicy { base: hour, cap: hour }).await;
    assert!(matches!(parked, Retried::Later { .. }), "{parked:?}");
    let told = job.status().await;
    assert_eq!((&told["state"], &told["status"]), (&json!("retrying"), &json!("processing")));
    assert_eq!(told["error_message"], "the database is away");
    assert!(told.get("expires_at").is_none() && told.get("completed_at").is_none(), "{told}");
}

#[tokio::test]
async fn a_job_that_is_cancelled_while_it_waits_is_told_like_every_other_end() {
    let gateway = Gateway::start().await;
    let answer: Value = gateway.post("zip", ARCHIVE).await.json().await.unwrap();
    let job = Watched { gateway: &gateway, job_id: answer["job_id"].as_str().unwrap().to_owned() };
    gateway.client.delete(gateway.url(&format!("/api/exports/{}", job.job_id))).send().await.unwrap();
    let told = job.status().await;
    assert_eq!(has(&told), READ, "{told}");
    assert_eq!((&told["error_message"], counts(&told)), (&json!("cancelled"), [0, 2, 0].map(Value::from)));
}

#[tokio::test]
async fn a_job_that_counts_nothing_has_no_made_up_numbers() {
    let gateway = Gateway::start().await;
    let job_id = gateway.submit().await;
    let status =
        async || -> Value { gateway.get(&format!("/api/exports/pdf/{job_id}")).await.json().await.unwrap() };
    assert_eq!(has(&status().await), [""; 0]);
    gateway.worker().await.finish_next(State::Completed).await;
    assert_eq!(has(&status().await), ["expires_at"]);
}

#[tokio::test]
async fn a_job_is_found_until_it_expires() {
    let gateway = Gateway::with_settings(|settings| settings.status_ttl = Duration::from_secs(1)).await;
    let job_id = gateway.submit().await;
    gateway.worker().await.finish_next(State::Completed).await;
    let address = format!("/api/exports/pdf/{job_id}");
    let told: Value = gateway.get(&address).await.json().await.unwrap();
    let expires_at: DateTime<Utc> = told["expires_at"].as_str().unwrap().parse().unwrap();
    let gone = async {
        while gateway.get(&address).await.status() != 404 {
            tokio::task::yield_now().await;
        }
        Utc::now()
    };
    let gone_at = tokio::time::timeout(DEADLINE, gone).await.unwrap();
    assert!(gone_at >= expires_at, "gone at {gone_at}, before {expires_at}");
}

#[tokio::test]
async fn the_event_of_an_end_has_the_platforms_names_too() {
    let gateway = Gateway::start().await;
    let mut events = gateway.follow(None).await;
    let answer: Value = gateway.post("zip", ARCHIVE).await.json().await.unwrap();
    gateway
        .client
        .delete(gateway.url(&format!("/api/exports/{}", answer["job_id"].as_str().unwrap())))
        .send()
        .await
        .unwrap();
    let event = events.next().await.unwrap();
    assert_eq!(has(&event.data["record"]), READ, "{}", event.data);
}
