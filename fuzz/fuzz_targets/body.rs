//! Any bytes as the body of `POST /api/exports/{kind}`; the first one chooses the kind. It is refused in words, or
//! becomes a command that keeps the rules and survives the wire. Its twin in `cargo test`:
//! `any_body_is_refused_in_words_or_becomes_a_command`.
#![no_main]

use chrono::{DateTime, NaiveDate};
use deertrack_schemas::{KINDS, Request, Valid, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [kind, body @ ..] = bytes else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()].kind;
    let request = match Request::from_json(kind, body) {
        Ok(request) => request,
        Err(refused) => return assert!(refused.body().to_string().contains("detail")),
    };
    let job = "0199aaaa-0000-7000-8000-000000000001".parse().expect("a job id");
    let command = request.into_command(job, DateTime::UNIX_EPOCH);
    let today = NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day");
    match Valid::check(command, today) {
        Ok(valid) => {
            let written = wire::encode(&valid).expect("what keeps the rules is small enough");
            assert_eq!(wire::decode(&written).expect("what was written can be read"), *valid);
        }
        Err(refused) => assert!(refused.body().to_string().contains("detail")),
    }
});
