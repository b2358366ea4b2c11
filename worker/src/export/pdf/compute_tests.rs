//! Hand-made cases for `compute`: each number can be counted with the finger.

use super::cases::{Case, class, deployment, detection, place};
use super::compute::Rows;
use super::report::Report;
use crate::catalog::Detection;

fn of(detections: Vec<Detection>) -> Rows {
    Rows { detections, places: vec![place("oak", "Old oak")], ..Rows::default() }
}

fn by_period(report: &Report) -> Vec<(String, u64)> {
    report.periods.iter().map(|row| (row.period.name.clone(), row.counts.detections)).collect()
}

#[test]
fn an_image_with_two_boxes_is_two_detections_and_one_image() {
    let mut buck = detection("1", "2020-05-01T04:00:00Z", "buck");
    let mut doe = detection("2", "2020-05-01T04:00:00Z", "doe");
    buck.image_id = "both".into();
    doe.image_id = "both".into();
    let report = Case::new("2020-05-01", "2020-05-31", "month").report(&of(vec![buck, doe])).unwrap();
    assert_eq!(report.total.by_class, [1, 1, 0, 0]);
    assert_eq!((report.total.detections, report.total.images), (2, 1));
}

#[test]
fn an_individual_in_two_months_counts_once_in_the_sum_row() {
    let mut rows = of(vec![
        detection("1", "2020-05-01T04:00:00Z", "buck"),
        detection("2", "2020-06-01T04:00:00Z", "buck"),
        detection("3", "2020-06-02T04:00:00Z", "buck"),
    ]);
    for detection in &mut rows.detections {
        detection.deer_id = Some("Hubert".into());
    }
    let report = Case::new("2020-05-01", "2020-06-30", "month").report(&rows).unwrap();
    let rows: Vec<u64> = report.periods.iter().map(|row| row.counts.individuals).collect();
    assert_eq!((rows, report.total.individuals), (vec![1, 1], 1));
}

#[test]
fn the_last_second_of_the_last_day_counts_and_the_next_does_not() {
    let rows = of(vec![
        detection("before", "2020-05-31T21:59:59Z", "doe"),
        detection("first", "2020-05-31T22:00:00Z", "doe"),
        detection("last", "2020-06-30T21:59:59Z", "doe"),
        detection("after", "2020-06-30T22:00:00Z", "doe"),
    ]);
    let report = Case::new("2020-06-01", "2020-06-30", "month").report(&rows).unwrap();
    assert_eq!(by_period(&report), [("June 2020".to_owned(), 2)]);
}

#[test]
fn a_detection_belongs_to_its_local_day_also_when_clocks_change() {
    // 2020-03-29 in Brussels starts at 23:00 UTC of the 28th and ends at 22:00 UTC, an hour early.
    let rows = of(vec![
        detection("1", "2020-03-28T22:59:59Z", "doe"),
        detection("2", "2020-03-28T23:00:00Z", "doe"),
        detection("3", "2020-03-29T21:59:59Z", "doe"),
        detection("4", "2020-03-29T22:00:00Z", "doe"),
    ]);
    let report = Case::new("2020-03-28", "2020-03-30", "day").report(&rows).unwrap();
    let counts: Vec<u64> = report.periods.iter().map(|row| row.counts.detections).collect();
    assert_eq!(counts, [1, 2, 1]);
    let hours: Vec<usize> = (0..24).filter(|hour| report.hours[*hour].iter().sum::<u64>() > 0).collect();
    assert_eq!(hours, [0, 23]);
}

#[test]
fn an_hour_that_comes_twice_gets_both() {
    let rows = of(vec![
        detection("summer", "2020-10-25T00:30:00Z", "doe"),
        detection("winter", "2020-10-25T01:30:00Z", "doe"),
    ]);
    let report = Case::new("2020-10-24", "2020-10-25", "day").report(&rows).unwrap();
    assert_eq!(report.hours[2], [0, 2, 0, 0]);
}

#[test]
fn empty_periods_are_rows_of_zeros() {
    let rows = of(vec![
        detection("1", "2020-01-01T12:00:00Z", "fawn"),
        detection("2", "2021-01-03T12:00:00Z", "fawn"),
    ]);
    let report = Case::new("2020-12-20", "2021-01-05", "week").report(&rows).unwrap();
    assert_eq!(
        by_period(&report),
        [("2020-W51", 0), ("2020-W52", 0), ("2020-W53", 1), ("2021-W01", 0)]
            .map(|(name, n)| (name.to_owned(), n))
    );
}

#[test]
fn only_the_asked_classes_count() {
    let rows = of(vec![
        detection("1", "2020-01-01T12:00:00Z", "buck"),
        detection("2", "2020-01-02T12:00:00Z", "doe"),
        detection("3", "2020-01-03T12:00:00Z", "unknown"),
    ]);
    let mut case = Case::new("2020-01-01", "2020-01-31", "month");
    case.params.classifications = vec![class("unknown"), class("buck")];
    let report = case.report(&rows).unwrap();
    assert_eq!(report.classes.iter().map(|class| class.key).collect::<Vec<_>>(), ["buck", "unknown"]);
    assert_eq!((report.total.by_class.clone(), report.total.detections), (vec![1, 1], 2));
    assert!(report.notes.iter().any(|note| note.starts_with("Only bucks and unclassified were asked for")));
    case.params.classifications = vec![class("fawn")];
    assert_eq!(case.report(&rows), None);
}

#[test]
fn rates_use_only_places_whose_deployments_are_known() {
    let mut elsewhere = detection("3", "2020-01-02T12:00:00Z", "buck");
    elsewhere.place_id = Some("ash".into());
    let mut nowhere = detection("4", "2020-01-02T12:00:00Z", "buck");
    nowhere.place_id = None;
    let rows = Rows {
        detections: vec![
            detection("1", "2020-01-02T12:00:00Z", "buck"),
            detection("2", "2020-02-02T12:00:00Z", "buck"),
            elsewhere,
            nowhere,
        ],
        places: vec![place("oak", "Old oak"), place("ash", "Ash pond"), place("elm", "Elm")],
        deployments: vec![
            deployment("oak", "2019-12-31T23:00:00Z", "2020-01-10T23:00:00Z"),
            deployment("elm", "2020-01-31T23:00:00Z", "2020-02-10T23:00:00Z"),
        ],
        dataset: None,
    };
    let report = Case::new("2020-01-01", "2020-02-29", "month").report(&rows).unwrap();
    assert_eq!((report.total.trap_nights, report.total.rate), (Some(20.0), Some(10.0)));
    let by_month: Vec<_> =
        report.periods.iter().map(|row| (row.counts.trap_nights, row.counts.rate)).collect();
    assert_eq!(by_month, [(Some(10.0), Some(10.0)), (Some(10.0), Some(10.0))]);
    let places: Vec<_> = report
        .places
        .iter()
        .map(|row| (row.name.as_str(), row.counts.detections, row.counts.trap_nights, row.counts.rate))
        .collect();
    assert_eq!(
        places,
        [
            ("Old oak", 2, Some(10.0), Some(20.0)),
            ("Ash pond", 1, None, None),
            ("Place not recorded", 1, None, None),
            ("Elm", 0, Some(10.0), Some(0.0)),
        ]
    );
    assert!(
        report.notes.iter().any(|note| note.contains("Rates leave out 2 detections from places without"))
    );
    assert!(
        report.findings.iter().any(|text| text.contains("At 1 place with a camera no deer was detected."))
    );
}

#[test]
fn places_that_do_not_fit_are_summed_in_one_row() {
    let detections = (0..203).map(|i| {
        let mut detection = detection(&format!("{i}"), "2020-01-02T12:00:00Z", "buck");
        detection.place_id = Some(format!("{i:03}"));
        detection
    });
    let report = Case::new("2020-01-01", "2020-01-31", "month").report(&of(detections.collect())).unwrap();
    let last = report.places.last().unwrap();
    assert_eq!((report.places.len(), last.name.as_str(), last.counts.detections), (201, "3 other places", 3));
    assert!(report.findings[0].ends_with("at 203 places."));
}

#[test]
fn rows_that_stand_for_several_animals_are_told() {
    let mut pair = detection("pair", "2020-01-02T12:00:00Z", "doe");
    pair.count = 2;
    let rows = of(vec![pair, detection("one", "2020-01-02T12:00:00Z", "doe")]);
    let report = Case::new("2020-01-01", "2020-01-31", "month").report(&rows).unwrap();
    assert_eq!(report.total.detections, 2);
    let note = report.notes.iter().find(|note| note.contains("more than one animal")).unwrap();
    assert!(note.starts_with("1 detection stands for more than one animal"), "{note}");
    assert!(note.ends_with("counted by animals the total is 3."), "{note}");
}

#[test]
fn nothing_detected_is_no_report() {
    assert_eq!(Case::new("2020-01-01", "2020-01-31", "day").report(&of(Vec::new())), None);
}
