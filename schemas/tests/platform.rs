//! The platform's names: each form that is taken, each of its brothers that is refused, and what the contract says.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use deertrack_schemas::{Kind, PLATFORM_NAME, Rejection, Request, Valid, request_schema};
use proptest::prelude::*;
use serde_json::{Value, json};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date");

/// The parameters that a request is read into, as they go over the wire.
fn read(kind: Kind, body: &Value) -> Result<Value, Rejection> {
    let request = Request::from_json(kind, body.to_string().as_bytes())?;
    let command = request.into_command("job".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
    let command = Valid::check(command, TODAY)?.into_inner();
    Ok(serde_json::to_value(&command.export).unwrap()["params"].clone())
}

fn comparison(change: &Value) -> Value {
    let mut body = json!({
        "report_type": "comparison", "start_date": "2025-09-01", "end_date": "2025-11-30", "group_by": "week",
        "comparison_periods": [
            { "start_date": "2024-09-01", "end_date": "2024-11-30", "label": "Before" },
            { "start_date": "2025-09-01", "end_date": "2025-11-30", "label": "After" },
            { "start_date": "2022-09-01", "end_date": "2022-11-30" },
        ],
    });
    for (key, value) in change.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// The first problem: where and what.
fn refused(kind: Kind, body: &Value) -> (Value, String) {
    let refused = read(kind, body).unwrap_err();
    assert_eq!(refused.http_status(), 422, "{refused}");
    let problem = refused.body()["detail"][0].clone();
    (problem["loc"].clone(), problem["msg"].as_str().unwrap().to_owned())
}

fn refused_comparison(change: &Value) -> String {
    let (loc, msg) = refused(Kind::Pdf, &comparison(change));
    assert_eq!(loc, json!(["body", "comparison_periods"]), "{msg}");
    msg
}

#[test]
fn each_request_of_the_platform_is_read_into_the_parameters_beside_it() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/platform.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 6);
    for case in &cases {
        let kind = Kind::named(case["kind"].as_str().unwrap()).unwrap();
        let own = read(kind, &case["own_words"]).unwrap();
        assert_eq!(read(kind, &case["request"]).unwrap(), own, "{}", case["request"]);
        for (name, value) in case["params"].as_object().unwrap() {
            assert_eq!(own.get(name), Some(value), "{name} of {}", case["request"]);
        }
    }
}

#[test]
fn the_periods_of_a_comparison_keep_their_order_and_their_labels() {
    let params = read(Kind::Pdf, &comparison(&json!({}))).unwrap();
    assert_eq!(params["label"], "After");
    let earlier = json!([
        { "start_date": "2024-09-01", "end_date": "2024-11-30", "label": "Before" },
        { "start_date": "2022-09-01", "end_date": "2022-11-30" },
    ]);
    assert_eq!(params["compare_with"], earlier);
    assert!(params.get("comparison_periods").is_none(), "nothing behind the border knows the name");
    read(Kind::Pdf, &comparison(&json!({ "label": "After" }))).unwrap();
    let null = read(Kind::Pdf, &comparison(&json!({ "comparison_periods": null }))).unwrap();
    assert!(null.get("compare_with").is_none(), "as if it were not there");
}

#[test]
fn periods_that_no_comparison_can_be_made_of_are_refused_in_the_platforms_words() {
    let period = |start: &str, end: &str| json!({ "start_date": start, "end_date": end });
    let (own, before) = (period("2025-09-01", "2025-11-30"), period("2024-09-01", "2024-11-30"));
    let of = |periods: &[&Value]| refused_comparison(&json!({ "comparison_periods": periods }));
    assert_eq!(of(&[&own]), "ensure this value has at least 2 items");
    assert_eq!(of(&[]), "ensure this value has at least 2 items");
    assert_eq!(of(&[&own; 6]), "ensure this value has at most 5 items");
    let not_among = "one of comparison_periods must be the report's own: start_date to end_date";
    assert_eq!(of(&[&before, &period("2023-09-01", "2023-11-30")]), not_among);
    assert_eq!(of(&[&own, &own]), "comparison_periods must not name the report's own period twice");
    assert_eq!(of(&[&own, &before, &before]), "comparison_periods must not name a year twice");
    let other_days = "comparison_periods must cover the same calendar days as start_date to end_date";
    assert_eq!(of(&[&own, &period("2024-10-01", "2024-10-31")]), other_days);
    assert_eq!(
        of(&[&own, &period("2025-11-01", "2025-11-30")]),
        "comparison_periods must name earlier years"
    );
}

#[test]
fn what_contradicts_the_periods_is_refused_in_words() {
    let both = json!({ "compare_with": [{ "start_date": "2024-09-01", "end_date": "2024-11-30" }] });
    let one_of_them = "compare_with and comparison_periods say the same thing; send one of them";
    assert_eq!(refused_comparison(&both), one_of_them);
    let label = "the report's own period has another label than the field label; send one of them";
    assert_eq!(refused_comparison(&json!({ "label": "2025" })), label);
    for report_type in ["seasonal_activity", "custom"] {
        let msg = refused_comparison(&json!({ "report_type": report_type }));
        assert_eq!(msg, "comparison_periods needs report_type comparison", "{report_type}");
    }
}

#[test]
fn a_problem_inside_the_periods_names_its_place() {
    let refuse = |periods: Value| refused(Kind::Pdf, &comparison(&json!({ "comparison_periods": periods })));
    let own = json!({ "start_date": "2025-09-01", "end_date": "2025-11-30" });
    let place = |field: &str| json!(["body", "comparison_periods", 1, field]);
    let (loc, msg) =
        refuse(json!([own, { "start_date": "2024-09-01", "end_date": "2024-11-30", "color": "red" }]));
    assert_eq!((loc, msg.as_str()), (place("color"), "extra fields not permitted"));
    let (loc, msg) =
        refuse(json!([own, { "start_date": "2024-09-01", "end_date": "2024-11-30", "label": "" }]));
    assert_eq!((loc, msg.as_str()), (place("label"), "ensure this value has at least 1 characters"));
    let (loc, msg) = refuse(json!([own, { "start_date": "2024-09-01T07:00:00", "end_date": "2024-11-30" }]));
    assert_eq!(loc, place("start_date"));
    assert_eq!(msg, "a date is a whole local day: write 2024-09-01; of times, only midnight is taken");
    let (loc, _) = refuse(json!({ "0": own }));
    assert_eq!(loc, json!(["body", "comparison_periods"]));
}

#[test]
fn an_archive_may_leave_out_one_of_its_parts_and_not_both() {
    let zip = |crops: Value, metadata: Value| json!({ "detection_ids": ["a"], "include_crops": crops, "include_metadata_csv": metadata, "crop_size": 300 });
    let usual = read(Kind::Zip, &zip(json!(true), json!(true))).unwrap();
    assert!(
        usual.get("include_crops").is_none(),
        "the envelope is that of a request without the names: {usual}"
    );
    assert_eq!(read(Kind::Zip, &zip(json!(false), json!(true))).unwrap()["include_crops"], false);
    assert_eq!(read(Kind::Zip, &zip(json!(true), json!(false))).unwrap()["include_metadata_csv"], false);
    let neither = read(Kind::Zip, &zip(json!(false), json!(false))).unwrap_err();
    let words = "include_crops and include_metadata_csv cannot both be false: nothing would be left";
    assert_eq!((neither.http_status(), neither.body()), (400, json!({ "detail": words })));
    for wrong in [json!("yes"), json!(1), json!(null)] {
        assert_eq!(refused(Kind::Zip, &zip(wrong, json!(true))).0, json!(["body", "include_crops"]));
    }
    let mut small = zip(json!(true), json!(true));
    small["crop_size"] = json!(100);
    assert_eq!(refused(Kind::Zip, &small).0, json!(["body", "crop_size"]));
}

#[test]
fn names_that_only_look_like_the_platforms_are_refused() {
    let names = [
        "comparison_period",
        "compareWith",
        "includeCrops",
        "include_crops",
        "estimated_completion",
        "message",
    ];
    for name in names {
        let (loc, msg) = refused(Kind::Pdf, &comparison(&json!({ name: true })));
        assert_eq!((loc, msg.as_str()), (json!(["body", name]), "extra fields not permitted"));
    }
    for report_type in ["Custom", "seasonal", "", "custom "] {
        let (loc, _) = refused(Kind::Pdf, &comparison(&json!({ "report_type": report_type })));
        assert_eq!(loc, json!(["body", "report_type"]), "{report_type:?}");
    }
}

proptest! {
    /// Every time of day in every way of writing it: the day that is written, or the hint.
    #[test]
    fn a_time_of_day_is_dropped_only_where_it_says_no_more_than_the_day(
        days in 0..366i64,
        second in prop_oneof![Just(0u32), Just(86_399), 0..86_400u32],
        millis in prop_oneof![Just(0u32), 0..1000u32],
        offset in prop_oneof![Just(0i32), -14 * 60..=14 * 60],
        form in prop::sample::select(&["%Y-%m-%dT%H:%M:%S%.3f%:z", "%Y-%m-%d %H:%M:%S%.6f", "%Y-%m-%dT%H:%M:%S%.fZ"][..]),
    ) {
        let date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::TimeDelta::days(days);
        let time = chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, millis * 1_000_000).unwrap();
        let zone = chrono::FixedOffset::east_opt(offset * 60).unwrap();
        let written = date.and_time(time).and_local_timezone(zone).unwrap().format(form).to_string();
        let is_midnight = (second, millis) == (0, 0);
        let table = |start: &str, end: &str| json!({ "format": "csv", "start_date": start, "end_date": end });
        let read = |body: Value| Request::from_json(Kind::Table, body.to_string().as_bytes());
        let day = date.to_string();
        let plain = read(table(&day, &day)).unwrap();
        let (as_start, as_end) = (read(table(&written, &day)), read(table(&day, &written)));
        if is_midnight { prop_assert_eq!(as_start.unwrap(), plain.clone()); } else { prop_assert!(as_start.is_err(), "{}", written); }
        let is_end = is_midnight || second == 86_399;
        if is_end { prop_assert_eq!(as_end.unwrap(), plain); } else { prop_assert!(as_end.is_err(), "{}", written); }
    }
}

/// What of a schema is there for the platform's sake.
fn marked(schema: &Value) -> Vec<String> {
    let properties = schema["properties"].as_object().unwrap();
    let own_mark = |property: &Value| property.get(PLATFORM_NAME).is_some();
    let inner = |property: &Value| {
        let forms = ["anyOf", "oneOf"].map(|name| property[name].as_array().cloned().unwrap_or_default());
        forms.concat().iter().any(|form| form.get(PLATFORM_NAME).is_some())
    };
    let marked = properties.iter().filter(|(_, property)| own_mark(property) || inner(property));
    marked.map(|(name, _)| name.clone()).collect()
}

#[test]
fn the_contract_marks_each_of_the_platforms_names() {
    let of = |kind| marked(&request_schema(kind));
    let pdf = ["comparison_periods", "end_date", "report_type", "rut_end", "rut_start", "start_date"];
    assert_eq!(of(Kind::Pdf), pdf);
    assert_eq!(of(Kind::Zip), ["end_date", "include_crops", "include_metadata_csv", "start_date"]);
    for kind in [Kind::Table, Kind::CamtrapDp, Kind::Reid] {
        assert_eq!(of(kind), ["end_date", "start_date"], "{kind:?}");
    }
    let schema = request_schema(Kind::Pdf);
    assert_eq!(schema["properties"]["comparison_periods"][PLATFORM_NAME], "compare_with");
    assert_eq!(schema["properties"]["report_type"]["oneOf"][2]["const"], "custom");
    assert_eq!(schema["properties"]["start_date"]["anyOf"][0]["format"], "date");
}
