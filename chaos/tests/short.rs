//! A short run of the harness: what `make test` has of it. The long one is `make chaos DURATION=3600`.
#![expect(clippy::unwrap_used, reason = "a run that cannot be read has failed the test")]

use std::process::Command;

use serde_json::Value;

/// Fixed, so that a failure can be repeated; the long runs draw theirs.
const SEED: &str = "20260102";

fn run(options: &[&str]) -> Value {
    let chaos = Command::new(env!("CARGO_BIN_EXE_deertrack-chaos"))
        .args(["run", "--seed", SEED, "--json"])
        .args(options)
        .output()
        .unwrap();
    let (told, log) = (String::from_utf8_lossy(&chaos.stdout), String::from_utf8_lossy(&chaos.stderr));
    assert!(chaos.status.success(), "{told}\n{log}");
    serde_json::from_str(&told).unwrap()
}

#[test]
fn ninety_seconds_of_chaos_break_no_promise() {
    let report = run(&["--duration", "90"]);
    assert!(report["accepted"].as_u64() > Some(500), "so few jobs prove nothing: {report:#}");
    assert_eq!(report["disturbances"].as_object().unwrap().len(), 15, "each kind at least once: {report:#}");
    for end in ["completed", "failed", "cancelled", "dead"] {
        assert!(report["ends"][end].as_u64() > Some(0), "no job ended as {end}: {report:#}");
    }
}

/// Nobody waits for a replica, so a change of master may forget: that is counted, and breaks nothing.
#[test]
fn a_minute_of_chaos_around_sentinels_breaks_no_promise() {
    let report = run(&["--duration", "60", "--topology", "sentinel"]);
    assert!(report["accepted"].as_u64() > Some(300), "so few jobs prove nothing: {report:#}");
    let met = report["disturbances"].as_object().unwrap();
    assert_eq!(met.len(), 15, "each kind at least once: {report:#}");
    assert!(met.contains_key("fail_over") && met.contains_key("kill_redis"), "{report:#}");
}

#[test]
fn a_minute_of_chaos_in_a_cluster_breaks_no_promise_and_what_a_replica_has_is_not_forgotten() {
    let report = run(&["--duration", "60", "--topology", "cluster", "--replicated"]);
    assert!(report["accepted"].as_u64() > Some(300), "so few jobs prove nothing: {report:#}");
    let met = report["disturbances"].as_object().unwrap();
    assert_eq!(met.len(), 16, "each kind at least once: {report:#}");
    assert!(met.contains_key("move_slot") && met.contains_key("fail_over"), "{report:#}");
    assert_eq!(report["forgotten"], 0, "{report:#}");
}

#[test]
fn jobs_that_end_their_process_take_nobody_with_them() {
    // Rubbish hurts no worker: whoever dies is ended by its own job.
    let report = run(&["--duration", "20", "--only", "add-rubbish", "--poison", "10"]);
    assert!(report["fallen_workers"].as_u64() > Some(5), "so few deaths prove nothing: {report:#}");
    assert_eq!(report["over_cap"], 0, "{report:#}");
}
