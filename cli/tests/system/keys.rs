//! Keys as an operator makes and uses them.

use std::path::Path;
use std::process::Command;

use deertrack_testkit::redis::Redis;
use serde_json::Value;

use crate::support::{PROCESSOR, Running, deertrack, season, succeed};

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// How a command ended.
struct Ended {
    code: i32,
    stderr: String,
}

fn ended(mut command: Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_for_other_machines_asks_for_keys() {
    let _shared = PROCESSOR.read().await;
    let redis = Redis::start().await;
    let dir = tempfile::tempdir().unwrap();
    let exports = text(&dir.path().join("exports"));
    let serve = ["serve", "--listen", "0.0.0.0:0", "--redis-url", redis.url(), "--export-dir", &exports];
    let refused = ended(deertrack(&serve));
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("deertrack keys new") && refused.stderr.contains("--allow-unauthenticated")
    );
    let mut open = Running::start(&[&serve[..], &["--allow-unauthenticated"]].concat());
    open.line("gateway http://");

    let (keys, audit) = (text(&dir.path().join("keys.toml")), text(&dir.path().join("audit.jsonl")));
    let scopes = "exports:submit,exports:read,events:read,files:read";
    let new = ["keys", "new", "--keys-file", &keys, "--id", "dashboard", "--scopes", scopes];
    let key = succeed(&new).trim().to_owned();
    assert!(key.starts_with("dtk.dashboard.") && !std::fs::read_to_string(&keys).unwrap().contains(&key));
    let again = ended(deertrack(&new));
    assert!(
        again.code == 3 && again.stderr.contains("there is a key \"dashboard\" already"),
        "{}",
        again.stderr
    );

    let mut gateway = Running::start(&[&serve[..], &["--keys-file", &keys, "--audit-log", &audit]].concat());
    let port = gateway.line("gateway http://").rsplit(':').next().unwrap().to_owned();
    let base = format!("http://127.0.0.1:{port}");
    let database = season(dir.path());
    let work = ["work", "--redis-url", redis.url(), "--database", &database, "--export-dir", &exports];
    let mut worker = Running::start(&work);
    worker.line("worker is ready");
    let report = text(&dir.path().join("report.pdf"));
    let submit = [
        "submit",
        "pdf",
        "--start-date",
        "2025-10-01",
        "--end-date",
        "2025-11-01",
        "--group-by",
        "week",
        "--gateway",
        &base,
        "--output",
        &report,
    ];
    let nobody = ended(deertrack(&submit));
    assert!(nobody.code == 3 && nobody.stderr.contains("This needs a key"), "{}", nobody.stderr);
    let mut with_key = deertrack(&submit);
    with_key.env("DEERTRACK_KEY", &key);
    let done = ended(with_key);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(std::fs::read(&report).unwrap().starts_with(b"%PDF"));

    let told = std::fs::read_to_string(&audit).unwrap();
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let did = |action: &str, status: u64| {
        lines
            .iter()
            .any(|line| line["action"] == action && line["status"] == status && line["target"] == "audit")
    };
    assert!(did("GET /api/events", 401) && did("POST /api/exports/{kind}", 202), "{told}");
    assert!(did("GET /api/static/exports/{filename}", 200), "{told}");
    assert!(lines.iter().all(|line| line["request_id"].as_str().is_some_and(|id| id.len() == 36)), "{told}");
    assert!(!told.contains(&key));
}
