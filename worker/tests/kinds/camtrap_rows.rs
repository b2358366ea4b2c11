//! A package whose rows are read as they are written: what is told before, what is left behind, and how much room it needs.

use std::sync::{Arc, Mutex};

use deertrack_catalog::connect;
use deertrack_schemas::{CamtrapDpParams, Class, Counts, Export};
use deertrack_worker::JobError;
use deertrack_worker::export::{Exporter, Kinds, Progress, Room};

use crate::season::{Season, Told, command};

const ROWS: u64 = 1_400;

/// A doe a minute, and so many photographs: more rows than are handed on at a time.
fn season() -> Season {
    let mut season = Season::new();
    for number in 0..ROWS {
        let id = format!("i{number:04}");
        let at = format!("2025-06-{:02}T{:02}:{:02}:00Z", 1 + number / 1_440, number / 60 % 24, number % 60);
        season.image(&id, &at, Some(&format!("{id}.jpg")));
        season.detection(&format!("r{number:04}"), &id, Class::Doe, [0.1, 0.1, 0.2, 0.2]);
    }
    season
}

fn package() -> Export {
    Export::CamtrapDp(CamtrapDpParams::default())
}

async fn kinds(season: &Season) -> Kinds {
    season.kinds_over(connect(&season.database().await).await.unwrap())
}

#[tokio::test]
async fn rows_are_told_before_they_are_read_and_counted_as_they_are_written() {
    let season = season();
    let told = Told::default();
    kinds(&season).await.export(&season.job(told.progress()), &command(package())).await.unwrap();
    let counts = told.counts();
    assert_eq!(counts[0], Counts::new(0, ROWS));
    assert!(counts.iter().all(|counts| counts.total_detections == ROWS));
    assert!(counts.windows(2).all(|pair| pair[0].processed_count <= pair[1].processed_count));
    let within = |counts: &&Counts| (1..ROWS).contains(&counts.processed_count);
    assert!(counts.iter().filter(within).count() >= 4, "{counts:?}");
    assert_eq!(counts.last(), Some(&Counts::new(ROWS, ROWS)));
}

#[tokio::test]
async fn a_package_that_is_stopped_leaves_nothing() {
    let season = season();
    let kinds = kinds(&season).await;
    for stage in ["reading rows", "writing tables", "checking the package", "packing"] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (stop, told) = (tokio_util::sync::CancellationToken::new(), Arc::clone(&seen));
        let token = stop.clone();
        let progress = Progress::new(move |step| {
            told.lock().unwrap().push(step.stage.to_owned());
            // In the midst of the rows.
            if step.stage == stage
                && step.counts.is_none_or(|counts| counts.processed_count != 0 || stage == "reading rows")
            {
                token.cancel();
            }
        });
        let mut job = season.job(progress);
        job.stop = stop;
        let stopped = kinds.export(&job, &command(package())).await;
        assert!(matches!(stopped, Err(JobError::Stopped)), "{stopped:?}");
        assert_eq!(seen.lock().unwrap().last().map(String::as_str), Some(stage), "nothing follows");
        drop(stopped);
        assert_eq!(season.drafts(), 0);
    }
}

#[tokio::test]
async fn a_disk_without_room_for_the_tables_is_told_in_words_before_they_are_written() {
    let season = season();
    let kinds = kinds(&season).await;
    let with_disk = async |disk| {
        let mut job = season.job(Progress::silent());
        job.room = Room { memory: 0, disk };
        kinds.export(&job, &command(package())).await
    };
    for (needed, photographs) in [(ROWS * 320, ""), (ROWS * (320 + 640), " in 1,400 photographs")] {
        let refused = with_disk(needed - 1).await;
        let Err(JobError::Reject(text)) = refused else { panic!("{refused:?}") };
        let told = format!(
            "The tables of up to 1,400 detections{photographs} need {} MB of temporary room on the worker's disk",
            needed.div_ceil(1_000_000)
        );
        assert!(text.starts_with(&told) && text.contains("choose a shorter range"), "{text}");
        assert_eq!(season.drafts(), 0);
    }
    with_disk(ROWS * (320 + 640)).await.unwrap();
}
