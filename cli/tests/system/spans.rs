//! What an OpenTelemetry collector sees of a request and its job, and that nobody waits for one that is away.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::collector::{Collector, Seen};
use crate::support::house::House;
use crate::support::{self, until};
use deertrack_testkit::redis::Redis;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::{Value, json};

/// Longer than any test: what arrives before is what the end of a process sent.
const NEVER: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "3600000");

fn ended(house: &House, job: &str) -> Value {
    until("the job has ended", || {
        let record = house.record(job);
        (record["status"] != "processing").then_some(record)
    })
}

fn one(found: Vec<Seen>) -> Seen {
    let [seen] = found.try_into().unwrap_or_else(|found| panic!("not one but {found:#?}"));
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_holds_the_request_its_job_and_the_stages_of_it() {
    let _shared = support::PROCESSOR.read().await;
    let collector = Collector::start().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str());
    // The log filter is for the log: one that is silent, and one that hears the HTTP client that sends the spans.
    let quiet = [endpoint, NEVER, ("DEERTRACK_LOG", "off"), ("OTEL_RESOURCE_ATTRIBUTES", "place=north")];
    let loud = [endpoint, ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("DEERTRACK_LOG", "trace")];
    let mut house = House::build_with(Redis::start().await, &quiet).await;
    let mut worker = house.worker_with(&loud);
    let job = house.submit(json!({})).await;
    assert_eq!(ended(&house, &job)["status"], "completed");
    assert_eq!(reqwest::get(house.at("/healthz")).await.unwrap().status(), 200);
    assert!(worker.terminate().success());
    assert!(house.gateway.terminate().success());

    let request = one(collector.named("POST /api/exports/{kind}"));
    let made = one(collector.named("job pdf"));
    assert!(request.span.parent_span_id.is_empty(), "{request:#?}");
    assert_eq!(made.span.trace_id, request.span.trace_id);
    assert_eq!(made.span.parent_span_id, request.span.span_id);
    assert_eq!((request.span.kind(), made.span.kind()), (SpanKind::Server, SpanKind::Consumer));
    let services = [&request, &made].map(|seen| seen.of_process("service.name").unwrap());
    assert_eq!(services, ["deertrack-gateway", "deertrack-worker"]);
    assert_eq!(request.of_process("place").as_deref(), Some("north"));
    for (key, value) in [("http.status", "202"), ("http.method", "POST"), ("http.path", "/api/exports/pdf")] {
        assert_eq!(request.attribute(key).as_deref(), Some(value), "{key}: {request:#?}");
    }
    let told = [("job.id", &*job), ("export.kind", "pdf"), ("delivery", "1"), ("outcome", "completed")];
    for (key, value) in told {
        assert_eq!(made.attribute(key).as_deref(), Some(value), "{key}: {made:#?}");
    }
    // Our own lines from info on, and none of what sqlx and others say at other levels.
    let lines: Vec<&str> = made.span.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(lines, ["the job has ended"]);
    let (from, to) = (made.span.start_time_unix_nano, made.span.end_time_unix_nano);
    let mut before = from;
    for stage in
        ["reading detections", "counting", "reading photographs", "drawing pages", "storing the file"]
    {
        let stage = one(collector.named(stage)).span;
        assert_eq!((&stage.trace_id, &stage.parent_span_id), (&made.span.trace_id, &made.span.span_id));
        assert!(before <= stage.start_time_unix_nano && stage.end_time_unix_nano <= to, "{stage:#?}");
        before = stage.end_time_unix_nano;
    }
    // Neither the probe nor the sending itself.
    assert_eq!(collector.seen().len(), 7, "{:#?}", collector.seen());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_trace_goes_on_through_request_and_job() {
    let _shared = support::PROCESSOR.read().await;
    let collector = Collector::start().await;
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()), NEVER];
    let mut house = House::build_with(Redis::start().await, &variables).await;
    let mut worker = house.worker_with(&variables);
    // The second client does not want to be traced. There is nothing in the range: the jobs fail.
    let traces = [
        "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    ];
    let body = json!({ "start_date": "2001-01-01", "end_date": "2001-01-31", "group_by": "week" });
    for trace in traces {
        let request = reqwest::Client::new().post(house.at("/api/exports/pdf")).json(&body);
        let answer = request.header("traceparent", format!("00-{trace}")).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(ended(&house, answer["job_id"].as_str().unwrap())["status"], "failed");
    }
    assert!(worker.terminate().success());
    assert!(house.gateway.terminate().success());

    let request = one(collector.named("POST /api/exports/{kind}")).span;
    let made = one(collector.named("job pdf"));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(format!("{}-{}-01", hex(&request.trace_id), hex(&request.parent_span_id)), traces[0]);
    assert_eq!((&made.span.trace_id, &made.span.parent_span_id), (&request.trace_id, &request.span_id));
    assert_eq!(made.attribute("outcome").as_deref(), Some("failed"));
    assert_eq!(made.span.status.as_ref().unwrap().code(), StatusCode::Error);
    assert!(made.span.events.iter().any(|event| event.name == "the export failed"), "{made:#?}");
    assert!(collector.seen().iter().all(|seen| seen.span.trace_id == request.trace_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_standards_variables_say_who_sends_with_which_headers_and_how_much() {
    let _shared = support::PROCESSOR.read().await;
    let collector = Collector::start().await;
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str());
    let named = [
        endpoint,
        NEVER,
        ("OTEL_SERVICE_NAME", "front-door"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret"),
    ];
    let silent = [endpoint, NEVER, ("OTEL_TRACES_SAMPLER", "always_off")];
    let mut house = House::build_with(Redis::start().await, &named).await;
    let mut worker = house.worker_with(&silent);
    let rows = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "format": "csv" });
    let job = house.submit_kind("table", &rows).await;
    assert_eq!(ended(&house, &job)["status"], "completed");
    assert!(worker.terminate().success());
    assert!(house.gateway.terminate().success());

    let request = one(collector.seen()); // the worker was told to send none
    assert_eq!(request.span.name, "POST /api/exports/{kind}");
    assert_eq!(request.of_process("service.name").as_deref(), Some("front-door"));
    assert_eq!(request.headers["authorization"], "Bearer secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_holds_nobody_up() {
    let _alone = support::PROCESSOR.write().await;
    // The worker's takes connections and never answers; at the gateway's nobody listens.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_endpoint = format!("http://{}", silent.local_addr().unwrap());
    let often = ("OTEL_BSP_SCHEDULE_DELAY", "50");
    let gone = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    let mut house = House::build_with(Redis::start().await, &[gone, often]).await;
    let mut worker = house.worker_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &silent_endpoint), often]);
    let rows = json!({ "start_date": "2025-10-01", "end_date": "2025-10-31", "format": "csv" });
    let began = Instant::now();
    for _ in 0..5 {
        let job = house.submit_kind("table", &rows).await;
        assert_eq!(ended(&house, &job)["status"], "completed");
    }
    // One request to the silent one lasts 10 s.
    assert!(began.elapsed() < Duration::from_secs(10), "five small jobs took {:?}", began.elapsed());

    let lost = "spans cannot be sent";
    house.gateway.line_with(&[lost, "127.0.0.1:9", "refused"]);
    for service in [&mut worker, &mut house.gateway] {
        let asked = Instant::now();
        assert!(service.terminate().success());
        // At most 5 s for the last spans; the rest is an orderly end of a debug build.
        assert!(asked.elapsed() < Duration::from_secs(8), "stopping took {:?}", asked.elapsed());
    }
    assert_eq!(house.gateway.said().matches(lost).count(), 1, "{}", house.gateway.said());
    assert!(worker.said().contains("the last spans could not be sent"), "{}", worker.said());
}

#[test]
fn a_collector_that_cannot_be_meant_is_told_at_the_start() {
    for args in [&["serve"][..], &["status", "x", "--json"]] {
        let mut command = support::deertrack(args);
        let output = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318").output().unwrap();
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        for word in ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http://127.0.0.1:4318"] {
            assert!(told.contains(word), "{told}");
        }
    }
}
