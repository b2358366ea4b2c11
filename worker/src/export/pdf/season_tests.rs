//! Hand-made cases for a season: each number can be counted with the finger.

use deertrack_catalog::{Individual, LeftOut};
use deertrack_survey::{BoundingBox, Place};

use super::cases::{Case, Given, Rows, at, class, deployment, detection, found, place, rows};
use super::counts::Counts;
use super::report::Report;

fn by_period(report: &Report) -> Vec<(String, u64)> {
    report.periods.iter().map(|row| (row.period.name.clone(), row.counts.detections)).collect()
}

pub(super) fn status<'a>(report: &'a Report, what: &str) -> &'a str {
    report.frame.status.iter().find(|row| row.what == what).map_or("", |row| &row.found)
}

pub(super) fn near(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() < 1e-9)
}

#[test]
fn an_image_with_two_boxes_is_two_detections_and_one_image() {
    let mut buck = detection("1", "2020-05-01T04:00:00Z", "buck");
    let mut doe = detection("2", "2020-05-01T04:00:00Z", "doe");
    buck.image_id = "both".into();
    doe.image_id = "both".into();
    let report = Case::new("2020-05-01", "2020-05-31", "month").report(&found(vec![buck, doe])).unwrap();
    assert_eq!(report.total.detections_by_class, [1, 1, 0, 0]);
    assert_eq!((report.total.detections, report.total.images, report.total.visits), (2, 1, 2));
}

#[test]
fn second_boxes_of_one_animal_count_once_and_are_told() {
    let boxed = |id: &str, x: f64| {
        let mut row = detection(id, "2020-05-01T04:00:00Z", "doe");
        row.image_id = "one image".into();
        row.bbox = Some(BoundingBox { x, y: 0.2, width: 0.3, height: 0.5 }.into());
        row
    };
    let mut all = found(vec![boxed("1", 0.2), boxed("2", 0.22), boxed("3", 0.6)]);
    all.now.left_out = LeftOut { rejected: 4, duplicates: 1, ..LeftOut::default() };
    let report = Case::new("2020-05-01", "2020-05-31", "month").report(&all).unwrap();
    assert_eq!(report.total.detections, 2);
    assert_eq!(
        status(&report, "Left out"),
        "4 detections that a person rejected, 1 duplicate, 1 second box of an animal counted already."
    );
}

#[test]
fn a_deer_that_stays_is_a_visit_every_half_hour_unless_asked_otherwise() {
    let stays =
        || (0..7).map(|i| detection(&i.to_string(), &format!("2020-05-01T04:{:02}:00Z", 9 * i), "doe"));
    let mut case = Case::new("2020-05-01", "2020-05-31", "month");
    assert_eq!(case.report(&found(stays().collect())).unwrap().total.visits, 2);
    case.params.visit_gap_since = deertrack_schemas::table::GapSince::LastRecord;
    let report = case.report(&found(stays().collect())).unwrap();
    assert_eq!(report.total.visits, 1);
    let told = &report.frame.definitions[1];
    assert!(
        told.contains("30 minutes or more after the last detection") && told.contains("lastRecord"),
        "{told}"
    );
    case.params.visit_gap_minutes = 9;
    assert_eq!(case.report(&found(stays().collect())).unwrap().total.visits, 7);
}

#[test]
fn an_event_lasts_until_its_end() {
    let mut rows =
        vec![detection("1", "2020-05-01T04:00:00Z", "doe"), detection("2", "2020-05-01T05:05:00Z", "doe")];
    rows[0].ends_at = Some("2020-05-01T04:40:00Z".parse().unwrap());
    let mut case = Case::new("2020-05-01", "2020-05-31", "month");
    assert_eq!(case.report(&found(rows.clone())).unwrap().total.visits, 2);
    case.params.visit_gap_since = deertrack_schemas::table::GapSince::LastRecord;
    assert_eq!(case.report(&found(rows)).unwrap().total.visits, 1, "25 minutes after its end");
}

#[test]
fn an_individual_in_two_months_counts_once_in_the_sum_row() {
    let mut all = found(vec![
        detection("1", "2020-05-01T04:00:00Z", "buck"),
        detection("2", "2020-06-01T04:00:00Z", "buck"),
        detection("3", "2020-06-02T04:00:00Z", "buck"),
    ]);
    for record in &mut all.now.sightings {
        record.deer_id = Some("Hubert".into());
    }
    let report = Case::new("2020-05-01", "2020-06-30", "month").report(&all).unwrap();
    let rows: Vec<Option<u64>> = report.periods.iter().map(|row| row.counts.individuals).collect();
    assert_eq!((rows, report.total.individuals), (vec![Some(1), Some(1)], Some(1)));
}

#[test]
fn the_last_second_of_the_last_day_counts_and_the_next_does_not() {
    let rows = found(vec![
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
    let rows = found(vec![
        detection("1", "2020-03-28T22:59:59Z", "doe"),
        detection("2", "2020-03-28T23:00:00Z", "doe"),
        detection("3", "2020-03-29T21:59:59Z", "doe"),
        detection("4", "2020-03-29T22:00:00Z", "doe"),
    ]);
    let report = Case::new("2020-03-28", "2020-03-30", "day").report(&rows).unwrap();
    let counts: Vec<u64> = report.periods.iter().map(|row| row.counts.detections).collect();
    assert_eq!(counts, [1, 2, 1]);
    let hours = &report.activity.hours;
    let hours: Vec<usize> = (0..24).filter(|hour| hours[*hour].iter().sum::<u64>() > 0).collect();
    assert_eq!(hours, [23], "two visits, both begin a second before midnight");
}

#[test]
fn a_place_with_its_own_zone_has_its_own_days() {
    let mut all = found(vec![detection("1", "2020-06-01T03:00:00Z", "doe")]);
    all.places[0].zone = Some(chrono_tz::America::Chicago);
    let report = Case::new("2020-05-31", "2020-06-02", "day").report(&all).unwrap();
    assert_eq!(report.periods[0].counts.detections, 1, "it is still 31 May there");
}

#[test]
fn empty_periods_are_rows_of_zeros() {
    let rows = found(vec![
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
    let rows = found(vec![
        detection("1", "2020-01-01T12:00:00Z", "buck"),
        detection("2", "2020-01-02T12:00:00Z", "doe"),
        detection("3", "2020-01-03T12:00:00Z", "unknown"),
    ]);
    let mut case = Case::new("2020-01-01", "2020-01-31", "month");
    case.params.classifications = vec![class("unknown"), class("buck")];
    let report = case.report(&rows).unwrap();
    assert_eq!(report.classes.iter().map(|class| class.key).collect::<Vec<_>>(), ["buck", "unknown"]);
    assert_eq!((report.total.detections_by_class.clone(), report.total.detections), (vec![1, 1], 2));
    assert!(report.ratios.is_empty(), "there are no does to compare with");
    let told = |text: &String| text.starts_with("Only bucks and unclassified were asked for");
    assert!(report.frame.definitions.iter().any(told));
    case.params.classifications = vec![class("fawn")];
    assert_eq!(case.report(&rows), None);
}

/// Ten nights at the oak in January, ten at the elm in February; other detections lie outside of known effort.
fn two_cameras() -> Given {
    let mut nowhere = detection("4", "2020-01-02T12:00:00Z", "buck");
    nowhere.place_id = None;
    let records = vec![
        detection("1", "2020-01-02T12:00:00Z", "buck"),
        detection("2", "2020-02-02T12:00:00Z", "buck"),
        at("ash", detection("3", "2020-01-02T12:00:00Z", "buck")),
        nowhere,
    ];
    let deployments = vec![
        deployment("oak", "2019-12-31T23:00:00Z", "2020-01-10T23:00:00Z"),
        deployment("elm", "2020-01-31T23:00:00Z", "2020-02-10T23:00:00Z"),
    ];
    Given {
        now: Rows { deployments, ..rows(records) },
        earlier: vec![Rows::default()],
        places: vec![place("oak", "Old oak"), place("ash", "Ash pond"), place("elm", "Elm")],
        ..Given::default()
    }
}

#[test]
fn rates_use_only_places_where_a_camera_is_known_to_have_stood() {
    let report = Case::new("2020-01-01", "2020-02-29", "month").report(&two_cameras()).unwrap();
    let told = |counts: &Counts| (counts.trap_nights, counts.rate);
    assert_eq!(told(&report.total), (Some(20.0), Some(5.0)), "one visit, as its months have together");
    let months: Vec<_> = report.periods.iter().map(|row| told(&row.counts)).collect();
    // The visit of February is at the oak, whose camera was gone.
    assert_eq!(months, [(Some(10.0), Some(10.0)), (Some(10.0), Some(0.0))]);
    let places: Vec<_> = report
        .places
        .iter()
        .map(|row| (row.number, row.name.as_str(), row.counts.visits, told(&row.counts)))
        .collect();
    assert_eq!(
        places,
        [
            (Some(1), "Old oak", 2, (Some(10.0), Some(10.0))),
            (Some(2), "Ash pond", 1, (Some(0.0), None)),
            (None, "Place not recorded", 1, (Some(0.0), None)),
            (Some(3), "Elm", 0, (Some(10.0), Some(0.0))),
        ]
    );
    assert!(status(&report, "Outside of effort").starts_with("3 visits at places where no camera"));
    assert!(report.findings.join(" ").contains("At 1 place with a camera no deer was detected."));
}

#[test]
fn trap_nights_are_the_sum_of_their_days_also_where_places_have_other_zones() {
    let mut all = found(vec![detection("1", "2020-06-01T12:00:00Z", "doe")]);
    all.places.push(Place { zone: Some(chrono_tz::America::Chicago), ..place("ash", "Ash pond") });
    all.now.deployments = ["oak", "ash"]
        .map(|place| deployment(place, "2020-05-20T00:00:00Z", "2020-06-20T00:00:00Z"))
        .to_vec();
    let report = Case::new("2020-06-01", "2020-06-03", "day").report(&all).unwrap();
    let days: Vec<_> = report.periods.iter().map(|row| row.counts.trap_nights).collect();
    assert_eq!((days, report.total.trap_nights), (vec![Some(2.0); 3], Some(6.0)));
}

#[test]
fn effort_that_only_images_prove_is_called_inferred() {
    let records =
        ["01T12", "02T06", "02T20", "05T12"].map(|at| detection(at, &format!("2020-01-{at}:00:00Z"), "doe"));
    let report = Case::new("2020-01-01", "2020-01-31", "month").report(&found(records.to_vec())).unwrap();
    // From the first to the third image; the silence before the fourth is longer than a day.
    assert!(near(report.total.trap_nights, 32.0 / 24.0), "{:?}", report.total.trap_nights);
    assert!(report.strip.as_ref().unwrap().rows[0].inferred);
    assert!(status(&report, "Effort").contains("inferred from images"), "{}", status(&report, "Effort"));
}

#[test]
fn a_dead_battery_is_a_gap_in_the_strip() {
    let mut all = found(vec![detection("1", "2020-01-02T12:00:00Z", "doe")]);
    all.now.deployments = vec![
        deployment("oak", "2019-12-01T00:00:00Z", "2020-01-03T23:00:00Z"),
        deployment("oak", "2020-01-05T11:00:00Z", "2020-02-10T23:00:00Z"),
    ];
    let strip = Case::new("2020-01-01", "2020-01-10", "day").report(&all).unwrap().strip.unwrap();
    assert_eq!(strip.rows[0].spans, [[0.0, 3.0], [4.5, 10.0]]);
}

#[test]
fn places_that_do_not_fit_are_summed_in_one_row() {
    let records =
        (0..203).map(|i| at(&format!("{i:03}"), detection(&format!("{i}"), "2020-01-02T12:00:00Z", "buck")));
    let report = Case::new("2020-01-01", "2020-01-31", "month").report(&found(records.collect())).unwrap();
    let last = report.places.last().unwrap();
    assert_eq!((report.places.len(), last.name.as_str(), last.counts.detections), (201, "3 other places", 3));
    assert_eq!(last.number, None);
}

#[test]
fn rows_that_stand_for_several_animals_are_told() {
    let mut pair = detection("pair", "2020-01-02T12:00:00Z", "doe");
    pair.count = 2;
    let rows = found(vec![pair, detection("one", "2020-01-02T12:00:00Z", "doe")]);
    let report = Case::new("2020-01-01", "2020-01-31", "month").report(&rows).unwrap();
    assert_eq!(report.total.detections, 2);
    let told = status(&report, "Groups");
    assert!(told.starts_with("1 detection stands for more than one animal"), "{told}");
    assert!(told.ends_with("Counted by animals the total is 3."), "{told}");
}

#[test]
fn nothing_detected_is_no_report() {
    assert_eq!(Case::new("2020-01-01", "2020-01-31", "day").report(&found(Vec::new())), None);
}

#[test]
fn a_known_buck_has_a_card_and_a_step() {
    let known = |id: &str, at: &str, class: &str| {
        let mut row = detection(&format!("{id} {at}"), at, class);
        row.deer_id = Some(id.into());
        row
    };
    let mut all = found(vec![
        known("b1", "2020-06-03T10:00:00Z", "buck"),
        at("ash", known("b1", "2020-06-03T21:00:00Z", "buck")),
        known("b1", "2020-06-09T10:00:00Z", "buck"),
        known("b2", "2020-06-09T12:00:00Z", "buck"),
        known("d1", "2020-06-01T12:00:00Z", "doe"),
    ]);
    let name = |id: &str, name: &str| Individual::of(id, name, class("buck"));
    all.individuals = vec![name("b1", "Crooked Tine"), name("b2", " ")];
    all.places = vec![
        place("ash", "Ash pond"),
        Place { latitude: Some(50.9), longitude: Some(4.7), ..place("oak", "Old oak") },
    ];
    let report = Case::new("2020-06-01", "2020-06-30", "week").report(&all).unwrap();
    let bucks = report.bucks.unwrap();
    assert_eq!((bucks.growth.clone(), bucks.count()), (vec![(2, 1), (8, 2)], 2));
    let card = &bucks.cards[0];
    assert_eq!((card.name.as_str(), card.visits, card.days, card.detections), ("Crooked Tine", 3, 2, 3));
    assert_eq!((card.seen.as_str(), card.places.as_str()), ("3–9 Jun 2020", "Old oak 2 and Ash pond 1"));
    assert_eq!((card.daylight.unwrap().value, card.lit_visits), (Some(1.0), 2), "the ash has no coordinates");
    assert_eq!(bucks.cards[1].name, "b2", "a blank name is none");
    assert!(report.lead.join(" ").ends_with("2 known bucks were seen."), "{:?}", report.lead);
}
