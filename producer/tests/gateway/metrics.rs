//! `GET /metrics`.

use crate::support::{Gateway, RIGHT};
use metrics_exporter_prometheus::PrometheusBuilder;

#[tokio::test]
async fn requests_are_counted_by_route_method_and_status() {
    // For this thread alone, on which the whole test runs: other tests count elsewhere.
    let recorder = PrometheusBuilder::new().build_recorder();
    let _counting_here = metrics::set_default_local_recorder(&recorder);
    let gateway = Gateway::with_metrics(recorder.handle()).await;
    assert_eq!(gateway.post("pdf", RIGHT).await.status(), 202);
    assert_eq!(gateway.post("pdf", "{}").await.status(), 422);
    for id in ["a", "b"] {
        assert_eq!(gateway.get(&format!("/api/exports/pdf/{id}")).await.status(), 404);
    }
    gateway.get("/no-such-path").await;
    let mut events = gateway.follow(None).await;
    events.last_id().await;

    let text = gateway.get("/metrics").await.text().await.unwrap();
    for line in [
        r#"deertrack_http_requests_total{route="/api/exports/{kind}",method="POST",status="202"} 1"#,
        r#"deertrack_http_requests_total{route="/api/exports/{kind}",method="POST",status="422"} 1"#,
        r#"deertrack_http_requests_total{route="/api/exports/{kind}/{job_id}",method="GET",status="404"} 2"#,
        r#"deertrack_http_requests_total{route="none",method="GET",status="404"} 1"#,
        r#"deertrack_http_request_seconds_count{route="/api/exports/{kind}/{job_id}",method="GET"} 2"#,
        "deertrack_sse_clients 1",
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line}\nin\n{text}");
    }
}
