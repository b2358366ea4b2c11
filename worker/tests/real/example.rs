//! The standard's own example package: media with URLs, boxes, offsets other than UTC.

use std::path::Path;

use deertrack_sources::camtrap_dp::{Observations, Options};
use sqlx::SqlitePool;

use super::Check;
use super::databases::{Both, ever, run};

pub(crate) const CHECKS: &[Check] = &[
    ("the_standards_example_is_imported_by_image_with_its_boxes_and_files", by_image),
    ("the_standards_example_is_imported_by_event", by_event),
];

/// By event and by image.
fn every_animal() -> Options {
    Options { species: vec!["*".to_owned()], ..Options::default() }
}

fn by_image(data: &Path) {
    run(async {
        let options = Options {
            species: vec!["*".to_owned()],
            observations: Observations::Media,
            ..Options::default()
        };
        let both = Both::import(&data.join("camtrapdp_example/example"), &options).await;
        let summary = &both.summary;
        assert_eq!((summary.level, summary.bad_row_count), ("media", 0), "{summary}");
        assert_eq!((summary.deployments, summary.images), (4, 423), "{summary}");
        assert_eq!(summary.detections, 337, "{summary}");
        assert_eq!(summary.skipped.iter().map(|skipped| skipped.rows).sum::<u64>(), 549 - 337);
        let rows = both.sqlite.records_in(ever()).await.unwrap();
        assert!(rows == both.postgres.records_in(ever()).await.unwrap());

        let pool = SqlitePool::connect(&both.sqlite_url).await.unwrap();
        let count =
            async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap() };
        assert_eq!(count("select count(*) from detections where bbox_width > 0").await, 20);
        assert_eq!(count("select count(*) from images where path like '%/media/%.JPG'").await, 10);
        assert_eq!(count("select count(*) from images where path like 'https://%'").await, 413);
        // 2020-05-30T04:57:37+02:00
        let first = "select timestamp / 1000000 from images where id = '07840dcc'";
        assert_eq!(count(first).await, 1_590_807_457);
    });
}

fn by_event(data: &Path) {
    run(async {
        let both = Both::import(&data.join("camtrapdp_example/example"), &every_animal()).await;
        assert_eq!((both.summary.level, both.summary.detections), ("event", 29), "{}", both.summary);
        let rows = both.sqlite.records_in(ever()).await.unwrap();
        assert!(rows == both.postgres.records_in(ever()).await.unwrap());
        assert!(rows.iter().all(|row| !row.image.id.starts_with("event:")), "its events have images");
    });
}
