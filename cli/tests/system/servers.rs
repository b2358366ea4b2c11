//! What operators are told of a Redis that cannot be used, or not for everything.

use std::process::{Child, Command, Stdio};

use deertrack_testkit::cluster::Cluster;
use deertrack_testkit::redis::Redis;
use deertrack_testkit::sentinel::Watched;

use crate::support::{PROCESSOR, Running, deertrack, redis, run, season, succeed, until};

/// Exit code and all that was said.
fn said(args: &[&str]) -> (Option<i32>, String) {
    let output = run(args);
    let both = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&both).into_owned())
}

/// A real Sentinel on a unix socket; it watches nothing. Ends with the test.
struct Sentinel {
    process: Child,
    dir: tempfile::TempDir,
}

impl Sentinel {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("sentinel.conf");
        std::fs::write(&config, "sentinel resolve-hostnames no\n").unwrap();
        let mut server = Command::new("redis-server");
        server.arg(&config).args(["--sentinel", "--port", "0", "--dir"]).arg(dir.path());
        server.arg("--unixsocket").arg(dir.path().join("sentinel.sock")).stdout(Stdio::null());
        let sentinel = Self { process: server.spawn().unwrap(), dir };
        until("the Sentinel answers", || (redis(&sentinel.url(), &["PING"]) == "PONG").then_some(()));
        sentinel
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.dir.path().join("sentinel.sock").display())
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_and_doctor_refuse_a_sentinel_by_name() {
    let sentinel = Sentinel::start();
    let url = sentinel.url();
    let dir = tempfile::tempdir().unwrap();
    let exports = dir.path().display().to_string();
    let work = ["work", "--database", "sqlite://none.db"];
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let doctor = ["doctor", "--export-dir", &exports];
    for command in [&work[..], &serve, &doctor, &["queue"]] {
        let (code, told) = said(&[command, &["--redis-url", &url]].concat());
        assert_eq!(code, Some(1), "{command:?}: {told}");
        assert!(told.contains("this is a Sentinel") && !told.contains("start one"), "{command:?}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_over_a_cluster() {
    let _shared = PROCESSOR.read().await;
    let cluster = Cluster::start(&[]).await;
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let exports = dir.path().join("exports").display().to_string();
    let url = |node: usize| cluster.url(node);
    let (first, second, third) = (url(0), url(1), url(2));
    let mut worker =
        Running::start(&["work", "--redis-url", &first, "--database", &database, "--export-dir", &exports]);
    worker.line("worker is ready");
    let file = dir.path().join("report.pdf").display().to_string();
    let pdf =
        ["submit", "pdf", "--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];
    succeed(&[&pdf[..], &["--redis-url", &second, "--export-dir", &exports, "--output", &file]].concat());
    assert!(std::fs::metadata(&file).unwrap().len() > 1_000);
    let (code, told) = said(&["doctor", "--redis-url", &third, "--export-dir", &exports]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("0 waiting or running, 0 dead letters, 1 worker(s)"), "{told}");
    assert!(worker.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_made_over_sentinels_before_and_after_a_failover() {
    let _shared = PROCESSOR.read().await;
    let service = Watched::start(true, &[]).await;
    let url = service.url();
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let exports = dir.path().join("exports").display().to_string();
    let mut worker =
        Running::start(&["work", "--redis-url", &url, "--database", &database, "--export-dir", &exports]);
    worker.line("worker is ready");
    let pdf =
        ["submit", "pdf", "--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];
    for name in ["before.pdf", "after.pdf"] {
        let file = dir.path().join(name).display().to_string();
        succeed(&[&pdf[..], &["--redis-url", &url, "--export-dir", &exports, "--output", &file]].concat());
        assert!(std::fs::metadata(&file).unwrap().len() > 1_000);
        if name == "before.pdf" {
            service.fail_over().await;
            service.led_by(1).await;
        }
    }
    let (code, told) = said(&["doctor", "--redis-url", &url, "--export-dir", &exports]);
    assert_eq!(code, Some(0), "{told}");
    let unknown = url.replace("/jobs", "/tasks");
    let (code, told) = said(&["doctor", "--redis-url", &unknown, "--export-dir", &exports]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("but these: jobs") && !told.contains("start one"), "{told}");
    assert!(worker.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn gateway_and_worker_start_and_work_where_much_is_refused() {
    let _shared = PROCESSOR.read().await;
    let server = Redis::start().await;
    let users = include_str!("../../../deploy/redis/users.acl");
    for line in users.lines() {
        let mut words: Vec<&str> = line.split(' ').skip(1).collect();
        words.extend(["on", ">secret", "-info", "-config|get", "-client|id", "-client|unblock", "-publish"]);
        assert_eq!(redis(server.url(), &[&["ACL", "SETUSER"][..], &words].concat()), "OK", "{line}");
    }
    let url = |user: &str| format!("{}?user={user}&pass=secret", server.url());
    let (of_gateway, of_worker) = (url("gateway"), url("worker"));
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let exports = dir.path().join("exports").display().to_string();
    let mut gateway = Running::start(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--redis-url",
        &of_gateway,
        "--export-dir",
        &exports,
    ]);
    let base = gateway.line("gateway http://").split_whitespace().last().unwrap().to_owned();
    let mut worker = Running::start(&[
        "work",
        "--redis-url",
        &of_worker,
        "--database",
        &database,
        "--export-dir",
        &exports,
    ]);
    worker.line("worker is ready");
    let pdf =
        ["submit", "pdf", "--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];
    let file = dir.path().join("report.pdf").display().to_string();
    succeed(&[&pdf[..], &["--gateway", &base, "--output", &file]].concat());

    let doctor =
        deertrack(&["doctor", "--redis-url", &of_worker, "--export-dir", &exports]).output().unwrap();
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success(), "{told}");
    assert!(told.contains("does not permit INFO") && told.contains("persistence unknown"), "{told}");
    assert!(!told.contains("nothing is written"), "{told}");
    // Who may only look is told that he can neither submit nor fetch, and what he may ask for is answered.
    let (code, told) = said(&["doctor", "--redis-url", &url("observer"), "--export-dir", &exports]);
    assert_eq!(code, Some(1), "{told}");
    for line in ["PROBLEM  submit", "PROBLEM  fetch", "ok       queue"] {
        assert!(told.contains(line), "no {line} in\n{told}");
    }
    assert!(worker.terminate().success());

    // A job that somebody holds is cancelled, and told so, though the hint is refused.
    let job = succeed(&[&pdf[..], &["--gateway", &base]].concat());
    redis(server.url(), &["XREADGROUP", "GROUP", "workers", "other", "STREAMS", "{exports}:commands", ">"]);
    let address = format!("{base}/api/exports/{}", job.trim());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cancelled = reqwest::Client::new().delete(address).send().await.unwrap();
    assert!(cancelled.status().is_success(), "{}", cancelled.status());
    assert_eq!(redis(server.url(), &["EXISTS", &format!("{{exports}}:cancel:{}", job.trim())]), "1");
    gateway.line("does not permit PUBLISH");
    for said in [worker.said(), gateway.said()] {
        assert_eq!(said.matches("does not permit INFO").count(), 1, "{said}");
    }
}
