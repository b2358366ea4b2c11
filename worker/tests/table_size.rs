//! Tables of many detections: what is held grows with visits that are open and places, not with rows. Alone in its process,
//! so that no other test's memory is counted.

mod many;

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use deertrack_schemas::table::{Format, GapSince, Topic};
use deertrack_schemas::{Command, Counts, Export, TableParams};
use deertrack_worker::JobError;
use deertrack_worker::artifact::{Content, Drafts};
use deertrack_worker::export::{Cx, ImagesFolder, Job, Progress, Rendered, table};
use tempfile::TempDir;
use tokio::sync::Mutex;

use many::{BYTES_A_ROW, Many, peak, utc};

fn params(format: Format, topic: impl Into<Option<Topic>>) -> TableParams {
    let [first, last] = ["2020-01-01", "2020-12-31"].map(|day| day.parse().expect("a day of ours"));
    TableParams { topic: topic.into(), ..TableParams::new(format, first, last) }
}

async fn make(job: &Job, rows: i64, params: &TableParams) -> Result<Rendered, JobError> {
    let id = "0192f0c1-7d2e-7aaa-8bbb-000000000001".parse().expect("a UUID is a job id");
    let command = Command::new(id, Export::Table(params.clone()), utc("2021-01-03T09:30:00Z"));
    let cx = Cx {
        catalog: Arc::new(Many(rows)),
        zone: Tz::Europe__Brussels,
        images: ImagesFolder::default(),
        job: job.clone(),
    };
    table::render(&cx, &command, params).await
}

/// One test at a time: the memory of both is one process's.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Makes a table of few and one of many rows, and asserts that the many took little more.
async fn grows_little(job: &Job, few: i64, many: i64, params: &TableParams, expected: &str) {
    make(job, few, params).await.expect("there are rows");
    let before = peak();
    let made = make(job, many, params).await.expect("there are rows");
    let headline = made.headline.unwrap_or_default();
    assert!(headline.starts_with(expected), "{headline}");
    if params.format != Format::Geojson {
        assert!(matches!(made.content, Content::OnDisk(_)), "it is written as it is read");
    }
    let grown = peak().saturating_sub(before);
    let bytes = match params.format {
        // A row of a workbook that is held takes several times this; its buffers fill later than after a few rows.
        Format::Xlsx => BYTES_A_ROW / 3,
        // A visit, of which there is one for every other row, takes a sixth of what a row takes; half of that.
        _ => BYTES_A_ROW / 24,
    };
    let kept = (many - few).unsigned_abs() * bytes;
    let what = format!("{:?} of {:?}", params.format, params.topic);
    assert!(grown < kept, "{what}: {before} bytes at most for {few} rows, {grown} more for {many}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_times_the_detections_take_no_more_memory_in_any_format() {
    let _alone = ALONE.lock().await;
    let dir = TempDir::new().unwrap();
    let job = Job::alone(Progress::silent()).with_drafts(Drafts::new(dir.path(), "job".parse().unwrap()));
    let since_last =
        |format, topic: Topic| TableParams { visit_gap_since: GapSince::LastRecord, ..params(format, topic) };
    let visits = params(Format::Csv, Topic::Visits);
    grows_little(&job, 20_000, 200_000, &params(Format::Geojson, None), "200000 detections").await;
    grows_little(&job, 20_000, 200_000, &visits, "").await;
    grows_little(&job, 20_000, 200_000, &since_last(Format::Csv, Topic::Visits), "").await;
    grows_little(&job, 20_000, 200_000, &params(Format::Csv, Topic::Detections), "200000 detections").await;
    // More than are held in memory.
    grows_little(&job, 25_000, 100_000, &params(Format::Xlsx, Topic::Detections), "100000 detections").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_told_before_they_are_read_and_a_cancel_in_the_midst_leaves_no_file() {
    let _alone = ALONE.lock().await;
    for (format, topic) in
        [(Format::Csv, Topic::Detections), (Format::Csv, Topic::Visits), (Format::Xlsx, Topic::Detections)]
    {
        let dir = TempDir::new().unwrap();
        let told: Arc<std::sync::Mutex<Vec<Counts>>> = Arc::default();
        let telling = Arc::clone(&told);
        let progress = Progress::new(move |step| telling.lock().unwrap().extend(step.counts));
        let job = Job::alone(progress).with_drafts(Drafts::new(dir.path(), "job".parse().unwrap()));
        let params = params(format, topic);
        let stop = async {
            // It is reading when it has told more than that it will.
            while told.lock().unwrap().len() < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            job.stop.cancel();
        };
        let (made, ()) = tokio::join!(make(&job, 100_000_000, &params), stop);
        assert!(matches!(made, Err(JobError::Stopped)), "{format:?}: {made:?}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{format:?}");
        let told = told.lock().unwrap().clone();
        assert_eq!(told[0], Counts::new(0, 100_000_000), "{format:?}");
        assert!(told[1].processed_count > 0 && told[1].processed_count < 100_000_000, "{format:?}: {told:?}");
    }
}
