//! Everything in one process, and what operators ask.

use std::process::Command;

use deertrack_testkit::redis::Redis;
use serde_json::{Value, json};

use crate::support::{self, PROCESSOR, Running, deertrack, pdf_text, redis, run, succeed};

fn out(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leaves_a_report_and_ends_by_itself() {
    let _shared = PROCESSOR.read().await;
    let dir = tempfile::tempdir().unwrap();
    // As a newcomer does: into a folder below the one they stand in.
    let demo = || out(deertrack(&["demo", "--output", "demo"]).current_dir(dir.path()));
    let (code, printed, told) = demo();
    assert_eq!(code, Some(0), "{told}");
    let report = dir.path().join("demo/report.pdf");
    assert!(printed.contains("demo/report.pdf"), "{printed}");
    let text = pdf_text(&report);
    assert!(text.contains("North Wood") && text.contains("trap nights"), "{text}");
    assert!(!text.contains("are missing"), "every photograph is found: {text}");
    // Once more in the same folder: the season is there already, and no server of the first run is in the way.
    assert_eq!(demo().0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn up_needs_no_settings_and_takes_its_redis_with_it() {
    let _shared = PROCESSOR.read().await;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    for _ in 0..2 {
        let mut up = Running::start(&["up", "--data-dir", &data, "--port", "0"]);
        let base = up.line("dashboard").split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
        up.line("worker is ready");
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert_eq!(reqwest::get(format!("{base}/readyz")).await.unwrap().status(), 200);
        let gateway = ["--gateway", &base];
        let empty = run(&[
            &["submit", "pdf", "--start-date", "2025-01-01", "--end-date", "2025-02-01"][..],
            &["--group-by", "day", "--wait"],
            &gateway,
        ]
        .concat());
        assert_eq!(empty.status.code(), Some(4), "there is no detection yet");
        assert!(up.terminate().success());
    }
}

#[test]
fn up_says_how_to_install_a_missing_redis() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let (code, _, told) = out(deertrack(&["up", "--data-dir", &data, "--port", "0"]).env("PATH", "/nowhere"));
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("apt-get install redis-server"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_what_is_missing_and_what_to_do() {
    let (code, told, _) =
        out(&mut deertrack(&["doctor", "--redis-url", "redis://127.0.0.1:9", "--export-dir", "/proc/none"]));
    assert_eq!(code, Some(1));
    for wanted in ["PROBLEM  redis", "deertrack up", "PROBLEM  export folder", "DATABASE_URL"] {
        assert!(told.contains(wanted), "no {wanted} in\n{told}");
    }
    let redis = Redis::durable().await;
    let dir = tempfile::tempdir().unwrap();
    let (database, exports) = (support::season(dir.path()), dir.path().join("exports").display().to_string());
    let told = succeed(&[
        "doctor",
        "--json",
        "--redis-url",
        redis.url(),
        "--database",
        &database,
        "--export-dir",
        &exports,
    ]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["ok"], true);
    assert!(told["findings"].as_array().unwrap().iter().all(|finding| finding["verdict"] == "ok"), "{told}");

    let (mut redis, server) = (redis, ["doctor", "--export-dir", &exports, "--redis-url"]);
    redis.server.kill().await.unwrap();
    redis.server.restart().await.unwrap();
    support::redis(redis.url(), &["ACL", "SETUSER", "default", "-bgrewriteaof"]);
    let told = succeed(&[&server[..], &[redis.url()]].concat());
    assert!(told.contains("warning  redis") && told.contains("redis-check-aof --fix"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_refuses_a_redis_that_may_evict_jobs() {
    let redis = Redis::with(false, &[("maxmemory-policy", "allkeys-lru")]).await;
    let (code, _, told) =
        out(&mut deertrack(&["work", "--redis-url", redis.url(), "--database", "sqlite://none.db"]));
    assert_eq!(code, Some(1));
    assert!(told.contains("noeviction") && told.contains("--allow-unsafe-redis"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_refuses_a_redis_that_may_evict_jobs() {
    let redis = Redis::with(false, &[("maxmemory-policy", "allkeys-lru")]).await;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--redis-url", redis.url()];
    let (code, _, told) = out(&mut deertrack(&serve));
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("noeviction") && told.contains("--allow-unsafe-redis"), "{told}");
    let mut insists = Running::start(&[&serve[..], &["--allow-unsafe-redis"]].concat());
    insists.line("gateway http://");
    assert!(insists.terminate().success());
}

const PDF: [&str; 8] =
    ["submit", "pdf", "--start-date", "2025-01-01", "--end-date", "2025-02-01", "--group-by", "day"];

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_jobs_refuses_a_redis_that_cannot_sync_them() {
    // Either too old for it, or without a file to wait for.
    let redis = Redis::start().await;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let up = ["up", "--port", "0", "--data-dir", &data];
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &up, &PDF] {
        let synced = ["--redis-url", redis.url(), "--durability", "synced"];
        let (code, _, told) = out(&mut deertrack(&[command, &synced].concat()));
        assert_eq!(code, Some(1), "{command:?}: {told}");
        assert!(told.contains("7.2") || told.contains("appendonly yes"), "{command:?}: {told}");
        assert!(told.contains("DEERTRACK_DURABILITY") && told.contains("fast or replicated"), "{told}");
    }
    assert_eq!(support::redis(redis.url(), &["XLEN", "{exports}:commands"]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submit_without_a_gateway_keeps_to_the_variables_of_one() {
    let redis = Redis::start().await;
    let submit = [&PDF[..], &["--redis-url", redis.url()]].concat();
    let unsure = out(deertrack(&submit).env("DEERTRACK_DURABILITY", "replicated"));
    assert_eq!(unsure.0, Some(5), "{}", unsure.2);
    assert!(
        unsure.2.contains("job 0") && unsure.2.contains("accepted, but not enough replicas"),
        "{}",
        unsure.2
    );
    let full = out(deertrack(&submit).env("DEERTRACK_MAX_BACKLOG", "1"));
    assert_eq!(full.0, Some(5), "{}", full.2);
    assert!(full.2.contains("the backlog is full"), "{}", full.2);
    assert_eq!(support::redis(redis.url(), &["XLEN", "{exports}:commands"]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn up_keeps_to_the_backlog_that_it_is_given() {
    let _shared = PROCESSOR.read().await;
    let redis = Redis::start().await;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let args = ["up", "--data-dir", &data, "--port", "0", "--redis-url", redis.url(), "--max-backlog", "1"];
    support::redis(redis.url(), &["SET", "{exports}:paused", "1"]);
    let mut up = Running::start(&args);
    let base = up.line("dashboard").split_whitespace().last().unwrap().trim_end_matches('/').to_owned();
    up.line("worker is ready");
    let submit = [&PDF[..], &["--gateway", &base]].concat();
    succeed(&submit);
    let refused = run(&submit);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && told.contains("Too many exports are waiting"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_pause_cancel_and_replay_what_is_in_the_queue() {
    let server = Redis::start().await;
    let url = ["--redis-url", server.url()];
    let job = succeed(
        &[
            &["submit", "pdf", "--start-date", "2025-01-01", "--end-date", "2025-02-01", "--group-by", "day"]
                [..],
            &url,
        ]
        .concat(),
    );
    let queue = |url: &[&str]| -> Value {
        serde_json::from_str(&succeed(&[&["queue", "--json"], url].concat())).unwrap()
    };
    succeed(&[&["pause"][..], &url].concat());
    let shown = queue(&url);
    assert_eq!((&shown["backlog"], &shown["paused"]), (&json!(1), &json!(true)));
    assert_eq!(shown["waiting"], json!([{ "kind": "pdf", "requested_by": null, "jobs": 1 }]));
    succeed(&[&["resume"][..], &url].concat());
    assert!(succeed(&[&["cancel", job.trim()][..], &url].concat()).contains("before it ran"));
    assert_eq!(queue(&url)["backlog"], 0);
    let gone = run(&[&["cancel", "no-such-job"][..], &url].concat());
    assert!(String::from_utf8_lossy(&gone.stderr).contains("Export job not found: no-such-job"));

    redis(
        server.url(),
        &[
            "XADD",
            "{exports}:dead",
            "*",
            "job",
            "j",
            "kind",
            "unknown",
            "reason",
            "unreadable",
            "raw.job",
            "j",
            "raw.body",
            "?",
        ],
    );
    let listed: Value =
        serde_json::from_str(&succeed(&[&["dead", "list", "--json"][..], &url].concat())).unwrap();
    assert_eq!(listed["reason"], "unreadable");
    let id = listed["id"].as_str().unwrap();
    assert!(succeed(&[&["dead", "replay", id][..], &url].concat()).contains("replayed: 1"));
    assert_eq!(run(&[&["dead", "replay", id][..], &url].concat()).status.code(), Some(1), "once only");
    assert_eq!(queue(&url)["backlog"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bench_tells_what_a_redis_carries_and_leaves_nothing_there() {
    let _shared = PROCESSOR.read().await;
    let redis_server = Redis::start().await;
    let small = ["bench", "--jobs", "300", "--seconds", "1", "--payload", "2000", "--json"];
    let printed = succeed(&[&small[..], &["--redis-url", redis_server.url()]].concat());
    let told: Value = serde_json::from_str(&printed).unwrap();
    for name in ["submit_jobs_per_s", "submit_bulk_jobs_per_s", "drain_jobs_per_s", "redis_us_per_job"] {
        assert!(told[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {told}");
    }
    let latency = ["p50", "p99", "p999"].map(|name| told["latency_ms"][name].as_f64().unwrap());
    assert!(latency[0] > 0.0 && latency.is_sorted(), "{told}");
    assert!(told["payload_bytes"].as_u64().unwrap() >= 2000, "{told}");
    assert!(told["rss_mb"].as_f64().is_none_or(|mb| mb > 1.0), "{told}");
    assert_eq!(redis(redis_server.url(), &["DBSIZE"]), "0", "all traces are removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bench_that_is_stopped_leaves_nothing_either() {
    let _shared = PROCESSOR.read().await;
    let redis_server = Redis::start().await;
    let url = redis_server.url();
    let mut bench = Running::start(&["bench", "--rate", "5000", "--seconds", "60", "--redis-url", url]);
    let keys = || redis(url, &["DBSIZE"]).parse::<u64>().unwrap();
    support::until("jobs are published", || (keys() > 100).then_some(()));
    assert_eq!(bench.terminate().code(), Some(1), "it has measured nothing");
    assert_eq!(keys(), 0, "nobody publishes or works once the traces are removed");
}
