//! Each row of the rule table over HTTP: exact status, exact bytes, and nothing enqueued.

use crate::support::{Gateway, RIGHT, exchange};
use std::time::Duration;

use chrono::{Days, Utc};
use deertrack_schemas::KINDS;
use deertrack_stream::Durability;

/// Body of a request for a report; `None` leaves a field out.
fn pdf(start: &str, end: &str, group: &str) -> String {
    format!(r#"{{"start_date":"{start}","end_date":"{end}","group_by":"{group}"}}"#)
}

fn day(from_today: i64) -> String {
    let today = Utc::now().date_naive();
    let shift = Days::new(from_today.unsigned_abs());
    let day = if from_today < 0 { today - shift } else { today + shift };
    day.to_string()
}

#[tokio::test]
async fn every_row_of_the_rule_table_is_answered_in_the_words_that_dashboards_parse() {
    let gateway = Gateway::start().await;
    let rows: Vec<(String, u16, String)> = vec![
        (pdf("2026-01-01", "2026-02-01", "year"), 422, fields(&[("group_by", "value is not a valid enumeration member; permitted: 'day', 'week', 'month'", "type_error.enum")])),
        (r#"{"end_date":"2026-02-01","group_by":"day"}"#.into(), 422, fields(&[("start_date", "field required", "value_error.missing")])),
        (pdf("2026-13-01", "2026-02-01", "day"), 422, fields(&[("start_date", "invalid date format", "value_error.date")])),
        (r#"{"start_date":7,"end_date":"2026-02-01","group_by":"day"}"#.into(), 422, fields(&[("start_date", "invalid date format", "value_error.date")])),
        (r#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"day","colour":"red"}"#.into(), 422, fields(&[("colour", "extra fields not permitted", "value_error.extra")])),
        (r#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"day","title":1}"#.into(), 422, fields(&[("title", "str type expected", "type_error.str")])),
        (r#"{"group_by":"day"}"#.into(), 422, fields(&[("start_date", "field required", "value_error.missing"), ("end_date", "field required", "value_error.missing")])),
        ("{".into(), 422, r#"{"detail":[{"loc":["body",1],"msg":"EOF while parsing an object at line 1 column 1","type":"value_error.jsondecode"}]}"#.into()),
        (pdf("2026-02-01", "2026-01-01", "day"), 400, r#"{"detail":"start_date must be before end_date"}"#.into()),
        (pdf("2026-02-01", "2026-02-01", "day"), 400, r#"{"detail":"start_date must be before end_date"}"#.into()),
        (pdf("2024-01-01", "2025-01-01", "day"), 400, r#"{"detail":"Date range cannot exceed 1 year"}"#.into()),
        (pdf(&day(2), &day(3), "day"), 400, r#"{"detail":"start_date cannot be in the future"}"#.into()),
        (pdf(&day(-1), &day(2), "day"), 400, r#"{"detail":"end_date cannot be in the future"}"#.into()),
    ];
    for (body, status, answer) in rows {
        let response = gateway.post("pdf", body.clone()).await;
        assert_eq!(exchange(response).await, (status, answer), "{body}");
    }
    let counts = gateway.stream.counts().await.unwrap();
    assert_eq!(
        (counts.backlog, counts.delayed, counts.dead),
        (0, 0, 0),
        "a refused request left something behind"
    );
}

fn fields(problems: &[(&str, &str, &str)]) -> String {
    let one = |(field, msg, code): &(&str, &str, &str)| {
        format!(r#"{{"loc":["body","{field}"],"msg":"{msg}","type":"{code}"}}"#)
    };
    format!(r#"{{"detail":[{}]}}"#, problems.iter().map(one).collect::<Vec<_>>().join(","))
}

#[tokio::test]
async fn a_right_request_is_accepted_and_enqueued_once() {
    let gateway = Gateway::start().await;
    let response = gateway.post("pdf", RIGHT).await;
    assert_eq!(response.status(), 202);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let body = response.text().await.unwrap();
    let job_id = location.strip_prefix("/api/exports/pdf/").unwrap();
    let message = "PDF report accepted; it waits for a worker";
    assert_eq!(body, format!(r#"{{"job_id":"{job_id}","message":"{message}","status":"processing"}}"#));
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);

    let status: serde_json::Value = gateway.get(&location).await.json().await.unwrap();
    assert_eq!(
        (&status["status"], &status["state"], &status["job_id"]),
        (&"processing".into(), &"queued".into(), &job_id.into())
    );
}

#[tokio::test]
async fn the_body_is_read_as_json_whatever_its_content_type_says() {
    let gateway = Gateway::start().await;
    for content_type in ["application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"]
    {
        let request =
            gateway.client.post(gateway.url("/api/exports/pdf")).header("content-type", content_type);
        assert_eq!(request.body(RIGHT).send().await.unwrap().status(), 202, "{content_type}");
    }
}

#[tokio::test]
async fn an_unknown_kind_is_named_with_the_known_ones() {
    let gateway = Gateway::start().await;
    let known = KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
    let unknown = (404, format!(r#"{{"detail":"Unknown export kind: docx; known: {known}"}}"#));
    assert!(known.starts_with("pdf"), "{known}");
    assert_eq!(exchange(gateway.post("docx", RIGHT).await).await, unknown);
    assert_eq!(exchange(gateway.get("/api/exports/docx/some-id").await).await, unknown);
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 0);
}

#[tokio::test]
async fn the_kinds_are_listed_with_their_limits() {
    let gateway = Gateway::start().await;
    let kinds: serde_json::Value = gateway.get("/api/kinds").await.json().await.unwrap();
    assert_eq!(kinds["kinds"][0]["name"], "pdf");
    assert_eq!(kinds["kinds"][0]["media_type"], "application/pdf");
}

#[tokio::test]
async fn the_same_idempotency_key_answers_the_same_job() {
    let gateway = Gateway::start().await;
    let post = |key: &'static str, body: String| {
        gateway.client.post(gateway.url("/api/exports/pdf")).header("Idempotency-Key", key).body(body).send()
    };
    let first = post("season-1", RIGHT.into()).await.unwrap();
    assert_eq!(first.status(), 202);
    let job: serde_json::Value = first.json().await.unwrap();

    let again = post("season-1", RIGHT.into()).await.unwrap();
    assert_eq!(again.status(), 200);
    let location = format!("/api/exports/pdf/{}", job["job_id"].as_str().unwrap());
    assert_eq!(again.headers()["location"], location.as_str());
    let status: serde_json::Value = again.json().await.unwrap();
    assert_eq!((&status["job_id"], &status["state"]), (&job["job_id"], &"queued".into()));
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);

    let (status, detail) =
        exchange(post("season-1", pdf("2026-01-01", "2026-01-15", "day")).await.unwrap()).await;
    assert_eq!(status, 409, "{detail}");
    assert!(detail.contains(job["job_id"].as_str().unwrap()), "{detail}");
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);
}

#[tokio::test]
async fn an_idempotency_key_that_contradicts_itself_is_refused() {
    let gateway = Gateway::start().await;
    let with_field = RIGHT.replacen('{', r#"{"idempotency_key":"a","#, 1);
    let post = |key: String| {
        gateway
            .client
            .post(gateway.url("/api/exports/pdf"))
            .header("Idempotency-Key", key)
            .body(with_field.clone())
            .send()
    };
    assert_eq!(post("b".into()).await.unwrap().status(), 400);
    assert_eq!(post("x".repeat(201)).await.unwrap().status(), 400);
    assert_eq!(post("a".into()).await.unwrap().status(), 202);
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);
}

#[tokio::test]
async fn the_trace_context_of_the_request_travels_with_the_command() {
    let gateway = Gateway::start().await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request =
        gateway.client.post(gateway.url("/api/exports/pdf")).header("traceparent", parent).body(RIGHT);
    assert_eq!(request.send().await.unwrap().status(), 202);
    let command = gateway.worker().await.next().await.decode().unwrap();
    assert_eq!(command.traceparent.as_deref(), Some(parent));
}

#[tokio::test]
async fn a_full_backlog_is_answered_with_a_time_to_try_again() {
    let gateway = Gateway::with_settings(|settings| settings.max_backlog = Some(1)).await;
    assert_eq!(gateway.post("pdf", RIGHT).await.status(), 202);
    let refused = gateway.post("pdf", RIGHT).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "5");
    assert_eq!(exchange(refused).await.1, r#"{"detail":"Too many exports are waiting; try again later"}"#);
    assert_eq!(gateway.stream.counts().await.unwrap().backlog, 1);
}

#[tokio::test]
async fn an_export_that_is_less_safe_than_asked_is_named_so_that_nobody_asks_twice() {
    let within = Duration::from_millis(20);
    // The Redis of a test has no replica, and either no command that waits for its disk or no file on it.
    for (durability, why) in [
        (Durability::Replicated { replicas: 1, within }, "too few replicas"),
        (Durability::Synced { replicas: 0, within }, "this Redis cannot tell"),
    ] {
        let gateway = Gateway::with_settings(|settings| settings.durability = durability).await;
        let (status, body) = exchange(gateway.post("pdf", RIGHT).await).await;
        assert_eq!(status, 503, "{body}");
        let rest = body.strip_prefix(r#"{"detail":"Export job "#).unwrap();
        let (job_id, rest) = rest.split_once(' ').unwrap();
        assert!(rest.starts_with(&format!("was accepted, but {why}")), "{body}");
        assert_eq!(gateway.get(&format!("/api/exports/pdf/{job_id}")).await.status(), 200);
    }
}
