//! A short run of the harness: what `make test` has of it. The long one is `make chaos DURATION=3600`.

use std::process::Command;

use serde_json::Value;

/// Fixed, so that a failure can be repeated; the long runs draw theirs.
const SEED: &str = "20260102";

#[test]
fn ninety_seconds_of_chaos_break_no_promise() {
    let chaos = Command::new(env!("CARGO_BIN_EXE_deertrack-chaos"))
        .args(["run", "--duration", "90", "--seed", SEED, "--json"])
        .output()
        .unwrap();
    let (told, log) = (String::from_utf8_lossy(&chaos.stdout), String::from_utf8_lossy(&chaos.stderr));
    assert!(chaos.status.success(), "{told}\n{log}");
    let report: Value = serde_json::from_str(&told).unwrap();
    assert!(report["accepted"].as_u64() > Some(500), "so few jobs prove nothing: {report:#}");
    assert_eq!(report["disturbances"].as_object().unwrap().len(), 14, "each kind at least once: {report:#}");
    for end in ["completed", "failed", "cancelled", "dead"] {
        assert!(report["ends"][end].as_u64() > Some(0), "no job ended as {end}: {report:#}");
    }
}
