//! `table`: each format read back by other means than it was written, with the numbers counted by hand.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;
use deertrack_catalog::store::NewDeployment;
use deertrack_schemas::table::{Format, GapSince, Topic};
use deertrack_schemas::{Class, Export, TableParams};
use deertrack_worker::JobError;
use serde_json::{Value, json};

use crate::season::{Season, at, csv_rows, known, place};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn params(format: Format, topic: impl Into<Option<Topic>>) -> TableParams {
    let topic = topic.into();
    TableParams { topic, ..TableParams::new(format, day("2025-11-01"), day("2025-11-30")) }
}

async fn csv(season: &Season, topic: Topic) -> Vec<String> {
    let bytes = season.bytes(Export::Table(params(Format::Csv, topic))).await;
    csv_rows(&bytes).into_iter().map(|row| row.join(",")).collect()
}

async fn workbook(season: &Season) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(season.bytes(Export::Table(params(Format::Xlsx, None))).await)).unwrap()
}

/// A buck on the ridge every twenty minutes from 16:00 to 17:40 UTC, a doe at the creek in the small hours of local
/// 4 November, and a camera on the ridge from 1 November that still stands.
fn season() -> Season {
    let mut season = Season::new();
    for number in 0..6u32 {
        let (id, minutes) = (format!("i{number}"), number * 20);
        let taken_at = format!("2025-11-03T{:02}:{:02}:00Z", 16 + minutes / 60, minutes % 60);
        season.image(&id, &taken_at, Some(&format!("{id}.jpg")));
        season.detection(&format!("buck-{number}"), &id, Class::Buck, [0.25, 0.2, 0.4, 0.5]);
        season.detections.last_mut().unwrap().deer_id = Some("d1".into());
    }
    // A second box of the same animal, which counting leaves out and the rows do not.
    season.detection("second box", "i0", Class::Buck, [0.26, 0.2, 0.4, 0.5]);
    for (id, taken_at) in [("j0", "2025-11-03T23:30:00Z"), ("j1", "2025-11-04T11:30:00Z")] {
        season.image(id, taken_at, None);
        season.images.last_mut().unwrap().location_id = Some("creek".into());
    }
    season.detection("doe", "j0", Class::Doe, [0.1, 0.1, 0.2, 0.2]);
    season.detections.last_mut().unwrap().count = 2;
    season.deployments.push(NewDeployment {
        id: "dep".into(),
        dataset_id: None,
        location_id: "ridge".into(),
        camera: Some("cam 7".into()),
        start: at("2025-10-31T23:00:00Z"),
        end: None,
        ..NewDeployment::default()
    });
    season
}

#[tokio::test]
async fn detections_are_rows_with_local_times() {
    let rows = csv(&season(), Topic::Detections).await;
    assert_eq!(rows.len(), 9, "the header, six bucks, a second box and a doe");
    assert_eq!(
        rows[0],
        "detection_id,image_id,taken_at,time_zone,time_zone_source,place_id,place,classification,confidence,count,deer_id,individual,\
         bbox_x,bbox_y,bbox_width,bbox_height,scientific_name,sex,life_stage,behavior,classification_method,\
         classified_by,burst_id,image_path,seen_from,seen_until,counted"
    );
    assert_eq!(
        rows[1],
        "buck-0,i0,2025-11-03T17:00:00+01:00,Europe/Brussels,coordinates,ridge,North ridge,buck,0.875,1,d1,Old Crooked,\
         0.25,0.2,0.4,0.5,,,,,,,,i0.jpg,2025-11-03T17:00:00+01:00,2025-11-03T17:00:00+01:00,yes"
    );
    assert!(rows[8].starts_with(
        "doe,j0,2025-11-04T00:30:00+01:00,Europe/Brussels,coordinates,creek,Creek,doe,0.875,2,"
    ));
}

#[tokio::test]
async fn visits_follow_the_rule_that_was_asked_for() {
    let season = season();
    let visits = async |minutes, since| {
        let asked = TableParams {
            visit_gap_minutes: minutes,
            visit_gap_since: since,
            ..params(Format::Csv, Topic::Visits)
        };
        let rows = csv_rows(&season.bytes(Export::Table(asked)).await);
        rows.into_iter().skip(1).map(|row| row[2..].join(" ")).collect::<Vec<_>>()
    };
    let zone = "Europe/Brussels coordinates";
    let doe =
        |rule: &str| format!("doe 2025-11-04T00:30:00+01:00 2025-11-04T00:30:00+01:00 {zone} 1 2 {rule} 0");
    let buck = |from: &str, to: &str, images: u32, rule: &str| {
        let seconds = (images - 1) * 1_200;
        format!("buck 2025-11-03T{from}:00+01:00 2025-11-03T{to}:00+01:00 {zone} {images} 1 {rule} {seconds}")
    };
    let rule = "30 lastIndependentRecord";
    let expected = [
        buck("17:00", "17:20", 2, rule),
        buck("17:40", "18:00", 2, rule),
        buck("18:20", "18:40", 2, rule),
        doe(rule),
    ];
    assert_eq!(visits(30, GapSince::LastIndependentRecord).await, expected);
    let rule = "30 lastRecord";
    assert_eq!(visits(30, GapSince::LastRecord).await, [buck("17:00", "18:40", 6, rule), doe(rule)]);
    assert_eq!(visits(10, GapSince::LastRecord).await.len(), 7);
}

#[tokio::test]
async fn effort_is_told_by_deployments_or_proven_by_images() {
    let rows = csv(&season(), Topic::Effort).await;
    let expected = [
        "place_id,place,camera,start,end,time_zone,time_zone_source,trap_nights,source",
        "creek,Creek,,2025-11-04T00:30:00+01:00,2025-11-04T12:30:00+01:00,Europe/Brussels,coordinates,0.5,inferred",
        "ridge,North ridge,cam 7,2025-11-01T00:00:00+01:00,2025-12-01T00:00:00+01:00,Europe/Brussels,coordinates,30,deployments",
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn individuals_are_told_with_what_was_seen_of_them() {
    let rows = csv(&season(), Topic::Individuals).await;
    let expected = [
        "deer_id,individual,classification,detections,images,visits,places,first_seen,last_seen,time_zone,time_zone_source,\
         last_time_zone,last_time_zone_source",
        "d1,Old Crooked,buck,6,6,3,1,2025-11-03T17:00:00+01:00,2025-11-03T18:40:00+01:00,Europe/Brussels,coordinates,\
         Europe/Brussels,coordinates",
    ];
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_workbook_has_a_sheet_of_typed_cells_for_each_topic() {
    let mut book = workbook(&season()).await;
    assert_eq!(book.sheet_names(), ["detections", "visits", "effort", "individuals"]);
    let detections = book.worksheet_range("detections").unwrap();
    assert_eq!(detections.get_size(), (9, 27));
    let cell = |row, column| detections.get((row, column)).unwrap().clone();
    assert_eq!(cell(1, 0), Data::String("buck-0".into()));
    assert_eq!(cell(1, 8), Data::Float(0.875));
    assert_eq!(cell(1, 16), Data::Empty, "nothing is known of the species");
    let Data::DateTime(taken_at) = cell(1, 2) else { panic!("{:?}", cell(1, 2)) };
    let days_since_1899 = (day("2025-11-03") - day("1899-12-30")).num_days();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand days")]
    let expected = days_since_1899 as f64 + 17.0 / 24.0;
    assert!((taken_at.as_f64() - expected).abs() < 1e-9, "what the clock showed: 17:00");
    let effort = book.worksheet_range("effort").unwrap();
    assert_eq!(effort.get((2, 7)), Some(&Data::Float(30.0)));
    let visits = book.worksheet_range("visits").unwrap();
    assert_eq!(visits.get_size(), (5, 12));
}

#[tokio::test]
async fn a_workbook_repeats_to_the_byte_and_holds_no_clock() {
    let season = season();
    let export = || Export::Table(params(Format::Xlsx, None));
    let bytes = season.bytes(export()).await;
    assert!(bytes == season.bytes(export()).await);
    let mut zip = ::zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for index in 0..zip.len() {
        let modified = zip.by_index(index).unwrap().last_modified().unwrap();
        assert_eq!(modified.year(), 1980);
    }
    let mut core = String::new();
    std::io::Read::read_to_string(&mut zip.by_name("docProps/core.xml").unwrap(), &mut core).unwrap();
    assert!(core.contains("2026-01-02T03:04:05Z"), "the time of the request: {core}");
}

#[tokio::test]
async fn a_map_has_a_point_with_counts_for_each_place() {
    let mut season = season();
    let mut nowhere = place("nowhere", "Nowhere");
    nowhere.latitude = None;
    season.places.push(nowhere);
    let map = async |asked: TableParams| -> Value {
        serde_json::from_slice(&season.bytes(Export::Table(asked)).await).unwrap()
    };
    let all = map(params(Format::Geojson, None)).await;
    assert_eq!(all["type"], "FeatureCollection");
    assert_eq!(all["coordinate_precision"], 0.01);
    let features = all["features"].as_array().unwrap();
    let names: Vec<&Value> = features.iter().map(|feature| &feature["properties"]["place"]).collect();
    assert_eq!(names, ["Creek", "North ridge", "Nowhere"]);
    let ridge = &features[1];
    assert_eq!(
        ridge["geometry"],
        json!({ "type": "Point", "coordinates": [4.65, 50.83] }),
        "longitude first, rounded"
    );
    let expected = json!({
        "place_id": "ridge", "place": "North ridge",
        "detections": 6, "detections_buck": 6, "detections_doe": 0, "detections_fawn": 0, "detections_unknown": 0,
        "visits": 3, "visits_buck": 3, "visits_doe": 0, "visits_fawn": 0, "visits_unknown": 0,
        "trap_nights": 30.0, "individuals": 1,
    });
    assert_eq!(ridge["properties"], expected);
    assert_eq!(features[2]["geometry"], Value::Null);

    let asked = TableParams { exact_coordinates: true, ..params(Format::Geojson, Topic::Effort) };
    let exact = map(asked).await;
    assert_eq!(exact["features"][1]["geometry"]["coordinates"], json!([4.651234, 50.828917]));
    assert_eq!(exact.get("coordinate_precision"), None);
    let keys: Vec<&String> = exact["features"][1]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["place", "place_id", "trap_nights"]);
}

#[tokio::test]
async fn a_day_is_that_of_the_place() {
    let mut season = season();
    // Half past midnight on 1 December in Brussels is still 30 November in Chicago.
    season.places[1].timezone = Some("America/Chicago".into());
    for (id, place) in [("late ridge", "ridge"), ("late creek", "creek")] {
        season.image(id, "2025-11-30T23:30:00Z", None);
        season.images.last_mut().unwrap().location_id = Some(place.into());
        season.detection(id, id, Class::Fawn, [0.1, 0.1, 0.2, 0.2]);
    }
    let rows = csv(&season, Topic::Detections).await;
    let late: Vec<&String> = rows.iter().filter(|row| row.starts_with("late")).collect();
    assert_eq!(late.len(), 1);
    assert!(
        late[0].starts_with("late creek,late creek,2025-11-30T17:30:00-06:00,America/Chicago,"),
        "{late:?}"
    );
    // The days of the ridge end in Brussels, whatever the zone of the creek.
    let effort = csv(&season, Topic::Effort).await;
    let ridge = effort.iter().find(|row| row.starts_with("ridge,")).unwrap();
    assert!(
        ridge.ends_with(",2025-12-01T00:00:00+01:00,Europe/Brussels,coordinates,30,deployments"),
        "{ridge}"
    );
}

#[tokio::test]
async fn filters_narrow_the_rows() {
    let season = season();
    let ids = async |asked: TableParams| {
        let rows = csv_rows(&season.bytes(Export::Table(asked)).await);
        rows.into_iter().skip(1).map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let all = || params(Format::Csv, Topic::Detections);
    assert_eq!(ids(TableParams { classifications: vec![Class::Doe], ..all() }).await, ["doe"]);
    assert_eq!(ids(TableParams { place_ids: Some(vec!["creek".into()]), ..all() }).await, ["doe"]);
    assert_eq!(ids(TableParams { deer_ids: Some(vec!["d1".into()]), ..all() }).await.len(), 6);
    let places = TableParams { place_ids: Some(vec!["ridge".into()]), ..params(Format::Csv, Topic::Effort) };
    assert_eq!(ids(places).await, ["ridge"]);
}

#[tokio::test]
async fn an_empty_table_is_refused_with_its_reason() {
    let season = season();
    let refused = async |asked: TableParams| match season.export(Export::Table(asked)).await {
        Err(JobError::Reject(reason)) => reason,
        other => panic!("{other:?}"),
    };
    let nothing = "No detections found in specified date range. There are 8 detections from 2025-11-03 to 2025-11-04 \
                   (7 bucks and 1 doe), at 2 places: Creek (id creek) and North ridge (id ridge); no species is named.";
    let fawns = TableParams { classifications: vec![Class::Fawn], ..params(Format::Xlsx, None) };
    assert_eq!(refused(fawns).await, nothing);
    let does = TableParams { classifications: vec![Class::Doe], ..params(Format::Csv, Topic::Individuals) };
    assert_eq!(refused(does).await, nothing);
    let early = TableParams {
        start_date: day("2020-01-01"),
        end_date: day("2020-01-31"),
        ..params(Format::Csv, Topic::Effort)
    };
    let early = refused(early).await;
    assert!(early.starts_with("No camera stood in specified date range. There are 8 detections"), "{early}");
}

#[tokio::test]
async fn hostile_text_comes_out_as_text_in_every_format() {
    let hostile = [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "<b>&amp;\"</b>",
        "'; drop table x; --",
        "#let x = 1",
        "a,\"b\"\r\nc",
        "\u{202e}txt",
        "{=1}",
    ];
    let mut season = season();
    season.places[0].name = hostile[0].into();
    for (number, text) in hostile.iter().enumerate() {
        season.deer.push(known(&format!("h{number}"), text));
        let id = format!("row {number}");
        season.detection(
            &id,
            "i0",
            Class::Buck,
            [0.1 * f64::from(u32::try_from(number).unwrap()), 0.0, 0.05, 0.05],
        );
        let row = season.detections.last_mut().unwrap();
        row.deer_id = Some(format!("h{number}"));
        row.behavior = Some((*text).into());
    }

    let rows = csv_rows(&season.bytes(Export::Table(params(Format::Csv, Topic::Detections))).await);
    for row in &rows {
        assert!(!row.iter().any(|cell| cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
    for (number, text) in hostile.iter().enumerate() {
        let row = rows.iter().find(|row| row[0] == format!("row {number}")).unwrap();
        let unmarked = |cell: &str| cell.strip_prefix('\'').unwrap_or(cell).to_owned();
        let expected = text.strip_prefix('\'').unwrap_or(text);
        assert_eq!([unmarked(&row[11]), unmarked(&row[19])], [expected; 2], "as it was, but for the mark");
    }

    let mut book = workbook(&season).await;
    for sheet in book.sheet_names() {
        assert!(book.worksheet_formula(&sheet).unwrap().is_empty(), "a formula in {sheet}");
    }
    let names: Vec<String> =
        book.worksheet_range("individuals").unwrap().rows().map(|row| row[1].to_string()).collect();
    for text in hostile {
        assert!(
            names.contains(&text.replace('\r', "")) || names.contains(&text.to_owned()),
            "{text:?}: {names:?}"
        );
    }

    let map = season.bytes(Export::Table(params(Format::Geojson, None))).await;
    let map: Value = serde_json::from_slice(&map).unwrap();
    let names: Vec<&Value> =
        map["features"].as_array().unwrap().iter().map(|feature| &feature["properties"]["place"]).collect();
    assert_eq!(names, ["=1+1", "Creek"], "JSON knows no formulas: as it is");
}
