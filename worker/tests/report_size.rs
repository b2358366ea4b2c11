//! A report of many detections: what is held grows with visits, days and places, not with rows. Alone in its process, so
//! that no other test's memory is counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{
    Asked, Catalog, CatalogError, Embedding, Frame, Image, Individual, LeftOut, Level, Profile, Record,
    Repeats, Sighting,
};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::GapSince;
use deertrack_schemas::{Class, Command, Export, PdfParams};
use deertrack_survey::{Deployment, Place, TimeRange};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, pdf};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

/// So many detections of a year, made as they are read: some does stand before ten cameras all day.
#[derive(Clone, Copy)]
struct Many(i64);

const PLACES: i64 = 10;
/// A row and its photograph take about this much memory, were they kept.
const BYTES_A_ROW: u64 = 600;

impl Many {
    /// Those of the range: the year alone.
    fn rows(self, range: &TimeRange) -> impl Iterator<Item = Sighting> + Send + 'static {
        let range = range.clone();
        let (start, step) = (utc("2020-01-01T12:00:00Z"), TimeDelta::seconds(31_000_000 / self.0));
        let row = move |number: i64| {
            let (id, place) = (format!("detection number {number}"), format!("p{}", number % PLACES));
            let at = start + step * i32::try_from(number).unwrap_or(0);
            doe(id, place, at)
        };
        (0..self.0).map(row).filter(move |row| row.taken_at.is_some_and(|at| range.contains(&at)))
    }
}

fn doe(id: String, place: String, at: DateTime<Utc>) -> Sighting {
    Sighting {
        image_id: format!("image of {id}"),
        id,
        taken_at: Some(at),
        place_id: Some(place),
        class: Class::Doe,
        is_reviewed: false,
        confidence: Some(0.9),
        bbox: None,
        deer_id: None,
        count: 1,
        scientific_name: None,
        burst_id: None,
        level: Level::Media,
        starts_at: None,
        ends_at: None,
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

    fn records(&self, _: TimeRange, _: Repeats) -> BoxStream<'_, Result<Record, CatalogError>> {
        stream::empty().boxed()
    }

    fn photographs(&self, _: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        stream::empty().boxed()
    }

    fn sightings(&self, range: TimeRange) -> BoxStream<'_, Result<Sighting, CatalogError>> {
        stream::iter(self.rows(&range).map(Ok)).boxed()
    }

    fn frames(&self, range: TimeRange) -> BoxStream<'_, Result<Frame, CatalogError>> {
        let frame = |row: Sighting| Frame {
            id: row.image_id,
            taken_at: row.taken_at,
            place_id: row.place_id,
            is_looked_at: true,
            ..Frame::default()
        };
        stream::iter(self.rows(&range).map(frame).map(Ok)).boxed()
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
        Ok(Vec::new())
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
    let day = |text: &str| text.parse().expect("a day of ours");
    let mut params = PdfParams::new(day("2020-01-01"), day("2020-12-31"), GroupBy::Month);
    params.visit_gap_since = GapSince::LastRecord;
    let job_id = "0192f0c1-7d2e-7aaa-8bbb-000000000001".parse().expect("a UUID is a job id");
    let command = Command::new(job_id, Export::Pdf(params.clone()), utc("2021-01-03T09:30:00Z"));
    let report = async |rows: i64| {
        let cx = Cx {
            catalog: Arc::new(Many(rows)),
            zone: Tz::Europe__Brussels,
            images: ImagesFolder::default(),
            job: Job::alone(Progress::silent()),
        };
        let made = pdf::render(&cx, &command, &params).await.unwrap();
        (made.headline.unwrap_or_default(), peak())
    };
    let (_, few) = report(20_000).await;
    let (headline, many) = report(200_000).await;
    assert!(headline.contains("200,000 detections"), "{headline}");
    let grown = many.saturating_sub(few);
    println!("{} MB at most for 20,000 rows, {} for 200,000", few >> 20, many >> 20);
    assert!(grown < 180_000 * BYTES_A_ROW / 6, "{few} bytes at most for 20,000 rows, {many} for 200,000");
}
