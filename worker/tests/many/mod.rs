//! A made-up catalog of many detections, for tests of what is held of them. Each is alone in its process, so that no other
//! test's memory is counted.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::{
    Asked, Catalog, CatalogError, Embedding, Frame, Image, Individual, LeftOut, Level, Profile, Record,
    Repeats, Seen, Sighting,
};
use deertrack_schemas::Class;
use deertrack_survey::{Deployment, Place, TimeRange};
use futures::StreamExt;
use futures::stream::{self, BoxStream};

/// So many detections of a year, made as they are read: some does stand before ten cameras all day.
#[derive(Clone, Copy)]
pub(crate) struct Many(pub(crate) i64);

const PLACES: i64 = 10;
/// A row and its photograph take about this much memory, were they kept.
pub(crate) const BYTES_A_ROW: u64 = 600;

impl Many {
    /// Those of the range: the year alone.
    fn rows(self, range: &TimeRange) -> impl Iterator<Item = Sighting> + Send + 'static {
        self.numbered(range).map(|(_, row)| row)
    }

    fn whole_rows(self, range: &TimeRange) -> impl Iterator<Item = Record> + Send + 'static {
        self.numbered(range).map(|(number, row)| whole(number, row))
    }

    fn numbered(self, range: &TimeRange) -> impl Iterator<Item = (i64, Sighting)> + Send + 'static {
        let range = range.clone();
        let (start, step) = (utc("2020-01-01T12:00:00Z"), TimeDelta::seconds(31_000_000 / self.0));
        let row = move |number: i64| (number, doe(number, start + step * i32::try_from(number).unwrap_or(0)));
        (0..self.0).map(row).filter(move |(_, row)| row.taken_at.is_some_and(|at| range.contains(&at)))
    }
}

fn doe(number: i64, at: DateTime<Utc>) -> Sighting {
    Sighting {
        id: format!("detection number {number:08}"),
        image_id: format!("image number {number:08}"),
        taken_at: Some(at),
        place_id: Some(format!("p{}", number % PLACES)),
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

/// The same row with what is told of it beside: it is of an event with a name, for which one of three photographs stands.
fn whole(number: i64, row: Sighting) -> Record {
    let burst_id = Some(format!("event {}", number / 3));
    let image = Image {
        path: Some(format!("card/{number}.jpg")),
        id: row.image_id,
        taken_at: row.taken_at,
        place_id: row.place_id,
        burst_id: burst_id.clone(),
        source_id: Some(number.to_string()),
        ..Image::default()
    };
    Record {
        image,
        id: row.id,
        class: row.class,
        is_corrected: false,
        is_reviewed: row.is_reviewed,
        confidence: row.confidence,
        bbox: row.bbox,
        deer_id: row.deer_id,
        count: row.count,
        burst_id,
        level: if number % 3 == 0 { Level::Event } else { Level::Media },
        scientific_name: row.scientific_name,
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
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        utc_offset_seconds: None,
        is_count_told: None,
        repeats_id: None,
        extra: None,
    }
}

pub(crate) fn utc(text: &str) -> DateTime<Utc> {
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
        stream::iter(self.whole_rows(&range).map(Ok)).boxed()
    }

    async fn count_detections(&self, _: TimeRange) -> Result<Option<u64>, CatalogError> {
        Ok(u64::try_from(self.0).ok())
    }

    fn photographs(&self, range: TimeRange) -> BoxStream<'_, Result<Image, CatalogError>> {
        stream::iter(self.whole_rows(&range).map(|row| Ok(row.image))).boxed()
    }

    fn detections(&self, range: TimeRange) -> BoxStream<'_, Result<Seen, CatalogError>> {
        stream::iter(self.rows(&range).map(Seen::Counted).map(Ok)).boxed()
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
pub(crate) fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("it is always told");
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
    kilobytes * 1_024
}
