//! Every crash point of the sources, and what a user sees after a process died there. How a row is played is told in
//! [`stage`].
//!
//! What is not here, because nobody dies in it: paused workers (`kill.rs`), a Redis that dies, forgets or is full
//! (`stream/tests/protocol/`).

mod row;
mod stage;

use std::collections::BTreeSet;
use std::path::Path;

use futures::StreamExt;

use self::row::{Row, Story, row};
use self::stage::{Stage, play};
use crate::support::PROCESSOR;

/// How many rows are played at a time. They wait for leases most of the time.
const AT_A_TIME: usize = 4;

/// In the order of a job's way.
const ROWS: [Row; 35] = [
    row("submit.before", Story::Submit, "completed", 1),
    row("submit.after", Story::Submit, "completed", 1),
    row("group.after", Story::Work, "completed", 1),
    row("fetch.after", Story::Work, "completed", 2),
    row("stray.after", Story::Stray, "completed", 2),
    row("sweep.after", Story::Inherit, "completed", 3),
    row("job.claimed", Story::Work, "completed", 2),
    row("discard.before", Story::EndedBefore, "completed", 0),
    row("discard.after", Story::EndedBefore, "completed", 0),
    row("job.running", Story::Work, "completed", 2),
    row("beat.before", Story::LongWork, "completed", 2),
    row("beat.after", Story::LongWork, "completed", 2),
    row("job.working", Story::Work, "completed", 2),
    row("artifact.rendered", Story::Work, "completed", 2),
    row("artifact.written", Story::Work, "completed", 2),
    row("artifact.published", Story::Work, "completed", 2),
    row("finish.before", Story::Work, "completed", 2),
    row("finish.after", Story::Work, "completed", 1),
    row("retry.before", Story::Retry, "completed", 2),
    row("retry.after", Story::Retry, "completed", 1),
    row("promote.before", Story::Retry, "completed", 1),
    row("promote.after", Story::Retry, "completed", 1),
    row("dead.before", Story::Rubbish, "dead", 2),
    row("dead.after", Story::Rubbish, "dead", 1),
    row("replay.before", Story::Replay, "completed", 1),
    row("replay.after", Story::Replay, "completed", 1),
    row("cancel.before", Story::Cancel, "cancelled", 0),
    row("cancel.after", Story::Cancel, "cancelled", 0),
    row("release.before", Story::Stop, "completed", 2),
    row("release.after", Story::Stop, "completed", 1),
    row("housekeep.before", Story::Idle, "completed", 1),
    row("housekeep.after", Story::Idle, "completed", 1),
    // The same place in another story: the heir of a dead worker dies as well.
    row("finish.before", Story::Inherit, "completed", 3),
    row("finish.after", Story::Inherit, "completed", 2),
    row("finish.after", Story::Stray, "completed", 1),
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_at_whichever_point_each_job_has_one_result_and_one_event() {
    let _shared = PROCESSOR.read().await;
    let stage = Stage::new();
    let plays = futures::stream::iter(&ROWS).map(|row| {
        let (stage, handle) = (stage.clone(), tokio::runtime::Handle::current());
        let played = tokio::task::spawn_blocking(move || handle.block_on(play(&stage, row)));
        async move { played.await.is_err().then_some(row.point) }
    });
    let failed: Vec<&str> =
        plays.buffer_unordered(AT_A_TIME).filter_map(async |failed| failed).collect().await;
    assert!(failed.is_empty(), "what is wrong after a death at {failed:?} is told above");
}

#[test]
fn every_crash_point_of_the_sources_has_a_row() {
    let mut sources = BTreeSet::new();
    for folder in ["stream/src", "worker/src"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder), &mut sources);
    }
    let rows: BTreeSet<String> = ROWS.iter().map(|row| row.point.to_owned()).collect();
    assert_eq!(sources, rows);
}

/// The names in all `crash::point("...")` and `crash::point_of("...", ...)` below `folder`.
fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["crash::point(\"", "crash::point_of(\""] {
                let names = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(names.map(str::to_owned));
            }
        }
    }
}
