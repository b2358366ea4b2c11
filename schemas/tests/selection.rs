//! The kinds that choose rows by ids or by a range: exact status, exact body, and what still fits the envelope.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use chrono::{DateTime, NaiveDate};
use deertrack_schemas::selection::{MAX_DETECTION_IDS, MAX_ID_CHARS};
use deertrack_schemas::table::Topic;
use deertrack_schemas::{
    CamtrapDpParams, Class, Command, Export, Kind, Rejection, Request, TableParams, Valid, ZipParams, wire,
};
use serde_json::{Value, json};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date");

fn command(kind: Kind, body: &Value) -> Result<Command, Rejection> {
    let request = Request::from_json(kind, body.to_string().as_bytes())?;
    let command = request.into_command("job".parse().unwrap(), DateTime::UNIX_EPOCH);
    Valid::check(command, TODAY).map(Valid::into_inner)
}

/// The answer to a request that is refused.
fn refused(kind: Kind, body: &Value) -> (u16, Value) {
    let rejection = command(kind, body).unwrap_err();
    (rejection.http_status(), rejection.body())
}

fn broken_rule(text: &str) -> (u16, Value) {
    (400, json!({ "detail": text }))
}

/// Where and of which type each problem is.
fn problems(kind: Kind, body: &Value) -> Vec<(Value, String)> {
    let (status, body) = refused(kind, body);
    assert_eq!(status, 422, "{body}");
    let detail = body["detail"].as_array().unwrap();
    detail.iter().map(|problem| (problem["loc"].clone(), problem["type"].as_str().unwrap().into())).collect()
}

fn zip(body: &Value) -> ZipParams {
    match command(Kind::Zip, body).unwrap().export {
        Export::Zip(params) => params,
        other => panic!("{other:?}"),
    }
}

#[test]
fn crops_are_chosen_by_ids_or_by_days() {
    let by_ids = zip(&json!({ "detection_ids": ["b", "a", "b"] }));
    assert_eq!(by_ids.detection_ids.as_deref(), Some(["b".into(), "a".into()].as_slice()), "repeats go");
    assert_eq!((by_ids.crop_size, by_ids.classifications.len()), (512, 4));
    let one_day =
        json!({ "start_date": "2026-03-10", "end_date": "2026-03-10", "classifications": ["fawn", "buck"] });
    assert_eq!(zip(&one_day).classifications, [Class::Buck, Class::Fawn]);
    zip(&json!({ "detection_ids": ["a"], "start_date": null, "place_ids": null, "crop_size": 128 }));
    zip(
        &json!({ "start_date": "2025-03-10", "end_date": "2026-03-10", "crop_size": 1024, "deer_ids": ["d"] }),
    );
}

#[test]
fn a_choice_of_crops_must_be_clear() {
    let needed = broken_rule("detection_ids, or start_date and end_date are required");
    assert_eq!(refused(Kind::Zip, &json!({})), needed);
    assert_eq!(refused(Kind::Zip, &json!({ "start_date": "2026-01-01" })), needed);
    assert_eq!(refused(Kind::Zip, &json!({ "place_ids": ["a"] })), needed);
    let both = json!({ "detection_ids": ["a"], "end_date": "2026-01-01" });
    assert_eq!(refused(Kind::Zip, &both), broken_rule("detection_ids and a date range exclude each other"));
    let between =
        |start: &str, end: &str| refused(Kind::Zip, &json!({ "start_date": start, "end_date": end }));
    assert_eq!(between("2026-01-02", "2026-01-01"), broken_rule("start_date must not be after end_date"));
    assert_eq!(between("2025-01-01", "2026-01-02"), broken_rule("Date range cannot exceed 1 year"));
    assert_eq!(between("2026-03-11", "2026-03-11"), broken_rule("start_date cannot be in the future"));
    assert_eq!(between("2026-03-10", "2026-03-11"), broken_rule("end_date cannot be in the future"));
}

#[test]
fn every_wrong_field_of_a_request_for_crops_is_named() {
    let body = json!({
        "detection_ids": ["a", 7, "", "x".repeat(MAX_ID_CHARS + 1)],
        "start_date": "yesterday", "classifications": ["elk"], "place_ids": [], "deer_ids": "d",
        "crop_size": 127, "format": "png",
    });
    let expected = [
        (json!(["body", "detection_ids", 1]), "type_error.str"),
        (json!(["body", "detection_ids", 2]), "value_error.any_str.min_length"),
        (json!(["body", "detection_ids", 3]), "value_error.any_str.max_length"),
        (json!(["body", "start_date"]), "value_error.date"),
        (json!(["body", "classifications", 0]), "type_error.enum"),
        (json!(["body", "place_ids"]), "value_error.list.min_items"),
        (json!(["body", "deer_ids"]), "type_error.list"),
        (json!(["body", "crop_size"]), "value_error.number.not_ge"),
        (json!(["body", "format"]), "value_error.extra"),
    ];
    let expected: Vec<(Value, String)> =
        expected.into_iter().map(|(loc, code)| (loc, code.to_owned())).collect();
    assert_eq!(problems(Kind::Zip, &body), expected);
}

#[test]
fn a_size_of_crops_is_a_whole_number_in_its_range() {
    let size = |size: Value| {
        let (status, body) = refused(Kind::Zip, &json!({ "detection_ids": ["a"], "crop_size": size }));
        assert_eq!(status, 422);
        let problem = &body["detail"][0];
        (problem["msg"].as_str().unwrap().to_owned(), problem["type"].as_str().unwrap().to_owned())
    };
    let told = |msg: &str, code: &str| (msg.to_owned(), code.to_owned());
    let too_small = told("ensure this value is greater than or equal to 128", "value_error.number.not_ge");
    let too_large = told("ensure this value is less than or equal to 1024", "value_error.number.not_le");
    assert_eq!(size(json!(-1)), too_small);
    assert_eq!(size(json!(1025)), too_large);
    assert_eq!(size(json!(u64::MAX)), too_large);
    let not_whole = told("value is not a valid integer", "type_error.integer");
    assert_eq!([size(json!(512.5)), size(json!("512"))], [not_whole.clone(), not_whole]);
    assert_eq!(size(json!(null)), told("none is not an allowed value", "type_error.none.not_allowed"));
}

#[test]
fn ten_thousand_ids_fit_and_one_more_is_refused() {
    let ids = |count: usize| -> Vec<String> { (0..count).map(|n| format!("{n:0>MAX_ID_CHARS$}")).collect() };
    let most = command(Kind::Zip, &json!({ "detection_ids": ids(MAX_DETECTION_IDS) })).unwrap();
    assert_eq!(wire::decode(&wire::encode(&most).unwrap()).unwrap(), most);
    let (status, body) = refused(Kind::Zip, &json!({ "detection_ids": ids(MAX_DETECTION_IDS + 1) }));
    assert_eq!(status, 422);
    assert_eq!(body["detail"][0]["msg"], "ensure this value has at most 10000 items");
}

#[test]
fn parameters_that_were_not_read_from_json_keep_the_same_limits() {
    let broken = ZipParams {
        classifications: Vec::new(),
        place_ids: Some(Vec::new()),
        deer_ids: Some(vec![String::new()]),
        crop_size: 4096,
        ..ZipParams::of(vec!["x".repeat(MAX_ID_CHARS + 1)])
    };
    let command = Command::new("job".parse().unwrap(), Export::Zip(broken), DateTime::UNIX_EPOCH);
    let Err(Rejection::Fields(problems)) = Valid::check(command, TODAY) else { panic!("it was taken") };
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    let expected = [
        "value_error.any_str.max_length",
        "value_error.list.min_items",
        "value_error.list.min_items",
        "value_error.any_str.min_length",
        "value_error.number.not_le",
    ];
    assert_eq!(codes, expected);
}

fn table(body: &Value) -> TableParams {
    match command(Kind::Table, body).unwrap().export {
        Export::Table(params) => params,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_table_has_a_format_which_decides_its_topics_and_its_file() {
    let of = |format: &str, topic: Value| {
        let mut body = json!({ "format": format, "start_date": "2026-01-01", "end_date": "2026-01-31" });
        if !topic.is_null() {
            body["topic"] = topic;
        }
        table(&body)
    };
    assert_eq!(of("csv", json!(null)).topics(), [Topic::Detections]);
    assert_eq!(of("csv", json!("effort")).topics(), [Topic::Effort]);
    assert_eq!(of("xlsx", json!(null)).topics(), Topic::ALL);
    assert_eq!(of("geojson", json!("visits")).topics(), [Topic::Visits]);
    for (format, media_type) in [
        ("csv", "text/csv"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("geojson", "application/geo+json"),
    ] {
        let file = Export::Table(of(format, json!(null))).file();
        assert_eq!((file.extension, file.media_type), (format, media_type));
        assert!(Kind::Table.info().files().any(|known| known == file), "callers may know it");
    }
}

#[test]
fn every_wrong_field_of_a_request_for_a_table_is_named() {
    let body = json!({
        "format": "ods", "topic": "weather", "end_date": "2026-02-30", "visit_gap_minutes": 0,
        "visit_gap_since": "lastRecord", "exact_coordinates": "no", "detection_ids": ["a"],
    });
    let codes: Vec<String> = problems(Kind::Table, &body).into_iter().map(|(_, code)| code).collect();
    let expected = [
        "type_error.enum",
        "type_error.enum",
        "value_error.missing",
        "value_error.date",
        "value_error.number.not_ge",
        "type_error.enum",
        "type_error.bool",
        "value_error.extra",
    ];
    assert_eq!(codes, expected);
    let ten_years = |start: &str| json!({ "format": "csv", "start_date": start, "end_date": "2026-03-10" });
    table(&ten_years("2016-03-10"));
    assert_eq!(
        refused(Kind::Table, &ten_years("2015-03-10")),
        broken_rule("Date range cannot exceed 10 years")
    );
}

fn package(body: &Value) -> CamtrapDpParams {
    match command(Kind::CamtrapDp, body).unwrap().export {
        Export::CamtrapDp(params) => params,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_package_needs_nothing_and_holds_everything_then() {
    assert_eq!(package(&json!({})), CamtrapDpParams::default());
    let some = package(&json!({ "start_date": "2025-01-01", "end_date": "2026-01-31", "occasion_days": 1 }));
    assert_eq!((some.occasion_days, some.scientific_name.as_str()), (1, "Cervidae"));
    let half = refused(Kind::CamtrapDp, &json!({ "end_date": "2026-01-31" }));
    assert_eq!(half, broken_rule("start_date and end_date go together"));
}

#[test]
fn every_wrong_field_of_a_request_for_a_package_is_named() {
    let body = json!({
        "start_date": 1, "classifications": [], "title": 7, "contributor": "x".repeat(201),
        "sampling_design": "random", "exact_coordinates": 1, "occasion_days": 91, "species": "roe",
    });
    let codes: Vec<String> = problems(Kind::CamtrapDp, &body).into_iter().map(|(_, code)| code).collect();
    let expected = [
        "value_error.date",
        "value_error.list.min_items",
        "type_error.str",
        "value_error.any_str.max_length",
        "type_error.enum",
        "type_error.bool",
        "value_error.number.not_le",
        "value_error.extra",
    ];
    assert_eq!(codes, expected);
    let nameless = problems(Kind::CamtrapDp, &json!({ "scientific_name": " " }));
    assert_eq!(nameless[0].1, "value_error.any_str.min_length");
}
