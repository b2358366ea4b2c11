//! Ids whose status key lies beside the queue: for every prefix, still UUID v7 in their order, the same in every language.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use deertrack_schemas::{JobId, Keys, key_slot};
use proptest::prelude::*;
use serde::Deserialize;

const GOLDEN: &str = include_str!("../golden/job_ids.json");

/// One id before and after, under one prefix.
#[derive(Deserialize)]
struct Vector {
    prefix: String,
    slot: u16,
    id: JobId,
    steered: JobId,
}

fn steer(keys: &Keys, id: &str) -> String {
    keys.steer(&id.parse().unwrap()).unwrap().to_string()
}

fn slot_of_default_status(id: &str) -> u16 {
    key_slot(format!("export_job:{id}").as_bytes())
}

/// Any UUID v7: 48 bits of time, 74 others.
fn uuid_v7() -> impl Strategy<Value = String> {
    (0..1_u64 << 48, 0..1_u64 << 12, 0..1_u64 << 62).prop_map(|(time, high, low)| {
        let low = low | 1 << 63;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            time >> 16,
            time & 0xffff,
            high | 7 << 12,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    })
}

proptest! {
    #[test]
    fn an_id_is_led_into_the_slot_of_any_prefix(name in "[A-Za-z0-9_.:-]{1,64}", id in uuid_v7()) {
        let keys: Keys = name.parse().unwrap();
        let steered = steer(&keys, &id);
        prop_assert_eq!(slot_of_default_status(&steered), key_slot(format!("{{{name}}}").as_bytes()));
        prop_assert_eq!(keys.status_slot(&steered), keys.slot());
        // Time, version, variant and all but the last five digits are as they were; who is there stays.
        prop_assert_eq!(&steered[..31], &id[..31]);
        prop_assert_eq!(steer(&keys, &steered), steered);
    }

    #[test]
    fn order_and_distinctness_above_the_last_digits_are_kept(ids in prop::collection::vec(uuid_v7(), 2..50)) {
        let keys = Keys::default();
        let mut ids: Vec<String> = ids;
        ids.sort();
        ids.dedup_by(|a, b| a[..31] == b[..31]);
        let steered: Vec<String> = ids.iter().map(|id| steer(&keys, id)).collect();
        prop_assert!(steered.is_sorted());
        prop_assert_eq!(steered.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}

#[test]
fn the_golden_ids_are_made() {
    let vectors: Vec<Vector> = serde_json::from_str(GOLDEN).unwrap();
    assert!(vectors.len() >= 10);
    for Vector { prefix, slot, id, steered } in vectors {
        let keys: Keys = prefix.parse().unwrap();
        assert_eq!((keys.slot(), keys.steer(&id)), (slot, Some(steered.clone())), "{prefix} {id}");
        assert_eq!(slot_of_default_status(steered.as_str()), slot);
    }
}

#[test]
fn the_python_beside_them_makes_the_golden_ids_too() {
    let python = r"
import json, sys
from new_job_id import new_job_id, steer
for vector in json.load(sys.stdin):
    print(steer(vector['id'], vector['prefix']))
print(new_job_id())
";
    let mut child = Command::new(std::env::var_os("DEERTRACK_PYTHON").unwrap_or_else(|| "python3".into()))
        .args(["-B", "-c", python])
        .env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test needs python3: apt-get install python3");
    child.stdin.take().unwrap().write_all(GOLDEN.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let mut said = said.lines();
    let vectors: Vec<Vector> = serde_json::from_str(GOLDEN).unwrap();
    for vector in vectors {
        assert_eq!(said.next(), Some(vector.steered.as_str()), "{}", vector.prefix);
    }
    let new = said.next().unwrap();
    assert_eq!(
        (new.len(), new.as_bytes()[14], slot_of_default_status(new)),
        (36, b'7', Keys::default().slot())
    );
}
