//! Vectors that do not fit into memory: the same archive from temporary files, which nobody sees and nothing leaves behind.

use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex};

use deertrack_catalog::connect;
use deertrack_schemas::{Counts, ReidParams};
use deertrack_sources::simulate::Options;
use deertrack_worker::JobError;
use deertrack_worker::artifact::Drafts;
use deertrack_worker::export::{Job, Progress, Room};
use tempfile::TempDir;

use crate::files::{Files, export, export_from};
use crate::herd::{Herd, sqlite_in};
use crate::season::{four_weeks, options, season, season_in, thresholds};

/// A job that keeps nothing in memory that can lie elsewhere, and its folder.
fn on_disk(progress: Progress, dir: &TempDir) -> Job {
    let mut job = Job::alone(progress).with_drafts(Drafts::new(dir.path(), "job".parse().unwrap()));
    job.room.memory = 0;
    job
}

async fn archive(url: &str, params: &ReidParams, job: &Job) -> Vec<u8> {
    let rendered = export_from(connect(url).await.unwrap(), params, job).await.unwrap();
    rendered.content.into_bytes().unwrap()
}

/// Files of this process in `dir` that are open, with or without a name.
fn open_files(dir: &Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    let targets = links.filter_map(|link| std::fs::read_link(link.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(dir)).count()
}

/// How many detections a SQLite file holds.
async fn stored(url: &str, that: &str) -> u64 {
    let pool = sqlx::SqlitePool::connect(url).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("select count(*) from detections where {that}"));
    let count: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
    pool.close().await;
    count.try_into().unwrap()
}

fn named_files(dir: &TempDir) -> usize {
    std::fs::read_dir(dir.path()).unwrap().count()
}

#[tokio::test]
async fn what_lies_on_disk_makes_the_same_bytes_from_either_database_on_any_number_of_threads() {
    let dir = TempDir::new().unwrap();
    let params = ReidParams { sample_size: 30, seed: 4, ..thresholds() };
    let sqlite = season(&dir, 7).await;
    let postgres = deertrack_testkit::postgres::database();
    season_in(&postgres, &dir, 7, options()).await;
    let expected = export(&sqlite, &params).await.unwrap().content.into_bytes().unwrap();
    for (url, cores, memory) in [(&sqlite, 1, 0), (&sqlite, 3, 100_000), (&postgres, 2, 0)] {
        let scratch = TempDir::new().unwrap();
        let mut job = on_disk(Progress::silent(), &scratch);
        (job.cores, job.room.memory) = (NonZero::new(cores).unwrap(), memory);
        assert!(archive(url, &params, &job).await == expected, "{url} {cores} {memory}");
        assert_eq!((named_files(&scratch), open_files(scratch.path())), (0, 0), "all is given back");
    }
}

#[tokio::test]
async fn founders_and_their_mates_are_found_again_on_disk() {
    let mut herd = Herd::default();
    herd.places.push(deertrack_catalog::store::NewPlace {
        id: "oak".into(),
        name: "Old oak".into(),
        ..Default::default()
    });
    for (number, class) in [deertrack_schemas::Class::Buck; 3].into_iter().enumerate() {
        herd.know(&format!("d{number}"), class, &[1.0, number as f32]);
    }
    herd.deer[0].founder_detection_id = Some("founder".into());
    for (id, at) in
        [("founder", "00:00:00"), ("mate", "00:00:20"), ("late mate", "00:00:55"), ("later", "09:00:00")]
    {
        let at = format!("2025-06-01T{at}Z");
        herd.see(id, Some(&at), deertrack_schemas::Class::Buck, &[1.0, id.len() as f32]);
        herd.images.last_mut().unwrap().location_id = Some("oak".into());
        herd.detections.last_mut().unwrap().deer_id = Some("d1".into());
    }
    herd.see("no time", None, deertrack_schemas::Class::Doe, &[0.0, 2.0]);
    herd.detections[0].is_valid = false;
    let (dir, scratch) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let url = sqlite_in(&dir);
    herd.write(&url).await;
    let params = ReidParams { sample_size: 9, thresholds: vec![0.1], ..ReidParams::default() };
    let expected = export(&url, &params).await.unwrap().content.into_bytes().unwrap();
    let rendered =
        export_from(connect(&url).await.unwrap(), &params, &on_disk(Progress::silent(), &scratch)).await;
    let found = rendered.unwrap();
    let files = Files::of(&url, &params).await;
    let rows = files.table("scores.csv");
    let founding: Vec<&str> = rows.iter().map(|row| row["founding_burst"].as_str()).collect();
    assert_eq!(founding, ["yes", "yes", "no", "no"], "the founder itself was rejected");
    assert!(found.content.into_bytes().unwrap() == expected);
}

#[tokio::test]
async fn a_disk_without_room_is_told_in_words_before_anything_is_kept() {
    let dir = TempDir::new().unwrap();
    let url = four_weeks(&dir, 2).await;
    let rows = stored(&url, "id in (select detection_id from detection_vectors)").await;
    let needed = rows * (512 * 4 + 320);
    let with_disk = |disk| {
        let scratch = TempDir::new().unwrap();
        let mut job = on_disk(Progress::silent(), &scratch);
        job.room = Room { memory: 0, disk };
        (job, scratch)
    };
    let (job, scratch) = with_disk(needed - 1);
    let refused = export_from(connect(&url).await.unwrap(), &ReidParams::default(), &job).await;
    let Err(JobError::Reject(text)) = refused else { panic!("{refused:?}") };
    let told = format!(
        "The vectors of up to {rows} detections need {} MB of temporary room",
        needed.div_ceil(1_000_000)
    );
    assert!(text.starts_with(&told) && text.contains("choose a shorter range"), "{text}");
    assert!(!text.contains(scratch.path().to_str().unwrap()), "no path of the server: {text}");
    assert_eq!((named_files(&scratch), open_files(scratch.path())), (0, 0));

    // The number of rows alone would not fit; those with a vector do.
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("delete from detection_vectors where rowid % 2 = 1").execute(&pool).await.unwrap();
    pool.close().await;
    let (job, _scratch) = with_disk(needed * 6 / 10);
    assert!(!archive(&url, &ReidParams::default(), &job).await.is_empty());
}

#[tokio::test]
async fn a_range_counts_its_own_rows_only() {
    let dir = TempDir::new().unwrap();
    let postgres = deertrack_testkit::postgres::database();
    season_in(&postgres, &dir, 2, Options { days: 28, ..options() }).await;
    let day = |text: &str| Some(text.parse().unwrap());
    let mut totals = Vec::new();
    for url in [four_weeks(&dir, 2).await, postgres] {
        let params = ReidParams {
            start_date: day("2025-12-20"),
            end_date: day("2025-12-22"),
            ..ReidParams::default()
        };
        let (job, told) = listening(None);
        let files = Files::read(export_from(connect(&url).await.unwrap(), &params, &job).await.unwrap());
        let rows = files.table("scores.csv").len() as u64;
        let told = told.lock().unwrap();
        let first = told.iter().find_map(|(_, counts)| *counts).unwrap();
        totals.push(first.total_detections);
        // Rejected rows and duplicates are counted with them: a few of a hundred.
        assert_eq!(first.processed_count, 0, "told before the first row is read: {url}");
        assert!((rows..rows + rows / 20).contains(&first.total_detections), "{rows}: {first:?}");
    }
    assert_eq!(totals[0], totals[1], "both databases count alike");
}

type Told = Arc<Mutex<Vec<(String, Option<Counts>)>>>;

/// A job whose steps are kept, and that is stopped at the `ends`th step of a stage.
fn listening(ends: Option<(&'static str, usize)>) -> (Job, Told) {
    let told: Told = Arc::default();
    let stop = tokio_util::sync::CancellationToken::new();
    let (kept, token) = (Arc::clone(&told), stop.clone());
    let mut job = Job::alone(Progress::new(move |step| {
        let mut kept = kept.lock().unwrap();
        kept.push((step.stage.to_owned(), step.counts));
        let met = |stage: &str| kept.iter().filter(|(told, _)| told == stage).count();
        if ends.is_some_and(|(stage, number)| met(stage) == number) {
            token.cancel();
        }
    }));
    job.stop = stop;
    (job, told)
}

#[tokio::test]
async fn a_job_is_stopped_within_a_step_and_leaves_no_file() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 3).await;
    for (stage, number) in [("reading vectors", 4), ("comparing", 3)] {
        let scratch = TempDir::new().unwrap();
        let (job, told) = listening(Some((stage, number)));
        let mut job = job.with_drafts(Drafts::new(scratch.path(), "job".parse().unwrap()));
        (job.room.memory, job.cores) = (0, NonZero::new(1).unwrap());
        let stopped = export_from(connect(&url).await.unwrap(), &ReidParams::default(), &job).await;
        assert!(matches!(stopped, Err(JobError::Stopped)), "{stopped:?}");
        let told = told.lock().unwrap();
        let (last, counts) = told.last().unwrap();
        let counts = counts.unwrap();
        assert_eq!((last.as_str(), told.iter().filter(|(told, _)| told == stage).count()), (stage, number));
        assert!(0 < counts.processed_count && counts.processed_count < counts.total_detections, "{counts:?}");
        assert_eq!((named_files(&scratch), open_files(scratch.path())), (0, 0), "{stage}");
    }
}

#[tokio::test]
async fn the_status_tells_how_far_reading_and_comparing_are() {
    let dir = TempDir::new().unwrap();
    let url = season(&dir, 3).await;
    let (job, told) = listening(None);
    let files =
        Files::read(export_from(connect(&url).await.unwrap(), &ReidParams::default(), &job).await.unwrap());
    let all = files.table("scores.csv").len() as u64;
    let read = stored(&url, "true").await;
    let told = told.lock().unwrap();
    for (stage, all) in [("reading vectors", read), ("comparing", all)] {
        let counts: Vec<Counts> =
            told.iter().filter(|(told, _)| told == stage).filter_map(|(_, counts)| *counts).collect();
        assert!(counts.len() > 3, "{stage}: {counts:?}");
        assert!(counts.iter().all(|counts| counts.total_detections == all), "{stage}: {counts:?}");
        assert!(counts.windows(2).all(|two| two[0].processed_count < two[1].processed_count), "{counts:?}");
    }
    assert_eq!(told.iter().rfind(|(stage, _)| stage == "comparing").unwrap().1, Some(Counts::new(all, all)));
}
