//! Each row of the rule table: exact status, exact body.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use chrono::NaiveDate;
use deertrack_schemas::{Kind, Rejection, Request, Valid};
use serde_json::{Value, json};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date");

fn answer(body: &str) -> Result<(), (u16, Value)> {
    let refuse = |rejection: Rejection| (rejection.http_status(), rejection.body());
    let request = Request::from_json(Kind::Pdf, body.as_bytes()).map_err(refuse)?;
    let command = request.into_command("job".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
    Valid::check(command, TODAY).map(|_| ()).map_err(refuse)
}

fn pdf(change: &Value) -> String {
    let mut body = json!({ "start_date": "2026-01-01", "end_date": "2026-02-01", "group_by": "week" });
    for (key, value) in change.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string()
}

fn problems(body: &str) -> Vec<Value> {
    let (status, body) = answer(body).unwrap_err();
    assert_eq!(status, 422);
    body["detail"].as_array().unwrap().clone()
}

#[test]
fn a_right_request_passes() {
    answer(&pdf(&json!({}))).unwrap();
    answer(&pdf(&json!({ "title": "x".repeat(200), "classifications": ["doe", "buck", "doe"] }))).unwrap();
}

#[test]
fn an_unknown_group_is_answered_in_the_words_that_dashboards_parse() {
    let expected = json!({ "detail": [{
        "loc": ["body", "group_by"],
        "msg": "value is not a valid enumeration member; permitted: 'day', 'week', 'month'",
        "type": "type_error.enum",
    }] });
    assert_eq!(answer(&pdf(&json!({ "group_by": "year" }))), Err((422, expected)));
}

#[test]
fn all_problems_come_in_one_answer() {
    let body = json!({ "end_date": "2026-13-01", "group_by": 4, "title": 1, "include_charts": "yes", "colour": "red" });
    let kinds: Vec<(Value, Value)> =
        problems(&body.to_string()).iter().map(|p| (p["loc"][1].clone(), p["type"].clone())).collect();
    let expected = [
        ("start_date", "value_error.missing"),
        ("end_date", "value_error.date"),
        ("group_by", "type_error.enum"),
        ("title", "type_error.str"),
        ("include_charts", "type_error.bool"),
        ("colour", "value_error.extra"),
    ];
    assert_eq!(kinds, expected.map(|(field, kind)| (json!(field), json!(kind))));
}

#[test]
fn each_kind_of_field_problem_has_its_message() {
    let one = |body: &str| problems(body).first().cloned().unwrap();
    let missing = one(r#"{"end_date":"2026-02-01","group_by":"day"}"#);
    assert_eq!(
        missing,
        json!({ "loc": ["body", "start_date"], "msg": "field required", "type": "value_error.missing" })
    );
    let date = one(&pdf(&json!({ "start_date": "01/02/2026" })));
    assert_eq!(
        date,
        json!({ "loc": ["body", "start_date"], "msg": "invalid date format", "type": "value_error.date" })
    );
    for sloppy in ["2026-1-05", "2026-01-05T", "+2026-1-5", "", "2026-02-30"] {
        assert_eq!(one(&pdf(&json!({ "start_date": sloppy })))["type"], "value_error.date", "{sloppy}");
    }
    assert_eq!(one(&pdf(&json!({ "end_date": null })))["type"], "type_error.none.not_allowed");
    assert_eq!(one(&pdf(&json!({ "title": "x".repeat(201) })))["type"], "value_error.any_str.max_length");
    assert_eq!(one(&pdf(&json!({ "classifications": "buck" })))["type"], "type_error.list");
    assert_eq!(one(&pdf(&json!({ "classifications": [] })))["type"], "value_error.list.min_items");
    assert_eq!(
        one(&pdf(&json!({ "classifications": ["buck", "elk"] })))["loc"],
        json!(["body", "classifications", 1])
    );
    assert_eq!(one(&pdf(&json!({ "report_type": "annual" })))["type"], "type_error.enum");
    assert_eq!(one(&pdf(&json!({ "idempotency_key": "" })))["type"], "value_error.any_str.min_length");
    assert_eq!(one("[]")["type"], "type_error.dict");
}

#[test]
fn malformed_json_names_the_place() {
    let problem = problems("{\"start_date\": \n oops}").remove(0);
    assert_eq!(problem["type"], "value_error.jsondecode");
    assert_eq!(problem["loc"], json!(["body", 18]));
    assert_eq!(problems("")[0]["type"], "value_error.jsondecode");
    assert_eq!(problems("\u{0}\u{1}")[0]["type"], "value_error.jsondecode");
}

#[test]
fn the_date_rules_come_in_their_order() {
    let rule = |start: &str, end: &str| answer(&pdf(&json!({ "start_date": start, "end_date": end })));
    let refused = |text: &str| Err((400, json!({ "detail": text })));
    assert_eq!(rule("2026-02-01", "2026-01-01"), refused("start_date must be before end_date"));
    assert_eq!(rule("2026-02-01", "2026-02-01"), refused("start_date must be before end_date"));
    assert_eq!(rule("2031-02-01", "2030-01-01"), refused("start_date must be before end_date"));
    assert_eq!(rule("2025-01-01", "2026-01-02"), refused("Date range cannot exceed 1 year"));
    assert_eq!(rule("2027-01-01", "2029-01-01"), refused("Date range cannot exceed 1 year"));
    assert_eq!(rule("2026-03-11", "2026-03-12"), refused("start_date cannot be in the future"));
    assert_eq!(rule("2026-03-10", "2026-03-11"), refused("end_date cannot be in the future"));
    assert_eq!(rule("2025-01-01", "2026-01-01"), Ok(()), "365 days between is the limit");
    assert_eq!(rule("2026-03-09", "2026-03-10"), Ok(()), "today is included");
}

#[test]
fn the_library_keeps_the_rules_that_json_cannot_break() {
    let mut request = Request::from_json(Kind::Pdf, pdf(&json!({})).as_bytes()).unwrap();
    request.requested_by = Some("x".repeat(201));
    let command = request.into_command("job".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
    assert_eq!(Valid::check(command, TODAY).unwrap_err().http_status(), 422);
}

#[test]
fn an_answer_lists_fifty_problems_and_quotes_eighty_characters_of_each() {
    let names: Vec<String> =
        (0..400).map(|number| format!("\"field {number} {}\":0", "é".repeat(900))).collect();
    let listed = problems(&format!("{{{}}}", names.join(",")));
    assert_eq!(listed.len(), 50);
    let last =
        json!({ "loc": ["body"], "msg": "354 more problems are not listed", "type": "value_error.more" });
    assert_eq!(listed[49], last, "49 of 403 were listed: three fields are missing, 400 unknown");
    for problem in &listed[3..49] {
        let quoted = problem["loc"][1].as_str().unwrap();
        assert_eq!((quoted.chars().count(), quoted.ends_with('…')), (80, true), "{quoted}");
    }
}

#[test]
fn a_field_that_stands_twice_is_refused() {
    let twice =
        r#"{"start_date":"2026-01-01","start_date":"2025-01-01","end_date":"2026-02-01","group_by":"week"}"#;
    let told = json!({
        "loc": ["body", "start_date"],
        "msg": "the field stands twice; send it once",
        "type": "value_error.repeated",
    });
    assert_eq!(problems(twice), [told]);
    let inside = r#"{"compare_with":[{"start_date":"2025-01-01","start_date":"2025-01-02"}]}"#;
    assert_eq!(problems(inside)[0]["type"], "value_error.repeated");
    assert_eq!(problems(r#"{"a":1,"\u0061":2}"#)[0]["type"], "value_error.repeated");
}

#[test]
fn a_list_is_not_kept_beyond_its_bound() {
    let zip = |body: &str| Request::from_json(Kind::Zip, body.as_bytes()).map(|_| ()).map_err(|r| r.body());
    let ids = |count: usize| format!(r#"{{"detection_ids":[{}"x"]}}"#, r#""y","#.repeat(count - 1));
    zip(&ids(10_000)).unwrap();
    for count in [10_001, 200_000] {
        let detail = &zip(&ids(count)).unwrap_err()["detail"];
        assert_eq!(detail[0]["msg"], "ensure this value has at most 10000 items", "{count}");
    }
    assert_eq!(
        zip(&format!("{}}}", ids(200_000))).unwrap_err()["detail"][0]["type"],
        "value_error.jsondecode"
    );
    let many = format!(r#"{{"a":[{}0]}}"#, "[0,0,0],".repeat(10_000));
    let detail = &zip(&many).unwrap_err()["detail"];
    assert_eq!(detail[0]["msg"], "ensure this value has at most 12000 values in all");
}
