//! The bounded twins of the targets in `fuzz/`, and the seeds that those begin with.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate};
use deertrack_schemas::{
    Artifact, Command, Counts, KINDS, KindInfo, Request, State, StatusRecord, Valid, wire,
};
use proptest::prelude::*;
use serde_json::Value;

fn golden(info: &KindInfo) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{}.json", info.name));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The body of the request that a golden command came from.
fn body(info: &KindInfo) -> Value {
    let command = serde_json::to_value(golden(info)).unwrap();
    let mut body = command["params"].clone();
    for name in ["requested_by", "idempotency_key"] {
        if let Some(value) = command.get(name) {
            body[name] = value.clone();
        }
    }
    body
}

/// The requests in the platform's names: the kind's place in the list and the body.
fn platform() -> Vec<(usize, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/platform.json");
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let kind = |case: &Value| KINDS.iter().position(|info| case["kind"] == info.name).unwrap();
    cases.iter().map(|case| (kind(case), case["request"].clone())).collect()
}

/// A record with everything in it.
fn record(info: &KindInfo) -> StatusRecord {
    let artifact = Artifact {
        filename: format!("{}_20260102_030405_x.{}", info.file_stem, info.extension),
        download_url: "/api/static/exports/x".to_owned(),
        file_size_bytes: 4,
        sha256: "abcd".to_owned(),
        media_type: info.media_type.to_owned(),
        headline: Some("all is well".to_owned()),
    };
    StatusRecord {
        counts: Some(Counts::new(3, 4)),
        stage: Some("storing the file".to_owned()),
        error: Some("the database is away".to_owned()),
        expires_at: Some(DateTime::UNIX_EPOCH),
        artifact: Some(artifact),
        ..StatusRecord::queued(&golden(info)).with_state(State::Completed)
    }
}

/// What each target begins with, by file name.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let of_kind = |(index, info): (usize, &&KindInfo)| {
        let (name, record) = (info.name, record(info));
        [
            (format!("envelope/{name}"), wire::encode(&golden(info)).unwrap()),
            (format!("status/{name}.json"), record.to_json().into_bytes()),
            (format!("status/{name}.msgpack"), wire::encode_record(&record).unwrap()),
            (format!("body/{name}"), request(index, &body(info))),
        ]
    };
    let platform = platform().into_iter().enumerate();
    let of_platform =
        platform.map(|(number, (kind, body))| (format!("body/platform-{number}"), request(kind, &body)));
    KINDS.iter().enumerate().flat_map(of_kind).chain(of_platform).collect()
}

/// What the target `body` reads: a kind and a body.
fn request(kind: usize, body: &Value) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(kind).unwrap()];
    bytes.extend(serde_json::to_vec(body).unwrap());
    bytes
}

#[test]
fn the_seeds_of_the_fuzz_targets_are_the_golden_vectors() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds");
    let mut stale = Vec::new();
    for (name, fresh) in seeds() {
        let path = folder.join(&name);
        if fs::read(&path).unwrap_or_default() != fresh {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, fresh).unwrap();
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "rewritten because the types changed: {stale:?}; commit them");
    let known: Vec<String> = seeds().into_iter().map(|(name, _)| name).collect();
    for target in ["envelope", "status", "body"] {
        for entry in fs::read_dir(folder.join(target)).unwrap() {
            let name = format!("{target}/{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(known.contains(&name), "{name} is made by nothing");
        }
    }
}

/// Reads, writes, reads: what is written is the same each time.
fn status_target(bytes: &[u8]) {
    if let Ok(record) = serde_json::from_slice::<StatusRecord>(bytes) {
        let text = record.to_json();
        assert_eq!(serde_json::from_str::<StatusRecord>(&text).unwrap().to_json(), text);
    }
    if let Ok(record) = wire::decode_record(bytes) {
        let written = wire::encode_record(&record).unwrap();
        assert_eq!(wire::encode_record(&wire::decode_record(&written).unwrap()).unwrap(), written);
    }
}

/// Whether the body became a command.
fn body_target(info: &KindInfo, body: &[u8]) -> bool {
    let request = match Request::from_json(info.kind, body) {
        Ok(request) => request,
        Err(refused) => {
            assert!(refused.body()["detail"].is_array(), "{refused}");
            return false;
        }
    };
    let command = request.into_command("job-1".parse().unwrap(), DateTime::UNIX_EPOCH);
    match Valid::check(command, NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()) {
        Ok(valid) => assert_eq!(wire::decode(&wire::encode(&valid).unwrap()).unwrap(), *valid),
        Err(refused) => assert!(!refused.body()["detail"].is_null(), "{refused}"),
    }
    true
}

/// Overwrites a few bytes.
fn damage(mut bytes: Vec<u8>, at: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (index, byte) in at {
        let index = index.index(bytes.len());
        bytes[index] = *byte;
    }
    bytes
}

fn some_bytes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4)
}

/// Any small JSON value.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| proptest::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn any_bytes_as_a_status_record_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        kind in 0..KINDS.len(),
        at in some_bytes(),
    ) {
        status_target(&bytes);
        let record = record(KINDS[kind]);
        status_target(&damage(record.to_json().into_bytes(), &at));
        status_target(&damage(wire::encode_record(&record).unwrap(), &at));
    }

    #[test]
    fn any_body_is_refused_in_words_or_becomes_a_command(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        kind in 0..KINDS.len(),
        at in some_bytes(),
        field in any::<prop::sample::Index>(),
        value in json(),
    ) {
        let info = KINDS[kind];
        let mut body = body(info);
        prop_assert!(body_target(info, body.to_string().as_bytes()), "the golden request itself");
        body_target(info, &bytes);
        body_target(info, &damage(body.to_string().into_bytes(), &at));
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        body[field.get(&names).as_str()] = value;
        body_target(info, body.to_string().as_bytes());
    }

    #[test]
    fn any_request_in_the_platforms_names_is_refused_in_words_or_becomes_a_command(
        case in any::<prop::sample::Index>(),
        at in some_bytes(),
        field in any::<prop::sample::Index>(),
        value in json(),
    ) {
        let cases = platform();
        let (kind, mut body) = case.get(&cases).clone();
        prop_assert!(body_target(KINDS[kind], body.to_string().as_bytes()), "the request itself");
        body_target(KINDS[kind], &damage(body.to_string().into_bytes(), &at));
        let names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        body[field.get(&names).as_str()] = value;
        body_target(KINDS[kind], body.to_string().as_bytes());
    }
}
