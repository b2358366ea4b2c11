//! Random packages: events and photographs, offsets, overlapping deployments, persons and models.

use std::collections::HashSet;

use deertrack_catalog::{Record, connect};
use deertrack_sources::camtrap_dp::Options;
use deertrack_survey::calendar::Calendar;
use deertrack_survey::visits::{VisitRule, visits};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::package::{Package, ever};
use crate::tables;

#[derive(Clone, Debug)]
struct Row {
    deployment: usize,
    event: Option<u8>,
    /// Minutes since the season began.
    minute: u32,
    /// Of its event.
    seconds: u32,
    is_event: bool,
    medium: usize,
    count: u32,
    sex: &'static str,
    by: &'static str,
    individual: Option<u8>,
    offset: i32,
    kind: &'static str,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        (0..4usize, proptest::option::of(0..6u8), 0..20_000u32, 0..600u32, any::<bool>(), 0..12usize),
        (
            1..4u32,
            prop::sample::select(vec!["", "male", "female"]),
            prop::sample::select(vec!["", "human", "machine"]),
            proptest::option::weighted(0.2, 0..4u8),
            prop::sample::select(vec![-5, 0, 2, 12]),
            prop::sample::select(vec!["animal", "animal", "animal", "blank", "human"]),
        ),
    );
    let row = row.prop_map(|((deployment, event, minute, seconds, is_event, medium), rest)| {
        let (count, sex, by, individual, offset, kind) = rest;
        Row { deployment, event, minute, seconds, is_event, medium, count, sex, by, individual, offset, kind }
    });
    prop::collection::vec(row, 1..40)
}

fn instant(minute: u32, seconds: u32, offset: i32) -> String {
    let start = chrono::DateTime::parse_from_rfc3339("2025-05-01T00:00:00Z").unwrap();
    let at = start + chrono::TimeDelta::seconds(i64::from(minute) * 60 + i64::from(seconds));
    at.with_timezone(&chrono::FixedOffset::east_opt(offset * 3600).unwrap()).to_rfc3339()
}

/// Media of one deployment stand 30 minutes apart; rows of a medium are of its deployment and time.
fn package(rows: &[Row]) -> Package {
    let mut package = Package::new();
    for deployment in 0..4 {
        let (id, place) = (format!("d{deployment}"), format!("p{}", deployment / 2));
        package.deployment(&[("deploymentID", &id), ("locationID", &place)]);
    }
    for deployment in 0..4 {
        for medium in 0..12 {
            package.media(&[
                ("mediaID", &format!("m{deployment}-{medium}")),
                ("deploymentID", &format!("d{deployment}")),
                ("timestamp", &instant(medium * 30, 0, 0)),
            ]);
        }
    }
    for (number, row) in rows.iter().enumerate() {
        let minute = if row.is_event { row.minute } else { row.medium as u32 * 30 };
        let (id, deployment) = (format!("o{number}"), format!("d{}", row.deployment));
        let (start, end) = (instant(minute, 0, row.offset), instant(minute, row.seconds, row.offset));
        let (count, medium) = (row.count.to_string(), format!("m{}-{}", row.deployment, row.medium));
        let event = row.event.map_or(String::new(), |event| format!("e{event}"));
        let individual = row.individual.map_or(String::new(), |individual| format!("b{individual}"));
        let species = if row.kind == "animal" { "Capreolus capreolus" } else { "" };
        let cells = [
            ("observationID", id.as_str()),
            ("deploymentID", &deployment),
            ("eventID", &event),
            ("eventStart", &start),
            ("eventEnd", &end),
            ("count", &count),
            ("sex", row.sex),
            ("classificationMethod", row.by),
            ("individualID", &individual),
            ("observationType", row.kind),
            ("scientificName", species),
        ];
        if row.is_event {
            package.event(&cells);
        } else {
            package.image(&[&cells[..], &[("mediaID", &medium)]].concat());
        }
    }
    // At least one deer, at a time of its own.
    package.event(&[
        ("observationID", "last"),
        ("deploymentID", "d0"),
        ("eventStart", "2025-11-01T00:00:00Z"),
    ]);
    package
}

/// What holds of every package.
async fn check(rows: Vec<Row>) -> Result<(), TestCaseError> {
    let package = package(&rows);
    let first = package.import(&Options::default()).await.unwrap();
    let url = package.database();
    let before = tables::dump(&url).await;
    let second = package.import(&Options::default()).await.unwrap();
    prop_assert_eq!(&first, &second);
    prop_assert_eq!(tables::dump(&url).await, before, "twice is once");

    let catalog = connect(&url).await.unwrap();
    let counted = catalog.records_in(ever()).await.unwrap();
    let repeats = catalog.repeats_in(ever()).await.unwrap();
    let deer = rows.iter().filter(|row| row.kind == "animal").count() as u64 + 1;
    let told = counted.len() as u64 + repeats.len() as u64 + first.rejected;
    prop_assert_eq!(told, deer, "no row is lost");
    prop_assert_eq!(counted.len(), first.detections);
    let ids: HashSet<&str> = counted.iter().chain(&repeats).map(|row| row.id.as_str()).collect();
    let known = |row: &Record| ids.contains(row.repeats_id.as_deref().unwrap_or_default());
    prop_assert!(repeats.iter().all(known), "who repeats, repeats a row that is there");
    let animals: u64 = counted.iter().map(|row| u64::from(row.count)).sum();
    prop_assert_eq!(animals, first.animals);

    let records: Vec<_> = counted.iter().filter_map(Record::counted).collect();
    prop_assert_eq!(records.len(), counted.len(), "every detection has a time");
    let all = visits(&records, VisitRule::default());
    let calendar = Calendar::of(&catalog.places().await.unwrap(), chrono_tz::UTC);
    let mut parts = 0;
    for place in ["p0", "p1"] {
        let of_place = |row: &&deertrack_survey::Record| row.place_id.as_deref() == Some(place);
        let here: Vec<_> = records.iter().filter(of_place).cloned().collect();
        parts += visits(&here, VisitRule::default()).len();
    }
    prop_assert_eq!(parts, all.len(), "the places are the whole");
    let days: HashSet<_> = all.iter().map(|v| calendar.day(v.place_id.as_deref(), v.start)).collect();
    let by_day = |day| all.iter().filter(|v| calendar.day(v.place_id.as_deref(), v.start) == day).count();
    prop_assert_eq!(days.into_iter().map(by_day).sum::<usize>(), all.len(), "the days are the whole");
    let classes: u64 = first.classes.values().sum();
    prop_assert_eq!(classes, counted.len() as u64, "the classes are the whole");
    Ok(())
}

#[test]
fn whatever_a_package_holds_twice_is_once_and_the_parts_are_the_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    runner.run(&rows(), |rows| runtime.block_on(check(rows))).unwrap();
}
