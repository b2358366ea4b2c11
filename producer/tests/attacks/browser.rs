//! The same by a real browser: Chromium visits a page of somebody else, and a name of theirs that leads to the gateway.

use std::process::Stdio;

use axum::Router;
use axum::http::Uri;
use axum::response::Html;
use libtest_mimic::Trial;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use crate::attack;
use crate::target::{DEADLINE, Plan, Target};

pub(crate) fn all() -> Vec<Trial> {
    vec![
        attack("a_browser_on_a_foreign_page_reads_and_starts_nothing", a_foreign_page_in_a_browser),
        attack("a_browser_on_a_rebound_name_reads_nothing", a_rebound_name_in_a_browser),
    ]
}

async fn a_foreign_page_in_a_browser() {
    let gateway = Target::start(Plan::default()).await;
    let foreign = foreign(&gateway.address).await;
    for name in ["evil.example", "127.0.0.1", "localhost"] {
        let seen = visited(&format!("http://{name}:{foreign}/")).await;
        println!("from {name}: {}", told(&seen).replace('\n', ", "));
        for line in told(&seen).lines() {
            let came = line.rsplit(": ").next().unwrap();
            assert!(["nothing", "sent", "no answer"].contains(&came), "from {name}: {line}");
        }
        assert_eq!(told(&seen).lines().count(), 11, "{seen}");
        assert_eq!(gateway.backlog().await, 0, "from {name}");
    }
    // The page does notice what it can read: here its own address.
    let own = foreign_of_itself().await;
    let seen = visited(&format!("http://127.0.0.1:{own}/")).await;
    assert!(told(&seen).contains("fetch: read") && told(&seen).contains("script: read"), "{seen}");
}

async fn a_rebound_name_in_a_browser() {
    let gateway = Target::start(Plan::default()).await;
    std::fs::write(gateway.exports().join("report_1.pdf"), "dens and cameras").unwrap();
    let port = gateway.address.rsplit(':').next().unwrap();
    for path in ["/", "/api/kinds", "/openapi.json", "/api/static/exports/report_1.pdf", "/docs/"] {
        let seen = visited(&format!("http://evil.example:{port}{path}")).await;
        assert!(seen.contains("This gateway is not called"), "{path}: {seen}");
    }
    let seen = visited(&format!("http://127.0.0.1:{port}/api/kinds")).await;
    assert!(seen.contains("camtrap-dp"), "{seen}");
}

/// Serves the page that attacks this address, whatever is asked for; its port.
async fn foreign(gateway: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    serve(listener, gateway);
    port
}

/// The same against the page's own address.
async fn foreign_of_itself() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    serve(listener, &address.to_string());
    address.port()
}

fn serve(listener: TcpListener, gateway: &str) {
    let page = include_str!("foreign.html").replace("GATEWAY", gateway);
    let app = Router::new().fallback(async move |uri: Uri| match uri.path() {
        "/assets/dashboard.js" => Html("0".to_owned()),
        _ => Html(page.clone()),
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// The page as it is after its scripts have run. All names that end in `.example` lead to this machine.
async fn visited(url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP *.example 127.0.0.1",
        "--virtual-time-budget=20000",
        "--dump-dom",
    ]);
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(url);
    let output = browser.stderr(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(DEADLINE, output).await.expect("the browser comes to its end").unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What the page tells of its tries.
fn told(seen: &str) -> &str {
    let from = seen.split("<pre id=\"told\">").nth(1).unwrap_or_default();
    from.split("</pre>").next().unwrap_or_default().trim()
}
