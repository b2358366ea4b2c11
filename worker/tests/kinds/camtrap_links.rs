//! Which media show which events, however far apart they are: rows are read in the order of time and forgotten after some
//! days, and yet each package has the rows that all of its rows at once would give.

use std::collections::HashSet;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use deertrack_catalog::store::{Level, NewDataset, NewDeployment, NewDetection, NewImage};
use deertrack_catalog::{Image, Record, connect};
use deertrack_schemas::{CamtrapDpParams, Class, Export};
use deertrack_survey::TimeRange;
use proptest::prelude::*;

use crate::season::{Season, at, csv_rows, file, unzip};

/// Some of the photographs are so far apart, in seconds, that an event ends or is forgotten between them.
const STEPS: [i64; 9] = [0, 1, 59, 3_600, 86_399, 86_401, 172_800, 172_801, 345_601];

#[derive(Clone, Debug)]
struct Photograph {
    step: usize,
    milliseconds: i64,
    deployment: usize,
    burst: Option<usize>,
    has_path: bool,
    is_of_a_package: bool,
    sees_people: bool,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    is_event: bool,
    burst: Option<usize>,
    has_event_id: bool,
    is_of_a_package: bool,
    /// From the photograph to the begin, and on to the end.
    span: [Option<i64>; 2],
}

fn row() -> impl Strategy<Value = Row> {
    let seconds = prop_oneof![
        5 => -60_i64..3_600,
        2 => prop::sample::select(vec![-86_401_i64, -86_400, 86_400, 86_401, 172_801]),
        1 => -2_000_000_i64..2_000_000,
    ];
    let span = [proptest::option::of(seconds.clone()), proptest::option::of(seconds)];
    (any::<bool>(), proptest::option::of(0_usize..4), any::<bool>(), any::<bool>(), span).prop_map(
        |(is_event, burst, has_event_id, is_of_a_package, span)| Row {
            is_event,
            burst,
            has_event_id,
            is_of_a_package,
            span,
        },
    )
}

fn photograph() -> impl Strategy<Value = Photograph> {
    let flags = (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2));
    let when = (0..STEPS.len(), 0_i64..1_000, 0_usize..2);
    (when, proptest::option::of(0_usize..4), flags, prop::collection::vec(row(), 0..3)).prop_map(
        |((step, milliseconds, deployment), burst, (has_path, is_of_a_package, sees_people), rows)| {
            Photograph { step, milliseconds, deployment, burst, has_path, is_of_a_package, sees_people, rows }
        },
    )
}

fn season(photographs: &[Photograph]) -> Season {
    let mut season = Season::new();
    let profile = Some("camtrap-dp 1.0.2".to_owned());
    season.datasets.push(NewDataset { id: "wood".into(), profile, ..NewDataset::default() });
    season.deployments = [("dep-0", "ridge"), ("dep-1", "creek")]
        .map(|(id, place)| NewDeployment {
            id: id.into(),
            location_id: place.into(),
            start: at("2025-05-01T00:00:00Z"),
            end: Some(at("2025-09-01T00:00:00Z")),
            ..NewDeployment::default()
        })
        .into();
    let dataset = |is_of_a_package: bool| is_of_a_package.then(|| "wood".to_owned());
    let burst = |burst: Option<usize>| burst.map(|number| format!("b{number}"));
    let mut now = at("2025-06-01T00:00:00Z");
    let mut number = 0;
    for (index, photograph) in photographs.iter().enumerate() {
        now += TimeDelta::seconds(STEPS[photograph.step]);
        let taken_at = now + TimeDelta::milliseconds(photograph.milliseconds);
        let id = format!("i{index}");
        season.images.push(NewImage {
            id: id.clone(),
            dataset_id: dataset(photograph.is_of_a_package),
            location_id: Some(if photograph.deployment == 0 { "ridge" } else { "creek" }.into()),
            deployment_id: Some(format!("dep-{}", photograph.deployment)),
            path: photograph.has_path.then(|| format!("{id}.jpg")),
            timestamp: Some(taken_at),
            burst_id: burst(photograph.burst),
            sees_people: photograph.sees_people,
            ..NewImage::default()
        });
        for row in &photograph.rows {
            number += 1;
            let starts_at = row.span[0].map(|seconds| taken_at + TimeDelta::seconds(seconds));
            let ends_at =
                row.span[1].zip(starts_at).map(|(seconds, begin)| begin + TimeDelta::seconds(seconds));
            season.detections.push(NewDetection {
                dataset_id: dataset(row.is_of_a_package),
                level: if row.is_event { Level::Event } else { Level::Media },
                burst_id: burst(row.burst),
                event_id: row.has_event_id.then(|| format!("e{:?}", row.burst)),
                starts_at,
                ends_at,
                ..NewDetection::of(format!("r{number}"), &id, Class::Doe)
            });
        }
    }
    season
}

/// Observation, medium, event and type of each row that only links.
type Link = [String; 4];

/// All rows at once, one after the other.
fn expected(images: &[Image], records: &[Record]) -> Vec<Link> {
    let of_image = |image: &Image, level: Level| -> Vec<&Record> {
        let is_it = |record: &&Record| record.image.id == image.id && record.level == level;
        records.iter().filter(is_it).collect()
    };
    let is_medium = |image: &Image| {
        image.path.is_some()
            || !of_image(image, Level::Media).is_empty()
            || of_image(image, Level::Event).is_empty()
    };
    let event_id = |record: &Record| -> String {
        if record.dataset_id.is_some() {
            return record.event_id.clone().unwrap_or_default();
        }
        let own = if record.level == Level::Event && is_medium(&record.image) { &record.id } else { "" };
        record.event_id.as_ref().or(record.burst_id.as_ref()).map_or(own, String::as_str).to_owned()
    };
    let of_burst = |burst: &String| -> Vec<&Record> {
        let of_level = |level| {
            records
                .iter()
                .filter(move |record| record.level == level && record.burst_id.as_ref() == Some(burst))
        };
        let events: Vec<&Record> = of_level(Level::Event).collect();
        if events.is_empty() { of_level(Level::Media).take(1).collect() } else { events }
    };
    let mut links = Vec::new();
    for image in images.iter().filter(|image| is_medium(image)) {
        let taken_at = image.taken_at.unwrap();
        let timed = first_at(records, image.deployment_id.as_deref(), taken_at);
        let is_linked = |burst: &String| {
            of_image(image, Level::Media).iter().any(|row| row.burst_id.as_ref() == Some(burst))
        };
        let mut told = HashSet::new();
        let mut all = of_image(image, Level::Event);
        all.extend(image.burst_id.iter().flat_map(of_burst));
        all.retain(|event| {
            let (burst, is_own) = (event.burst_id.as_ref(), event.image.id == image.id);
            let is_timed = burst.is_some() && timed.as_ref().is_some_and(|timed| timed.as_ref() == burst);
            !event_id(event).is_empty()
                && !burst.is_some_and(is_linked)
                && (is_own || !is_timed)
                && told.insert(burst.unwrap_or(&event.id).clone())
        });
        let kind = if image.sees_people { "human" } else { "unclassified" }.to_owned();
        for event in &all {
            let end = if event.image.id == image.id { String::new() } else { format!(":{}", image.id) };
            links.push([format!("{}:media{end}", event.id), image.id.clone(), event_id(event), kind.clone()]);
        }
        let shows_none =
            image.burst_id.is_none() && image.path.is_some() && image.dataset_id.is_some() && timed.is_some();
        let end = if image.sees_people { "people" } else { "other" };
        if all.is_empty() && (image.sees_people || shows_none) {
            links.push([format!("{}:{end}", image.id), image.id.clone(), String::new(), kind]);
        }
    }
    links
}

/// The name of the first event of a deployment that lasts at a time.
fn first_at(records: &[Record], deployment: Option<&str>, taken_at: DateTime<Utc>) -> Option<Option<String>> {
    let second = |at: DateTime<Utc>| at.duration_trunc(TimeDelta::seconds(1)).unwrap();
    let events = records
        .iter()
        .filter(|record| record.level == Level::Event && record.image.deployment_id.as_deref() == deployment);
    let mut spans: Vec<_> = events
        .map(|event| {
            let start = event.starts_at.or(event.image.taken_at).unwrap();
            (start, event.ends_at.unwrap_or(start), event.burst_id.clone())
        })
        .collect();
    spans.sort();
    let lasting = spans.into_iter().find(|(_, end, _)| second(*end) + TimeDelta::seconds(1) > taken_at);
    lasting.filter(|(start, ..)| second(*start) <= taken_at).map(|(.., burst)| burst)
}

async fn has_the_links_of_all_rows_at_once(photographs: &[Photograph]) {
    let season = season(photographs);
    let catalog = connect(&season.database().await).await.unwrap();
    let ever = || -> TimeRange { at("2000-01-01T00:00:00Z")..at("2100-01-01T00:00:00Z") };
    let images = catalog.images(ever()).await.unwrap();
    let mut records = catalog.records_in(ever()).await.unwrap();
    if records.is_empty() {
        return;
    }
    records.sort_by_key(|record| (record.image.taken_at, record.image.id.clone(), record.id.clone()));
    let kinds = season.kinds_over(catalog);
    let files = unzip(&season.bytes_of(&kinds, Export::CamtrapDp(CamtrapDpParams::default())).await);
    let rows = csv_rows(file(&files, "observations.csv"));
    let columns = ["observationID", "mediaID", "eventID", "observationType"]
        .map(|name| rows[0].iter().position(|told| told == name).unwrap());
    let links = rows[1 + records.len()..].iter().map(|row| columns.map(|column| row[column].clone()));
    assert_eq!(links.collect::<Vec<Link>>(), expected(&images, &records));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn media_and_events_find_each_other_however_far_apart_they_are(
        photographs in prop::collection::vec(photograph(), 1..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(has_the_links_of_all_rows_at_once(&photographs));
    }
}
