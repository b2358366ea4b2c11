//! Connections that say nothing, too slowly, or do not listen.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::attack;
use crate::target::{DEADLINE, Plan, Target, rest};

const RIGHT: &str = r#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;
/// The hard limit of the attacked process.
const DESCRIPTORS: u64 = 256;

pub(crate) fn all() -> Vec<Trial> {
    vec![
        attack("silent_connections_keep_nobody_out", silent_connections_keep_nobody_out),
        attack("followers_and_slow_bodies_are_told_503", followers_and_slow_bodies_are_told_503),
        attack("who_is_too_slow_is_closed", who_is_too_slow_is_closed),
        attack("a_stop_waits_for_no_silent_connection", a_stop_waits_for_no_silent_connection),
    ]
}

async fn silent_connections_keep_nobody_out() {
    let plan = Plan { descriptors: Some(DESCRIPTORS), seconds: None };
    for said in ["", "GET / HTTP/1.1\r\nHost: local"] {
        let gateway = Target::start(plan).await;
        let mut held = Vec::new();
        for _ in 0..700 {
            let mut connection = gateway.connect().await;
            // It may be closed already to make room.
            let _ = connection.write_all(said.as_bytes()).await;
            held.push(connection);
        }
        let began = Instant::now();
        for (answer, status) in [
            (gateway.get("/healthz").await, "200"),
            (gateway.get("/readyz").await, "200"),
            (gateway.post("pdf", RIGHT).await, "202"),
        ] {
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        }
        let (took, open) = (began.elapsed(), gateway.descriptors());
        println!(
            "{} connections that say {said:?}: three answers in {took:?}, {open} descriptors",
            held.len()
        );
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(open < DESCRIPTORS as usize, "{open}");
    }
}

/// All connections are busy: half of them follow events, the others send a body that never comes.
async fn followers_and_slow_bodies_are_told_503() {
    let gateway = Target::start(Plan { descriptors: Some(DESCRIPTORS), seconds: None }).await;
    let mut held = Vec::new();
    let mut refused = String::new();
    while refused.is_empty() {
        let mut connection = gateway.connect().await;
        let head = format!("GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
        connection.write_all(head.as_bytes()).await.unwrap();
        let status = status(&mut connection).await;
        match status.as_str() {
            "200" => held.push(connection),
            _ => refused = status,
        }
    }
    let followers = held.len();
    assert_eq!(refused, "503");
    // Until all are served: who was accepted and not yet heard makes room.
    let until = Instant::now() + DEADLINE;
    let submit = loop {
        for _ in 0..DESCRIPTORS / 4 {
            let mut connection = gateway.connect().await;
            let head = format!(
                "POST /api/exports/pdf HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n",
                gateway.address
            );
            let _ = connection.write_all(head.as_bytes()).await;
            held.push(connection);
        }
        let submit = gateway.post("pdf", RIGHT).await;
        if !submit.starts_with("HTTP/1.1 202 ") || Instant::now() > until {
            break submit;
        }
    };
    assert!(submit.starts_with("HTTP/1.1 503 ") && submit.contains("retry-after: 5"), "{submit}");
    let began = Instant::now();
    for path in ["/healthz", "/readyz"] {
        let answer = gateway.get(path).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    let (took, open) = (began.elapsed(), gateway.descriptors());
    println!(
        "{followers} followers, {} connections in all: two answers in {took:?}, {open} descriptors",
        held.len()
    );
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(open < DESCRIPTORS as usize, "{open}");
}

async fn status(connection: &mut TcpStream) -> String {
    let mut begin = [0; 12];
    tokio::time::timeout(DEADLINE, connection.read_exact(&mut begin)).await.unwrap().unwrap();
    String::from_utf8_lossy(&begin[9..]).into_owned()
}

async fn who_is_too_slow_is_closed() {
    let gateway = Target::start(Plan { descriptors: None, seconds: Some(1) }).await;
    let file = std::fs::File::create(gateway.exports().join("report_1.pdf")).unwrap();
    file.set_len(64 * 1024 * 1024).unwrap();
    let ask = |line: &str| format!("{line} HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    for (name, said, reads) in [
        ("silent", String::new(), true),
        ("half a head", "GET / HT".to_owned(), true),
        ("idle", ask("GET /healthz"), true),
        ("does not read", ask("GET /api/static/exports/report_1.pdf"), false),
    ] {
        let mut connection = gateway.connect().await;
        connection.write_all(said.as_bytes()).await.unwrap();
        let began = Instant::now();
        if reads {
            rest(connection).await;
        } else {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let got = rest(connection).await.len();
            assert!(got < 64 * 1024 * 1024, "all of it came, {got} bytes");
        }
        println!("{name}: closed after {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(6), "{name}");
    }
    let mut dripping = gateway.connect().await;
    let began = Instant::now();
    while dripping.write_all(b"G").await.is_ok() && began.elapsed() < DEADLINE {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("a byte at a time: closed after {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(6));
}

async fn a_stop_waits_for_no_silent_connection() {
    let mut gateway = Target::start(Plan::default()).await;
    let mut held = Vec::new();
    for number in 0..200 {
        let mut connection = gateway.connect().await;
        connection.write_all(if number % 2 == 0 { b"" } else { b"GET / HTTP" }).await.unwrap();
        held.push(connection);
    }
    // The last of them was accepted when this is answered.
    gateway.get("/healthz").await;
    let began = Instant::now();
    gateway.terminate();
    println!("{} silent connections: stopped after {:?}", held.len(), began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
