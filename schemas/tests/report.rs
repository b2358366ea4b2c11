//! The parameters of reports beyond their dates: rut, comparison, and lists of objects in general.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use chrono::NaiveDate;
use deertrack_schemas::pdf::{ComparedPeriod, Paper, ReportType, Units};
use deertrack_schemas::{Export, Kind, PdfParams, Rejection, Request, Valid};
use serde_json::{Value, json};

const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 10).expect("a date");

fn read(change: &Value) -> Result<PdfParams, Rejection> {
    let mut body = json!({ "start_date": "2025-11-01", "end_date": "2026-02-28", "group_by": "week" });
    for (key, value) in change.as_object().unwrap() {
        body[key] = value.clone();
    }
    let request = Request::from_json(Kind::Pdf, body.to_string().as_bytes())?;
    let command = request.into_command("job".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
    Valid::check(command.clone(), TODAY)?;
    let Export::Pdf(params) = command.export else { panic!("{:?}", command.export) };
    Ok(params)
}

fn rule(change: &Value) -> Value {
    let refused = read(change).unwrap_err();
    assert_eq!(refused.http_status(), 400, "{refused}");
    refused.body()["detail"].clone()
}

fn places(change: &Value) -> Vec<Value> {
    let refused = read(change).unwrap_err();
    assert_eq!(refused.http_status(), 422, "{refused}");
    let problems = refused.body()["detail"].as_array().unwrap().clone();
    problems.into_iter().map(|problem| json!([problem["loc"], problem["type"]])).collect()
}

fn earlier(start: &str, end: &str) -> Value {
    json!({ "report_type": "comparison", "compare_with": [{ "start_date": start, "end_date": end }] })
}

#[test]
fn a_request_of_old_gets_the_usual_options() {
    let params = read(&json!({})).unwrap();
    assert_eq!((params.paper, params.units), (Paper::A4, Units::Metric));
    assert_eq!(params.visit_gap_minutes, 30);
    assert!(params.include_individuals && params.include_photos && params.include_map);
    assert!(!params.exact_coordinates && params.compare_with.is_none());
}

#[test]
fn a_comparison_names_the_same_days_of_earlier_years() {
    let params = read(&json!({
        "report_type": "comparison", "label": "After",
        "compare_with": [
            { "start_date": "2024-11-01", "end_date": "2025-02-28", "label": "Before" },
            { "start_date": "2023-11-01", "end_date": "2024-02-29" },
        ],
    }))
    .unwrap();
    assert_eq!(params.report_type, ReportType::Comparison);
    assert_eq!(params.label.as_deref(), Some("After"));
    let day = |text: &str| text.parse().unwrap();
    assert_eq!(
        params.compare_with.unwrap(),
        [
            ComparedPeriod {
                start_date: day("2024-11-01"),
                end_date: day("2025-02-28"),
                label: Some("Before".into())
            },
            ComparedPeriod { start_date: day("2023-11-01"), end_date: day("2024-02-29"), label: None },
        ]
    );
    read(&json!({ "report_type": "comparison" })).unwrap();
}

#[test]
fn other_days_or_later_years_are_no_comparison() {
    let other_days = "compare_with must cover the same calendar days as start_date to end_date";
    assert_eq!(rule(&earlier("2024-11-02", "2025-02-28")), other_days);
    assert_eq!(rule(&earlier("2024-11-01", "2025-02-27")), other_days);
    assert_eq!(rule(&earlier("2024-11-01", "2026-02-28")), other_days);
    assert_eq!(rule(&earlier("2025-11-01", "2026-02-28")), "compare_with must name earlier years");
    let mut twice = earlier("2024-11-01", "2025-02-28");
    let once = twice["compare_with"][0].clone();
    twice["compare_with"].as_array_mut().unwrap().push(once);
    assert_eq!(rule(&twice), "compare_with must not name a year twice");
    let mut seasonal = earlier("2024-11-01", "2025-02-28");
    seasonal["report_type"] = json!("seasonal_activity");
    assert_eq!(rule(&seasonal), "compare_with needs report_type comparison");
}

#[test]
fn a_problem_inside_a_list_of_objects_names_its_place() {
    let change = json!({ "report_type": "comparison", "compare_with": [
        { "start_date": "2024-11-01", "end_date": "2025-02-28", "label": "x".repeat(41) },
        { "end_date": "soon", "colour": "red" },
        7,
    ] });
    assert_eq!(
        places(&change),
        [
            json!([["body", "compare_with", 0, "label"], "value_error.any_str.max_length"]),
            json!([["body", "compare_with", 1, "start_date"], "value_error.missing"]),
            json!([["body", "compare_with", 1, "end_date"], "value_error.date"]),
            json!([["body", "compare_with", 1, "colour"], "value_error.extra"]),
            json!([["body", "compare_with", 2], "type_error.dict"]),
        ]
    );
    let kinds = |list: Value| places(&json!({ "report_type": "comparison", "compare_with": list }));
    assert_eq!(kinds(json!([])), [json!([["body", "compare_with"], "value_error.list.min_items"])]);
    assert_eq!(kinds(json!({})), [json!([["body", "compare_with"], "type_error.list"])]);
    let five = json!([{}, {}, {}, {}, {}]);
    assert_eq!(kinds(five), [json!([["body", "compare_with"], "value_error.list.max_items"])]);
}

#[test]
fn the_library_keeps_the_limits_of_a_comparison() {
    let day = |text: &str| text.parse().unwrap();
    let period = ComparedPeriod {
        start_date: day("2024-11-01"),
        end_date: day("2025-02-28"),
        label: Some("x".repeat(41)),
    };
    let params = PdfParams {
        report_type: ReportType::Comparison,
        label: Some(String::new()),
        compare_with: Some(vec![period]),
        ..PdfParams::new(day("2025-11-01"), day("2026-02-28"), deertrack_schemas::pdf::GroupBy::Month)
    };
    let request = Request::from(Export::Pdf(params));
    let command = request.into_command("job".parse().unwrap(), chrono::DateTime::UNIX_EPOCH);
    let body = Valid::check(command, TODAY).unwrap_err().body();
    let places: Vec<&Value> =
        body["detail"].as_array().unwrap().iter().map(|problem| &problem["loc"]).collect();
    assert_eq!(places, [&json!(["body", "label"]), &json!(["body", "compare_with", 0, "label"])]);
}

#[test]
fn the_peak_of_the_rut_is_two_days_in_their_order() {
    read(&json!({ "rut_start": "2025-11-07", "rut_end": "2025-11-21" })).unwrap();
    assert_eq!(rule(&json!({ "rut_start": "2025-11-07" })), "rut_start and rut_end are given together");
    assert_eq!(
        rule(&json!({ "rut_start": "2025-11-07", "rut_end": "2025-11-06" })),
        "rut_start must not be after rut_end"
    );
    assert_eq!(
        rule(&json!({ "rut_start": "2025-11-01", "rut_end": "2026-03-02" })),
        "The peak of the rut cannot exceed 120 days"
    );
}
