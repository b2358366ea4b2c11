//! Tables and reports count alike: one animal once, with the class that most of its rows have, in its places' time.

use deertrack_catalog::store::NewDataset;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{Class, Export, PdfParams, TableParams};
use deertrack_worker::JobError;
use serde_json::{Value, json};

use crate::season::{Season, csv_rows, file, known, unzip};

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
    let told = "2 detections; local time (Europe/Brussels, from the coordinates)";
    assert_eq!(rendered.headline.as_deref(), Some(told));
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

/// Four passages, each with an id of its own.
fn passages() -> Season {
    let mut season = Season::new();
    for number in 1..=4 {
        let id = format!("p{number}");
        season.deer.push(known(&id, &id));
        seen(&mut season, &id, Class::Buck, &format!("2025-11-0{number}T16:00:00Z"), "ridge");
        season.detections.last_mut().unwrap().deer_id = Some(id);
    }
    season
}

#[tokio::test]
async fn ids_of_passages_are_no_individuals_and_that_is_said() {
    let season = passages();
    let individuals = || Export::Table(params(Format::Csv, Topic::Individuals));
    let Err(JobError::Reject(refused)) = season.export(individuals()).await else {
        panic!("a list of passages")
    };
    let told =
        "No known individuals found: the ids name passages, for none comes again. There are 4 detections";
    assert!(refused.starts_with(told), "{refused}");
    let all = |format| Export::Table(TableParams { topic: None, ..params(format, Topic::Visits) });
    let headline = season.export(all(Format::Xlsx)).await.unwrap().headline.unwrap();
    let told = "0 individuals (4 individual ids name passages, for none comes again)";
    assert!(headline.contains(told), "{headline}");
    let map: Value = serde_json::from_slice(&season.bytes(all(Format::Geojson)).await).unwrap();
    let ridge = map["features"].as_array().unwrap().iter().find(|place| place["id"] == "ridge").unwrap();
    assert_eq!(
        (&ridge["properties"]["visits"], &ridge["properties"]["individuals"]),
        (&4.into(), &Value::Null)
    );
    let detections = rows(&season, Topic::Detections).await;
    assert_eq!(detections[1][10], "p1", "ids stay with their detections");

    // One comes again a day later, outside of the days that are asked for: now all are animals.
    let mut season = passages();
    seen(&mut season, "again", Class::Buck, "2025-12-24T16:00:00Z", "ridge");
    season.detections.last_mut().unwrap().deer_id = Some("p1".into());
    assert_eq!(csv_rows(&season.bytes(individuals()).await).len(), 1 + 4);
}

#[tokio::test]
async fn passages_that_an_import_kept_out_are_told() {
    let mut season = Season::new();
    season.deer.clear();
    let notes = Some(r#"{"passages": 7}"#.to_owned());
    season.datasets.push(NewDataset { id: "d".into(), name: "D".into(), notes, ..NewDataset::default() });
    season.image("one", "2025-11-03T16:00:00Z", None);
    season.detection("one", "one", Class::Buck, [0.25, 0.2, 0.4, 0.5]);
    let refused = season.export(Export::Table(params(Format::Csv, Topic::Individuals))).await;
    let Err(JobError::Reject(refused)) = refused else { panic!("there are none") };
    let told = "No known individuals found: 7 individual ids name passages, for none comes again.";
    assert!(refused.starts_with(told), "{refused}");
    let days = ["2025-11-01", "2025-11-30"].map(|day| day.parse().unwrap());
    let report = season.bytes(Export::Pdf(PdfParams::new(days[0], days[1], GroupBy::Week))).await;
    let text = pdf_extract::extract_text_from_mem(&report).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "7 individual ids name passages, for none comes again: no known animals are told apart.";
    assert!(text.contains(told), "{text}");
}

#[tokio::test]
async fn every_format_tells_the_species_and_the_zone_with_its_source() {
    let mut season = Season::new();
    season.places[1].timezone = Some("America/Chicago".into());
    season.places[1].latitude = None;
    seen(&mut season, "a", Class::Buck, "2025-11-03T16:00:00Z", "ridge");
    seen(&mut season, "b", Class::Buck, "2025-11-04T16:00:00Z", "creek");
    for detection in &mut season.detections {
        detection.scientific_name = Some("Capreolus capreolus".into());
    }
    let zones = "local time of each place (America/Chicago, as the place tells; Europe/Brussels, from the coordinates)";
    for topic in [Topic::Detections, Topic::Visits, Topic::Individuals] {
        let rendered = season.export(Export::Table(params(Format::Csv, topic))).await.unwrap();
        let headline = rendered.headline.unwrap();
        assert!(headline.ends_with(&format!(" of Capreolus capreolus; {zones}")), "{headline}");
    }
    let map = season.bytes(Export::Table(params(Format::Geojson, Topic::Detections))).await;
    let map: Value = serde_json::from_slice(&map).unwrap();
    assert_eq!(map["species"], json!(["Capreolus capreolus"]));
    let told = json!([
        {"time_zone": "America/Chicago", "time_zone_source": "place"},
        {"time_zone": "Europe/Brussels", "time_zone_source": "coordinates"},
    ]);
    assert_eq!(map["time_zones"], told);
    let book = unzip(&season.bytes(Export::Table(params(Format::Xlsx, Topic::Detections))).await);
    let properties = String::from_utf8_lossy(file(&book, "docProps/core.xml")).into_owned();
    assert!(properties.contains("<dc:subject>Capreolus capreolus</dc:subject>"), "{properties}");
    assert!(
        properties.contains(&format!("<dc:description>Times are {zones}.</dc:description>")),
        "{properties}"
    );
}
