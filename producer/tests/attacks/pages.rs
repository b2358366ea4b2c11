//! Web pages that a person visits, and what they have the person's browser send.

use libtest_mimic::Trial;

use crate::attack;
use crate::target::{Plan, Target};

const RIGHT: &str = r#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;

pub(crate) fn all() -> Vec<Trial> {
    vec![
        attack("a_rebound_name_reads_nothing", a_rebound_name_reads_nothing),
        attack("a_foreign_page_starts_nothing", a_foreign_page_starts_nothing),
        attack("an_event_source_survives_an_outage", an_event_source_survives_an_outage),
    ]
}

async fn a_rebound_name_reads_nothing() {
    let gateway = Target::start(Plan::default()).await;
    std::fs::write(gateway.exports().join("report_1.pdf"), "dens and cameras").unwrap();
    for path in
        ["/", "/api/kinds", "/api/events", "/api/static/exports/report_1.pdf", "/metrics", "/openapi.json"]
    {
        let head = format!("GET {path} HTTP/1.1\r\nHost: evil.example");
        let answer = gateway.ask(&head, "").await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{path}: {answer}");
        assert!(!answer.contains("dens and cameras"), "{path}");
    }
    let answer = gateway.ask("POST /api/exports/pdf HTTP/1.1\r\nHost: evil.example", RIGHT).await;
    assert!(answer.contains("--allowed-host"), "{answer}");
    assert_eq!(gateway.backlog().await, 0);
}

async fn a_foreign_page_starts_nothing() {
    let gateway = Target::start(Plan::default()).await;
    let cases = [
        ("Origin: https://evil.example\r\nContent-Type: text/plain", "403"),
        ("Origin: null\r\nContent-Type: application/json", "403"),
        ("Sec-Fetch-Site: cross-site\r\nContent-Type: application/json", "403"),
        ("Sec-Fetch-Site: same-origin\r\nContent-Type: text/plain", "415"),
    ];
    for (headers, status) in cases {
        let head = format!("POST /api/exports/pdf HTTP/1.1\r\nHost: {}\r\n{headers}", gateway.address);
        let answer = gateway.ask(&head, RIGHT).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {answer}");
    }
    assert_eq!(gateway.backlog().await, 0);
    let own = format!("Origin: http://{}\r\nContent-Type: application/json", gateway.address);
    let head = format!("POST /api/exports/pdf HTTP/1.1\r\nHost: {}\r\n{own}", gateway.address);
    assert!(gateway.ask(&head, RIGHT).await.starts_with("HTTP/1.1 202 "));
}

async fn an_event_source_survives_an_outage() {
    let mut gateway = Target::start(Plan::default()).await;
    gateway.redis.server.kill().await.unwrap();
    let head = format!("GET /api/events HTTP/1.1\r\nHost: {}\r\nLast-Event-ID: 1-0", gateway.address);
    let program = gateway.ask(&head, "").await;
    assert!(program.starts_with("HTTP/1.1 503 "), "{program}");
    let browser = gateway.ask(&format!("{head}\r\nAccept: text/event-stream"), "").await;
    assert!(browser.starts_with("HTTP/1.1 200 "), "{browser}");
    assert!(browser.contains("cache-control: no-cache, no-transform"), "{browser}");
    assert!(browser.contains("retry: 5000") && browser.contains("Redis cannot be reached"), "{browser}");
}
