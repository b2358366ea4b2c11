//! Tables and reports count alike: one animal once, with the class that most of its rows have, in its places' time.

use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{Class, Export, TableParams};
use serde_json::Value;

use crate::season::{Season, csv_rows};

fn params(format: Format, topic: Topic) -> TableParams {
    let day = |text: &str| text.parse().unwrap();
    TableParams { topic: Some(topic), ..TableParams::new(format, day("2025-11-01"), day("2025-11-30")) }
}

async fn rows(season: &Season, topic: Topic) -> Vec<Vec<String>> {
    csv_rows(&season.bytes(Export::Table(params(Format::Csv, topic))).await)
}

fn seen(season: &mut Season, id: &str, class: Class, taken_at: &str, place: &str) {
    season.image(id, taken_at, None);
    season.images.last_mut().unwrap().location_id = Some(place.into());
    season.detection(id, id, class, [0.25, 0.2, 0.4, 0.5]);
    season.detections.last_mut().unwrap().deer_id = Some("d1".into());
}

#[tokio::test]
async fn a_second_box_of_one_animal_is_a_row_that_does_not_count() {
    let mut season = Season::new();
    seen(&mut season, "one", Class::Buck, "2025-11-03T16:00:00Z", "ridge");
    season.detection("again", "one", Class::Buck, [0.26, 0.2, 0.4, 0.5]);
    season.detections.last_mut().unwrap().deer_id = Some("d1".into());
    season.detection("other", "one", Class::Buck, [0.7, 0.2, 0.2, 0.5]);

    let detections = rows(&season, Topic::Detections).await;
    let told: Vec<String> =
        detections.iter().map(|row| format!("{} {}", row[0], row.last().unwrap())).collect();
    assert_eq!(told, ["detection_id counted", "again yes", "one no", "other yes"]);
    let rendered = season.export(Export::Table(params(Format::Csv, Topic::Detections))).await.unwrap();
    assert_eq!(rendered.headline.as_deref(), Some("2 detections"));
    let individuals = rows(&season, Topic::Individuals).await;
    assert_eq!(individuals[1][3..5], ["1", "1"], "detections and images");
    let map = season.bytes(Export::Table(params(Format::Geojson, Topic::Detections))).await;
    let map: Value = serde_json::from_slice(&map).unwrap();
    let ridge = map["features"].as_array().unwrap().iter().find(|place| place["id"] == "ridge").unwrap();
    assert_eq!(ridge["properties"]["detections_buck"], 2);
}

#[tokio::test]
async fn an_individual_has_the_class_of_most_of_its_rows_and_the_times_of_its_places() {
    let mut season = Season::new();
    season.places[1].timezone = Some("America/Chicago".into());
    seen(&mut season, "a", Class::Buck, "2025-11-03T16:00:00Z", "ridge");
    seen(&mut season, "b", Class::Doe, "2025-11-04T16:00:00Z", "ridge");
    seen(&mut season, "c", Class::Doe, "2025-11-05T02:00:00Z", "creek");
    let individuals = rows(&season, Topic::Individuals).await;
    let expected = "d1,Old Crooked,doe,3,3,3,2,2025-11-03T17:00:00+01:00,2025-11-04T20:00:00-06:00,\
                    Europe/Brussels,coordinates,America/Chicago,place";
    assert_eq!(individuals[1].join(","), expected, "though the database calls the deer a buck");
}
