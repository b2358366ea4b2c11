//! `--key-prefix`: two whole stacks on one Redis database, as an operator runs them.

use deertrack_testkit::redis::Redis;
use serde_json::Value;

use crate::support::{PROCESSOR, Running, deertrack, redis, run, season, succeed, until};

const PDF: [&str; 8] =
    ["submit", "pdf", "--start-date", "2025-10-01", "--end-date", "2025-11-01", "--group-by", "week"];

#[tokio::test(flavor = "multi_thread")]
async fn two_stacks_share_a_database_and_no_job() {
    let _shared = PROCESSOR.read().await;
    let server = Redis::start().await;
    let dir = tempfile::tempdir().unwrap();
    let database = season(dir.path());
    let exports = dir.path().join("north").display().to_string();
    let url = ["--redis-url", server.url()];
    let north = [&url[..], &["--key-prefix", "north"]].concat();
    let in_south = succeed(&[&PDF[..], &url].concat());
    let in_north = succeed(&[&PDF[..], &north].concat());

    // The only worker is one of north; the variable is as good as the flag.
    let work = ["work", "--redis-url", server.url(), "--database", &database, "--export-dir", &exports];
    let mut worker = Running::start_with(&work, &[("DEERTRACK_KEY_PREFIX", "north")]);
    let state = |job: &str, args: &[&str]| -> Value {
        serde_json::from_str(&succeed(&[&["status", job.trim(), "--json"][..], args].concat())).unwrap()
    };
    until("north's report", || (state(&in_north, &north)["state"] == "completed").then_some(()));
    assert_eq!(state(&in_south, &url)["state"], "queued");
    let unknown = run(&[&["status", in_south.trim()][..], &north].concat());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("Job not found"));
    let unknown = run(&[&["cancel", in_south.trim()][..], &north].concat());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("Export job not found"));

    let backlog = |args: &[&str]| -> u64 {
        let queue: Value = serde_json::from_str(&succeed(&[&["queue", "--json"], args].concat())).unwrap();
        queue["backlog"].as_u64().unwrap()
    };
    assert_eq!((backlog(&url), backlog(&north)), (1, 0));
    succeed(&[&["pause"][..], &north].concat());
    assert_eq!(redis(server.url(), &["EXISTS", "{north}:paused", "{exports}:paused"]), "1");
    let doctor = deertrack(&[&["doctor", "--export-dir", &exports][..], &north].concat()).output().unwrap();
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(told.contains("north: 0 waiting or running"), "{told}");
    assert!(succeed(&[&["cancel", in_south.trim()][..], &url].concat()).contains("before it ran"));
    assert!(worker.terminate().success());
}

#[test]
fn ids_are_made_for_a_prefix_and_a_wrong_one_is_refused() {
    let ids = succeed(&["new-id", "--count", "3", "--key-prefix", "north"]);
    let north: deertrack_schemas::Keys = "north".parse().unwrap();
    let ids: Vec<&str> = ids.lines().collect();
    assert!(ids.len() == 3 && ids.is_sorted(), "{ids:?}");
    for id in ids {
        assert_eq!(deertrack_schemas::key_slot(format!("export_job:{id}").as_bytes()), north.slot());
    }
    let one: Value = serde_json::from_str(&succeed(&["new-id", "--json"])).unwrap();
    assert_eq!(deertrack_schemas::Keys::default().status_slot(one["job_id"].as_str().unwrap()), 11_992);
    let refused = run(&["new-id", "--key-prefix", "{north}"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && told.contains("without braces"), "{told}");
}
