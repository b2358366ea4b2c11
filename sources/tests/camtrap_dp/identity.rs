//! Who is who: events, data sets, cameras, places, animals.

use deertrack_catalog::connect;
use deertrack_sources::ImportError;
use deertrack_sources::camtrap_dp::Options;
use deertrack_survey::effort::Effort;
use tempfile::TempDir;

use crate::package::{Package, ever};
use crate::{detections, tables};

async fn nights(url: &str) -> f64 {
    let deployments = connect(url).await.unwrap().deployments(ever()).await.unwrap();
    Effort::of_deployments(&deployments, &ever()).nights()
}

fn small(name: &str, latitude: &str, start: &str) -> Package {
    let mut package = Package::new();
    package.name = name.to_owned();
    package.deployment(&[("deploymentID", "1"), ("locationID", "1"), ("latitude", latitude)]);
    package.event(&[
        ("observationID", "1"),
        ("deploymentID", "1"),
        ("eventID", "1"),
        ("eventStart", start),
        ("sex", "male"),
        ("individualID", "1"),
    ]);
    package
}

#[tokio::test]
async fn one_event_id_at_two_deployments_is_two_events() {
    let mut package = Package::new();
    package.deployment(&[("deploymentID", "north"), ("locationID", "L1")]);
    package.deployment(&[("deploymentID", "south"), ("locationID", "L2"), ("latitude", "50.9")]);
    for (at, deployment) in ["north", "south"].iter().enumerate() {
        let id = |what: &str| format!("{what}{at}");
        package.media(&[("mediaID", &id("m")), ("deploymentID", deployment)]);
        let common = [("deploymentID", *deployment), ("eventID", "e1"), ("count", "2")];
        package.image(&[&common[..], &[("observationID", &id("i")), ("mediaID", &id("m"))]].concat());
        package.event(&[&common[..], &[("observationID", &id("e"))]].concat());
    }
    package.import(&Options::default()).await.unwrap();
    let rows = detections(&package).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.image.place_id.as_deref().unwrap(), row.burst_id.as_deref().unwrap(), row.count))
        .collect();
    assert_eq!(told, [("L1", "e1@north", 2), ("L2", "e1@south", 2)]);
    assert!(rows.iter().all(|row| row.event_id.as_deref() == Some("e1")), "the id as told is kept");
}

#[tokio::test]
async fn one_event_id_at_two_times_is_two_events() {
    let mut package = Package::new();
    for (id, start) in [("o1", "2025-05-01T10:00:00Z"), ("o2", "2025-06-01T10:00:00Z")] {
        package.event(&[("observationID", id), ("eventID", "1"), ("eventStart", start)]);
    }
    package.import(&Options::default()).await.unwrap();
    let rows = detections(&package).await;
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].burst_id, rows[1].burst_id);
    assert_ne!(rows[0].image.id, rows[1].image.id);
}

#[tokio::test]
async fn packages_with_the_same_ids_live_side_by_side() {
    let dir = TempDir::new().unwrap();
    let sqlite = format!("sqlite://{}/shared.db", dir.path().display());
    for url in [sqlite, deertrack_testkit::postgres::database()] {
        let a = small("site-a", "50.8", "2025-05-02T05:00:00Z");
        let b = small("site-b", "52.1", "2025-05-09T19:00:00Z");
        let first = a.import_into(&url, &Options::default()).await.unwrap();
        let second = b.import_into(&url, &Options::default()).await.unwrap();
        assert_eq!((first.id_prefix.as_str(), second.id_prefix.as_str()), ("", "site-b:"));

        let catalog = connect(&url).await.unwrap();
        let rows = catalog.records_in(ever()).await.unwrap();
        let ids: Vec<_> =
            rows.iter().map(|row| (row.id.as_str(), row.source_id.as_deref().unwrap())).collect();
        assert_eq!(ids, [("1", "1"), ("site-b:1", "1")]);
        assert_eq!(catalog.places().await.unwrap().len(), 2);
        let deer = catalog.individuals().await.unwrap();
        let names: Vec<&str> = deer.iter().map(|deer| deer.name.as_str()).collect();
        assert_eq!(names, ["1", "1 (Test wood)"], "two bucks are never called the same");
        assert_ne!(rows[0].burst_id, rows[1].burst_id);

        for package in [&a, &b] {
            assert_eq!(package.import_into(&url, &Options::default()).await.unwrap().removed, 0);
        }
        assert_eq!(catalog.records_in(ever()).await.unwrap(), rows, "each once more changes nothing");
        assert_eq!(catalog.individuals().await.unwrap(), deer);
    }
}

#[tokio::test]
async fn another_package_of_the_same_name_asks_before_it_removes() {
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite://{}/shared.db", dir.path().display());
    let old = small("wood", "50.8", "2025-05-02T05:00:00Z");
    let new = small("wood", "50.8", "2025-06-02T05:00:00Z");
    old.import_into(&url, &Options::default()).await.unwrap();
    let before = tables::dump(&url).await;
    let refused = new.import_into(&url, &Options::default()).await.unwrap_err();
    assert!(matches!(&refused, ImportError::AnotherOfThisName { name, .. } if name == "wood"));
    assert!(refused.to_string().contains("--replace") && refused.to_string().contains("--as NAME"));
    tables::assert_same(&tables::dump(&url).await, &before, "refused");

    let beside = Options { name: Some("wood in June".into()), ..Options::default() };
    assert_eq!(new.import_into(&url, &beside).await.unwrap().id_prefix, "wood-in-june:");
    let replaced = Options { replace: true, ..Options::default() };
    new.import_into(&url, &replaced).await.unwrap();
    let catalog = connect(&url).await.unwrap();
    let names: Vec<_> = catalog.datasets().await.unwrap().into_iter().map(|dataset| dataset.name).collect();
    assert_eq!(names, ["Test wood", "wood in June"]);
    let starts = catalog.records_in(ever()).await.unwrap().into_iter().map(|row| row.image.taken_at);
    assert_eq!(starts.collect::<std::collections::HashSet<_>>().len(), 1, "both are those of June");
}

#[tokio::test]
async fn two_cameras_at_one_place_are_two_whatever_their_model_is_called() {
    for cameras in [["", ""], ["A", "B"], ["HC600", "HC600"]] {
        let mut package = Package::new();
        for (id, camera) in ["d1", "d2"].iter().zip(cameras) {
            package.deployment(&[
                ("deploymentID", id),
                ("locationID", "L1"),
                ("deploymentStart", "2025-05-01T00:00:00Z"),
                ("deploymentEnd", "2025-05-11T00:00:00Z"),
                ("cameraID", camera),
                ("cameraModel", "HC600"),
            ]);
        }
        package.event(&[("observationID", "o1")]);
        package.import(&Options::default()).await.unwrap();
        assert!((nights(&package.database()).await - 20.0).abs() < 1e-9, "{cameras:?}");
        let catalog = connect(&package.database()).await.unwrap();
        let told = catalog.told_deployments(ever()).await.unwrap();
        let ids: Vec<_> = told.iter().map(|stand| stand.camera_id.as_deref().unwrap_or_default()).collect();
        assert_eq!(ids, cameras, "what was told is kept as it was");
    }
}

#[tokio::test]
async fn deployments_without_a_location_at_one_point_are_one_place() {
    let mut package = Package::new();
    for (id, month) in [("d4", "04"), ("d5", "05"), ("d6", "06")] {
        let (start, end) = (format!("2025-{month}-01T00:00:00Z"), format!("2025-{month}-11T00:00:00Z"));
        package.deployment(&[("deploymentID", id), ("deploymentStart", &start), ("deploymentEnd", &end)]);
    }
    package.event(&[("observationID", "o"), ("deploymentID", "d5")]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.places, 1);
    assert!((nights(&package.database()).await - 30.0).abs() < 1e-9);
    assert_eq!(package.number("select count(*) from locations where source_id is null").await, 1);
}

#[tokio::test]
async fn individual_ids_that_occur_once_each_are_passages() {
    let mut package = Package::new();
    for at in 1..=4 {
        package.event(&[
            ("observationID", &format!("o{at}")),
            ("eventStart", &format!("2025-05-0{at}T10:00:00Z")),
            ("individualID", &format!("track-{at}")),
        ]);
    }
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.individuals, summary.notes.passages), (0, Some(4)));
    assert!(summary.to_string().contains("the 4 individual ids occur once each"));
    let rows = detections(&package).await;
    assert!(rows.iter().all(|row| row.deer_id.is_none()));
    assert!(
        rows[0].extra.as_ref().unwrap().contains(r#""individualID":"track-1""#),
        "the id is kept as told"
    );
    let datasets = connect(&package.database()).await.unwrap().datasets().await.unwrap();
    assert_eq!(datasets[0].notes.as_deref(), Some(r#"{"passages":4}"#));
}

#[tokio::test]
async fn a_place_is_called_by_the_first_deployment_in_time_whatever_the_order_of_the_rows() {
    let mut told = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut package = Package::new();
        let rows = [
            ("d1", "50.80002", "2025-03-01T00:00:00Z"),
            ("d2", "50.80001", "2025-02-01T00:00:00Z"),
            ("d3", "50.80003", "2025-04-01T00:00:00Z"),
        ];
        for (id, latitude, start) in order.map(|at: usize| rows[at]) {
            package.deployment(&[("deploymentID", id), ("latitude", latitude), ("deploymentStart", start)]);
        }
        package.event(&[("observationID", "o")]);
        package.import(&Options::default()).await.unwrap();
        told.push(package.text("select id || ' ' || latitude from locations").await);
    }
    assert_eq!(told, ["d2 50.80001", "d2 50.80001"]);
}
