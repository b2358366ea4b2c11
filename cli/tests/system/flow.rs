//! The whole way of a command: HTTP in, event out, file down; with the real programs on real servers.

use std::collections::BTreeSet;

use crate::support::house::House;
use crate::support::{until, until_all};
use deertrack_testkit::redis::Redis;
use futures::StreamExt;
use serde_json::{Value, json};

/// Server-sent events as (event, id, data).
async fn sse(base: &str) -> impl futures::Stream<Item = (String, String, Value)> + Unpin {
    use eventsource_stream::Eventsource;
    let response = reqwest::get(format!("{base}/api/events")).await.unwrap();
    assert_eq!(response.status(), 200);
    let events = response.bytes_stream().eventsource();
    Box::pin(events.map(|event| {
        let event = event.unwrap();
        (event.event, event.id, serde_json::from_str(&event.data).unwrap())
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_http_becomes_one_event_and_a_file() {
    let _shared = crate::support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let _worker = house.worker();
    let mut events = sse(&house.base).await;
    let job = house.submit(json!({ "title": "Rut #panic(\"x\") *of* 2025" })).await;

    let (name, _, event) =
        tokio::time::timeout(crate::support::PATIENCE, events.next()).await.unwrap().unwrap();
    assert_eq!((name.as_str(), event["record"]["job_id"].as_str()), ("completed", Some(job.as_str())));
    assert_eq!(event["n"], 1);

    let ttl: u64 = house.ask(&["TTL", &format!("export_job:{job}")]).parse().unwrap();
    assert!((3590..=3600).contains(&ttl), "TTL {ttl}");
    let status = house.status(&job).await;
    assert_eq!(
        (&status["status"], &status["state"], &status["kind"]),
        (&json!("completed"), &json!("completed"), &json!("pdf"))
    );
    let name = status["filename"].as_str().unwrap();
    assert!(name.starts_with("report_20") && name.ends_with(&format!("_{job}.pdf")), "{name}");
    assert_eq!(status["download_url"], format!("/api/static/exports/{name}"));

    let file = reqwest::get(house.at(status["download_url"].as_str().unwrap())).await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/pdf");
    let bytes = file.bytes().await.unwrap();
    assert_eq!(bytes.len() as u64, status["file_size_bytes"].as_u64().unwrap());
    let path = house.dir.path().join("downloaded.pdf");
    std::fs::write(&path, &bytes).unwrap();
    let text = crate::support::pdf_text(&path);
    assert!(text.contains("Rut #panic(\"x\") *of* 2025"), "{text}");

    house.assert_drained();
    assert_eq!(house.events(), [job]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_a_backlog_and_do_each_job_once() {
    let _shared = crate::support::PROCESSOR.read().await;
    const JOBS: usize = 200;
    let house = House::build(Redis::start().await).await;
    let mut asked = BTreeSet::new();
    for day in 0..JOBS {
        let start = format!("2025-10-{:02}", 1 + day % 20);
        let small = json!({
            "start_date": start, "end_date": format!("2025-10-{:02}", 3 + day % 20),
            "include_charts": false, "include_tables": false, "include_insights": false,
        });
        asked.insert(house.submit(small).await);
    }
    let _workers = (house.worker(), house.worker());
    until_all("an event for each job", &JOBS.to_string(), || house.ask(&["XLEN", "{exports}:events"]));
    let events = house.events();
    assert_eq!(events.len(), JOBS);
    assert_eq!(events.into_iter().collect::<BTreeSet<_>>(), asked);
    house.assert_drained();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_goes_on_by_itself_after_redis_was_killed_and_restarted() {
    let _shared = crate::support::PROCESSOR.read().await;
    let mut house = House::build(Redis::durable().await).await;
    let mut worker = house.worker();
    let before = house.submit(json!({})).await;
    until("the first job has ended", || (house.ask(&["XLEN", "{exports}:events"]) == "1").then_some(()));
    house.redis.server.kill().await.unwrap();
    house.redis.server.restart().await.unwrap();
    let after = house.submit_when_ready().await;
    until("the second job has ended", || (house.ask(&["XLEN", "{exports}:events"]) == "2").then_some(()));
    assert_eq!(house.events(), [before, after]);
    house.assert_drained();
    assert!(worker.terminate().success());
    assert!(house.gateway.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_waits_saves_and_tells_by_exit_codes() {
    let _shared = crate::support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let _worker = house.worker();
    let output = house.dir.path().join("report.pdf").display().to_string();
    let submit = |start: &str, end: &str| {
        let (gateway, output) = (house.base.clone(), output.clone());
        let args = [
            "submit",
            "pdf",
            "--start-date",
            start,
            "--end-date",
            end,
            "--group-by",
            "week",
            "--gateway",
            &gateway,
            "--output",
            &output,
        ];
        crate::support::run(&args)
    };
    let done = submit("2025-10-01", "2025-10-31");
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(std::fs::read(&output).unwrap().starts_with(b"%PDF-"));
    let refused = submit("2025-10-31", "2025-10-01");
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("start_date must be before end_date"));
    let empty = submit("2001-01-01", "2001-01-31");
    assert_eq!(empty.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&empty.stderr).contains("No detections found in specified date range"));
    let away = crate::support::run(&["status", "x", "--gateway", "http://127.0.0.1:9"]);
    assert_eq!(away.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&away.stderr).contains("deertrack up"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_log_line_of_a_job_carries_the_trace_context_of_its_request() {
    let _shared = crate::support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let mut worker = house.worker_with(&[("DEERTRACK_LOG_FORMAT", "json")]);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    // One that ends well and one that fails: there is nothing in its range.
    for (start, end) in [("2025-10-01", "2025-10-31"), ("2001-01-01", "2001-01-31")] {
        let body = json!({ "start_date": start, "end_date": end, "group_by": "week" });
        let address = house.at("/api/exports/pdf");
        let request = reqwest::Client::new().post(address).header("traceparent", trace).json(&body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let job = answer["job_id"].as_str().unwrap();
        worker.line_with(&["the job has ended", job]);
        let said = worker.said();
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(job)).collect();
        for line in lines {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["span"]["traceparent"], &line["span"]["job.id"]), (&json!(trace), &json!(job)));
        }
    }
    assert!(worker.said().contains("the export failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_log_line_of_a_job_that_ended_its_workers_carries_the_trace_context_of_its_request() {
    let _shared = crate::support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    house.ask(&["XGROUP", "CREATE", "{exports}:commands", "workers", "0", "MKSTREAM"]);
    // A worker that is gone has had one job twice, which leaves it its last delivery, and one three times.
    for (deliveries, end) in [("2", "the job has ended"), ("3", "to the dead letters")] {
        let body = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "group_by": "week" });
        let request = reqwest::Client::new().post(house.at("/api/exports/pdf")).header("traceparent", trace);
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        let job = answer["job_id"].as_str().unwrap();
        house.ask(&["XREADGROUP", "GROUP", "workers", "gone", "STREAMS", "{exports}:commands", ">"]);
        let entry = house.record(job)["entry_id"].as_str().unwrap().to_owned();
        let claim = ["XCLAIM", "{exports}:commands", "workers", "gone", "0", &entry];
        house.ask(&[&claim[..], &["IDLE", "60000", "RETRYCOUNT", deliveries, "JUSTID"]].concat());

        let mut worker = house.worker_with(&[("DEERTRACK_LOG_FORMAT", "json")]);
        worker.line_with(&[end, job]);
        let said = worker.said();
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(job)).collect();
        for line in &lines {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!((&line["span"]["traceparent"], &line["span"]["job.id"]), (&json!(trace), &json!(job)));
        }
        assert_eq!(said.contains("the last delivery of an entry"), deliveries == "2");
    }
}
