//! A worker with little memory refuses in words what could take it down, before it reads a row; what others have is waited
//! for.

use std::time::Duration;

use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::table::Format;
use deertrack_schemas::{CamtrapDpParams, Class, Export, PdfParams, TableParams, ZipParams};
use deertrack_worker::JobError;
use deertrack_worker::export::{Exporter, Progress};
use deertrack_worker::memory::Memory;
use tokio::time::timeout;

use crate::season::{Season, command};

const MEGABYTE: u64 = 1_000_000;

fn season() -> Season {
    let mut season = Season::new();
    season.image("i", "2025-06-01T04:00:00Z", None);
    season.detection("r", "i", Class::Doe, [0.1, 0.1, 0.2, 0.2]);
    season
}

fn exports() -> [Export; 5] {
    let day = |text: &str| text.parse().unwrap();
    let (first, last) = (day("2025-06-01"), day("2025-06-30"));
    [
        Export::Pdf(PdfParams::new(first, last, GroupBy::Month)),
        Export::Table(TableParams::new(Format::Csv, first, last)),
        Export::CamtrapDp(CamtrapDpParams::default()),
        Export::Zip(ZipParams::between(first, last)),
        Export::Zip(ZipParams { include_crops: false, ..ZipParams::between(first, last) }),
    ]
}

#[tokio::test]
async fn what_a_worker_cannot_hold_is_refused_in_words() {
    let season = season();
    let kinds = season.kinds().await;
    for export in exports() {
        let job = season.job(Progress::silent()).with_memory(Memory::limited(MEGABYTE));
        let refused = kinds.export(&job, &command(export)).await;
        let Err(JobError::Reject(text)) = refused else { panic!("it was not refused: {refused:?}") };
        assert!(text.starts_with("This export of 1 detection takes up to "), "{text}");
        assert!(
            text.contains("may have 0 MB of its 1 MB (--memory-limit): choose a shorter range"),
            "{text}"
        );
        assert_eq!(season.drafts(), 0);
    }
}

#[tokio::test]
async fn what_others_have_is_waited_for_and_given_back() {
    let season = season();
    let kinds = season.kinds().await;
    // Room for each of the kinds, and for no two of them.
    let memory = Memory::with_room_for_jobs(300 << 20);
    for export in exports() {
        let other = memory.reserve(290 << 20).await.unwrap();
        let job = season.job(Progress::silent()).with_memory(memory.clone());
        let command = command(export);
        {
            let exporting = kinds.export(&job, &command);
            tokio::pin!(exporting);
            let waiting = timeout(Duration::from_millis(300), &mut exporting).await;
            assert!(waiting.is_err(), "it did not wait: {waiting:?}");
            drop(other);
            exporting.await.unwrap();
        }
        drop(job);
        timeout(Duration::from_secs(5), memory.reserve(300 << 20)).await.expect("it is given back").unwrap();
    }
}
