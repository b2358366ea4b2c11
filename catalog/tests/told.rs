//! What a source told beside what is counted: read by both adapters alike, and in no count.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{NewDataset, NewDeployment, NewDetection, NewImage, NewPlace, Store};
use deertrack_catalog::{Catalog, LeftOut, Repeats, Seen, connect};
use deertrack_schemas::Class;
use deertrack_survey::TimeRange;
use futures::TryStreamExt;
use tempfile::TempDir;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn june() -> TimeRange {
    at("2025-06-01T00:00:00Z")..at("2025-07-01T00:00:00Z")
}

fn of(id: &str) -> NewDetection {
    NewDetection { dataset_id: Some("wood".into()), ..NewDetection::of(id, "shot", Class::Doe) }
}

fn repeat(id: &str) -> NewDetection {
    NewDetection { repeats_id: Some("event".into()), ..of(id) }
}

fn stand(id: &str, clock_problem: Option<&str>) -> NewDeployment {
    NewDeployment {
        id: id.into(),
        dataset_id: Some("wood".into()),
        location_id: "ridge".into(),
        start: at("2025-05-01T00:00:00Z"),
        end: Some(at("2025-08-01T00:00:00Z")),
        camera_id: Some("cam 7".into()),
        start_offset_seconds: Some(7200),
        clock_problem: clock_problem.map(str::to_owned),
        extra: Some(r#"{"baitUse":"false"}"#.into()),
        ..NewDeployment::default()
    }
}

async fn fill(url: &str) -> Arc<dyn Catalog> {
    let mut store = Store::open(url).await.unwrap();
    let mut writing = store.begin().await.unwrap();
    let dataset = NewDataset {
        id: "wood".into(),
        name: "North wood".into(),
        id_prefix: "wood:".into(),
        species: Some(r#"["Dama dama"]"#.into()),
        ..NewDataset::default()
    };
    writing.datasets(&[dataset]).await.unwrap();
    writing
        .places(&[NewPlace { id: "ridge".into(), name: "Ridge".into(), ..NewPlace::default() }])
        .await
        .unwrap();
    writing.deployments(&[stand("right", None), stand("wrong", Some("zero length"))]).await.unwrap();
    let image = NewImage {
        id: "shot".into(),
        timestamp: Some(at("2025-06-02T00:00:00Z")),
        burst_id: Some("b1".into()),
        file_public: Some(false),
        utc_offset_seconds: Some(-3600),
        sees_people: true,
        ..NewImage::default()
    };
    let plain = NewImage { id: "plain".into(), timestamp: image.timestamp, ..NewImage::default() };
    writing.images(&[image, plain]).await.unwrap();
    let event = NewDetection {
        event_id: Some("e1".into()),
        source_id: Some("1".into()),
        starts_at: Some(at("2025-06-02T00:00:00Z")),
        ends_at: Some(at("2025-06-02T00:05:00Z")),
        is_count_told: Some(false),
        extra: Some(r#"{"individualSpeed":"0.5"}"#.into()),
        ..of("event")
    };
    let rows = [
        event,
        repeat("media"),
        NewDetection { is_valid: false, ..of("rejected") },
        NewDetection { is_valid: false, ..repeat("rejected repeat") },
        NewDetection { is_duplicate: true, ..repeat("copied repeat") },
    ];
    writing.detections(&rows).await.unwrap();
    writing.commit().await.unwrap();
    store.close().await;
    connect(url).await.unwrap()
}

async fn both(dir: &TempDir) -> [Arc<dyn Catalog>; 2] {
    let sqlite = format!("sqlite://{}", dir.path().join("catalog.db").display());
    [fill(&sqlite).await, fill(&deertrack_testkit::postgres::database()).await]
}

#[tokio::test]
async fn a_row_that_repeats_another_is_in_no_count_and_can_be_given_back() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        let ids = |rows: Vec<deertrack_catalog::Record>| -> Vec<String> {
            rows.into_iter().map(|row| row.id).collect()
        };
        assert_eq!(ids(catalog.records_in(june()).await.unwrap()), ["event"]);
        assert_eq!(ids(catalog.repeats_in(june()).await.unwrap()), ["media"]);
        let records = |repeats| catalog.records(june(), repeats).try_collect::<Vec<_>>();
        assert_eq!(ids(records(Repeats::Without).await.unwrap()), ["event"]);
        assert_eq!(ids(records(Repeats::With).await.unwrap()), ["event", "media"]);
        assert_eq!(catalog.sightings(june()).try_collect::<Vec<_>>().await.unwrap().len(), 1);
        let embeddings: Vec<_> = catalog.embeddings(None).try_collect().await.unwrap();
        assert_eq!(embeddings.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["event"]);
        let left_out = LeftOut { rejected: 1, ..LeftOut::default() };
        assert_eq!(catalog.left_out_in(june()).await.unwrap(), left_out, "a repeat is of another row");
        assert_eq!(left_out_of_rows(&*catalog, june()).await, left_out);
        let asked = catalog.records_of(&["media".into()]).await.unwrap();
        assert_eq!(asked.records[0].repeats_id.as_deref(), Some("event"));
    }
}

#[tokio::test]
async fn what_a_row_and_its_image_told_is_read_as_it_was_written() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        let row = catalog.records_in(june()).await.unwrap().remove(0);
        assert_eq!((row.event_id.as_deref(), row.source_id.as_deref()), (Some("e1"), Some("1")));
        assert_eq!(row.dataset_id.as_deref(), Some("wood"));
        assert_eq!(row.starts_at, Some(at("2025-06-02T00:00:00Z")));
        assert_eq!(row.ends_at, Some(at("2025-06-02T00:05:00Z")));
        assert_eq!((row.is_count_told, row.utc_offset_seconds), (Some(false), None));
        assert_eq!(row.extra.as_deref(), Some(r#"{"individualSpeed":"0.5"}"#));
        let images = catalog.images(june()).await.unwrap();
        assert_eq!(row.image, images[1], "the same with and without its detection");
        let [plain, shot] = images.as_slice() else { panic!("{images:?}") };
        assert!(shot.sees_people && shot.burst_id.as_deref() == Some("b1"));
        assert_eq!((shot.file_public, shot.utc_offset_seconds), (Some(false), Some(-3600)));
        assert!(!plain.sees_people && plain.file_public.is_none());
    }
}

#[tokio::test]
async fn a_deployment_whose_clock_is_wrong_is_told_and_never_effort() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        let effort = catalog.deployments(june()).await.unwrap();
        assert_eq!(effort.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["right"]);
        let told = catalog.told_deployments(june()).await.unwrap();
        let problems: Vec<_> =
            told.iter().map(|row| (row.deployment.id.as_str(), row.clock_problem.as_deref())).collect();
        assert_eq!(problems, [("right", None), ("wrong", Some("zero length"))]);
        assert_eq!(told[0].deployment, effort[0]);
        assert_eq!(
            (told[0].camera_id.as_deref(), told[0].start_offset_seconds, told[0].end_offset_seconds),
            (Some("cam 7"), Some(7200), None)
        );
        assert_eq!(told[0].extra.as_deref(), Some(r#"{"baitUse":"false"}"#));
    }
}

#[tokio::test]
async fn data_sets_are_read_with_their_prefix_and_species() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        let datasets = catalog.datasets().await.unwrap();
        assert_eq!((datasets.len(), datasets[0].id.as_str()), (1, "wood"));
        assert_eq!(datasets[0].id_prefix, "wood:");
        assert_eq!(datasets[0].species.as_deref(), Some(r#"["Dama dama"]"#));
        assert_eq!(datasets[0].metadata, None);
    }
}

/// What the rows themselves say of those that are left out.
async fn left_out_of_rows(catalog: &dyn Catalog, range: TimeRange) -> LeftOut {
    let mut left_out = LeftOut::default();
    for seen in catalog.detections(range).try_collect::<Vec<_>>().await.unwrap() {
        if let Seen::LeftOut(reason) = seen {
            left_out.add(reason, 1);
        }
    }
    left_out
}
