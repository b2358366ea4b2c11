//! A Redis that is asked by TLS, as by every command, so by the services.

use std::path::Path;

use deertrack_testkit::certificates::Authority;
use deertrack_testkit::ports::free_ports;
use deertrack_testkit::redis::Redis;

use crate::support::{PROCESSOR, Running, deertrack, run, season, succeed};

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_asks_by_tls_with_certificates_of_its_own() {
    let _shared = PROCESSOR.read().await;
    let authority = Authority::new();
    let (server, client) =
        (authority.sign("server", "DNS:localhost"), authority.sign("client", "DNS:client"));
    let [port] = free_ports();
    let options = server.options(port, &authority.ca(), true);
    let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let _redis = Redis::with(true, &options).await;
    let url = format!("rediss://localhost:{port}");
    let (ca, cert, key) = (text(&authority.ca()), text(&client.cert), text(&client.key));
    let flags = ["--redis-url", &url, "--redis-ca", &ca, "--redis-cert", &cert, "--redis-key", &key];
    let variables = [
        ("REDIS_URL", url.as_str()),
        ("SSL_CERT_FILE", &ca),
        ("DEERTRACK_REDIS_CERT", &cert),
        ("DEERTRACK_REDIS_KEY", &key),
    ];
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let exports = text(&dir.path().join("exports"));

    // One by variables and the system's store, one by flags.
    let mut gateway =
        Running::start_with(&["serve", "--listen", "127.0.0.1:0", "--export-dir", &exports], &variables);
    let base = gateway.line("gateway http://").split_whitespace().last().unwrap().to_owned();
    let mut worker =
        Running::start(&[&["work", "--database", &database, "--export-dir", &exports][..], &flags].concat());
    worker.line("worker is ready");
    let pdf =
        ["submit", "pdf", "--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];
    let file = text(&dir.path().join("report.pdf"));
    succeed(&[&pdf[..], &["--gateway", &base, "--output", &file]].concat());
    let job = succeed(&[&pdf[..], &flags].concat());
    let job = job.trim();
    for command in [
        &["status", job][..],
        &["doctor", "--export-dir", &exports],
        &["queue"],
        &["pause"],
        &["cancel", job],
        &["resume"],
        &["dead", "list"],
        &["bench", "--jobs", "100"],
    ] {
        let output = run(&[command, &flags].concat());
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.code().is_some_and(|code| code != 5), "{command:?}: {said}");
        for word in ["certificate", "TLS", "rediss", "unreachable"] {
            assert!(!said.contains(word), "{command:?}: {said}");
        }
    }
    assert!(worker.terminate().success());
    assert!(gateway.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_tls_is_no_outage_and_nobody_is_told_to_start_a_server() {
    let authority = Authority::new();
    let server = authority.sign("server", "DNS:localhost");
    let [port] = free_ports();
    let options = server.options(port, &authority.ca(), false);
    let options: Vec<(&str, &str)> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let _redis = Redis::with(true, &options).await;
    let dir = tempfile::tempdir().unwrap();
    let exports = text(dir.path());
    let ca = text(&authority.ca());
    let by_name = format!("rediss://localhost:{port}");
    let (by_number, plain) = (format!("rediss://127.0.0.1:{port}"), format!("redis://localhost:{port}"));
    for (url, trusted, told) in [
        (&by_name, "", "not trusted here: name its CA with --redis-ca"),
        (&by_number, ca.as_str(), "is not for this name"),
        (&plain, "", "speaks TLS: ask it by rediss://"),
        (&plain, &ca, "write rediss://"),
        (&by_name, "/nowhere", "--redis-ca /nowhere"),
    ] {
        for command in [
            &["doctor", "--export-dir", &exports][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["work", "--database", "sqlite://none.db"],
            &["queue"],
        ] {
            let mut asked = deertrack(&[command, &["--redis-url", url]].concat());
            if !trusted.is_empty() {
                asked.env("DEERTRACK_REDIS_CA", trusted);
            }
            let output = asked.output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert_eq!(output.status.code(), Some(1), "{command:?} {url}: {said}");
            assert!(said.contains(told) && !said.contains("start one"), "{command:?} {url}: {said}");
        }
    }
}
