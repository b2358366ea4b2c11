//! Any bytes as a command from the stream. What is read is written back to the same command, and can be checked and
//! told as a status. Its twin in `cargo test`: `decoding_any_bytes_never_panics`, `a_damaged_command_never_panics`.
#![no_main]

use chrono::NaiveDate;
use deertrack_schemas::{StatusRecord, Valid, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(command) = wire::decode(bytes) else { return };
    let Ok(written) = wire::encode(&command) else { return }; // grown over the limit by its default values
    let again = wire::decode(&written).expect("what was written can be read");
    assert_eq!(wire::encode(&again).expect("it was small enough before"), written);

    let record = StatusRecord::queued(&command);
    let told: StatusRecord = serde_json::from_str(&record.to_json()).expect("a record can be read back");
    assert_eq!(told, record);
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    let _ = Valid::check(command, today);
});
