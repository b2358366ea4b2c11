//! `camtrap-dp`: effort and the detection history hold what was asked for and what is known, and nothing twice.

use deertrack_catalog::store::NewDeployment;
use deertrack_schemas::{CamtrapDpParams, Class, Export};
use serde_json::{Value, json};

use crate::season::{Season, at, csv_rows, file, unzip};

type Files = Vec<(String, Vec<u8>)>;

async fn package(season: &Season, params: CamtrapDpParams) -> Files {
    unzip(&season.bytes(Export::CamtrapDp(params)).await)
}

fn between(first: &str, last: &str) -> CamtrapDpParams {
    let day = |text: &str| Some(text.parse().unwrap());
    CamtrapDpParams { start_date: day(first), end_date: day(last), ..CamtrapDpParams::default() }
}

fn history(files: &Files) -> Vec<String> {
    csv_rows(file(files, "detection_history.csv")).iter().map(|row| row.join(",")).collect()
}

fn stand(season: &mut Season, id: &str, [place, camera]: [&str; 2], start: &str, end: Option<&str>) {
    season.deployments.push(NewDeployment {
        id: id.into(),
        dataset_id: None,
        location_id: place.into(),
        camera: (!camera.is_empty()).then(|| camera.into()),
        start: at(start),
        end: end.map(at),
        ..NewDeployment::default()
    });
}

fn image(season: &mut Season, id: &str, place: &str, taken_at: &str) {
    season.image(id, taken_at, None);
    season.images.last_mut().unwrap().location_id = Some(place.into());
}

fn doe(season: &mut Season, id: &str, place: &str, taken_at: &str) {
    image(season, id, place, taken_at);
    season.detection(id, id, Class::Doe, [0.1, 0.1, 0.2, 0.2]);
}

#[tokio::test]
async fn a_history_of_counts_holds_the_most_animals_that_were_seen_at_once() {
    let mut season = Season::new();
    stand(&mut season, "dep-1", ["ridge", "x"], "2025-11-01T00:00:00Z", Some("2025-11-16T00:00:00Z"));
    stand(&mut season, "dep-2", ["creek", "y"], "2025-11-08T00:00:00Z", Some("2025-11-16T00:00:00Z"));
    // Two does and a buck on one photograph, a second box of one of them, and two deer on two photographs of that day.
    doe(&mut season, "three", "ridge", "2025-11-03T16:00:00Z");
    season.detection("same", "three", Class::Doe, [0.11, 0.1, 0.2, 0.2]);
    season.detection("doe", "three", Class::Doe, [0.6, 0.1, 0.2, 0.2]);
    season.detection("buck", "three", Class::Buck, [0.3, 0.5, 0.2, 0.2]);
    doe(&mut season, "one", "ridge", "2025-11-03T18:00:00Z");
    doe(&mut season, "another", "ridge", "2025-11-03T20:00:00Z");
    // A row that stands for five.
    doe(&mut season, "herd", "creek", "2025-11-10T16:00:00Z");
    season.detections.last_mut().unwrap().count = 5;

    let files = package(&season, between("2025-11-01", "2025-11-14")).await;
    let rows = |name: &str| csv_rows(file(&files, name));
    let (seen, counts) = (rows("detection_history.csv"), rows("detection_counts.csv"));
    let cells = |rows: &[Vec<String>]| rows.iter().map(|row| row[..3].join(",")).collect::<Vec<_>>();
    assert_eq!(cells(&seen), ["site,y.1,y.2", "creek,NA,1", "ridge,1,0"]);
    assert_eq!(cells(&counts), ["site,y.1,y.2", "creek,NA,5", "ridge,3,0"]);
    assert_eq!(seen[1][3..], counts[1][3..], "with the same effort");
    let package: Value = serde_json::from_slice(file(&files, "datapackage.json")).unwrap();
    let told =
        package["resources"].as_array().unwrap().iter().find(|told| told["name"] == "detection-counts");
    assert_eq!(told.unwrap()["path"], "detection_counts.csv");
}

#[tokio::test]
async fn deployments_and_occasions_are_cut_to_the_days_that_were_asked_for() {
    let mut season = Season::new();
    season.places[1].timezone = Some("America/Chicago".into());
    stand(&mut season, "dep-1", ["ridge", "x"], "2025-11-01T12:00:00Z", Some("2025-11-16T11:00:00Z"));
    stand(&mut season, "dep-2", ["creek", "y"], "2025-10-01T00:00:00Z", None);
    // Until the morning of the first day in Belgium; there it is still the night before in Chicago.
    stand(&mut season, "dep-3", ["creek", "z"], "2025-11-01T00:00:00Z", Some("2025-11-08T04:00:00Z"));
    doe(&mut season, "before", "ridge", "2025-11-03T16:00:00Z");
    doe(&mut season, "within", "ridge", "2025-11-09T16:00:00Z");
    doe(&mut season, "behind", "creek", "2025-11-20T16:00:00Z");

    let files = package(&season, between("2025-11-08", "2025-11-17")).await;
    // Nobody looked for deer before the 8th or behind the 17th: no column says that there were none.
    let expected = ["site,y.1,y.2,effort.1,effort.2", "creek,0,0,7,3", "ridge,1,0,7,1.5"];
    assert_eq!(history(&files), expected);
    let occasions = csv_rows(file(&files, "detection_history_occasions.csv"));
    assert_eq!(occasions[1..], [["1", "2025-11-08", "2025-11-14"], ["2", "2025-11-15", "2025-11-17"]]);
    let deployments = csv_rows(file(&files, "deployments.csv"));
    let column = |name: &str| deployments[0].iter().position(|told| told == name).unwrap();
    let columns = ["deploymentID", "deploymentStart", "deploymentEnd"].map(column);
    let spans: Vec<[&str; 3]> =
        deployments[1..].iter().map(|row| columns.map(|column| row[column].as_str())).collect();
    let expected = [
        ["dep-1", "2025-11-07T23:00:00Z", "2025-11-16T11:00:00Z"],
        ["dep-2", "2025-11-08T06:00:00Z", "2025-11-18T06:00:00Z"],
    ];
    assert_eq!(spans, expected, "days of each place");
    let package: Value = serde_json::from_slice(file(&files, "datapackage.json")).unwrap();
    assert_eq!(package["temporal"], json!({ "start": "2025-11-08", "end": "2025-11-17" }));
    // Whose days they are, how that is known, and what was looked for.
    let days = "local time of each place (America/Chicago, as the place tells; Europe/Brussels, from the coordinates)";
    let own = &package["deertrack"];
    assert_eq!((&own["days"], &own["species"]), (&json!(days), &json!(["Cervidae"])));
    let resources = package["resources"].as_array().unwrap();
    let history = resources.iter().find(|resource| resource["name"] == "detection-history").unwrap();
    let what = history["description"].as_str().unwrap();
    assert!(what.contains("Detections of Cervidae") && what.contains(days), "{what}");
    let description = package["description"].as_str().unwrap();
    assert!(description.contains("cut to the local days from 2025-11-08 to 2025-11-17"), "{description}");
}

#[tokio::test]
async fn occasions_run_over_all_days_that_were_asked_for() {
    let mut season = Season::new();
    stand(&mut season, "dep", ["ridge", "x"], "2025-11-10T23:00:00Z", Some("2025-11-12T23:00:00Z"));
    doe(&mut season, "doe", "ridge", "2025-11-11T16:00:00Z");
    let files = package(&season, between("2025-11-01", "2025-11-21")).await;
    assert_eq!(history(&files)[1], "ridge,NA,1,NA,0,2,0");
}

#[tokio::test]
async fn effort_is_neither_a_silence_over_a_day_nor_one_camera_twice() {
    let mut season = Season::new();
    // The ridge: no deployment, but images that prove half a day and, after four silent days, a quarter.
    doe(&mut season, "r1", "ridge", "2025-11-01T00:00:00Z");
    for (id, taken_at) in
        [("r2", "2025-11-01T12:00:00Z"), ("r3", "2025-11-05T12:00:00Z"), ("r4", "2025-11-05T18:00:00Z")]
    {
        image(&mut season, id, "ridge", taken_at);
    }
    // The creek: two deployments of one camera that overlap, and images before and after them.
    stand(&mut season, "dep-1", ["creek", "x"], "2025-11-02T23:00:00Z", Some("2025-11-04T23:00:00Z"));
    stand(&mut season, "dep-2", ["creek", "x"], "2025-11-03T23:00:00Z", Some("2025-11-05T23:00:00Z"));
    for (id, taken_at) in
        [("c1", "2025-11-01T00:00:00Z"), ("c2", "2025-11-03T12:00:00Z"), ("c3", "2025-11-07T12:00:00Z")]
    {
        doe(&mut season, id, "creek", taken_at);
    }
    let files = package(&season, CamtrapDpParams::default()).await;
    assert_eq!(history(&files), ["site,y.1,effort.1", "creek,1,3", "ridge,1,0.75"]);

    let daily = CamtrapDpParams { occasion_days: 1, ..CamtrapDpParams::default() };
    let rows = history(&package(&season, daily).await);
    assert_eq!(rows[1], "creek,1,NA,1,0,0,NA,1,0,0,1,1,1,0,0", "seen where no effort is known is still seen");
    assert_eq!(rows[2], "ridge,1,NA,NA,NA,0,NA,NA,0.5,0,0,0,0.25,0,0");
}

#[tokio::test]
async fn what_is_seen_in_the_last_instant_belongs_to_the_last_occasion_with_effort() {
    let mut season = Season::new();
    // From midnight to midnight in Brussels.
    stand(&mut season, "dep-1", ["ridge", "x"], "2025-10-31T23:00:00Z", Some("2025-11-07T23:00:00Z"));
    doe(&mut season, "last", "ridge", "2025-11-07T23:00:00Z");
    let files = package(&season, CamtrapDpParams::default()).await;
    assert_eq!(history(&files), ["site,y.1,effort.1", "ridge,1,7"]);
    // Also where another camera makes the history go on.
    stand(&mut season, "dep-2", ["creek", "y"], "2025-11-01T23:00:00Z", Some("2025-11-14T23:00:00Z"));
    let files = package(&season, CamtrapDpParams::default()).await;
    assert_eq!(history(&files), ["site,y.1,y.2,effort.1,effort.2", "creek,0,0,6,7", "ridge,1,NA,7,0"]);
}

#[tokio::test]
async fn a_year_4999_makes_no_column_and_no_effort_beyond_the_request() {
    let mut season = Season::new();
    stand(&mut season, "dep-1", ["ridge", "x"], "2025-12-20T23:00:00Z", Some("4999-01-01T00:00:00Z"));
    stand(&mut season, "dep-2", ["creek", "y"], "2031-01-01T00:00:00Z", Some("2032-01-01T00:00:00Z"));
    doe(&mut season, "seen", "ridge", "2025-12-24T12:00:00Z");
    let rows = history(&package(&season, CamtrapDpParams::default()).await);
    // Asked for on 2 January 2026, at four in the morning in Brussels.
    assert_eq!(rows[0], "site,y.1,y.2,effort.1,effort.2");
    assert_eq!(rows[1], "creek,NA,NA,0,0");
    assert!(rows[2].starts_with("ridge,1,0,7,5.1"), "{}", rows[2]);
}

#[tokio::test]
async fn a_clock_of_1970_makes_longer_occasions_and_not_twenty_thousand_columns() {
    let mut season = Season::new();
    stand(&mut season, "dep-1", ["ridge", "x"], "1970-01-01T00:00:00Z", Some("2025-11-08T00:00:00Z"));
    doe(&mut season, "seen", "ridge", "2025-11-03T12:00:00Z");
    let asked = CamtrapDpParams { occasion_days: 1, ..CamtrapDpParams::default() };
    let files = package(&season, asked.clone()).await;
    let occasions = csv_rows(file(&files, "detection_history_occasions.csv"));
    assert!((3_000..=4_001).contains(&occasions.len()), "{}", occasions.len());
    assert_eq!((occasions[1][1].as_str(), occasions[1][2].as_str()), ("1970-01-01", "1970-01-06"));
    let rows = history(&files);
    assert_eq!(rows[1].split(',').filter(|cell| *cell == "1").count(), 1, "what was seen is not lost");
    let told = season.export(Export::CamtrapDp(asked)).await.unwrap().headline.unwrap();
    assert!(told.contains("occasions of 6 days and not 1"), "{told}");
}

#[tokio::test]
async fn some_hours_at_the_edge_of_an_occasion_are_no_look() {
    // Days in UTC, at a place two hours ahead of it: two deployments of ten days with a gap of ten.
    let mut season = Season::new();
    stand(&mut season, "dep-1", ["ridge", "x"], "2025-05-01T00:00:00Z", Some("2025-05-11T00:00:00Z"));
    stand(&mut season, "dep-2", ["ridge", "x"], "2025-05-21T00:00:00Z", Some("2025-05-31T00:00:00Z"));
    doe(&mut season, "seen", "ridge", "2025-05-03T12:00:00Z");
    let asked = CamtrapDpParams { occasion_days: 5, ..CamtrapDpParams::default() };
    let rows = history(&package(&season, asked).await);
    assert_eq!(rows[0], "site,y.1,y.2,y.3,y.4,y.5,y.6,effort.1,effort.2,effort.3,effort.4,effort.5,effort.6");
    assert_eq!(rows[1], "ridge,1,0,NA,NA,0,0,4.91667,5,0.08333,0,4.91667,5");
}
