//! The numbers of counting against independent computations: the scripts in `oracle/` and what they printed.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_schemas::Class;
use deertrack_survey::activity::{Activity, bandwidth};
use deertrack_survey::interval::{Interval, binomial_tails, clopper_pearson, exact_odds, garwood, wilson};
use deertrack_survey::overlap::Estimator;
use deertrack_survey::sun::{Coordinates, sun_day};
use deertrack_survey::visits::{GapSince, Visit, VisitRule, individual_visits, visits};
use deertrack_survey::{Record, Standing, class_of_deer};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the oracle is JSON")
}

fn numbers(row: &Value) -> Vec<f64> {
    row.as_array().expect("a row").iter().map(|value| value.as_f64().expect("a number")).collect()
}

fn assert_near(found: f64, expected: f64, what: &str) {
    let near = found == expected || (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3);
    assert!(near, "{what}: {found} instead of {expected}");
}

fn assert_interval(found: Interval, expected: &[f64], what: &str) {
    assert_near(found.low, expected[0], what);
    assert_near(found.high, expected[1], what);
}

#[test]
fn intervals_of_counts_equal_those_of_scipy() {
    let oracle = json(include_str!("oracle/intervals.json"));
    for row in oracle["shares"].as_array().unwrap() {
        let [k, n, level, ..] = numbers(row)[..] else { panic!("{row}") };
        assert_interval(wilson(k as u64, n as u64, level), &numbers(row)[3..], &format!("wilson {row}"));
        assert_interval(
            clopper_pearson(k as u64, n as u64, level),
            &numbers(row)[5..],
            &format!("exact {row}"),
        );
    }
    for row in oracle["poisson"].as_array().unwrap() {
        let [k, level, ..] = numbers(row)[..] else { panic!("{row}") };
        assert_interval(garwood(k as u64, level), &numbers(row)[2..], &format!("garwood {row}"));
    }
    for row in oracle["odds"].as_array().unwrap() {
        let [a, b, ..] = numbers(row)[..] else { panic!("{row}") };
        assert_interval(exact_odds(a as u64, b as u64, 0.95), &numbers(row)[2..], &format!("odds {row}"));
    }
}

#[test]
fn the_exact_binomial_tails_equal_those_of_scipy() {
    for row in json(include_str!("oracle/intervals.json"))["tests"].as_array().unwrap() {
        let [k, n, p, as_high, as_low] = numbers(row)[..] else { panic!("{row}") };
        let found = binomial_tails(k as u64, n as u64, p);
        assert_near(found.as_high, as_high, &format!("high {row}"));
        assert_near(found.as_low, as_low, &format!("low {row}"));
        assert_near(found.p_value(), 1f64.min(2.0 * as_high.min(as_low)), &row.to_string());
    }
}

#[test]
fn activity_curves_and_overlaps_equal_those_of_the_twin() {
    for case in json(include_str!("oracle/overlap.json")).as_array().unwrap() {
        let of = |field: &str| case[field].as_f64().unwrap();
        let [a, b] = ["a", "b"].map(|side| numbers(&case[side]));
        assert_near(bandwidth(&a).unwrap(), of("bandwidth_a"), &format!("{} a", case["name"]));
        assert_near(bandwidth(&b).unwrap(), of("bandwidth_b"), &format!("{} b", case["name"]));
        let (a, b) = (Activity::fit(a).unwrap(), Activity::fit(b).unwrap());
        assert_near(Estimator::Dhat1.of(&a, &b), of("dhat1"), &format!("{} Dhat1", case["name"]));
        assert_near(Estimator::Dhat4.of(&a, &b), of("dhat4"), &format!("{} Dhat4", case["name"]));
    }
}

fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn record((index, row): (usize, &Value)) -> Record {
    let text = |column: usize| row[column].as_str().map(str::to_owned);
    Record {
        id: index.to_string(),
        image_id: text(1).expect("each row has an image"),
        taken_at: minute(row[0].as_i64().expect("each row has a minute")),
        until: minute(row[0].as_i64().expect("each row has a minute")),
        place_id: text(2),
        class: class_of_deer(row[3].as_str()),
        individual: text(4),
        count: row[5].as_u64().expect("each row has a count") as u32,
        bbox: None,
        standing: Standing::Valid,
    }
}

fn visit_row(visit: &Visit) -> Value {
    let name = visit.individual.as_deref().unwrap_or(visit.class.name());
    let minutes = |at: DateTime<Utc>| at.timestamp() / 60;
    serde_json::json!([
        visit.place_id.as_deref(),
        name,
        minutes(visit.start),
        minutes(visit.end),
        visit.images,
        visit.animals
    ])
}

#[test]
fn visits_equal_those_of_the_twin_in_both_semantics() {
    let oracle = json(include_str!("oracle/visits.json"));
    let records: Vec<Record> = oracle["rows"].as_array().unwrap().iter().enumerate().map(record).collect();
    assert!(records.iter().any(|record| record.class == Class::Buck));
    for case in oracle["cases"].as_array().unwrap() {
        let semantics = [GapSince::LastRecord, GapSince::LastIndependentRecord];
        let since = semantics.into_iter().find(|since| case["since"] == since.name()).unwrap();
        let rule = VisitRule { gap: TimeDelta::minutes(case["minutes"].as_i64().unwrap()), since };
        let rows = |visits: Vec<Visit>| visits.iter().map(visit_row).collect::<Vec<_>>();
        assert_eq!(&rows(visits(&records, rule)), case["by_class"].as_array().unwrap(), "{rule:?}");
        assert_eq!(&rows(individual_visits(&records, rule)), case["by_deer"].as_array().unwrap(), "{rule:?}");
    }
}

#[test]
fn sunrise_sunset_and_twilight_equal_the_noaa_calculator_within_a_minute() {
    for case in json(include_str!("oracle/sun.json")).as_array().unwrap() {
        let of = |field: &str| case[field].as_f64().unwrap();
        let coordinates = Coordinates::new(of("latitude"), of("longitude")).unwrap();
        let zone: Tz = case["zone"].as_str().unwrap().parse().unwrap();
        let date: NaiveDate = case["date"].as_str().unwrap().parse().unwrap();
        let day = sun_day(coordinates, date, zone);
        let found = [day.dawn, day.sunrise, day.sunset, day.dusk];
        for (found, expected) in found.into_iter().zip(numbers(&case["unix_seconds"])) {
            let seconds = found.unwrap().timestamp() as f64 - expected;
            assert!(seconds.abs() <= 60.0, "{zone} {date}: {seconds} s off");
        }
    }
}

/// One-year tables of the U.S. Naval Observatory (aa.usno.navy.mil/data/RS_OneYear), UTC, to the minute:
/// begin of civil twilight, sunrise.
#[test]
fn sunrise_and_twilight_equal_the_published_tables_of_anchorage() {
    let anchorage = Coordinates::new(61.0 + 13.0 / 60.0, -149.0 - 52.0 / 60.0).unwrap();
    for (date, dawn, sunrise) in [
        ("2020-01-05", "18:11", "19:11"),
        ("2020-03-25", "14:59", "15:43"),
        ("2020-06-05", "10:24", "12:29"),
        ("2020-09-25", "15:10", "15:53"),
        ("2020-11-05", "16:52", "17:40"),
        ("2020-12-25", "18:13", "19:15"),
    ] {
        let day = sun_day(anchorage, date.parse().unwrap(), Tz::UTC);
        for (found, published) in [(day.dawn, dawn), (day.sunrise, sunrise)] {
            let published: DateTime<Utc> = format!("{date}T{published}:00Z").parse().unwrap();
            assert!((found.unwrap() - published).abs() <= TimeDelta::seconds(60), "{date} {published}");
        }
    }
    // Light all night around the solstice: civil twilight does not end.
    let midsummer = sun_day(anchorage, "2020-06-15".parse().unwrap(), Tz::UTC);
    assert_eq!((midsummer.dawn, midsummer.dusk, midsummer.sunrise.is_some()), (None, None, true));
}
