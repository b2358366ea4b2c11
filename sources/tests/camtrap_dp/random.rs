//! Random packages: events and photographs, offsets, overlapping deployments, persons and models, corrections.

use std::collections::HashSet;

use deertrack_catalog::{Record, connect};
use deertrack_sources::camtrap_dp::{Options, Summary};
use deertrack_survey::Deployment;
use deertrack_survey::calendar::Calendar;
use deertrack_survey::effort::Effort;
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

/// What is corrected: a clock, a place, and times in which the camera of d2 did not work, in minutes since the season
/// began.
#[derive(Clone, Debug)]
struct Corrected {
    shift: i64,
    has_place: bool,
    failures: Vec<(u32, u32)>,
}

fn corrected() -> impl Strategy<Value = Corrected> {
    let failures = prop::collection::vec((0..20_000u32, 1..3_000u32), 0..4);
    (-600..600i64, any::<bool>(), failures).prop_map(|(shift, has_place, failures)| Corrected {
        shift,
        has_place,
        failures,
    })
}

impl Corrected {
    fn options(&self, package: &Package) -> Options {
        let path = |name: &str| Some(format!("{}/{name}", package.root()).into());
        let (sign, minutes) = (if self.shift < 0 { '-' } else { '+' }, self.shift.abs());
        let shift = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).parse();
        package.file(
            "places.csv",
            b"location_id,latitude,longitude,timezone\np1,-33.4,-70.6,America/Santiago\n",
        );
        let mut csv = "deployment_id,start,end\n".to_owned();
        for (start, length) in &self.failures {
            csv += &format!("d2,{},{}\n", instant(*start, 0, 2), instant(start + length, 0, -5));
        }
        package.file("failures.csv", csv.as_bytes());
        Options {
            shifts: shift.into_iter().map(|shift| ("d0".to_owned(), shift)).collect(),
            places: if self.has_place { path("places.csv") } else { None },
            failures: if self.failures.is_empty() { None } else { path("failures.csv") },
            ..Options::default()
        }
    }

    async fn check(&self, package: &Package, first: &Summary, rows: &[Row]) -> Result<(), TestCaseError> {
        let catalog = connect(&package.database()).await.unwrap();
        let mut failed: Vec<u32> =
            self.failures.iter().flat_map(|(start, length)| *start..start + length).collect();
        failed.sort_unstable();
        failed.dedup();
        let all = catalog.deployments(ever()).await.unwrap();
        let whole: Vec<_> =
            all.iter().cloned().map(|row| Deployment { failures: Vec::new(), ..row }).collect();
        let lost =
            Effort::of_deployments(&whole, &ever()).nights() - Effort::of_deployments(&all, &ever()).nights();
        prop_assert!(
            (lost * 1440.0 - failed.len() as f64).abs() < 1e-3,
            "{lost} for {} minutes",
            failed.len()
        );

        let place = catalog.places().await.unwrap().into_iter().find(|place| place.id == "p1").unwrap();
        let expected = if self.has_place {
            (Some(-33.4), Some(chrono_tz::America::Santiago))
        } else {
            (Some(50.8), None)
        };
        prop_assert_eq!((place.latitude, place.zone), expected);

        // A package whose times were right from the begin is the same but for its record of corrections.
        let Some(mended) = first.notes.mended_clocks.first() else { return Ok(()) };
        prop_assert!(!mended.moves_span, "nothing leaves a deployment of a year");
        let media = connect(&package.database()).await.unwrap().images(ever()).await.unwrap();
        let of = |id: &str| media.iter().find(|image| image.id == id).unwrap().taken_at.unwrap();
        prop_assert_eq!((of("m0-3") - of("m1-3")).num_minutes(), self.shift);
        prop_assert_eq!(
            mended.observations,
            rows.iter().filter(|row| row.deployment == 0).count() as u64 + 1
        );
        Ok(())
    }
}

/// What holds of every package.
async fn check(rows: Vec<Row>, corrected: Corrected) -> Result<(), TestCaseError> {
    let package = package(&rows);
    let options = corrected.options(&package);
    let first = package.import(&options).await.unwrap();
    let url = package.database();
    let before = tables::dump(&url).await;
    let second = package.import(&options).await.unwrap();
    prop_assert_eq!(&first, &second);
    prop_assert_eq!(tables::dump(&url).await, before.clone(), "twice is once");
    let in_groups = Options { rows_at_once: 1, ..options.clone() };
    for other in [url.clone(), format!("sqlite://{}/groups.db", package.root())] {
        prop_assert_eq!(&package.import_into(&other, &in_groups).await.unwrap(), &first);
        prop_assert_eq!(tables::dump(&other).await, before.clone(), "a deployment at a time is all at once");
    }

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
    corrected.check(&package, &first, &rows).await?;
    let classes: u64 = first.classes.values().sum();
    prop_assert_eq!(classes, counted.len() as u64, "the classes are the whole");
    Ok(())
}

#[test]
fn whatever_a_package_holds_twice_is_once_and_the_parts_are_the_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    runner.run(&(rows(), corrected()), |(rows, corrected)| runtime.block_on(check(rows, corrected))).unwrap();
}
