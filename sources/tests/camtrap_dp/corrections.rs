//! What people correct at import: places, clocks, times in which a camera did not work.

use chrono::TimeDelta;
use deertrack_catalog::connect;
use deertrack_catalog::corrections::Corrections;
use deertrack_sources::ImportError;
use deertrack_sources::camtrap_dp::{Options, Summary};
use deertrack_survey::effort::Effort;
use deertrack_survey::{Deployment, Place};

use crate::package::{Package, at, ever};

fn places_of(package: &Package, csv: &str) -> Options {
    package.file("places.csv", csv.as_bytes());
    Options { places: Some(format!("{}/places.csv", package.root()).into()), ..Options::default() }
}

fn failures_of(package: &Package, csv: &str) -> Options {
    package.file("failures.csv", csv.as_bytes());
    Options { failures: Some(format!("{}/failures.csv", package.root()).into()), ..Options::default() }
}

fn shifted(shifts: &[(&str, &str)]) -> Options {
    let shifts = shifts.iter().map(|(id, shift)| ((*id).to_owned(), shift.parse().unwrap()));
    Options { shifts: shifts.collect(), ..Options::default() }
}

async fn places(package: &Package) -> Vec<Place> {
    connect(&package.database()).await.unwrap().places().await.unwrap()
}

async fn deployments(package: &Package) -> Vec<Deployment> {
    connect(&package.database()).await.unwrap().deployments(ever()).await.unwrap()
}

async fn recorded(package: &Package) -> Corrections {
    let datasets = connect(&package.database()).await.unwrap().datasets().await.unwrap();
    Corrections::of_notes(datasets[0].notes.as_deref())
}

/// Two cameras at the place L1 (Ridge), one at L2 (Pond), one without any word of its place.
fn three_places() -> Package {
    let mut package = Package::new();
    for (id, place, name, latitude) in [
        ("d1", "L1", "Ridge", "50.1"),
        ("d2", "L1", "Ridge", "50.1"),
        ("d3", "L2", "Pond", "50.2"),
        ("d4", "", "", "50.3"),
    ] {
        package.deployment(&[
            ("deploymentID", id),
            ("locationID", place),
            ("locationName", name),
            ("latitude", latitude),
            ("coordinateUncertainty", "187"),
        ]);
        package.event(&[("observationID", &format!("o{id}")), ("deploymentID", id)]);
    }
    package
}

#[tokio::test]
async fn places_are_corrected_by_id_name_or_deployment_and_what_was_told_is_gone() {
    let package = three_places();
    let csv = "Location ID;location_name;deployment_id;latitude;longitude;coordinate_uncertainty;name;timezone\r\n\
               L1;Ridge;;-10,5;-179,98;;North ridge;Pacific/Fiji\r\n;Pond;;;;12;;\r\n;;d4;51;4;;;\r\n;;;;;;;\r\n";
    let summary = package.import(&places_of(&package, csv)).await.unwrap();
    let told: Vec<_> = places(&package)
        .await
        .into_iter()
        .map(|place| (place.name, place.latitude, place.longitude, place.coordinate_uncertainty, place.zone))
        .collect();
    let expected = [
        ("North ridge", -10.5, -179.98, None, Some(chrono_tz::Pacific::Fiji)),
        ("Pond", 50.2, 4.6, Some(12.0), None),
        ("d4", 51.0, 4.0, None, None),
    ];
    let expected = expected
        .map(|(name, north, east, metres, zone)| (name.to_owned(), Some(north), Some(east), metres, zone));
    assert_eq!(told, expected);
    for (deployment, extra) in [
        (
            "d1",
            r#"{"latitude":"-10.5","locationID":"L1","locationName":"North ridge","longitude":"-179.98"}"#,
        ),
        (
            "d2",
            r#"{"latitude":"-10.5","locationID":"L1","locationName":"North ridge","longitude":"-179.98"}"#,
        ),
        (
            "d3",
            r#"{"coordinateUncertainty":"12","latitude":"50.2","locationID":"L2","locationName":"Pond","longitude":"4.6"}"#,
        ),
        ("d4", r#"{"latitude":"51","longitude":"4"}"#),
    ] {
        let told = package.text(&format!("select extra from deployments where id = '{deployment}'")).await;
        assert_eq!(told, extra, "{deployment}");
    }
    let kept = recorded(&package).await;
    let what: Vec<_> =
        kept.places.iter().map(|place| (place.place.as_str(), place.what.join(", "))).collect();
    assert_eq!(
        what,
        [
            ("L1", "coordinates, name, time zone".to_owned()),
            ("L2", "coordinate uncertainty".to_owned()),
            ("d4", "coordinates".to_owned()),
        ]
    );
    let told = summary.to_string();
    assert!(
        told.contains("corrected places: L1 (coordinates, name, time zone), L2 (coordinate uncertainty), d4"),
        "{told}"
    );
    assert!(told.contains("Pacific/Fiji, as the place tells (1 place)"), "{told}");
    assert_eq!(summary.notes.corrected_places.len(), 3);
}

#[tokio::test]
async fn deployments_that_shared_a_wrong_point_are_apart_once_it_is_right() {
    let mut package = Package::new();
    for id in ["d1", "d2", "d3"] {
        package.deployment(&[("deploymentID", id), ("latitude", "0"), ("longitude", "0")]);
    }
    package.event(&[("observationID", "o")]);
    assert_eq!(package.import(&Options::default()).await.unwrap().places, 1);
    let by_deployment = "deployment,latitude,longitude\nd2,50.8,4.6\n";
    assert_eq!(package.import(&places_of(&package, by_deployment)).await.unwrap().places, 2);
    let by_place = "place_id,latitude,longitude\nd1,50.8,4.6\n";
    assert_eq!(package.import(&places_of(&package, by_place)).await.unwrap().places, 1);
    assert_eq!(places(&package).await[0].latitude, Some(50.8), "all three, for they are one place");
}

#[tokio::test]
async fn a_wrong_correction_of_places_is_refused_with_its_line_value_and_choices() {
    for (csv, told) in [
        (
            "location_id,latitude,longitude\nL9,1,2\n",
            r#"places.csv, line 2, column location_id: "L9" is not a place of the package; there are: L1, L2, d4"#,
        ),
        (
            "location_name,name\nPont,Pool\n",
            r#""Pont" is not the name of a place of the package; there are: Pond, Ridge"#,
        ),
        (
            "deployment_id,name\nD1,x\n",
            r#""D1" is not a deployment of the package; there are: d1, d2, d3, d4"#,
        ),
        (
            "location_id,latitude,longitude\nL1,91,2\n",
            r#"line 2, column latitude: "91" is not a number of -90 to 90"#,
        ),
        (
            "location_id,latitude,longitude\nL1,50.8,\n",
            r#"line 2, column longitude: "" is required beside latitude"#,
        ),
        ("location_id,latitude,longitude\nL1,,\n", r#"column location_id: "L1" is not corrected by its row"#),
        (
            "location_id,latitude,longitude\nL1,1,2\nL2,1,2\nL1,3,4\n",
            r#"line 4, column location_id: "L1" is corrected in line 2 already"#,
        ),
        (
            "location_id,deployment_id,name\nL1,,x\n,d2,y\n",
            r#"line 3, column deployment_id: "d2" is corrected in line 2 already"#,
        ),
        (
            "location_id,location_name,name\nL1,Pond,x\n",
            r#"column location_name: "Pond" is not the name of this place, which is "Ridge""#,
        ),
        (
            "location_id,timezone\nL1,Europe/Brusels\n",
            r#""Europe/Brusels" is not the name of a time zone, as Europe/Brussels; the nearest of"#,
        ),
        (
            "location_id,lat,lon\nL1,1,2\n",
            r#"it has a column "lat", and the columns are: location_id, location_name, deployment_id, latitude"#,
        ),
        ("location_id,name,Name\nL1,1,2\n", "it has the column name twice"),
        ("latitude,longitude\n1,2\n", "a row names its place by location_id or location_name"),
        ("location_id,latitude,longitude\n", "it has no row"),
    ] {
        let package = three_places();
        let error = package.import(&places_of(&package, csv)).await.unwrap_err();
        assert!(error.to_string().contains(told), "{csv}: {error}");
        assert_eq!(package.number("select count(*) from locations").await, 0, "nothing is written");
    }
    let mut package = three_places();
    package.deployment(&[("deploymentID", "d5"), ("locationID", "L5"), ("locationName", "Pond")]);
    let error =
        package.import(&places_of(&package, "location_name,name\nPond,x\n")).await.unwrap_err().to_string();
    assert!(error.contains(r#""Pond" is the name of 2 places; name one by location_id: L2, L5"#), "{error}");
    let missing = Options { places: Some("/nowhere/places.csv".into()), ..Options::default() };
    assert!(matches!(package.import(&missing).await, Err(ImportError::Unreadable { .. })));
}

/// A deployment, two photographs and an event of a clock that is a year behind.
fn a_year_behind(start: &str, end: &str) -> Package {
    let mut package = Package::new();
    package.deployment(&[("deploymentID", "d1"), ("deploymentStart", start), ("deploymentEnd", end)]);
    package.deployment(&[("deploymentID", "d2"), ("latitude", "51")]);
    for (id, deployment, time) in [
        ("m1", "d1", "2024-05-02T05:00:00+02:00"),
        ("m2", "d1", "2024-05-03T05:00:00+02:00"),
        ("m3", "d2", "2025-05-03T05:00:00Z"),
    ] {
        package.media(&[("mediaID", id), ("deploymentID", deployment), ("timestamp", time)]);
    }
    package.event(&[
        ("observationID", "o1"),
        ("eventStart", "2024-05-02T05:00:00+02:00"),
        ("eventEnd", "2024-05-02T05:01:00+02:00"),
        ("classificationTimestamp", "2025-07-01T00:00:00Z"),
    ]);
    package.event(&[("observationID", "o2"), ("deploymentID", "d2"), ("eventStart", "2025-05-03T05:00:00Z")]);
    package
}

async fn times(package: &Package) -> Vec<String> {
    let rows = crate::detections(package).await;
    let mut times: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row.starts_at.unwrap(), row.ends_at.unwrap_or_default()))
        .collect();
    let images = connect(&package.database()).await.unwrap().images(ever()).await.unwrap();
    times.extend(images.iter().map(|image| format!("{} {}", image.id, image.taken_at.unwrap())));
    times
}

#[tokio::test]
async fn a_clock_is_mended_where_people_wrote_down_start_and_end() {
    let package = a_year_behind("2025-05-01T00:00:00Z", "2025-05-31T00:00:00Z");
    let summary = package.import(&shifted(&[("d1", "+365d")])).await.unwrap();
    assert_eq!(
        times(&package).await,
        [
            "2025-05-02 03:00:00 UTC 2025-05-02 03:01:00 UTC",
            "2025-05-03 05:00:00 UTC 1970-01-01 00:00:00 UTC",
            "m1 2025-05-02 03:00:00 UTC",
            "m2 2025-05-03 03:00:00 UTC",
            "m3 2025-05-03 05:00:00 UTC",
        ]
    );
    assert_eq!(
        crate::detections(&package).await[0].created_at,
        Some(at("2025-07-01T00:00:00Z")),
        "no camera's clock"
    );
    let stood = &deployments(&package).await;
    assert!(stood.iter().any(|row| row.id == "d1" && row.start == at("2025-05-01T00:00:00Z")));
    assert!(
        summary.to_string().contains(
            "mended clocks: d1 by +365d (2 media, 1 observations; its start and end stay as written down)"
        ),
        "{summary}"
    );
    assert_eq!(
        recorded(&package).await.of_clock("d1").map(|clock| clock.shift.to_string()).as_deref(),
        Some("+365d")
    );

    let again = package.import(&shifted(&[("d1", "+366d")])).await.unwrap();
    assert!(again.to_string().contains("d1 by +366d"));
    assert_eq!(
        times(&package).await[0],
        "2025-05-03 03:00:00 UTC 2025-05-03 03:01:00 UTC",
        "another shift replaces"
    );
    assert_eq!(recorded(&package).await.clocks.len(), 1);

    let without = package.import(&Options::default()).await.unwrap();
    assert!(
        without
            .to_string()
            .contains("no longer corrected, for this import was not told so: the clock of d1 (+366d)"),
        "{without}"
    );
    assert!(recorded(&package).await.is_empty());
}

#[tokio::test]
async fn start_and_end_move_with_a_clock_that_told_them() {
    let package = a_year_behind("2024-05-02T05:00:00+02:00", "2024-05-03T05:00:00+02:00");
    let summary = package.import(&shifted(&[("d1", "+365d00:30")])).await.unwrap();
    let stood = deployments(&package).await.into_iter().find(|row| row.id == "d1").unwrap();
    assert_eq!((stood.start, stood.end), (at("2025-05-02T03:30:00Z"), Some(at("2025-05-03T03:30:00Z"))));
    assert!(summary.notes.mended_clocks[0].moves_span);
    assert!(
        summary
            .to_string()
            .contains("its start and end moved too, for its rows were within them by that clock")
    );
}

#[tokio::test]
async fn an_impossible_clock_is_possible_once_it_is_mended() {
    let mut package = Package::new();
    package.deployment(&[
        ("deploymentID", "d1"),
        ("deploymentStart", "1970-01-01T00:00:00Z"),
        ("deploymentEnd", "1970-01-11T00:00:00Z"),
    ]);
    package.media(&[("mediaID", "m"), ("timestamp", "1970-01-02T05:00:00Z")]);
    package.image(&[("observationID", "o"), ("mediaID", "m"), ("eventStart", "1970-01-02T05:00:00Z")]);
    assert_eq!(package.import(&Options::default()).await.unwrap().notes.clocks.len(), 1);
    let summary = package.import(&shifted(&[("d1", "+20000d")])).await.unwrap();
    assert_eq!((summary.notes.clocks.len(), summary.notes.impossible_times), (0, 0));
    assert_eq!(crate::detections(&package).await.len(), 1);
    assert!((Effort::of_deployments(&deployments(&package).await, &ever()).nights() - 10.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_shift_of_no_deployment_or_of_one_twice_is_refused() {
    let package = a_year_behind("2025-05-01T00:00:00Z", "2025-05-31T00:00:00Z");
    let told =
        async |shifts: &[(&str, &str)]| package.import(&shifted(shifts)).await.unwrap_err().to_string();
    let error = told(&[("d3", "+1d")]).await;
    assert!(
        error.starts_with(
            r#"--shift names the deployment "d3", which the package does not have; there are: d1, d2"#
        ),
        "{error}"
    );
    let error = told(&[("d1", "+1d"), ("d1", "+1d")]).await;
    assert!(error.contains(r#"names the deployment "d1" twice"#), "{error}");
}

/// One camera for twenty days.
fn twenty_days() -> Package {
    let mut package = Package::new();
    package.deployment(&[
        ("deploymentStart", "2025-05-01T00:00:00Z"),
        ("deploymentEnd", "2025-05-21T00:00:00Z"),
    ]);
    package.event(&[("observationID", "o1"), ("eventStart", "2025-05-02T05:00:00Z")]);
    package.event(&[("observationID", "o2"), ("eventStart", "2025-05-07T05:00:00Z")]);
    package
}

async fn failing(package: &Package, csv: &str) -> Result<Summary, ImportError> {
    package.import(&failures_of(package, csv)).await
}

#[tokio::test]
async fn a_time_in_which_a_camera_did_not_work_is_no_effort_and_told() {
    let package = twenty_days();
    let csv = "deployment,start,end,reason\n\
               d1,2025-05-06T02:00:00+02:00,2025-05-10T00:00:00Z,\"battery, then rain\"\n\
               d1,2025-05-20T00:00:00Z,2025-06-20T00:00:00Z,\n";
    let summary = failing(&package, csv).await.unwrap();
    let stood = deployments(&package).await;
    assert!((Effort::of_deployments(&stood, &ever()).nights() - 15.0).abs() < 1e-9);
    assert_eq!(stood[0].failures[0].end - stood[0].failures[0].start, TimeDelta::days(4));
    assert_eq!(
        package.text("select failures from deployments").await,
        r#"[{"start":"2025-05-06T02:00:00+02:00","end":"2025-05-10T00:00:00Z","reason":"battery, then rain"},{"start":"2025-05-20T00:00:00Z","end":"2025-05-21T00:00:00Z"}]"#
    );
    let told = summary.to_string();
    assert!(told.contains("no effort: 2 periods in which cameras of 1 deployments did not work"), "{told}");
    assert!(told.contains("within such a period: 1 rows"), "{told}");
    assert_eq!(crate::detections(&package).await.len(), 2, "what was seen then is kept");
    package.import(&Options::default()).await.unwrap();
    assert_eq!(deployments(&package).await[0].failures, [], "what is not told again is gone");
}

#[tokio::test]
async fn a_wrong_failure_is_refused_with_its_line_and_value() {
    for (row, told) in [
        (
            "d9,2025-05-06T00:00:00Z,2025-05-07T00:00:00Z",
            r#"failures.csv, line 2, column deployment_id: "d9" is not a deployment of the package; there are: d1"#,
        ),
        (
            "d1,2025-05-06,2025-05-07T00:00:00Z",
            r#"column start: "2025-05-06" is not a time with an offset, as 2020-03-01T22:00:00Z"#,
        ),
        (
            "d1,2025-05-07T00:00:00Z,2025-05-07T00:00:00Z",
            r#"column end: "2025-05-07T00:00:00Z" is not after the start"#,
        ),
        (
            "d1,2025-06-07T00:00:00Z,2025-06-09T00:00:00Z",
            r#""d1" is a deployment from 2025-05-01T00:00:00+00:00 to 2025-05-21T00:00:00+00:00, and the failure is outside of that"#,
        ),
    ] {
        let error = failing(&twenty_days(), &format!("deployment_id,start,end\n{row}\n"))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(told), "{row}: {error}");
    }
}

#[tokio::test]
async fn where_neither_zone_nor_land_is_known_the_offset_of_the_times_is_the_zone() {
    let mut package = Package::new();
    package.deployment(&[
        ("latitude", "0"),
        ("longitude", "0"),
        ("deploymentStart", "2025-05-01T00:00:00+02:00"),
        ("deploymentEnd", "2025-08-01T00:00:00+02:00"),
    ]);
    package.deployment(&[("deploymentID", "d2"), ("deploymentEnd", "2025-12-31T00:00:00+02:00")]);
    package.event(&[("observationID", "o"), ("eventStart", "2025-07-01T00:30:00+02:00")]);
    let summary = package.import(&Options::default()).await.unwrap();
    let told = summary.to_string();
    assert!(
        told.contains("local days and hours: Europe/Brussels, from the coordinates (1 place), UTC+02:00, the offset of its times (1 place)"),
        "{told}"
    );
    let zones: Vec<_> =
        places(&package).await.into_iter().map(|place| (place.id, place.zone, place.offset_zone)).collect();
    assert_eq!(
        zones,
        [("d1".to_owned(), None, Some(chrono_tz::Tz::Etc__GMTMinus2)), ("d2".to_owned(), None, None)]
    );
}
