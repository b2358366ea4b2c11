//! What is away is waited out, and whoever asks is told why.

use deertrack_testkit::redis::Redis;
use serde_json::{Value, json};

use crate::support::house::House;
use crate::support::{self, Running, succeed, until};

/// A port that was free a moment ago.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// What `/readyz` of a worker says: its status and the reason.
fn ready(address: &str) -> Option<(u16, String)> {
    let args = ["-s", "-w", "\n%{http_code}", &format!("http://{address}/readyz")];
    let output = std::process::Command::new("curl").args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, code) = text.rsplit_once('\n')?;
    Some((code.parse().ok().filter(|code| *code > 0)?, body.to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_folder_is_gone_says_so_fetches_nothing_and_goes_on_by_itself() {
    let _shared = support::PROCESSOR.read().await;
    let house = House::build(Redis::start().await).await;
    let address = free_address();
    let _worker = house.worker_with(&[("DEERTRACK_METRICS_LISTEN", &address)]);
    until("it is ready", || ready(&address).filter(|(code, _)| *code == 200));

    let (folder, aside) = (house.dir.path().join("exports"), house.dir.path().join("aside"));
    std::fs::rename(&folder, &aside).unwrap();
    let job = house.submit(json!({})).await;
    let (_, why) = until("it says why not", || ready(&address).filter(|(code, _)| *code == 503));
    until("the folder is named", || {
        ready(&address).filter(|(_, body)| body.contains("export folder: ") && body.contains("No such file"))
    });
    assert!(!why.is_empty());
    assert_eq!(house.record(&job)["status"], "processing");

    std::fs::rename(&aside, &folder).unwrap();
    let record = until("it ends", || {
        let record = house.record(&job);
        (record["status"] != "processing").then_some(record)
    });
    assert_eq!((&record["state"], &record["attempt"]), (&json!("completed"), &json!(1)), "{record}");
    assert_eq!(house.ask(&["XLEN", "{exports}:dead"]), "0");
    until("it is ready again", || ready(&address).filter(|(code, _)| *code == 200));
}

/// The main finding of a report of the season by a worker that is there.
async fn headline(house: &House) -> String {
    let job = house.submit(json!({})).await;
    let record = until("the report is made", || {
        let record = house.record(&job);
        (record["status"] != "processing").then_some(record)
    });
    assert_eq!(record["state"], "completed", "{record}");
    record["headline"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_started_on_an_empty_database_reads_it_as_it_is_when_a_job_comes() {
    let _shared = support::PROCESSOR.read().await;
    let mut house = House::build(Redis::start().await).await;
    let empty = house.dir.path().join("empty.db");
    std::fs::write(&empty, b"").unwrap();
    let postgres = deertrack_testkit::postgres::database();
    for database in [format!("sqlite://{}", empty.display()), postgres] {
        house.database.clone_from(&database);
        let mut early = house.worker();
        let fill = ["simulate", "--seed", "1", "--no-frames", "--end", "2025-12-31", "--database"];
        succeed(&[&fill[..], &[&database]].concat());
        let by_early = headline(&house).await;
        assert!(early.terminate().success());
        let _late = house.worker();
        assert_eq!(headline(&house).await, by_early);
        assert!(by_early.contains("trap nights"), "{by_early}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_what_readiness_looks_at_and_leaves_no_line_out() {
    let redis = Redis::start().await;
    let dir = tempfile::tempdir().unwrap();
    let exports = dir.path().join("exports").display().to_string();
    let args = ["doctor", "--json", "--redis-url", redis.url(), "--export-dir", &exports];
    let lines = |told: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let findings = told["findings"].as_array().unwrap().iter();
        findings.map(|finding| (text(&finding["what"]), text(&finding["verdict"]))).collect()
    };
    let told: Value = serde_json::from_str(&succeed(&args)).unwrap();
    let all = ["redis", "redis", "submit", "keys", "fetch", "queue", "database", "export folder"];
    let names: Vec<String> = lines(&told).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, all);

    redis.run(&[b"SET", b"{exports}:commands", b"x"]);
    let args = [&args[..], &["--durability", "replicated"]].concat();
    let told = String::from_utf8(support::run(&args).stdout).unwrap();
    let told: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    let bad = lines(&told);
    let names: Vec<String> = bad.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, all, "{told}");
    for name in ["submit", "keys", "queue"] {
        assert!(bad.contains(&(name.to_owned(), "problem".to_owned())), "{name}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_of_others_never_reach_a_terminal() {
    let redis = Redis::start().await;
    let evil = "\u{1b}[2J\u{9b}31m\u{202e}evil\r";
    redis.run(&[b"XADD", b"{exports}:dead", b"*", b"job", evil.as_bytes(), b"reason", evil.as_bytes()]);
    let mut watching = Running::start(&["dead", "list", "--redis-url", redis.url()]);
    let line = watching.line("evil");
    assert!(!line.chars().any(|character| character.is_control() || character == '\u{202e}'), "{line:?}");
    let json = succeed(&["dead", "list", "--json", "--redis-url", redis.url()]);
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["reason"], evil, "a program reads what was written");
    assert!(!json.trim_end().chars().any(|character| character.is_control() || character == '\u{202e}'));
}
