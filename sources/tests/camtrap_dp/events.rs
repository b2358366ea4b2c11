//! From when to when an event was, which photographs show it, and what our own exports say of both.

use deertrack_sources::camtrap_dp::Options;

use crate::detections;
use crate::package::{Package, at};

const NO_FILE: &str = "No file is known of this medium; its path is made of its id.";
const SHOWS_NONE: &str = "Shows none of the animals of its event.";

/// A roe deer for five minutes, without an event id.
fn five_minutes(package: &mut Package, id: &str) {
    package.event(&[
        ("observationID", id),
        ("eventStart", "2025-05-02T05:00:00Z"),
        ("eventEnd", "2025-05-02T05:05:00Z"),
    ]);
}

fn photograph(package: &mut Package, id: &str, time: &str) {
    package.media(&[("mediaID", id), ("timestamp", time), ("filePath", &format!("media/{id}.jpg"))]);
}

#[tokio::test]
async fn an_event_of_something_else_at_the_same_time_takes_no_photograph_away() {
    let mut package = Package::new();
    five_minutes(&mut package, "deer");
    package.event(&[
        ("observationID", "boar"),
        ("scientificName", "Sus scrofa"),
        ("eventStart", "2025-05-02T05:00:10Z"),
        ("eventEnd", "2025-05-02T05:00:30Z"),
    ]);
    photograph(&mut package, "m", "2025-05-02T05:00:20Z");
    package.image(&[("observationID", "same"), ("mediaID", "m"), ("eventStart", "2025-05-02T05:00:20Z")]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.animals, summary.repeats), (1, 1, 1), "{summary}");
    let rows = detections(&package).await;
    assert_eq!((rows[0].id.as_str(), rows[0].image.id.as_str()), ("deer", "m"));
}

#[tokio::test]
async fn an_event_counts_at_its_begin_whichever_photograph_shows_it() {
    let mut package = Package::new();
    five_minutes(&mut package, "deer");
    photograph(&mut package, "m", "2025-05-02T05:04:00Z");
    package.import(&Options::default()).await.unwrap();
    let row = detections(&package).await.remove(0);
    assert_eq!(row.image.taken_at, Some(at("2025-05-02T05:04:00Z")));
    assert_eq!(row.seen_at(), Some(at("2025-05-02T05:00:00Z")));
    assert_eq!(row.seen_until(), Some(at("2025-05-02T05:05:00Z")));
    let counted = row.counted().unwrap();
    assert_eq!((counted.taken_at, counted.until), (row.seen_at().unwrap(), row.seen_until().unwrap()));
}

#[tokio::test]
async fn a_photograph_whose_clock_cannot_be_right_stands_for_no_event() {
    let mut package = Package::new();
    photograph(&mut package, "reset", "1970-01-01T00:03:00Z");
    let named = [("eventID", "e"), ("mediaID", "reset")];
    package.image(
        &[&named[..], &[("observationID", "shows it"), ("eventStart", "1970-01-01T00:03:00Z")]].concat(),
    );
    package.event(&[("observationID", "deer"), ("eventID", "e"), ("eventStart", "2025-05-02T05:00:00Z")]);
    package.import(&Options::default()).await.unwrap();
    let rows = detections(&package).await;
    assert_eq!((rows.len(), rows[0].seen_at()), (1, Some(at("2025-05-02T05:00:00Z"))));
}

#[tokio::test]
async fn ends_that_cannot_be_are_told_kept_and_not_counted() {
    let mut package = Package::new();
    for (id, end) in
        [("1", "2025-05-02T05:00:20Z"), ("2", "4999-05-02T05:00:00Z"), ("3", "2025-05-01T05:00:00Z")]
    {
        package.event(&[("observationID", id), ("eventStart", "2025-05-02T05:00:00Z"), ("eventEnd", end)]);
    }
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(summary.notes.impossible_ends, 2);
    assert!(summary.to_string().contains("counted at their begin: 2 rows of events"), "{summary}");
    let mut rows = detections(&package).await;
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let seconds = rows.iter().map(|row| (row.seen_until().unwrap() - row.seen_at().unwrap()).num_seconds());
    assert_eq!(seconds.collect::<Vec<_>>(), [20, 0, 0]);
    assert_eq!(rows[1].ends_at, Some(at("4999-05-02T05:00:00Z")), "it can come back");
}

#[tokio::test]
async fn an_end_in_another_offset_is_kept_as_told() {
    let mut package = Package::new();
    package.event(&[
        ("observationID", "over the change of clocks"),
        ("eventStart", "2025-10-26T02:50:00+02:00"),
        ("eventEnd", "2025-10-26T02:10:00+01:00"),
    ]);
    package.import(&Options::default()).await.unwrap();
    let row = detections(&package).await.remove(0);
    assert_eq!((row.seen_until().unwrap() - row.seen_at().unwrap()).num_minutes(), 20);
    assert_eq!(row.extra.as_deref(), Some(r#"{"eventEnd":"2025-10-26T02:10:00+01:00"}"#));
}

#[tokio::test]
async fn what_an_export_of_ours_says_of_media_is_understood() {
    let mut package = Package::new();
    five_minutes(&mut package, "deer");
    photograph(&mut package, "other", "2025-05-02T05:01:00Z");
    photograph(&mut package, "deer 1", "2025-05-02T05:02:00Z");
    package.media(&[("mediaID", "made"), ("timestamp", "2025-05-02T05:00:30Z"), ("mediaComments", NO_FILE)]);
    package.image(&[
        ("observationID", "other:other"),
        ("mediaID", "other"),
        ("observationType", "unclassified"),
        ("scientificName", ""),
        ("eventStart", "2025-05-02T05:01:00Z"),
        ("observationComments", SHOWS_NONE),
    ]);
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!((summary.detections, summary.animals), (1, 1), "neither is counted: {summary}");
    assert_eq!(detections(&package).await[0].image.id, "deer 1");
    let shown = "select group_concat(id, ' ') from images where burst_id is not null";
    assert_eq!(package.text(shown).await, "deer 1");
    assert_eq!(package.number("select count(*) from images where id = 'made' and path is null").await, 1);
}
