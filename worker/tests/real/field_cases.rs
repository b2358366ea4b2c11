//! Packages as people have them: what a table and a package that is exported say of each, and that each comes back.

use std::path::Path;

use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{CamtrapDpParams, Export, TableParams};
use deertrack_sources::camtrap_dp::Options;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::check::Check;
use super::databases::{Both, run};
use super::exports::bytes_of;
use super::known::Known;
use super::package::{is_valid, unpack};

pub(crate) const CHECKS: &[Check] = &[
    ("every_field_case_comes_back_with_the_same_visits", all_come_back),
    ("c03_events_have_their_photographs_in_tables_and_packages", events_beside_media),
    ("c07a_nothing_lies_in_the_year_4999", year_4999),
    ("c08_days_and_offsets_are_those_of_the_place", offset_dropped),
    ("c17a_a_gap_is_no_effort", gap),
    ("c17b_a_camera_that_stood_for_no_time_has_no_effort", zero_length),
    ("c18_no_occasion_has_a_detection_and_no_effort", first_and_last_instant),
    ("c20a_a_box_across_the_antimeridian_does_not_go_round_the_globe", antimeridian),
    ("c21_a_picture_with_a_person_is_not_the_bucks_and_not_public", person_in_first_picture),
];

/// As a reader of each case would import it.
fn options(case: &str) -> Options {
    let species = if case.starts_with("c20a") { "Rangifer tarandus" } else { "Capreolus capreolus" };
    Options { species: vec![species.to_owned()], skip_invalid: case.starts_with("c13"), ..Options::default() }
}

async fn imported(data: &Path, case: &str) -> Both {
    Both::import(&data.join("field_cases").join(case), &options(case)).await
}

fn exact(occasion_days: u32) -> Export {
    Export::CamtrapDp(CamtrapDpParams {
        exact_coordinates: true,
        occasion_days,
        ..CamtrapDpParams::default()
    })
}

fn all_come_back(data: &Path) {
    let mut cases: Vec<String> = std::fs::read_dir(data.join("field_cases"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name != "c11d_semicolons_not_told") // It is refused: see `sources/tests/real_packages`.
        .collect();
    cases.sort();
    assert!(cases.len() >= 23, "{cases:?}");
    run(async {
        for case in &cases {
            let before = imported(data, case).await;
            let bytes = bytes_of(&before.sqlite, exact(7)).await;
            let dir = unpack(&bytes);
            is_valid(data, dir.path());
            let after = Both::import(dir.path(), &options(case)).await;
            assert_eq!(after.summary.bad_row_count, 0, "{case}");
            let again = bytes_of(&after.sqlite, exact(7)).await;
            let (before, after) = (Known::of(&before.sqlite).await, Known::of(&after.sqlite).await);
            assert_eq!(before.differences(&after), Vec::<String>::new(), "{case}");
            assert_eq!(before.visits(), after.visits(), "{case}");
            assert!(!before.visits()[0].is_empty(), "{case}");
            for (name, bytes) in files(&bytes) {
                let now = &files(&again).into_iter().find(|(other, _)| *other == name).unwrap().1;
                assert_eq!(text(&bytes), text(now), "{case}, {name}");
            }
        }
    });
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The files of an archive.
fn files(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let dir = unpack(bytes);
    let files = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap())).collect()
}

/// The rows of a CSV table, each with these columns.
fn columns<const N: usize>(bytes: &[u8], names: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers().unwrap().clone();
    let at =
        names.map(|name| header.iter().position(|told| told == name).unwrap_or_else(|| panic!("no {name}")));
    reader.records().map(|row| row.unwrap()).map(|row| at.map(|at| row[at].to_owned())).collect()
}

async fn table<const N: usize>(
    case: &Both,
    days: [&str; 2],
    topic: Topic,
    names: [&str; N],
) -> Vec<[String; N]> {
    let [first, last] = days.map(|day| day.parse().unwrap());
    let asked = TableParams { topic: Some(topic), ..TableParams::new(Format::Csv, first, last) };
    columns(&bytes_of(&case.sqlite, Export::Table(asked)).await, names)
}

/// An exported package, unpacked.
struct Package(TempDir);

impl Package {
    async fn of(data: &Path, case: &Both, occasion_days: u32) -> Self {
        let package = Self(unpack(&bytes_of(&case.sqlite, exact(occasion_days)).await));
        is_valid(data, package.0.path());
        package
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }

    fn rows<const N: usize>(&self, name: &str, names: [&str; N]) -> Vec<[String; N]> {
        columns(&self.bytes(name), names)
    }

    fn lines(&self, name: &str) -> Vec<String> {
        text(&self.bytes(name)).lines().map(str::to_owned).collect()
    }

    fn description(&self) -> Value {
        serde_json::from_slice(&self.bytes("datapackage.json")).unwrap()
    }

    /// For each place, what was seen and for how many days a camera stood, by occasion.
    fn history(&self) -> Vec<(Vec<String>, Vec<f64>)> {
        let lines = self.lines("detection_history.csv");
        let cells = lines[1..].iter().map(|line| line.split(',').skip(1).map(str::to_owned).collect());
        cells
            .map(|cells: Vec<String>| {
                let (seen, effort) = cells.split_at(cells.len() / 2);
                (seen.to_vec(), effort.iter().map(|days| days.parse().unwrap()).collect())
            })
            .collect()
    }
}

/// Both levels told once, by whom and when: the words that every package says of itself.
fn says_what_it_is(package: &Package, species: &str, zone: &str, [start, end]: [&str; 2]) {
    let told = package.description();
    assert_eq!(told["taxonomic"], json!([{ "scientificName": species }]));
    assert_eq!(told["temporal"], json!({ "start": start, "end": end }));
    assert_eq!(told["deertrack"]["species"], json!([species]));
    let days = format!("local time ({zone}, from the coordinates)");
    assert_eq!(told["deertrack"]["days"], json!(days));
    let resources = told["resources"].as_array().unwrap();
    let history = resources.iter().find(|resource| resource["name"] == "detection-history").unwrap();
    let what = history["description"].as_str().unwrap();
    assert!(what.contains(species) && what.contains(&days), "{what}");
}

fn events_beside_media(data: &Path) {
    run(async {
        let case = imported(data, "c03_events_beside_media").await;
        let days = ["2024-05-01", "2024-05-31"];
        let detections =
            table(&case, days, Topic::Detections, ["image_id", "image_path", "seen_from", "seen_until"])
                .await;
        let at = |seconds: u32| format!("2024-05-02T07:00:{seconds:02}+02:00");
        assert_eq!(detections, [["m1".to_owned(), "m1.jpg".to_owned(), at(0), at(9)]]);
        let visits = table(&case, days, Topic::Visits, ["classification", "start", "end", "images"]).await;
        assert_eq!(visits, [["buck".to_owned(), at(0), at(9), "1".to_owned()]]);
        let package = Package::of(data, &case, 7).await;
        says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2024-05-01", "2024-05-31"]);
        let media: Vec<[String; 1]> = package.rows("media.csv", ["mediaID"]);
        assert_eq!(media.concat(), ["m1", "m2", "m3", "m4"]);
        let rows =
            package.rows("observations.csv", ["observationID", "observationType", "eventID", "eventEnd"]);
        let end = "2024-05-02T05:00:09Z";
        assert_eq!(rows, [["o1", "animal", "e1", end], ["o1:media", "unclassified", "e1", end]]);
    });
}

fn year_4999(data: &Path) {
    run(async {
        let case = imported(data, "c07a_year_4999").await;
        let effort =
            table(&case, ["2017-01-01", "2017-12-31"], Topic::Effort, ["place_id", "trap_nights"]).await;
        assert_eq!(effort, [["L1", "31"]], "the camera of 4999 has none");
        let package = Package::of(data, &case, 7).await;
        says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2017-05-08", "2017-06-08"]);
        let occasions = package.rows("detection_history_occasions.csv", ["first_day", "last_day"]);
        assert_eq!((occasions.len(), &occasions[0][0]), (5, &"2017-05-08".to_owned()));
        assert!(occasions.iter().all(|[first, last]| first <= last && last.as_str() <= "2017-06-08"));
        let history = package.history();
        assert_eq!(
            history[1],
            (vec!["NA".to_owned(); 5], vec![0.0; 5]),
            "nobody knows when the second stood"
        );
        let ends: Vec<[String; 1]> = package.rows("deployments.csv", ["deploymentEnd"]);
        assert!(ends.concat().contains(&"4999-04-27T11:41:00Z".to_owned()), "it comes back as told");
    });
}

fn offset_dropped(data: &Path) {
    run(async {
        let case = imported(data, "c08_offset_dropped").await;
        let zoned = ["start", "time_zone", "time_zone_source"];
        let visits = table(&case, ["2024-06-01", "2024-06-30"], Topic::Visits, zoned).await;
        let [zone, source] = ["Africa/Johannesburg", "coordinates"];
        let expected = ["2024-06-01T00:30:00+02:00", "2024-06-15T06:54:00+02:00"];
        assert_eq!(visits, expected.map(|start| [start, zone, source]));
        let package = Package::of(data, &case, 7).await;
        says_what_it_is(&package, "Capreolus capreolus", zone, ["2024-06-01", "2024-07-01"]);
        let rows = package.rows("observations.csv", ["eventStart", "eventEnd"]);
        assert_eq!(rows, expected.map(|start| [start, start]), "with the offset that was told");
        let occasions = package.rows("detection_history_occasions.csv", ["first_day", "last_day"]);
        assert_eq!(occasions[0], ["2024-06-01", "2024-06-07"]);
        assert_eq!(occasions.last().unwrap()[1], "2024-06-30", "it was taken down at midnight");
        let seen: Vec<String> = package.history()[0].0.clone();
        assert_eq!(seen, ["1", "0", "1", "0", "0"]);
    });
}

fn gap(data: &Path) {
    run(async {
        let case = imported(data, "c17a_gap").await;
        let effort =
            table(&case, ["2024-05-01", "2024-05-31"], Topic::Effort, ["place_id", "trap_nights"]).await;
        assert_eq!(effort, [["L1", "10"], ["L1", "10"]]);
        let package = Package::of(data, &case, 5).await;
        says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2024-05-01", "2024-05-31"]);
        let (seen, effort) = package.history().remove(0);
        assert_eq!(seen, ["1", "0", "NA", "NA", "0", "0"]);
        assert!((effort.iter().sum::<f64>() - 20.0).abs() < 0.2, "{effort:?}");
    });
}

fn zero_length(data: &Path) {
    run(async {
        let case = imported(data, "c17b_zero_length").await;
        let visits = table(&case, ["2024-05-01", "2024-05-31"], Topic::Visits, ["place_id", "start"]).await;
        assert_eq!(visits, [["L1", "2024-05-02T07:00:00+02:00"]]);
        let package = Package::of(data, &case, 7).await;
        says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2024-05-02", "2024-05-02"]);
        let history = package.lines("detection_history.csv");
        assert!(history.iter().all(|line| !line.contains("NaN") && !line.contains("-0")), "{history:?}");
        for (seen, effort) in package.history() {
            assert!(effort.iter().all(|days| *days == 0.0), "{seen:?} {effort:?}");
            assert!(seen.iter().all(|seen| seen != "0"), "nobody looked: {seen:?}");
        }
        assert_eq!(package.rows("observations.csv", ["observationID", "count"]), [["1", "1"]]);
    });
}

fn first_and_last_instant(data: &Path) {
    run(async {
        let case = imported(data, "c18_first_and_last_instant").await;
        let visits: Vec<[String; 1]> =
            table(&case, ["2024-05-01", "2024-05-31"], Topic::Visits, ["start"]).await;
        assert_eq!(visits.concat(), ["2024-05-01T02:00:00+02:00", "2024-05-08T02:00:00+02:00"]);
        for occasion_days in [1, 7] {
            let package = Package::of(data, &case, occasion_days).await;
            says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2024-05-01", "2024-05-08"]);
            let (seen, effort) = package.history().remove(0);
            assert!((effort.iter().sum::<f64>() - 7.0).abs() < 0.1, "{effort:?}");
            for (seen, effort) in seen.iter().zip(&effort) {
                assert!(seen != "1" || *effort > 0.0, "seen without a camera: {seen:?} {effort:?}");
            }
            assert_eq!(seen.first().map(String::as_str), Some("1"));
            assert_eq!(seen.last().map(String::as_str), Some("1"));
        }
    });
}

fn antimeridian(data: &Path) {
    run(async {
        let case = imported(data, "c20a_antimeridian").await;
        let visits: Vec<[String; 1]> =
            table(&case, ["2024-05-01", "2024-05-31"], Topic::Visits, ["place_id"]).await;
        assert_eq!(visits.len(), 6);
        let package = Package::of(data, &case, 7).await;
        let told = package.description();
        assert_eq!(told["taxonomic"], json!([{ "scientificName": "Rangifer tarandus" }]));
        let part = |west: f64, east: f64| {
            json!([[[west, 65.0], [east, 65.0], [east, 65.0], [west, 65.0], [west, 65.0]]])
        };
        let parts = [part(179.95, 180.0), part(-180.0, -179.95)];
        assert_eq!(told["spatial"], json!({ "type": "MultiPolygon", "coordinates": parts }), "RFC 7946, 5.2");
        assert_eq!(told["temporal"], json!({ "start": "2024-05-01", "end": "2024-05-31" }));
        let rows = package.rows("deployments.csv", ["latitude", "longitude"]);
        assert_eq!(rows, [["65.0", "179.95"], ["65.0", "-179.95"]]);
        let [first, last] = ["2024-05-01", "2024-05-31"].map(|day| day.parse().unwrap());
        let geojson = Export::Table(TableParams {
            exact_coordinates: true,
            ..TableParams::new(Format::Geojson, first, last)
        });
        let places: Value = serde_json::from_slice(&bytes_of(&case.sqlite, geojson).await).unwrap();
        let points = places["features"].as_array().unwrap().iter();
        let mut points: Vec<Value> = points.map(|place| place["geometry"]["coordinates"].clone()).collect();
        points.sort_by_key(|point| point[0].as_f64().map(|degrees| degrees as i64));
        assert_eq!(points, [json!([-179.95, 65.0]), json!([179.95, 65.0])]);
    });
}

fn person_in_first_picture(data: &Path) {
    run(async {
        let case = imported(data, "c21_person_in_first_picture").await;
        let days = ["2024-05-01", "2024-05-31"];
        let detections = table(&case, days, Topic::Detections, ["image_id", "image_path"]).await;
        assert_eq!(detections, [["m2", "m2.jpg"]]);
        let visits = table(&case, days, Topic::Visits, ["start", "end", "animals"]).await;
        assert_eq!(visits, [["2024-05-02T07:00:00+02:00", "2024-05-02T07:00:20+02:00", "1"]]);
        let package = Package::of(data, &case, 7).await;
        says_what_it_is(&package, "Capreolus capreolus", "Europe/Brussels", ["2024-05-01", "2024-05-31"]);
        assert_eq!(package.rows("media.csv", ["mediaID", "filePublic"]), [["m1", "false"], ["m2", "false"]]);
        let rows = package.rows("observations.csv", ["observationID", "mediaID", "observationType", "count"]);
        let expected =
            [["2", "m2", "animal", "1"], ["3", "", "animal", "1"], ["m1:people", "m1", "human", ""]];
        let mut rows = rows;
        rows.sort();
        assert_eq!(rows, expected);
    });
}
