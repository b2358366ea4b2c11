//! The file to be cut: every move of the protocol is made once, and it is noted which bytes it wrote.

use std::ops::Range;
use std::time::Duration;

use deertrack_stream::embedded::Server;
use deertrack_stream::{Finished, Retried, RetryPolicy, Stream};
use deertrack_testkit::aof::Manifest;
use tempfile::TempDir;

use crate::steps::{connect, consumer, finish, next, plain, record, submit};

const AT_ONCE: RetryPolicy = RetryPolicy { base: Duration::from_millis(5), cap: Duration::from_millis(5) };
const IN_AN_HOUR: RetryPolicy =
    RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(3600) };

/// The file, and which move wrote which bytes of it.
pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    pub(crate) moves: Vec<(&'static str, Range<u64>)>,
    /// Each job, and up to where the file must be whole for it to have been accepted.
    pub(crate) accepted: Vec<(String, u64)>,
    /// This one was given up and replayed: it may end twice.
    pub(crate) replayed: String,
    /// This one is parked for an hour, and cancelled.
    pub(crate) parked: String,
}

struct Writer {
    server: Server,
    stream: Stream,
    scene: Scene,
    written: u64,
}

impl Writer {
    /// All that was written since the last time was this move's.
    fn moved(&mut self, what: &'static str) {
        let end = Manifest::read(self.scene.dir.path()).unwrap().growing.len().unwrap();
        self.scene.moves.push((what, self.written..end));
        self.written = end;
    }

    async fn submit(&mut self) -> String {
        let job = submit(&self.stream).await;
        self.moved("submit");
        self.scene.accepted.push((job.clone(), self.written));
        job
    }
}

/// Makes every move.
pub(crate) async fn scene() -> Scene {
    let dir = TempDir::new().unwrap();
    let server = plain(dir.path()).await;
    let stream = connect(&server, false).await;
    let scene =
        Scene { dir, moves: vec![], accepted: vec![], replayed: String::new(), parked: String::new() };
    let mut writer = Writer { server, stream, scene, written: 0 };
    let mut consumer = consumer(&writer.stream).await;
    writer.moved("group");

    writer.submit().await;
    let claim = next(&mut consumer).await;
    writer.moved("claim");
    assert_eq!(finish(claim).await, Finished::Done);
    writer.moved("finish");

    writer.submit().await;
    let claim = next(&mut consumer).await;
    let again = record(&claim);
    writer.moved("claim");
    assert!(matches!(claim.retry(again, "away", &AT_ONCE).await, Retried::Later { .. }));
    writer.moved("retry");
    let claim = next(&mut consumer).await;
    writer.moved("promote");
    assert_eq!(claim.release().await, Finished::Done);
    writer.moved("release");
    let claim = next(&mut consumer).await;
    writer.moved("claim");
    assert_eq!(finish(claim).await, Finished::Done);
    writer.moved("finish");

    writer.scene.parked = writer.submit().await;
    let claim = next(&mut consumer).await;
    let again = record(&claim);
    writer.moved("claim");
    assert!(matches!(claim.retry(again, "away", &IN_AN_HOUR).await, Retried::Later { .. }));
    writer.moved("retry");
    let parked = writer.scene.parked.clone();
    writer.stream.cancel(&parked).await.unwrap();
    writer.moved("cancel parked");

    writer.scene.replayed = writer.submit().await;
    let claim = next(&mut consumer).await;
    let last = record(&claim);
    writer.moved("claim");
    assert_eq!(claim.dead("broken", last).await, Finished::Done);
    writer.moved("dead");
    consumer.stop_reading().await;
    let letters = writer.stream.dead_letters();
    let letter = letters.list(None, None, 1).await.unwrap().remove(0);
    assert!(letters.replay(letter.id).await.unwrap());
    writer.moved("replay");
    let waiting = writer.submit().await;
    writer.stream.cancel(&waiting).await.unwrap();
    writer.moved("cancel waiting");
    writer.submit().await;
    let Writer { mut server, scene, .. } = writer;
    server.kill().await.unwrap();
    scene
}
