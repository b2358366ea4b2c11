//! Tables are written as their rows are read, in the order of photographs; here they are held against all rows at once, in
//! the order in which animals were seen.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::{Level, Record, connect};
use deertrack_schemas::table::{Format, GapSince, Topic};
use deertrack_schemas::{Class, Export, TableParams};
use deertrack_survey::visits::{VisitRule, individual_visits, visits};
use deertrack_survey::{self as survey, sift};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::season::{Season, at, csv_rows, known};

const DETECTIONS: usize = 2_500;

/// Many detections of a fortnight, every third of an event that began up to a day before or after its photograph.
fn season() -> Season {
    let mut random = ChaCha8Rng::seed_from_u64(14);
    let mut season = Season::new();
    season.deer.push(known("d2", "Split Ear"));
    let begin = at("2025-11-03T00:00:00Z");
    let mut images = 0;
    while season.detections.len() < DETECTIONS {
        let (image, taken_at) =
            (format!("i{images}"), begin + TimeDelta::minutes(random.random_range(0..14 * 1_440)));
        images += 1;
        season.image(&image, &taken_at.to_rfc3339(), Some("a.jpg"));
        let place = [None, Some("ridge"), Some("creek")][random.random_range(0..3)];
        season.images.last_mut().unwrap().location_id = place.map(str::to_owned);
        for _ in 0..random.random_range(1..4) {
            let left = [0.1, 0.12, 0.6][random.random_range(0..3)];
            let class = Class::ALL[random.random_range(0..3)];
            season.detection(
                &format!("d{:05}", random.random_range(0..99_999)),
                &image,
                class,
                [left, 0.2, 0.3, 0.5],
            );
            let row = season.detections.last_mut().unwrap();
            row.deer_id = [None, None, Some("d1"), Some("d2")][random.random_range(0..4)].map(str::to_owned);
            if random.random_bool(0.3) {
                let starts_at = taken_at + TimeDelta::minutes(random.random_range(-1_500..1_500));
                row.level = Level::Event;
                row.starts_at = Some(starts_at);
                row.ends_at = Some(starts_at + TimeDelta::minutes(random.random_range(0..600)));
            }
        }
    }
    let mut ids = HashSet::new();
    season.detections.retain(|row| ids.insert(row.id.clone()));
    season
}

async fn all(season: &Season) -> Vec<Record> {
    let catalog = connect(&season.database().await).await.unwrap();
    catalog.records_in(at("2025-10-31T23:00:00Z")..at("2025-11-30T23:00:00Z")).await.unwrap()
}

async fn rows(season: &Season, params: TableParams) -> Vec<Vec<String>> {
    csv_rows(&season.bytes(Export::Table(params)).await).split_off(1)
}

fn params(topic: Topic) -> TableParams {
    let [first, last] = ["2025-11-01", "2025-11-30"].map(|day| day.parse().unwrap());
    TableParams { topic: Some(topic), ..TableParams::new(Format::Csv, first, last) }
}

fn utc(cell: &str) -> DateTime<Utc> {
    cell.parse().unwrap()
}

#[tokio::test]
async fn detections_are_written_in_the_order_in_which_their_animals_were_seen() {
    let season = season();
    let (found, expected) = (rows(&season, params(Topic::Detections)).await, all(&season).await);
    let counted: HashSet<String> =
        sift(expected.iter().filter_map(Record::counted)).kept.into_iter().map(|row| row.id).collect();
    let ids: Vec<&str> = found.iter().map(|row| row[0].as_str()).collect();
    assert!(ids.iter().eq(expected.iter().map(|record| &record.id)), "the same rows in the same order");
    for (row, record) in found.iter().zip(&expected) {
        assert_eq!(row[26], if counted.contains(&record.id) { "yes" } else { "no" }, "{row:?}");
        assert_eq!(Some(utc(&row[24])), record.seen_at(), "{row:?}");
    }
    let by_photograph = found.windows(2).filter(|pair| utc(&pair[0][2]) > utc(&pair[1][2])).count();
    assert!(by_photograph > 300, "the order of photographs is another one: {by_photograph}");
    assert!(counted.len() < ids.len(), "some boxes do not count");
}

#[tokio::test]
async fn visits_and_individuals_are_those_of_all_rows() {
    let season = season();
    let counted: Vec<survey::Record> = sift(all(&season).await.iter().filter_map(Record::counted)).kept;
    for since in [GapSince::LastRecord, GapSince::LastIndependentRecord] {
        let rule = VisitRule::of(30, since);
        let with_rule = |topic| TableParams { visit_gap_since: since, ..params(topic) };
        let found = rows(&season, with_rule(Topic::Visits)).await;
        let expected = visits(&counted, rule);
        assert!(expected.len() > 300);
        let cells = |row: &Vec<String>| {
            (row[0].clone(), row[2].clone(), utc(&row[3]), utc(&row[4]), row[7].clone(), row[8].clone())
        };
        let visit = |visit: &survey::visits::Visit| {
            let place = visit.place_id.as_deref().unwrap_or_default().to_owned();
            let (images, animals) = (visit.images.to_string(), visit.animals.to_string());
            (place, visit.class.name().to_owned(), visit.start, visit.end, images, animals)
        };
        let found: Vec<_> = found.iter().map(cells).collect();
        assert_eq!(found, expected.iter().map(visit).collect::<Vec<_>>(), "{since:?}");

        let mut by_deer: BTreeMap<String, usize> = BTreeMap::new();
        for visit in individual_visits(&counted, rule) {
            *by_deer.entry(visit.individual.unwrap().to_string()).or_default() += 1;
        }
        for row in rows(&season, with_rule(Topic::Individuals)).await {
            let of: Vec<&survey::Record> =
                counted.iter().filter(|record| record.individual.as_ref() == Some(&row[0])).collect();
            let images: HashSet<&str> = of.iter().map(|record| record.image_id.as_str()).collect();
            let last = of.iter().max_by_key(|record| record.until).unwrap();
            assert_eq!(row[3..6], [of.len(), images.len(), by_deer[&row[0]]].map(|count| count.to_string()));
            assert_eq!([utc(&row[7]), utc(&row[8])], [of[0].taken_at, last.until], "{row:?}");
        }
    }
}
