//! What a report says where data are thin: classes that nobody tells apart, passages, no trap nights, wrong clocks.

use deertrack_catalog::{Frame, ToldDeployment};
use deertrack_survey::Place;

use super::cases::{Case, at, deployment, detection, found, place};
use super::report::Report;
use super::season_tests::{near, status};
use super::told::Told;

#[test]
fn a_class_that_nobody_tells_apart_has_no_number_and_that_is_said() {
    let mut all = found(
        (1..9)
            .map(|day| detection(&format!("{day}"), &format!("2020-06-{day:02}T10:00:00Z"), "doe"))
            .collect(),
    );
    all.now.deployments = vec![deployment("oak", "2020-06-01T00:00:00Z", "2020-06-30T00:00:00Z")];
    all.told = Told { fawns: false, ..Told::default() };
    let report = Case::new("2020-06-01", "2020-06-30", "month").report(&all).unwrap();
    assert_eq!(report.classes.iter().map(|class| class.key).collect::<Vec<_>>(), ["buck", "doe", "unknown"]);
    assert_eq!(
        (report.total.visits_by_class.clone(), report.untold_classes.clone()),
        (vec![0, 8, 0], vec!["Fawns"])
    );
    assert!(report.rates.iter().all(|row| row.label != "Fawns"));
    assert!(report.ratios.iter().all(|row| row.name != "Fawns per doe"));
    let said = "Fawns are not told apart: no detection of the whole data set is of one, so they have no numbers here; \
                that says nothing of how many there were.";
    assert_eq!(status(&report, "Not told apart"), said);
    assert!(report.findings.contains(&said.to_owned()), "{:?}", report.findings);
    assert!(!report.findings.join(" ").contains("fawns 0"), "{:?}", report.findings);
    let bucks = report.rates.iter().find(|row| row.label == "Bucks").unwrap();
    assert_eq!(bucks.now.unwrap().value, Some(0.0), "who tells does has looked for bucks");
}

#[test]
fn where_no_sex_is_told_the_report_is_of_deer() {
    let mut all = found(vec![detection("1", "2020-06-02T10:00:00Z", "unknown")]);
    all.now.deployments = vec![deployment("oak", "2020-06-01T00:00:00Z", "2020-06-30T00:00:00Z")];
    all.told = Told { sexes: false, fawns: false, ..Told::default() };
    let report = Case::new("2020-06-01", "2020-06-30", "month").report(&all).unwrap();
    assert_eq!(report.lead[0], "There was 1 deer visit, on 2 Jun 2020.");
    assert!(report.figures.iter().all(|figure| !figure.name.contains("buck")), "{:?}", report.figures);
    assert!(report.untold.unwrap().starts_with("Bucks, does and fawns are not told apart"));
    assert!(report.ratios.is_empty() && report.bucks.is_none() && report.rut.is_none());
}

#[test]
fn ids_that_never_come_again_are_passages_and_no_known_animals() {
    let mut all = found(
        (1..7)
            .map(|day| detection(&format!("{day}"), &format!("2020-06-{day:02}T10:00:00Z"), "buck"))
            .collect(),
    );
    for row in &mut all.now.sightings {
        row.deer_id = Some(format!("id {}", row.id));
    }
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    assert_eq!(case.report(&all).unwrap().bucks.unwrap().count(), 6);
    all.told = Told { individuals: false, ..Told::default() };
    let report = case.report(&all).unwrap();
    assert!(report.bucks.is_none() && report.total.individuals.is_none());
    assert!(report.ratios.iter().flat_map(|row| &row.cells).all(|cell| cell.unit != "by individual"));
    assert!(!report.lead.join(" ").contains("known buck") && !report.ratios_remark.contains("known deer"));
    let told = status(&report, "Individuals");
    assert!(
        told.starts_with("6 individual ids") && told.contains("they name passages, not known animals"),
        "{told}"
    );
    assert_eq!(status(&case.report(&found(all.now.sightings)).unwrap(), "Individuals"), "");
}

#[test]
fn a_deployment_of_no_length_gives_no_trap_night_and_the_visit_counts_everywhere() {
    let mut all = found(vec![detection("1", "2020-06-02T05:00:00Z", "doe")]);
    all.now.deployments = vec![deployment("oak", "2020-06-02T05:00:00Z", "2020-06-02T05:00:00Z")];
    let report = Case::new("2020-06-01", "2020-06-30", "month").report(&all).unwrap();
    let all_classes = report.rates.last().unwrap();
    assert_eq!((all_classes.events, report.total.visits, report.places[0].counts.visits), (1, 1, 1));
    assert_eq!((all_classes.now, report.total.trap_nights), (None, None));
    assert!(status(&report, "Effort").starts_with("There are no trap nights: 1 deployment is known, but"));
    assert!(report.lead.contains(&"There are no trap nights on these days, so there is no rate.".to_owned()));
    assert!(
        report.rates_remark.starts_with("There are no trap nights on these days"),
        "{}",
        report.rates_remark
    );
    let all = serde_json::to_string(&report).unwrap() + &report.headline;
    assert!(!all.contains("-0.0") && !all.contains("NaN"), "{all}");
}

#[test]
fn the_ratio_by_visit_is_that_of_the_visits_in_the_tables() {
    let herd = |id: &str, at: &str, class: &str, count| {
        let mut row = detection(id, at, class);
        row.count = count;
        row
    };
    let report = Case::new("2020-06-01", "2020-06-30", "month")
        .report(&found(vec![
            herd("1", "2020-06-02T05:00:00Z", "doe", 4),
            herd("2", "2020-06-03T05:00:00Z", "doe", 1),
            herd("3", "2020-06-04T05:00:00Z", "buck", 1),
        ]))
        .unwrap();
    let cells: Vec<_> =
        report.ratios[0].cells.iter().map(|cell| (cell.unit, cell.numerator, cell.denominator)).collect();
    assert_eq!(cells, [("by visit", 1, 2), ("by animal", 1, 5), ("by image", 1, 5)]);
    assert_eq!(report.total.visits_by_class[..2], [1, 2]);
    assert!(report.lead.join(" ").contains("By visits there were 0.50 "), "{:?}", report.lead);
}

#[test]
fn the_species_are_named_and_the_zone_is_told_with_its_source() {
    let mut all = found(vec![detection("1", "2020-06-02T05:00:00Z", "doe")]);
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    let report = case.report(&all).unwrap();
    assert_eq!(report.frame.species, "no species is named");
    let zone = |report: &Report| {
        report.frame.definitions.iter().find(|text| text.starts_with("Days and hours are")).unwrap().clone()
    };
    assert!(zone(&report).contains("local time (Europe/Brussels, as configured)"), "{}", zone(&report));
    all.now.sightings[0].scientific_name = Some("Odocoileus virginianus".into());
    (all.places[0].latitude, all.places[0].longitude) = (Some(29.81), Some(-97.3));
    let report = case.report(&all).unwrap();
    assert_eq!(report.frame.species, "Odocoileus virginianus (white-tailed deer)");
    assert!(
        zone(&report).contains("local time (America/Chicago, from the coordinates)"),
        "{}",
        zone(&report)
    );
}

#[test]
fn what_a_camera_saw_at_its_last_instant_belongs_to_its_last_day() {
    // Taken down at midnight in Brussels; nobody stood on the tenth.
    let mut all = found(vec![detection("1", "2020-06-09T22:00:00Z", "doe")]);
    all.now.deployments = vec![deployment("oak", "2020-05-31T22:00:00Z", "2020-06-09T22:00:00Z")];
    let report = Case::new("2020-06-01", "2020-06-30", "day").report(&all).unwrap();
    assert_eq!((report.periods[8].counts.visits, report.periods[9].counts.visits), (1, 0));
    assert!(near(report.periods[8].counts.rate, 100.0) && report.periods[9].counts.rate.is_none());
    assert_eq!(status(&report, "Outside of effort"), "");
}

#[test]
fn deployments_that_end_in_the_year_4999_are_told_and_stop_today() {
    let mut all = found(vec![detection("1", "2020-12-20T12:00:00Z", "doe")]);
    all.now.deployments = vec![deployment("oak", "2020-12-21T11:00:00Z", "4999-01-01T00:00:00Z")];
    let report = Case::new("2020-12-01", "2020-12-31", "month").report(&all).unwrap();
    assert!(near(report.total.trap_nights, 10.5), "to the end of the year: {:?}", report.total.trap_nights);
    let case = Case::new("2020-12-01", "2021-01-31", "month");
    let report = case.report(&all).unwrap();
    assert!(near(report.total.trap_nights, 11.0), "to noon of new year: {:?}", report.total.trap_nights);
    assert!(status(&report, "In the future").starts_with("1 deployment ends or begins after"));
}

#[test]
fn places_around_the_antimeridian_make_a_small_map() {
    let fiji =
        |id: &str, longitude| Place { latitude: Some(-16.8), longitude: Some(longitude), ..place(id, id) };
    let mut all = found(vec![
        at("west", detection("1", "2020-06-02T05:00:00Z", "doe")),
        at("east", detection("2", "2020-06-02T05:00:00Z", "doe")),
    ]);
    all.places = vec![fiji("west", 179.98), fiji("east", -179.98)];
    let map = Case::new("2020-06-01", "2020-06-30", "month").report(&all).unwrap().map.unwrap();
    assert!((4_000.0..5_000.0).contains(&map.extent[0]), "{:?}", map.extent);
    assert!(map.points.iter().all(|point| (0.0..5_000.0).contains(&point.at[0])), "{:?}", map.points);
    assert_eq!(map.scale.label, "1 km");
}

#[test]
fn a_photograph_of_an_event_with_a_deer_shows_it_and_an_event_without_one_is_no_photograph() {
    let mut seen = detection("1", "2020-06-02T10:00:00Z", "buck");
    (seen.burst_id, seen.starts_at) = (Some("e1".into()), seen.taken_at);
    let mut all = found(vec![seen]);
    let photograph = all.now.images[0].clone();
    for (id, event) in [("second", Some("e1")), ("third", Some("e1")), ("blank", None)] {
        let (id, burst_id) = (id.to_owned(), event.map(str::to_owned));
        all.now.images.push(Frame { id, burst_id, path: Some("x.jpg".into()), ..photograph.clone() });
    }
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    assert_eq!(status(&case.report(&all).unwrap(), "Images"), "4 images; 1 of 4 without a deer.");
    // A burst of a platform proves nothing of its photographs without a deer.
    all.now.sightings[0].starts_at = None;
    assert_eq!(status(&case.report(&all).unwrap(), "Images"), "4 images; 3 of 4 without a deer.");
    all.now.images.truncate(1);
    (all.now.images[0].burst_id, all.now.images[0].is_event) = (Some("e1".into()), true);
    let told = "1 event has no photograph; it counts as one image. So it is not known how many photographs show no deer.";
    assert_eq!(status(&case.report(&all).unwrap(), "Images"), told);
}

#[test]
fn deployments_whose_times_cannot_be_true_are_named_with_the_reason() {
    let mut all = found(vec![detection("1", "2020-06-02T10:00:00Z", "doe")]);
    let wrong = |id: &str, problem: &str| ToldDeployment {
        deployment: deployment("oak", "2020-06-02T00:00:00Z", "2020-06-02T00:00:00Z"),
        dataset_id: None,
        source_id: Some(id.into()),
        camera_id: None,
        start_offset_seconds: None,
        end_offset_seconds: None,
        clock_problem: Some(problem.into()),
        failures: None,
        extra: None,
    };
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    assert_eq!(status(&case.report(&all).unwrap(), "Wrong times"), "");
    all.now.wrong_clocks = vec![wrong("d1", "zero length")];
    let report = case.report(&all).unwrap();
    let told = "1 deployment is no effort, for its times cannot be true: d1 (zero length).";
    assert_eq!(status(&report, "Wrong times"), told);
    let known = "the times of the deployments that are known cannot be true";
    assert!(status(&report, "Effort").contains(known), "{}", status(&report, "Effort"));
    all.now.wrong_clocks = (1..9).map(|n| wrong(&format!("d{n}"), "ends in the future")).collect();
    let told = status(&case.report(&all).unwrap(), "Wrong times").to_owned();
    assert!(told.starts_with("8 deployments are no effort, for their times cannot be true: d1"), "{told}");
    assert!(told.ends_with("d6 (ends in the future) and 2 more."), "{told}");
}

#[test]
fn who_names_no_individual_has_no_column_of_them() {
    let mut all = found(vec![detection("1", "2020-06-02T10:00:00Z", "buck")]);
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    assert_eq!(case.report(&all).unwrap().total.individuals, None);
    all.now.sightings[0].deer_id = Some("b1".into());
    assert_eq!(case.report(&all).unwrap().total.individuals, Some(1));
}

#[test]
fn what_tells_no_place_no_coordinates_and_no_review_is_said() {
    let mut all = found(vec![
        detection("1", "2020-06-02T10:00:00Z", "buck"),
        detection("2", "2020-06-03T10:00:00Z", "doe"),
    ]);
    let case = Case::new("2020-06-01", "2020-06-30", "month");
    let report = case.report(&all).unwrap();
    assert_eq!(
        status(&report, "Not reviewed"),
        "None of 2 detections tells that a person has looked at its class."
    );
    assert_eq!(status(&report, "Coordinates"), "1 place has no coordinates: no map, no sunrise.");
    assert_eq!(status(&report, "No place"), "");
    all.now.sightings[0].is_reviewed = true;
    all.now.sightings.iter_mut().for_each(|row| row.place_id = None);
    all.now.images.iter_mut().for_each(|image| image.place_id = None);
    let report = case.report(&all).unwrap();
    let told = "1 of 2 has a class that no person has confirmed or corrected.";
    assert_eq!((status(&report, "Not reviewed"), status(&report, "Coordinates")), (told, ""));
    let told = "2 images tell no place; what they show is counted as of one place, without effort.";
    assert_eq!(status(&report, "No place"), told);
    assert!(status(&report, "Effort").contains("and images that tell no place prove none"));
}
