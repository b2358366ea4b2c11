//! How many detections a job is about: what the status tells while it runs and at its end.

use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{CamtrapDpParams, Class, Counts, Export, TableParams, ZipParams};
use deertrack_worker::export::Exporter;

use crate::frame::jpeg;
use crate::season::{Season, Told, command};

/// Three detections, one of them a doe.
fn season() -> Season {
    let mut season = Season::new();
    season.photograph("i", "2025-11-03T17:00:00Z", &jpeg([100, 60, 160, 80]));
    for (id, class) in [("a", Class::Buck), ("b", Class::Buck), ("c", Class::Doe)] {
        season.detection(id, "i", class, [0.25, 0.2, 0.4, 0.25]);
    }
    season
}

async fn told(export: Export) -> Vec<Counts> {
    let (season, told) = (season(), Told::default());
    let job = season.job(told.progress());
    season.kinds().await.export(&job, &command(export)).await.unwrap();
    told.counts()
}

fn table(topic: Topic) -> TableParams {
    let day = |text: &str| text.parse().unwrap();
    TableParams { topic: Some(topic), ..TableParams::new(Format::Csv, day("2025-11-01"), day("2025-11-30")) }
}

#[tokio::test]
async fn a_table_tells_its_rows_before_they_are_read_and_a_package_when_they_are() {
    let bucks = TableParams { classifications: vec![Class::Buck], ..table(Topic::Detections) };
    let expected = [Counts::new(0, 3), Counts::new(3, 3), Counts::new(2, 2)];
    assert_eq!(told(Export::Table(bucks)).await, expected, "three are read, of which two are bucks");
    let package = CamtrapDpParams::default();
    let mut counts = told(Export::CamtrapDp(package)).await;
    // Told at each step.
    counts.dedup();
    assert_eq!(counts, [Counts::new(0, 3), Counts::new(3, 3)]);
}

#[tokio::test]
async fn a_table_of_effort_counts_no_detections() {
    assert_eq!(told(Export::Table(table(Topic::Effort))).await, []);
}

#[tokio::test]
async fn an_archive_without_crops_counts_as_one_with_them() {
    let ids = || ["a", "c", "nobody"].map(str::to_owned).to_vec();
    for include_crops in [true, false] {
        let params = ZipParams { include_crops, ..ZipParams::of(ids()) };
        assert_eq!(told(Export::Zip(params)).await, [Counts::new(3, 3)], "{include_crops}");
    }
}
