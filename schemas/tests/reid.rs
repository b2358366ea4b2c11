//! `reid`: exact status and exact answer of every rule, however the parameters were built.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use chrono::{DateTime, NaiveDate};
use deertrack_schemas::reid::{MAX_SAMPLE_SIZE, MAX_THRESHOLDS};
use deertrack_schemas::{Class, Command, Export, Kind, ReidParams, Rejection, Request, Valid};
use serde_json::{Value, json};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date");

fn command(body: &Value) -> Result<Command, Rejection> {
    let request = Request::from_json(Kind::Reid, body.to_string().as_bytes())?;
    let command = request.into_command("job".parse().unwrap(), DateTime::UNIX_EPOCH);
    Valid::check(command, TODAY).map(Valid::into_inner)
}

fn params(body: &Value) -> ReidParams {
    match command(body).unwrap().export {
        Export::Reid(params) => params,
        other => panic!("{other:?}"),
    }
}

/// Where each problem is, its message and its type.
fn problems(rejection: &Rejection) -> Vec<(Value, String, String)> {
    assert_eq!(rejection.http_status(), 422, "{rejection}");
    let body = rejection.body();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |problem: &Value| (problem["loc"].clone(), text(&problem["msg"]), text(&problem["type"]));
    body["detail"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn an_empty_request_asks_for_everything_at_the_usual_thresholds() {
    let usual = params(&json!({}));
    assert_eq!(usual, ReidParams::default());
    assert_eq!(usual.thresholds, [0.70, 0.65, 0.60, 0.55]);
    assert_eq!((usual.current_threshold, usual.target, usual.sample_size, usual.seed), (0.70, 0.05, 0, 0));
    assert_eq!((usual.classifications.len(), usual.same_sex), (4, false));
}

#[test]
fn repeated_thresholds_go_and_limits_are_included() {
    let chosen = params(&json!({
        "thresholds": [1, 0.7, -1.0, 0.7], "current_threshold": 1, "sample_size": 1000, "seed": 4_294_967_295u32,
        "target": 0.5, "same_sex": true, "classifications": ["fawn", "buck"],
        "start_date": "2026-03-10", "end_date": "2026-03-10",
    }));
    assert_eq!(chosen.thresholds, [1.0, 0.7, -1.0]);
    assert_eq!(chosen.classifications, [Class::Buck, Class::Fawn]);
    assert_eq!((chosen.seed, chosen.sample_size), (u32::MAX, 1000));
}

#[test]
fn every_wrong_field_of_a_request_for_an_analysis_is_named() {
    let body = json!({
        "thresholds": [0.7, "0.6", 1.5, null], "current_threshold": "high", "classifications": [], "same_sex": 1,
        "sample_size": 1001, "seed": -1, "target": 0, "start_date": "soon", "threads": 4,
    });
    let expected = [
        (json!(["body", "thresholds", 1]), "value is not a valid float", "type_error.float"),
        (
            json!(["body", "thresholds", 2]),
            "ensure this value is less than or equal to 1",
            "value_error.number.not_le",
        ),
        (json!(["body", "thresholds", 3]), "value is not a valid float", "type_error.float"),
        (json!(["body", "current_threshold"]), "value is not a valid float", "type_error.float"),
        (
            json!(["body", "classifications"]),
            "ensure this value has at least 1 items",
            "value_error.list.min_items",
        ),
        (json!(["body", "same_sex"]), "value could not be parsed to a boolean", "type_error.bool"),
        (
            json!(["body", "sample_size"]),
            "ensure this value is less than or equal to 1000",
            "value_error.number.not_le",
        ),
        (
            json!(["body", "seed"]),
            "ensure this value is greater than or equal to 0",
            "value_error.number.not_ge",
        ),
        (
            json!(["body", "target"]),
            "ensure this value is greater than or equal to 0.001",
            "value_error.number.not_ge",
        ),
        (json!(["body", "start_date"]), "invalid date format", "value_error.date"),
        (json!(["body", "threads"]), "extra fields not permitted", "value_error.extra"),
    ];
    let expected = expected.map(|(loc, msg, code)| (loc, msg.to_owned(), code.to_owned()));
    assert_eq!(problems(&command(&body).unwrap_err()), expected);
}

#[test]
fn a_list_of_thresholds_is_neither_empty_nor_endless() {
    let code = |thresholds: Value| {
        let rejection = command(&json!({ "thresholds": thresholds })).unwrap_err();
        problems(&rejection).remove(0).2
    };
    assert_eq!(code(json!([])), "value_error.list.min_items");
    assert_eq!(code(json!(vec![0.5; MAX_THRESHOLDS + 1])), "value_error.list.max_items");
    assert_eq!(code(json!(0.7)), "type_error.list");
}

#[test]
fn dates_go_together_and_keep_their_order() {
    let rule = |body: Value| {
        let rejection = command(&body).unwrap_err();
        assert_eq!(rejection.http_status(), 400);
        rejection.to_string()
    };
    assert_eq!(rule(json!({ "start_date": "2026-01-01" })), "start_date and end_date go together");
    let between = |start: &str, end: &str| rule(json!({ "start_date": start, "end_date": end }));
    assert_eq!(between("2026-01-02", "2026-01-01"), "start_date must not be after end_date");
    assert_eq!(between("2026-01-01", "2026-03-11"), "end_date cannot be in the future");
    assert_eq!(between("1900-01-01", "2026-01-01"), "Date range cannot exceed 100 years");
}

#[test]
fn parameters_of_an_analysis_that_were_not_read_from_json_keep_the_same_limits() {
    let broken = ReidParams {
        thresholds: vec![0.7, f64::NAN],
        current_threshold: f64::INFINITY,
        classifications: Vec::new(),
        sample_size: MAX_SAMPLE_SIZE + 1,
        target: 0.6,
        ..ReidParams::default()
    };
    let found = problems(&broken.check(TODAY).unwrap_err());
    let found: Vec<(&Value, &str)> = found.iter().map(|(loc, _, code)| (loc, code.as_str())).collect();
    let [thresholds, current, classes, size, target] = [
        json!(["body", "thresholds", 1]),
        json!(["body", "current_threshold"]),
        json!(["body", "classifications"]),
        json!(["body", "sample_size"]),
        json!(["body", "target"]),
    ];
    let expected = [
        (&thresholds, "value_error.number.not_ge"),
        (&current, "value_error.number.not_le"),
        (&classes, "value_error.list.min_items"),
        (&size, "value_error.number.not_le"),
        (&target, "value_error.number.not_le"),
    ];
    assert_eq!(found, expected);
}
