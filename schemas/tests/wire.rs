//! Properties of the wire: what goes in comes out, and no bytes can hurt.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use chrono::{DateTime, NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::wire::{self, WireError};
use deertrack_schemas::{Class, Command, Counts, Export, PdfParams, State, StatusRecord};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::Value;

fn date() -> impl Strategy<Value = NaiveDate> {
    (0..40_000i32).prop_map(|day| NaiveDate::from_epoch_days(day).unwrap())
}

fn params() -> impl Strategy<Value = PdfParams> {
    let group = prop_oneof![Just(GroupBy::Day), Just(GroupBy::Week), Just(GroupBy::Month)];
    let classes = proptest::sample::subsequence(Class::ALL.to_vec(), 1..=4);
    (date(), date(), group, proptest::option::of(any::<String>()), classes, any::<[bool; 3]>()).prop_map(
        |(start, end, group, title, classifications, [charts, tables, insights])| PdfParams {
            title,
            classifications,
            include_charts: charts,
            include_tables: tables,
            include_insights: insights,
            ..PdfParams::new(start, end, group)
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let text = || proptest::option::of(any::<String>());
    let time =
        || (0..4_000_000_000_000i64).prop_map(|ms| DateTime::<Utc>::from_timestamp_millis(ms).unwrap());
    let deadline = proptest::option::of(time());
    ("[A-Za-z0-9_-]{1,64}", params(), [text(), text(), text(), text()], time(), deadline, [1..9u32, 1..9u32])
        .prop_map(|(id, params, [requested_by, tenant, key, traceparent], created_at, deadline, tries)| {
            Command {
                requested_by,
                tenant,
                deadline,
                traceparent,
                idempotency_key: key,
                attempt: tries[0],
                max_attempts: tries[1],
                ..Command::new(id.parse().unwrap(), Export::Pdf(params), created_at)
            }
        })
}

/// A map whose names stand in this order, as other writers than ours may put them.
struct InOrder(Vec<(String, Value)>);

impl Serialize for InOrder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

fn fields_of(command: &Command) -> Vec<(String, Value)> {
    let Value::Object(fields) = serde_json::to_value(command).unwrap() else { panic!("a command is a map") };
    fields.into_iter().collect()
}

fn decoded(fields: Vec<(String, Value)>) -> Result<Command, WireError> {
    wire::decode(&rmp_serde::to_vec_named(&InOrder(fields)).unwrap())
}

proptest! {
    #[test]
    fn a_command_survives_the_wire(command in command()) {
        prop_assert_eq!(wire::decode(&wire::encode(&command).unwrap()).unwrap(), command);
    }

    #[test]
    fn the_names_of_a_command_stand_in_any_order(command in command(), turn in any::<prop::sample::Index>()) {
        let mut fields = fields_of(&command);
        fields.push(("from_a_newer_version".into(), serde_json::json!({ "a": [1, 2] })));
        let turn = turn.index(fields.len());
        fields.rotate_left(turn);
        prop_assert_eq!(decoded(fields).unwrap(), command);
    }

    #[test]
    fn a_name_that_is_missing_or_stands_twice_is_told(command in command(), which in any::<prop::sample::Index>()) {
        let mut fields = fields_of(&command);
        let (name, value) = fields.remove(which.index(fields.len()));
        let told = |fields| decoded(fields).map_err(|error| error.to_string());
        if ["v", "job_id", "kind", "params", "created_at"].contains(&name.as_str()) {
            let error = told(fields.clone()).unwrap_err();
            prop_assert!(error.contains(&format!("missing field `{name}`")), "{error}");
        }
        fields.extend([(name.clone(), value.clone()), (name.clone(), value)]);
        let error = told(fields).unwrap_err();
        prop_assert!(error.contains(&format!("duplicate field `{name}`")), "{error}");
    }

    #[test]
    fn a_status_record_survives_both_of_its_forms(
        command in command(),
        state in 0..8usize,
        progress in 0..=256u32,
        counted in proptest::option::of((0..20_000u64, 0..20_000u64)),
        error in proptest::option::of(".{0,40}"),
        ended_at in proptest::option::of(0..4_000_000_000_000i64),
    ) {
        let progress = f64::from(progress) / 256.0; // exact in decimal
        let counts = counted.map(|(done, total)| Counts::new(done, total));
        let completed_at = ended_at.and_then(DateTime::from_timestamp_millis);
        let queued = StatusRecord::queued(&command).with_state(State::ALL[state]);
        let record = StatusRecord { progress, counts, error, completed_at, ..queued };
        let record = record.kept_for(std::time::Duration::from_secs(3600));
        let event = wire::encode_record(&record).unwrap();
        prop_assert_eq!(&wire::decode_record(&event).unwrap(), &record);
        let json: Value = serde_json::from_str(&record.to_json()).unwrap();
        prop_assert_eq!(json.get("error"), json.get("error_message"));
        prop_assert_eq!(json.get("expires_at").is_some(), record.completed_at.is_some());
        prop_assert_eq!(serde_json::from_value::<StatusRecord>(json).unwrap(), record);
    }

    #[test]
    fn decoding_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = wire::decode(&bytes);
        let _ = wire::decode_record(&bytes);
    }

    #[test]
    fn a_damaged_command_never_panics(command in command(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = wire::encode(&command).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = wire::decode(&bytes);
        prop_assert!(wire::decode(&bytes[..at]).is_err(), "a cut command was read");
    }

    #[test]
    fn trailing_bytes_are_refused(command in command(), tail in proptest::collection::vec(any::<u8>(), 1..9)) {
        let mut bytes = wire::encode(&command).unwrap();
        bytes.extend_from_slice(&tail);
        prop_assert!(matches!(wire::decode(&bytes), Err(WireError::TrailingBytes(n)) if n == tail.len()));
    }
}

#[test]
fn deep_nesting_is_an_error_and_not_a_stack_overflow() {
    let mut bytes = vec![0x81, 0xa6];
    bytes.extend_from_slice(b"params");
    bytes.extend(std::iter::repeat_n(0x91, 60_000));
    assert!(wire::decode(&bytes).is_err());
}

#[test]
fn an_envelope_over_the_cap_is_neither_written_nor_read() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let mut command = Command::new(
        "a".parse().unwrap(),
        Export::Pdf(PdfParams::new(start, start, GroupBy::Day)),
        DateTime::<Utc>::UNIX_EPOCH,
    );
    command.tenant = Some("x".repeat(wire::MAX_BYTES));
    assert!(matches!(wire::encode(&command), Err(WireError::TooLarge(_))));
    assert!(matches!(wire::decode(&vec![0; wire::MAX_BYTES + 1]), Err(WireError::TooLarge(_))));
}

#[test]
fn a_newer_envelope_is_told_from_a_broken_one() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let export = Export::Pdf(PdfParams::new(start, start, GroupBy::Day));
    let command = Command { v: 2, ..Command::new("a".parse().unwrap(), export, DateTime::<Utc>::UNIX_EPOCH) };
    assert!(matches!(wire::decode(&wire::encode(&command).unwrap()), Err(WireError::NewerVersion(2))));
}

#[test]
fn what_a_newer_producer_sends_has_the_outline_of_a_command_and_rubbish_has_none() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let export = Export::Pdf(PdfParams::new(start, start, GroupBy::Day));
    let mut command = Command::new("a".parse().unwrap(), export, DateTime::<Utc>::UNIX_EPOCH);
    command.requested_by = Some("anna".into());
    let changed = |name: &str, value: Value| {
        let mut fields = fields_of(&command);
        fields.iter_mut().find(|(field, _)| field == name).unwrap().1 = value;
        rmp_serde::to_vec_named(&InOrder(fields)).unwrap()
    };
    let mut params = serde_json::to_value(&command).unwrap()["params"].clone();
    params["from_a_newer_version"] = true.into();
    for (name, value) in [("v", 2.into()), ("v", 300.into()), ("kind", "docx".into()), ("params", params)] {
        let bytes = changed(name, value.clone());
        assert!(wire::decode(&bytes).is_err(), "{name} {value}: an unknown parameter is never passed over");
        let outline = wire::outline(&bytes).unwrap();
        assert_eq!((outline.job_id.as_str(), outline.requested_by.as_deref()), ("a", Some("anna")), "{name}");
    }
    for (name, value) in [("job_id", "a b".into()), ("kind", "".into()), ("kind", "x".repeat(65).into())] {
        assert_eq!(wire::outline(&changed(name, value)), None, "{name}");
    }
    let whole = wire::encode(&command).unwrap();
    assert_eq!(wire::outline(&whole[..whole.len() - 1]), None);
    assert_eq!(wire::outline(&[whole.as_slice(), b"x"].concat()), None);
    assert_eq!(wire::outline(b"\x80"), None);
}
