//! Hand-made comparisons: rates by the finger, ratios and tests against scipy, and words where there is no number.

use deertrack_catalog::LeftOut;
use deertrack_schemas::pdf::{ComparedPeriod, ReportType};

use super::cases::{Case, Rows, at, deployment, detection, found, rows};
use super::comparison::{Comparison, comparison};

/// So many visits of bucks at the oak in a June of so many nights, and all within them.
fn june(year: i32, visits: usize, nights: usize) -> Rows {
    let days = nights.clamp(1, 20);
    let visit = |i: usize| {
        let taken_at = format!("{year}-06-{:02}T{:02}:00:00Z", 1 + i % days, 2 + i / days);
        detection(&format!("{year} {i}"), &taken_at, "buck")
    };
    let start = format!("{year}-06-01T00:00:00Z");
    let end = format!("{year}-06-{:02}T00:00:00Z", 1 + nights);
    let deployments = if nights > 0 { vec![deployment("oak", &start, &end)] } else { Vec::new() };
    // Images would prove effort where no deployment tells.
    Rows { deployments, images: Vec::new(), ..rows((0..visits).map(visit).collect()) }
}

fn period(year: i32, label: Option<&str>) -> ComparedPeriod {
    ComparedPeriod {
        start_date: format!("{year}-06-01").parse().unwrap(),
        end_date: format!("{year}-06-30").parse().unwrap(),
        label: label.map(str::to_owned),
    }
}

fn case(compared: Option<Vec<ComparedPeriod>>) -> Case {
    let mut case = Case::new("2020-06-01", "2020-06-30", "month");
    case.params.report_type = ReportType::Comparison;
    case.params.compare_with = compared;
    case
}

fn compare(case: &Case, now: Rows, earlier: Vec<Rows>) -> Option<Comparison> {
    let mut all = found(Vec::new());
    (all.now, all.earlier) = (now, earlier);
    comparison(&all.folded(&case.asked()), &case.asked())
}

#[test]
fn twice_the_visits_in_twice_the_nights_are_the_same_rate() {
    let compared = compare(&case(None), june(2020, 40, 28), vec![june(2019, 20, 14)]).unwrap();
    let bucks = &compared.classes[0];
    assert_eq!((bucks.label, bucks.key), ("Bucks", Some("buck")));
    let rates: Vec<_> = bucks.rows.iter().map(|row| row.rate.unwrap().value.unwrap()).collect();
    assert!(rates.iter().all(|rate| (rate - 100.0 * 40.0 / 28.0).abs() < 1e-9), "{rates:?}");
    let row = &bucks.rows[1];
    assert_eq!((row.label.as_str(), row.ratio.unwrap().value), ("2019", Some(1.0)));
    assert_eq!((row.p.as_deref(), row.words.as_str()), (Some("1.00"), "no clear change"));
}

#[test]
fn a_ratio_of_one_camera_and_its_test_are_those_of_scipy() {
    let compared = compare(&case(None), june(2020, 60, 20), vec![june(2019, 20, 20)]).unwrap();
    let row = &compared.classes[0].rows[1];
    let ratio = row.ratio.unwrap();
    // scipy.stats.binomtest(60, 80, .5): p = 8.56e-06; proportion_ci(method="exact") as odds 1.7827 to 5.2547.
    assert_eq!((ratio.value, row.p.as_deref()), (Some(3.0), Some("< 0.001")));
    assert!((ratio.low - 1.782_7).abs() < 1e-3 && (ratio.high.unwrap() - 5.254_7).abs() < 1e-3, "{ratio:?}");
    assert_eq!(row.words, "more now");
    assert_eq!(
        compared.lead,
        [
            "Bucks: 300.0 (228.9 to 386.2) visits per 100 trap nights in 2020.",
            "Against 2019: 3.00 times the rate (1.78 to 5.25), more now; p < 0.001.",
        ]
    );
    assert_eq!(compared.headline, compared.lead.join(" "));
}

#[test]
fn periods_without_visits_or_effort_are_said_in_words() {
    let case = case(Some(vec![period(2019, None), period(2018, Some("Before")), period(2017, None)]));
    let earlier = vec![june(2019, 0, 20), june(2018, 5, 0), june(2017, 10, 20)];
    let compared = compare(&case, june(2020, 10, 20), earlier).unwrap();
    let said: Vec<_> =
        compared.classes[0].rows.iter().map(|row| (row.label.as_str(), row.words.as_str())).collect();
    assert_eq!(
        said,
        [
            ("2020", ""),
            ("2019", "none then, 10 visits now: no ratio"),
            ("Before", "no known camera effort then"),
            ("2017", "no clear change"),
        ]
    );
    assert_eq!(compared.classes[0].rows[1].ratio.unwrap().value, None, "a zero baseline has no ratio");
    let fawns = &compared.classes[2];
    assert_eq!((fawns.label, fawns.rows[1].words.as_str()), ("Fawns", "none then and none now"));
}

#[test]
fn the_state_of_the_data_is_told_of_each_earlier_period() {
    let mut before = june(2019, 30, 10);
    before.left_out = LeftOut { rejected: 4, duplicates: 1, ..LeftOut::default() };
    // It was taken down on the sixth, and three bucks a day come until the tenth.
    before.deployments = vec![deployment("oak", "2019-06-01T00:00:00Z", "2019-06-06T00:00:00Z")];
    before.sightings.iter_mut().take(24).for_each(|sighting| sighting.is_reviewed = true);
    let compared = compare(&case(None), june(2020, 5, 10), vec![before]).unwrap();
    let row = compared.frame.status.iter().find(|row| row.what == "Earlier period").unwrap();
    assert_eq!(
        row.found,
        "2019: 6 (20%) not reviewed; 4 detections rejected, 1 duplicate and 0 second boxes left out; 12 visits outside \
         of effort."
    );
    assert!(row.doubt);
}

#[test]
fn places_in_common_are_counted() {
    let mut before = june(2019, 5, 20);
    before.sightings.push(at("ash", detection("ash", "2019-06-03T10:00:00Z", "buck")));
    before.deployments.push(deployment("ash", "2019-06-01T00:00:00Z", "2019-06-11T00:00:00Z"));
    let compared = compare(&case(None), june(2020, 5, 10), vec![before]).unwrap();
    let spans: Vec<_> =
        compared.spans.iter().map(|span| (span.label.as_str(), span.places, span.common)).collect();
    assert_eq!(spans, [("2020", 1, 1), ("2019", 2, 1)]);
    assert!((compared.spans[1].trap_nights - 30.0).abs() < 1e-9);
}

#[test]
fn a_season_over_new_year_is_called_by_both_years() {
    let mut case = Case::new("2019-11-01", "2020-02-29", "month");
    case.params.report_type = ReportType::Comparison;
    let winter = rows(vec![detection("1", "2019-12-01T10:00:00Z", "doe")]);
    let compared = compare(&case, winter, vec![Rows::default()]).unwrap();
    let labels: Vec<_> = compared.spans.iter().map(|span| span.label.as_str()).collect();
    assert_eq!(labels, ["2019/20", "2018/19"]);
    assert_eq!(compared.frame.title, "Deer activity, 2019/20 against 2018/19");
}

#[test]
fn nothing_in_any_period_is_no_comparison() {
    assert_eq!(compare(&case(None), june(2020, 0, 20), vec![june(2019, 0, 20)]), None);
}
