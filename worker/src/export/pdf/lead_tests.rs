//! The first sentences of a report: what is said, and what is not where the data do not carry it.

use super::cases::{Case, Given, Rows, deployment, detection, found, rows};
use super::report::Report;

/// So many bucks, a visit each, on the days of a month from the first on.
fn bucks(month: &str, count: usize) -> Vec<deertrack_catalog::Sighting> {
    let at = |i: usize| format!("{month}-{:02}T{:02}:00:00Z", 1 + i % 28, 1 + i % 5 + 6 * (i / 28));
    (0..count).map(|i| detection(&format!("{month} {i}"), &at(i), "buck")).collect()
}

fn month_of(month: &str, count: usize, nights: &str) -> Rows {
    let deployments = vec![deployment("oak", &format!("{month}-01T00:00:00Z"), nights)];
    Rows { deployments, ..rows(bucks(month, count)) }
}

fn june(now: Rows, before: Rows) -> Report {
    let mut all = found(Vec::new());
    (all.now, all.earlier) = (now, vec![before]);
    Case::new("2020-06-01", "2020-06-30", "week").report(&all).unwrap()
}

#[test]
fn a_rise_is_clear_only_when_its_whole_interval_is() {
    let said = |now, before| {
        june(
            month_of("2020-06", now, "2020-06-21T00:00:00Z"),
            month_of("2019-06", before, "2019-06-21T00:00:00Z"),
        )
        .lead
        .join(" ")
    };
    let (clear, unclear) = (said(60, 20), said(24, 20));
    assert!(clear.contains("A year before (1–30 Jun 2019) it was"), "{clear}");
    assert!(clear.contains("a clear rise."), "{clear}");
    assert!(unclear.contains("no clear change."), "{unclear}");
}

#[test]
fn one_camera_has_the_exact_interval() {
    let report = june(
        month_of("2020-06", 28, "2020-06-29T00:00:00Z"),
        month_of("2019-06", 14, "2019-06-29T00:00:00Z"),
    );
    let row = &report.rates[0];
    let now = row.now.unwrap();
    assert_eq!((now.value, row.events, row.before_events), (Some(100.0), 28, 14));
    // scipy.stats.chi2.ppf([.025], 56) / 2 and ([.975], 58) / 2, by 28 nights.
    assert!((now.low - 66.449_3).abs() < 1e-3 && (now.high.unwrap() - 144.527_8).abs() < 1e-3, "{now:?}");
    // scipy.stats.binomtest(28, 42, .5): pvalue; proportion_ci(method="exact") as odds.
    assert_eq!(row.p.as_deref(), Some("0.044"));
    let ratio = row.ratio.unwrap();
    assert_eq!(ratio.value, Some(2.0));
    assert!((ratio.low - 1.018_2).abs() < 1e-3 && (ratio.high.unwrap() - 4.110_7).abs() < 1e-3, "{ratio:?}");
}

#[test]
fn nothing_before_is_said_in_words_and_not_in_numbers() {
    let no_visits =
        june(month_of("2020-06", 10, "2020-06-21T00:00:00Z"), month_of("2019-06", 0, "2019-06-21T00:00:00Z"));
    assert_eq!(no_visits.rates[0].words, "none then, 10 visits now: no ratio");
    assert_eq!(no_visits.rates[0].ratio.unwrap().value, None);
    let no_cameras = june(month_of("2020-06", 10, "2020-06-21T00:00:00Z"), Rows::default());
    assert_eq!(no_cameras.rates[0].ratio, None);
    let said = no_cameras.lead.join(" ");
    assert!(said.contains("(1–30 Jun 2019) is not compared: no known camera effort then."), "{said}");
}

#[test]
fn a_week_with_little_effort_is_no_peak() {
    // June with a burst in its first week, but one night in the last whole week, and that one night with three visits.
    let mut all: Given = found(bucks("2020-06", 20));
    all.now.sightings.extend((1..8).flat_map(|day| {
        [12, 16].map(|hour| {
            detection(&format!("{day} {hour}"), &format!("2020-06-{day:02}T{hour}:30:00Z"), "buck")
        })
    }));
    all.now.sightings.extend(
        [1, 8, 15]
            .map(|hour| detection(&format!("late {hour}"), &format!("2020-06-23T{hour:02}:30:00Z"), "buck")),
    );
    all.now.deployments = vec![
        deployment("oak", "2020-05-31T22:00:00Z", "2020-06-21T22:00:00Z"),
        deployment("oak", "2020-06-22T22:00:00Z", "2020-06-23T22:00:00Z"),
    ];
    let report = Case::new("2020-06-01", "2020-06-28", "week").report(&all).unwrap();
    let peak = &report.lead[0];
    assert!(!peak.contains("22–28 Jun"), "{peak}");
    assert!(
        peak.starts_with("Buck visits peaked in the week of 1–7 Jun 2020 with 300.0 per 100 trap nights (21"),
        "{peak}"
    );
}

#[test]
fn one_detection_is_told_in_the_singular_and_without_percentages() {
    let rows = found(vec![detection("d", "2020-05-03T04:10:00Z", "buck")]);
    let report = Case::new("2020-01-01", "2020-12-31", "month").report(&rows).unwrap();
    assert_eq!(
        report.headline,
        "1 detection, 1 January – 31 December 2020. There was 1 buck visit, on 3 May 2020. There are no trap nights on \
         these days, so there is no rate."
    );
    let text = report.findings.join(" ");
    assert!(
        text.starts_with(
            "The cameras recorded 1 visit: 1 detection in 1 image at 1 place. By visits: bucks 1 of 1, does 0 of \
             1, fawns 0 of 1 and unclassified 0 of 1."
        ),
        "{text}"
    );
    assert!(!text.contains('%'), "{text}");
}

/// The first sentence of a report on so many visits in each of some whole weeks of 2020, four on a day.
fn first_of(weeks: &[usize]) -> String {
    let first: chrono::NaiveDate = "2020-01-06".parse().unwrap();
    let visits = weeks.iter().enumerate().flat_map(|(week, count)| {
        (0..*count).map(move |i| {
            let day = first + chrono::Days::new(7 * week as u64 + i as u64 / 4 % 7);
            detection(&format!("{week} {i}"), &format!("{day}T{:02}:{:02}:00Z", 10 + i % 4, i / 28), "buck")
        })
    });
    let last = first + chrono::Days::new(7 * weeks.len() as u64 - 1);
    let mut case = Case::new("2020-01-06", &last.to_string(), "week");
    // Every image is a visit: this is about weeks.
    case.params.visit_gap_minutes = 1;
    let mut all = found(visits.collect());
    all.now.deployments = vec![deployment("oak", "2020-01-05T23:00:00Z", "2020-12-31T23:00:00Z")];
    case.report(&all).unwrap().lead[0].clone()
}

#[test]
fn a_peak_needs_enough_visits_and_a_week_that_stands_out() {
    assert_eq!(first_of(&[1, 0, 0, 0]), "There was 1 buck visit, on 6 Jan 2020.");
    assert_eq!(first_of(&[3, 0, 1, 0]), "There were 4 buck visits, too few to name a peak.");
    assert_eq!(
        first_of(&[6, 7, 6, 5]),
        "No week stands out for its buck visits: the highest, 13–19 Jan 2020, had 7 of the 24 of all whole weeks."
    );
    assert!(
        first_of(&[6, 7, 6, 7]).contains("the highest, 13–19 Jan 2020 (and 1 other week as high), had 7 of")
    );
    let peak = first_of(&[20, 1, 1, 1, 1, 1]);
    assert_eq!(
        peak,
        "Buck visits peaked in the week of 6–12 Jan 2020 with 285.7 per 100 trap nights (20 visits)."
    );
}

#[test]
fn few_visits_in_whole_weeks_make_no_peak() {
    let at = |day: &str, hour: u32| {
        detection(&format!("{day} {hour}"), &format!("{day}T{hour:02}:00:00Z"), "buck")
    };
    let weekend = (6..11).map(|hour| at("2020-05-30", hour));
    let mut rows = found(weekend.chain([at("2020-06-02", 6), at("2020-06-09", 6)]).collect());
    rows.now.deployments = vec![deployment("oak", "2020-05-29T22:00:00Z", "2020-06-14T22:00:00Z")];
    let report = Case::new("2020-05-30", "2020-06-14", "week").report(&rows).unwrap();
    assert_eq!(report.lead[0], "The whole weeks had 2 buck visits, too few to name a peak.");
}

#[test]
fn ties_are_named_as_ties() {
    let peak = first_of(&[14, 0, 0, 0, 14, 0, 0, 0]);
    assert!(peak.contains("the week of 6–12 Jan 2020") && peak.ends_with(", as 1 other week did."), "{peak}");
}

#[test]
fn a_class_without_a_visit_has_none_and_no_peak() {
    let rows = found(vec![detection("d", "2020-05-03T04:10:00Z", "doe")]);
    let report = Case::new("2020-01-01", "2020-12-31", "month").report(&rows).unwrap();
    assert_eq!(report.lead[0], "There was no buck visit.");
}

#[test]
fn an_earlier_effort_that_is_small_is_told_and_nothing_is_concluded() {
    // 28 nights now; before 6, with a rate three times as high.
    let report = june(
        month_of("2020-06", 28, "2020-06-29T00:00:00Z"),
        month_of("2019-06", 18, "2019-06-07T00:00:00Z"),
    );
    let row = &report.rates[0];
    assert_eq!((row.ratio, row.p.as_deref()), (None, None));
    assert_eq!(row.words, "no conclusion: 6.0 trap nights then are too few beside 28.0");
    assert!(row.before.is_some(), "its rate is told");
    let said = report.lead.join(" ");
    assert!(said.contains("is not compared: no conclusion: 6.0 trap nights then"), "{said}");
    assert!(report.rates_remark.contains("6.0 trap nights then"), "{}", report.rates_remark);
    // Two weeks are enough, unless the other effort is over five times as large.
    let enough = june(
        month_of("2020-06", 28, "2020-06-29T00:00:00Z"),
        month_of("2019-06", 18, "2019-06-15T00:00:00Z"),
    );
    assert!(enough.rates[0].ratio.is_some());
}

#[test]
fn the_headline_names_the_peak_of_the_lead_and_the_page_no_other() {
    // 28 visits in the first week and seven in the second; twice as many cameras stood then.
    let mut all = found(bucks("2020-06", 14));
    all.now.sightings.extend((1..8).flat_map(|day| {
        [12, 15, 18].map(|hour| {
            detection(&format!("{day} {hour}"), &format!("2020-06-{day:02}T{hour}:00:00Z"), "buck")
        })
    }));
    let (first, second, end) = ("2020-05-31T22:00:00Z", "2020-06-07T22:00:00Z", "2020-06-14T22:00:00Z");
    let stood = [("oak", first), ("ash", second)];
    all.now.deployments = stood.map(|(place, start)| deployment(place, start, end)).to_vec();
    let report = Case::new("2020-06-01", "2020-06-14", "week").report(&all).unwrap();
    let peak = "Buck visits peaked in the week of 1–7 Jun 2020 with 400.0 per 100 trap nights (28 visits).";
    assert_eq!(report.lead[0], peak);
    assert_eq!(report.headline, format!("35 detections, 1–14 June 2020. {peak} {}", report.lead[1]));
    let findings = report.findings.join(" ");
    assert!(!findings.contains("8–14 Jun") && !findings.contains("most detections"), "{findings}");
}

#[test]
fn under_25_visits_there_is_no_curve_and_it_is_said() {
    let report = |count| {
        let rows = found(bucks("2020-06", count));
        Case::new("2020-06-01", "2020-06-30", "week").report(&rows).unwrap().activity
    };
    let few = report(24);
    assert!(few.curves.is_empty() && few.overlap.is_none());
    assert_eq!(few.words[0], "Bucks: 24 visits are too few for a curve; it takes 25.");
    assert_eq!(report(25).curves.len(), 1);
}
