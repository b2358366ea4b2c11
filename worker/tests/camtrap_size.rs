//! A package of many detections: what is held grows with places, days and the events of some days, not with rows. Alone in
//! its process, so that no other test's memory is counted.

mod many;

use std::sync::Arc;

use chrono_tz::Tz;
use deertrack_schemas::{CamtrapDpParams, Command, Export};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, camtrap_dp};

use many::{BYTES_A_ROW, Many, peak, utc};

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
    assert!(grown < 270_000 * BYTES_A_ROW / 3, "{few} bytes at most for 30,000 rows, {many} for 300,000");
}
