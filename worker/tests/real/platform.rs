//! The platform's own database, as its migrations left it: every kind by a role that may only read, with the counts that
//! its 600 rows were made for. The pictures are made here: the middle half of each is red.

use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::{Catalog, LeftOut, connect};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::{Format, Topic};
use deertrack_schemas::{CamtrapDpParams, Class, Command, Export, PdfParams, TableParams, ZipParams};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use futures::TryStreamExt;
use jpeg_encoder::{ColorType, Encoder};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::Check;
use super::databases::{ever, instant, run};
use super::exports::keep;

pub(crate) const CHECKS: &[Check] =
    &[("the_platforms_own_database_gives_every_kind_with_its_right_values", platform)];

const WIDTH: u16 = 1920;
const HEIGHT: u16 = 1080;
const RED: [u8; 3] = [220, 30, 30];

fn platform(data: &Path) {
    run(async {
        let images = photographs();
        let catalog = database(&data.join("platform_db/schema.sql")).await;
        rows(&*catalog).await;
        let exports = Exports { catalog, images };
        crops(&exports).await;
        table(&exports).await;
        package(&exports).await;
        report(&exports).await;
    });
}

async fn database(schema: &Path) -> Arc<dyn Catalog> {
    let url = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let sql = std::fs::read_to_string(schema).unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    let grant =
        "create role platform_reader login; grant select on all tables in schema public to platform_reader";
    sqlx::raw_sql(grant).execute(&mut connection).await.unwrap();
    connect(&url.replace("//postgres@", "//platform_reader@")).await.unwrap()
}

/// One picture under the names of all 600.
fn photographs() -> TempDir {
    let is_middle = |at: u16, all: u16| (all / 4..all / 4 * 3).contains(&at);
    let colour = |x, y| if is_middle(x, WIDTH) && is_middle(y, HEIGHT) { RED } else { [20, 60, 30] };
    let pixels: Vec<u8> =
        (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).flat_map(|(x, y)| colour(x, y)).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90).encode(&pixels, WIDTH, HEIGHT, ColorType::Rgb).unwrap();
    let dir = TempDir::new().unwrap();
    let first = dir.path().join("CAM_0001.jpg");
    std::fs::write(&first, jpeg).unwrap();
    for number in 2..=600 {
        std::fs::hard_link(&first, dir.path().join(format!("CAM_{number:04}.jpg"))).unwrap();
    }
    dir
}

struct Exports {
    catalog: Arc<dyn Catalog>,
    images: TempDir,
}

impl Exports {
    async fn make(&self, export: Export) -> (Vec<u8>, String) {
        let images = ImagesFolder::at(self.images.path());
        let kinds = Kinds { catalog: Arc::clone(&self.catalog), zone: Tz::UTC, images };
        let command = Command::new("real".parse().unwrap(), export, instant("2026-01-02T03:04:05Z"));
        let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await.unwrap();
        (rendered.content.into_bytes().unwrap(), rendered.headline.unwrap_or_default())
    }
}

async fn rows(catalog: &dyn Catalog) {
    let rows = catalog.sightings(ever()).try_collect::<Vec<_>>().await.unwrap();
    let count = |class| rows.iter().filter(|row| row.class == class).count();
    assert_eq!(Class::ALL.map(count), [288, 79, 69, 71]);
    assert_eq!(rows.len(), 507);
    assert_eq!(rows.iter().filter(|row| row.is_reviewed).count(), 173);
    let left_out = catalog.left_out_in(ever()).await.unwrap();
    let cattle = [("cattle".to_owned(), 71)].into();
    assert_eq!(left_out, LeftOut { rejected: 12, duplicates: 10, no_deer: cattle, ..LeftOut::default() });
    for row in &rows {
        let bbox = row.bbox.and_then(|bbox| bbox.fractions()).unwrap();
        assert_eq!([bbox.x, bbox.y, bbox.width, bbox.height], [0.25, 0.25, 0.5, 0.5]);
    }
    let places: Vec<_> = catalog
        .places()
        .await
        .unwrap()
        .into_iter()
        .map(|place| (place.name, place.latitude, place.longitude))
        .collect();
    assert_eq!(
        places,
        [
            ("Hayfield".to_owned(), Some(29.81), Some(-97.30)),
            ("Sanctuary".to_owned(), Some(29.80), Some(-97.31))
        ]
    );
}

async fn crops(exports: &Exports) {
    let (first, last) = days();
    let params = ZipParams { crop_size: 128, ..ZipParams::between(first, last) };
    let (bytes, headline) = exports.make(Export::Zip(params)).await;
    assert!(headline.contains("507 crops") && headline.contains("cattle 71"), "{headline}");
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut crops = 0;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        if !file.name().unwrap().ends_with(".jpg") {
            continue;
        }
        crops += 1;
        let mut jpeg = Vec::new();
        std::io::copy(&mut file, &mut jpeg).unwrap();
        let crop = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        assert_eq!(crop.dimensions(), (128, 72));
        let is_red = |pixel: &image::Rgb<u8>| pixel.0.iter().zip(RED).all(|(a, b)| a.abs_diff(b) < 25);
        assert!(crop.pixels().all(is_red), "only the middle");
    }
    assert_eq!(crops, 507);
}

async fn table(exports: &Exports) {
    let (first, last) = days();
    let params = TableParams { topic: Some(Topic::Detections), ..TableParams::new(Format::Csv, first, last) };
    let (bytes, headline) = exports.make(Export::Table(params)).await;
    assert_eq!(csv::Reader::from_reader(bytes.as_slice()).records().count(), 507);
    assert!(headline.contains("507 detections"), "{headline}");
}

async fn package(exports: &Exports) {
    let params = CamtrapDpParams { exact_coordinates: true, ..CamtrapDpParams::default() };
    let (bytes, headline) = exports.make(Export::CamtrapDp(params)).await;
    keep("platform.zip", &bytes);
    assert!(headline.contains("507 observations"), "{headline}");
    let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let mut deployments = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("deployments.csv").unwrap(), &mut deployments)
        .unwrap();
    assert!(deployments.contains("29.81,-97.3") && deployments.contains("29.8,-97.31"), "{deployments}");
}

async fn report(exports: &Exports) {
    let (first, last) = days();
    let (bytes, headline) = exports.make(Export::Pdf(PdfParams::new(first, last, GroupBy::Week))).await;
    keep("platform.pdf", &bytes);
    let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "12 detections that a person rejected, 10 duplicates",
        "71 detections that show no deer (cattle 71)",
        "334 (66%)",
        "white-tailed deer",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    assert!(!headline.is_empty());
}

/// All of its rows.
fn days() -> (chrono::NaiveDate, chrono::NaiveDate) {
    ("2025-09-01".parse().unwrap(), "2025-12-31".parse().unwrap())
}
