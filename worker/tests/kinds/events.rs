//! A row of an event was seen from its begin to its end (`eventEnd`), whichever photograph stands for it: in every kind.

use deertrack_catalog::Level;
use deertrack_catalog::store::{NewDeployment, NewDetection};
use deertrack_schemas::table::{Format, GapSince, Topic};
use deertrack_schemas::{CamtrapDpParams, Class, Export, TableParams, ZipParams};
use serde_json::Value;

use crate::season::{Season, at, csv_rows, file, unzip};

/// A doe of an event that a photograph shows.
fn event(season: &mut Season, id: &str, [start, end]: [&str; 2], photograph: &str) {
    season.image(id, photograph, Some(&format!("{id}.jpg")));
    season.detections.push(NewDetection {
        level: Level::Event,
        event_id: Some(format!("e-{id}")),
        starts_at: Some(at(start)),
        ends_at: Some(at(end)),
        ..NewDetection::of(id, id, Class::Doe)
    });
}

/// One from 10:00 to 10:40, photographed at its end; a photograph at 11:05. Then one over midnight (in Belgium).
fn season() -> Season {
    let mut season = Season::new();
    season.deployments.push(NewDeployment {
        id: "stand".into(),
        location_id: "ridge".into(),
        start: at("2025-06-01T22:00:00Z"),
        end: Some(at("2025-06-06T22:00:00Z")),
        ..NewDeployment::default()
    });
    event(&mut season, "1", ["2025-06-02T08:00:00Z", "2025-06-02T08:40:00Z"], "2025-06-02T08:39:59Z");
    season.image("2", "2025-06-02T09:05:00Z", Some("2.jpg"));
    season.detections.push(NewDetection::of("2", "2", Class::Doe));
    event(&mut season, "3", ["2025-06-04T21:50:00Z", "2025-06-04T22:30:00Z"], "2025-06-04T22:29:00Z");
    season
}

fn table(first: &str, last: &str, format: Format, topic: Option<Topic>, since: GapSince) -> Export {
    let days = TableParams::new(format, first.parse().unwrap(), last.parse().unwrap());
    Export::Table(TableParams { topic, visit_gap_since: since, ..days })
}

#[tokio::test]
async fn the_gap_to_the_last_record_is_measured_from_the_end_of_the_event() {
    let season = season();
    let visits = async |since| -> Vec<[String; 3]> {
        let asked = table("2025-06-02", "2025-06-05", Format::Csv, Some(Topic::Visits), since);
        let rows = csv_rows(&season.bytes(asked).await);
        let column = |name: &str| rows[0].iter().position(|told| told == name).unwrap();
        let columns = ["start", "end", "duration_seconds"].map(column);
        rows[1..].iter().map(|row| columns.map(|column| row[column].clone())).collect()
    };
    let visit = |start: &str, end: &str, minutes: &str| {
        [format!("2025-06-{start}:00+02:00"), format!("2025-06-{end}:00+02:00"), minutes.to_owned()]
    };
    let night = visit("04T23:50", "05T00:30", "2400");
    assert_eq!(visits(GapSince::LastRecord).await, [visit("02T10:00", "02T11:05", "3900"), night.clone()]);
    let first = [visit("02T10:00", "02T10:40", "2400"), visit("02T11:05", "02T11:05", "0")];
    assert_eq!(visits(GapSince::LastIndependentRecord).await, [first.to_vec(), vec![night]].concat());

    let counted = async |since| -> Value {
        let asked = table("2025-06-02", "2025-06-05", Format::Geojson, None, since);
        let told: Value = serde_json::from_slice(&season.bytes(asked).await).unwrap();
        let features = told["features"].as_array().unwrap();
        let ridge = features.iter().find(|feature| feature["properties"]["place_id"] == "ridge").unwrap();
        ridge["properties"]["visits"].clone()
    };
    assert_eq!(
        (counted(GapSince::LastRecord).await, counted(GapSince::LastIndependentRecord).await),
        (2.into(), 3.into())
    );
}

#[tokio::test]
async fn an_event_is_of_the_day_on_which_it_began_in_every_kind() {
    let season = season();
    let detections = async |day: &str| -> Vec<String> {
        let asked = table(day, day, Format::Csv, Some(Topic::Detections), GapSince::default());
        let Ok(rendered) = season.export(asked).await else { return Vec::new() };
        let rows = csv_rows(&rendered.content.into_bytes().unwrap());
        rows[1..].iter().map(|row| row[0].clone()).collect()
    };
    assert_eq!(detections("2025-06-04").await, ["3"]);
    assert_eq!(detections("2025-06-05").await, Vec::<String>::new(), "its photograph alone is of that day");

    let files = async |export| {
        season.export(export).await.ok().map(|rendered| unzip(&rendered.content.into_bytes().unwrap()))
    };
    let crops = async |day: &str| {
        let day = day.parse().unwrap();
        files(Export::Zip(ZipParams::between(day, day))).await
    };
    assert!(
        crops("2025-06-04").await.is_some_and(|files| csv_rows(file(&files, "problems.csv"))[1][0] == "3")
    );
    assert!(crops("2025-06-05").await.is_none());
    let package = async |day: &str| {
        let day = Some(day.parse().unwrap());
        files(Export::CamtrapDp(CamtrapDpParams {
            start_date: day,
            end_date: day,
            ..CamtrapDpParams::default()
        }))
        .await
    };
    let rows = csv_rows(file(&package("2025-06-04").await.unwrap(), "observations.csv"));
    assert!(
        rows[1].contains(&"2025-06-04T21:50:00Z".to_owned())
            && rows[1].contains(&"2025-06-04T22:30:00Z".to_owned()),
        "{rows:?}"
    );
    assert!(package("2025-06-05").await.is_none());
}

#[tokio::test]
async fn an_event_over_midnight_was_seen_on_both_days_of_the_history() {
    let asked = CamtrapDpParams { occasion_days: 1, ..CamtrapDpParams::default() };
    let files = unzip(&season().bytes(Export::CamtrapDp(asked)).await);
    let rows = csv_rows(file(&files, "detection_history.csv"));
    assert_eq!(rows[1][1..6], ["1", "0", "1", "1", "0"], "{rows:?}");
}
