//! A package of many detections: what is held grows with places, days and the events of some days, not with rows. Alone in
//! its process, so that no other test's memory is counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{
    Asked, Catalog, CatalogError, Embedding, Frame, Image, Individual, LeftOut, Level, Profile, Record,
    Repeats, Sighting,
};
use deertrack_schemas::{CamtrapDpParams, Class, Command, Export};
use deertrack_survey::{Deployment, Place, TimeRange};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, camtrap_dp};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

/// So many detections of a year, made as they are read: some does stand before ten cameras all day.
#[derive(Clone, Copy)]
struct Many(i64);

const PLACES: i64 = 10;
/// What a row, its photograph and the rows of both in the tables took when they were kept.
const BYTES_A_ROW: u64 = 2_000;

impl Many {
    /// Those of the range: the year alone.
    fn rows(self, range: &TimeRange) -> impl Iterator<Item = Record> + Send + 'static {
        let range = range.clone();
        let (start, step) = (utc("2020-01-01T12:00:00Z"), TimeDelta::seconds(31_000_000 / self.0));
        let row = move |number: i64| doe(number, start + step * i32::try_from(number).unwrap_or(0));
        (0..self.0).map(row).filter(move |row| row.image.taken_at.is_some_and(|at| range.contains(&at)))
    }
}

/// One of an event with a name, on a photograph that two others of it stand for.
fn doe(number: i64, at: DateTime<Utc>) -> Record {
    let burst_id = Some(format!("event {}", number / 3));
    let image = Image {
        id: format!("image number {number:08}"),
        path: Some(format!("card/{number}.jpg")),
        taken_at: Some(at),
        place_id: Some(format!("p{}", number / 3 % PLACES)),
        burst_id: burst_id.clone(),
        source_id: Some(number.to_string()),
        ..Image::default()
    };
    Record {
        id: format!("detection number {number:08}"),
        image,
        class: Class::Doe,
        is_corrected: false,
        is_reviewed: false,
        confidence: Some(0.9),
        bbox: None,
        deer_id: None,
        count: 1,
        burst_id,
        level: if number % 3 == 0 { Level::Event } else { Level::Media },
        scientific_name: None,
        sex: None,
        life_stage: None,
        behavior: None,
        classification_method: None,
        classified_by: None,
        reviewed_by: None,
        reviewed_at: None,
        created_at: None,
        dataset_id: None,
        source_id: Some(format!("o{number}")),
        event_id: None,
        starts_at: None,
        ends_at: None,
        utc_offset_seconds: None,
        is_count_told: None,
        repeats_id: None,
        extra: None,
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant of ours")
}

#[async_trait]
impl Catalog for Many {
    async fn records_of(&self, _: &[String]) -> Result<Asked, CatalogError> {
        Ok(Asked::default())
    }

    async fn records_in(&self, _: TimeRange) -> Result<Vec<Record>, CatalogError> {
        Ok(Vec::new())
    }

    fn records(&self, range: TimeRange, _: Repeats) -> BoxStream<'_, Result<Record, CatalogError>> {
        stream::iter(self.rows(&range).map(Ok)).boxed()
    }

    fn photographs(&self, range: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        stream::iter(self.rows(&range).map(|row| Ok(row.image))).boxed()
    }

    fn sightings(&self, _: TimeRange) -> BoxStream<'_, Result<Sighting, CatalogError>> {
        stream::empty().boxed()
    }

    fn frames(&self, _: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>> {
        stream::empty().boxed()
    }

    async fn files(&self, _: TimeRange) -> Result<BTreeMap<Option<String>, u64>, CatalogError> {
        Ok(BTreeMap::new())
    }

    async fn left_out_in(&self, _: TimeRange) -> Result<LeftOut, CatalogError> {
        Ok(LeftOut::default())
    }

    async fn images(&self, _: TimeRange) -> Result<Vec<Image>, CatalogError> {
        Ok(Vec::new())
    }

    async fn individuals(&self) -> Result<Vec<Individual>, CatalogError> {
        Ok(Vec::new())
    }

    async fn places(&self) -> Result<Vec<Place>, CatalogError> {
        let place = |number| Place {
            id: format!("p{number}"),
            name: format!("Place {number}"),
            latitude: Some(50.8),
            longitude: Some(4.6),
            coordinate_uncertainty: None,
            zone: None,
            offset_zone: None,
        };
        Ok((0..PLACES).map(place).collect())
    }

    async fn deployments(&self, _: TimeRange) -> Result<Vec<Deployment>, CatalogError> {
        Ok(Vec::new())
    }

    fn embeddings(&self, _: Option<TimeRange>) -> BoxStream<'_, Result<Embedding, CatalogError>> {
        stream::empty().boxed()
    }

    async fn profiles(&self) -> Result<Vec<Profile>, CatalogError> {
        Ok(Vec::new())
    }

    async fn dataset_name(&self) -> Result<Option<String>, CatalogError> {
        Ok(None)
    }

    async fn ping(&self) -> Result<(), CatalogError> {
        Ok(())
    }
}

/// The most memory that this process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("it is always told");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes * 1_024
}

#[tokio::test]
async fn ten_times_the_detections_take_no_more_memory() {
    let params = CamtrapDpParams::default();
    let job_id = "0192f0c1-7d2e-7aaa-8bbb-000000000001".parse().expect("a UUID is a job id");
    let command = Command::new(job_id, Export::CamtrapDp(params.clone()), utc("2021-01-03T09:30:00Z"));
    let package = async |rows: i64| {
        let cx = Cx {
            catalog: Arc::new(Many(rows)),
            zone: Tz::Europe__Brussels,
            images: ImagesFolder::default(),
            job: Job::alone(Progress::silent()),
        };
        let made = camtrap_dp::render(&cx, &command, &params).await.unwrap();
        (made.headline.unwrap_or_default(), peak())
    };
    // Enough that what does not grow is there: rows on their way to the compressor, hashes on theirs to the disk.
    let (_, few) = package(30_000).await;
    let (headline, many) = package(300_000).await;
    assert!(headline.contains("300000 media, 300000 observations"), "{headline}");
    let grown = many.saturating_sub(few);
    println!("{} MB at most for 30,000 rows, {} for 300,000", few >> 20, many >> 20);
    assert!(grown < 270_000 * BYTES_A_ROW / 10, "{few} bytes at most for 30,000 rows, {many} for 300,000");
}
