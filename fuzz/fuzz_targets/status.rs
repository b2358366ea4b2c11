//! Any bytes as a status record: JSON as under `export_job:<id>`, MessagePack as in an event. What is read is
//! written back to the same record. Its twin in `cargo test`: `any_bytes_as_a_status_record_never_panic`.
#![no_main]

use deertrack_schemas::{StatusRecord, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = serde_json::from_slice::<StatusRecord>(bytes) {
        let text = record.to_json();
        let again: StatusRecord = serde_json::from_str(&text).expect("what was written can be read");
        assert_eq!(again.to_json(), text);
    }
    if let Ok(record) = wire::decode_record(bytes) {
        let written = wire::encode_record(&record).expect("what was read can be written");
        let again = wire::decode_record(&written).expect("what was written can be read");
        assert_eq!(wire::encode_record(&again).expect("it could be before"), written);
        // The gateway sends it on as JSON.
        let _ = record.to_json();
    }
});
