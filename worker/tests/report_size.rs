//! A report of many detections: what is held grows with visits, days and places, not with rows. Alone in its process, so
//! that no other test's memory is counted.

mod many;

use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::GapSince;
use deertrack_schemas::{Command, Export, PdfParams};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, pdf};

use many::{BYTES_A_ROW, Many, peak, utc};

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
