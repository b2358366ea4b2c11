//! The platform's own database with columns and tables gone: what cannot be known is said, and the rest stands.

use std::path::Path;
use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_catalog::{Catalog, connect};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::Format;
use deertrack_schemas::{Command, Export, PdfParams, ReidParams, TableParams, ZipParams};
use deertrack_worker::JobError;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::Check;
use super::databases::{instant, run};
use super::exports::keep;

pub(crate) const CHECKS: &[Check] = &[("what_a_platform_does_not_tell_is_said_and_the_rest_stands", thin)];

async fn thinned(data: &Path, change: &str) -> Arc<dyn Catalog> {
    let url = deertrack_testkit::postgres::database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let schema = std::fs::read_to_string(data.join("platform_db/schema.sql")).unwrap();
    for sql in [schema.as_str(), change] {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }
    connect(&url).await.unwrap()
}

async fn export(catalog: &Arc<dyn Catalog>, export: Export) -> Result<(Vec<u8>, String), JobError> {
    let kinds = Kinds { catalog: Arc::clone(catalog), zone: Tz::UTC, images: ImagesFolder::at("/nowhere") };
    let command = Command::new("thin".parse().unwrap(), export, instant("2026-01-02T03:04:05Z"));
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await?;
    Ok((rendered.content.into_bytes().unwrap(), rendered.headline.unwrap()))
}

/// What goes, what the report says of it, and what the table's headline does.
const CASES: [(&str, &str, &[&str], &str); 5] = [
    (
        "whole",
        "",
        &[
            "334 (66%) have a class that no person has confirmed or corrected.",
            "(America/Chicago, from the coordinates)",
            "2 of them are inferred from images",
        ],
        "507 detections, 507 visits, 155.3 trap nights, 12 individuals of Odocoileus virginianus; local time \
         (America/Chicago, from the coordinates)",
    ),
    (
        "no_coordinates",
        "alter table locations drop column coordinates",
        &[
            "2 places have no coordinates: no map, no sunrise.",
            "Days and hours are local time (UTC, as configured).",
        ],
        "12 individuals of Odocoileus virginianus; local time (UTC, as configured)",
    ),
    (
        "no_boxes",
        "alter table detections drop column bbox",
        &["507 detections in 507 images at 2 places."],
        "507 detections, 507 visits",
    ),
    (
        "no_review",
        "alter table detections drop column is_reviewed, drop column reviewed_by, drop column corrected_classification",
        &["None of 506 detections tells that a person has looked at its class."],
        "506 detections, 506 visits",
    ),
    (
        "no_places",
        "alter table images drop column location_id",
        &[
            "600 images tell no place; what they show is counted as of one place, without effort.",
            "There are no trap nights on these days, so there is no rate.",
            "no deployment is known on these days, and images that tell no place prove none",
        ],
        "507 detections, 507 visits, no known effort, 12 individuals",
    ),
];

fn thin(data: &Path) {
    run(async {
        let (first, last) = ("2025-09-01".parse().unwrap(), "2025-12-31".parse().unwrap());
        for (name, change, sentences, table) in CASES {
            let catalog = thinned(data, change).await;
            let report = Export::Pdf(PdfParams::new(first, last, GroupBy::Week));
            let (bytes, headline) = export(&catalog, report).await.unwrap();
            keep(&format!("thin_{name}.pdf"), &bytes);
            let text = pdf_extract::extract_text_from_mem(&bytes).unwrap();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for sentence in sentences {
                assert!(text.contains(sentence), "{name}: {sentence:?} is not in {text}");
            }
            assert!(
                !text.contains("NaN") && !text.contains("-0.0") && !headline.contains("NaN"),
                "{name}: {text}"
            );

            let rows = Export::Table(TableParams::new(Format::Xlsx, first, last));
            let (_, headline) = export(&catalog, rows).await.unwrap();
            assert!(headline.contains(table) && headline.contains("left out: 7"), "{name}: {headline}");

            let (bytes, headline) =
                export(&catalog, Export::Zip(ZipParams::between(first, last))).await.unwrap();
            assert!(
                headline.contains("crops could not be made, see problems.csv; of Odocoileus"),
                "{headline}"
            );
            let mut archive = ::zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
            let mut problems = String::new();
            std::io::Read::read_to_string(&mut archive.by_name("problems.csv").unwrap(), &mut problems)
                .unwrap();
            let why = if name == "no_boxes" { "the detection has no box" } else { "the file is missing" };
            assert!(problems.lines().skip(1).all(|line| line.ends_with(why)), "{name}: {problems}");

            let Err(JobError::Reject(refused)) = export(&catalog, Export::Reid(ReidParams::default())).await
            else {
                panic!("{name}: there are no vectors")
            };
            assert!(refused.starts_with("No embedded detections found: 50"), "{refused}");
        }
    });
}
