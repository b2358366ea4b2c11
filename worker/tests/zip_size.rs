//! Archives of many detections: what is held are batches and rows of two days. Alone in its process, so that no other test's
//! memory is counted.

mod many;

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use deertrack_schemas::{Command, Counts, Export, ZipParams};
use deertrack_worker::JobError;
use deertrack_worker::artifact::{Content, Drafts};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, Rendered, Room, zip};
use tempfile::TempDir;
use tokio::sync::Mutex;

use many::{BYTES_A_ROW, Many, peak, utc};

fn params(include_crops: bool) -> ZipParams {
    let [first, last] = ["2020-01-01", "2020-12-31"].map(|day| day.parse().expect("a day of ours"));
    ZipParams { include_crops, ..ZipParams::between(first, last) }
}

fn job(progress: Progress, dir: &TempDir) -> Job {
    Job::alone(progress).with_drafts(Drafts::new(dir.path(), "job".parse().expect("three letters are an id")))
}

async fn make(job: &Job, rows: i64, params: &ZipParams) -> Result<Rendered, JobError> {
    let id = "0192f0c1-7d2e-7aaa-8bbb-000000000001".parse().expect("a UUID is a job id");
    let command = Command::new(id, Export::Zip(params.clone()), utc("2021-01-03T09:30:00Z"));
    let cx = Cx {
        catalog: Arc::new(Many(rows)),
        zone: Tz::Europe__Brussels,
        images: ImagesFolder::default(),
        job: job.clone(),
    };
    zip::render(&cx, &command, params).await
}

/// One test at a time: the memory of all is one process's.
static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_the_detections_take_no_more_memory_while_no_crop_is_made() {
    let _alone = ALONE.lock().await;
    // Enough that what does not grow is there: rows on their way to the compressor.
    let (few, many) = (50_000, 500_000);
    // A list; and crops of which none can be made, for there is no photograph: all rows are problems.
    for (include_crops, expected) in [(false, "500000 rows"), (true, "0 crops")] {
        let dir = TempDir::new().unwrap();
        let (job, params) = (job(Progress::silent(), &dir), params(include_crops));
        make(&job, few, &params).await.expect("there are rows");
        let before = peak();
        let made = make(&job, many, &params).await.expect("there are rows");
        let headline = made.headline.unwrap_or_default();
        assert!(headline.starts_with(expected), "{headline}");
        assert!(matches!(made.content, Content::OnDisk(_)), "it is written as it is read");
        let grown = peak().saturating_sub(before);
        println!(
            "{expected}: {} MB at most for {few} rows, {} KB more for {many}",
            before >> 20,
            grown >> 10
        );
        let kept = (many - few).unsigned_abs() * BYTES_A_ROW;
        assert!(
            grown < kept / 10,
            "{expected}: {before} bytes at most for {few} rows, {grown} more for {many}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_told_before_they_are_read_and_a_cancel_in_the_midst_leaves_no_file() {
    const ROWS: i64 = 20_000;
    let _alone = ALONE.lock().await;
    // While rows are read, and while they are written.
    for begun in [1, ROWS.unsigned_abs() / 4] {
        for include_crops in [false, true] {
            let dir = TempDir::new().unwrap();
            let told: Arc<std::sync::Mutex<Vec<(String, Counts)>>> = Arc::default();
            let telling = Arc::clone(&told);
            let progress = Progress::new(move |step| {
                telling.lock().unwrap().extend(step.counts.map(|counts| (step.stage.to_owned(), counts)));
            });
            let job = job(progress, &dir);
            let stop = async {
                let is_under_way =
                    |(_, counts): &(String, Counts)| begun == 1 || counts.processed_count > begun;
                while !told.lock().unwrap().iter().any(is_under_way) {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                job.stop.cancel();
            };
            let params = params(include_crops);
            let (made, ()) = tokio::join!(make(&job, ROWS, &params), stop);
            assert!(matches!(made, Err(JobError::Stopped)), "{made:?}");
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
            let told = told.lock().unwrap().clone();
            assert_eq!(told[0], ("reading detections".to_owned(), Counts::new(0, 20_000)));
            let (stage, last) = told.last().unwrap();
            assert!(last.processed_count < 20_000, "{last:?}");
            assert_eq!(stage == "reading detections", begun == 1, "{stage}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_room_on_disk_is_told_in_words() {
    let _alone = ALONE.lock().await;
    let dir = TempDir::new().unwrap();
    let mut small = job(Progress::silent(), &dir);
    small.room = Room { memory: 0, disk: 6_000_000 };
    let refused = make(&small, 20_000, &params(false)).await.unwrap_err();
    let words = "The tables of up to 20,000 detections need 11 MB of temporary room on the worker's disk, of which 6 MB are \
                 free: choose a shorter range or fewer places, or have an operator make room";
    assert!(matches!(&refused, JobError::Reject(told) if told == words), "{refused}");
    make(&small, 10_000, &params(false)).await.expect("half of it fits");
    make(&small, 10_000, &params(true)).await.expect_err("crops take more than a list");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
