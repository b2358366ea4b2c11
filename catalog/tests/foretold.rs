//! What is told of rows before they are read, by both adapters alike.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deertrack_catalog::store::{NewDetection, NewImage, NewPlace, Store};
use deertrack_catalog::{Catalog, Repeats, connect};
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

async fn fill(url: &str) -> Arc<dyn Catalog> {
    let mut store = Store::open(url).await.unwrap();
    let mut writing = store.begin().await.unwrap();
    let place = |id: &str| NewPlace { id: id.into(), name: id.into(), ..NewPlace::default() };
    writing.places(&["oak", "ash", "elm"].map(place)).await.unwrap();
    let image = |id: &str, taken_at: &str, place: Option<&str>| NewImage {
        id: id.into(),
        timestamp: Some(at(taken_at)),
        location_id: place.map(str::to_owned),
        ..NewImage::default()
    };
    let images = [
        image("a", "2025-06-02T00:00:00Z", Some("oak")),
        image("b", "2025-06-03T00:00:00Z", Some("oak")),
        image("c", "2025-06-04T00:00:00Z", None),
        image("day before", "2025-05-31T12:00:00Z", Some("ash")),
        image("long before", "2025-05-01T00:00:00Z", Some("elm")),
    ];
    writing.images(&images).await.unwrap();
    let of = |id: &str, image: &str| NewDetection::of(id, image, Class::Doe);
    let rows = [
        of("1", "a"),
        NewDetection { is_valid: false, ..of("2", "a") },
        of("3", "c"),
        of("4", "day before"),
        of("5", "long before"),
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
async fn detections_are_counted_with_those_that_will_be_left_out() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        // A rejected one, and one whose photograph is of the day before: it could be of an event that began in June.
        assert_eq!(catalog.count_detections(june()).await.unwrap(), Some(4));
        let read: Vec<_> = catalog.records(june(), Repeats::Without).try_collect().await.unwrap();
        assert_eq!(read.len(), 2);
    }
}

#[tokio::test]
async fn the_places_of_photographs_are_told_without_these() {
    let dir = TempDir::new().unwrap();
    for catalog in both(&dir).await {
        let places = catalog.photographed(june()).await.unwrap();
        assert_eq!(places.iter().collect::<Vec<_>>(), ["oak"]);
        let frames: Vec<_> = catalog.frames(june()).try_collect().await.unwrap();
        assert_eq!(frames.len(), 3);
    }
}
