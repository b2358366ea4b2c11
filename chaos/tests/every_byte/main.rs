//! The append-only file of all moves, cut at its bytes: whatever a power cut leaves, no half of a move comes back.
//!
//! For each cut the server starts twice on a copy of the file, as an operator's would, without `redis-check-aof`: at once,
//! for two moves more, and later, uncut, for all that is left. Then the promises are looked at. `make test` draws a byte
//! of each command; `EVERY_BYTE=1` takes them all (`make chaos-bytes`), `EVERY_BYTE=20` every twentieth. `chaos/src` cuts a
//! running system.
#![expect(clippy::unwrap_used, reason = "a move that does not work has failed the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::process::Command as Program;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{NaiveDate, Utc};
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Command, Export, Keys, PdfParams, State, StatusRecord, Valid};
use deertrack_stream::embedded::{Options, Server};
use deertrack_stream::{
    Claim, Consumer, ConsumerOptions, Finished, Retried, RetryPolicy, Settings, Stream, Submitted, WatchFrom,
    Watched,
};
use deertrack_testkit::aof::{self, Manifest};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Servers at a time.
const LANES: usize = 4;
/// What has not come to its end by then is stuck.
const REST: Duration = Duration::from_secs(5);
const AT_ONCE: RetryPolicy = RetryPolicy { base: Duration::from_millis(5), cap: Duration::from_millis(5) };
const IN_AN_HOUR: RetryPolicy =
    RetryPolicy { base: Duration::from_secs(3600), cap: Duration::from_secs(3600) };

/// As an operator's own server: nothing mends its file before it starts.
async fn plain(dir: &Path) -> Server {
    let extra = [("appendfsync", "always"), ("hz", "100")].map(|(name, value)| (name.into(), value.into()));
    let options = Options { dir: dir.to_owned(), append_only: true, check_aof: false, extra: extra.into() };
    Server::start(options).await.unwrap()
}

async fn connect(server: &Server, heal: bool) -> Stream {
    let settings = Settings { heal, ..Settings::new(server.url()) };
    Stream::connect(settings.paced(Duration::from_millis(300))).await.unwrap()
}

async fn consumer(stream: &Stream) -> Consumer {
    Consumer::start(stream, ConsumerOptions { host: Some("a".into()) }).await.unwrap()
}

fn command() -> Valid<Command> {
    let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
    let export = Export::Pdf(PdfParams::new(day(1), day(2), GroupBy::Day));
    Valid::check(Command::new(Stream::new_job_id(), export, Utc::now()), day(3)).unwrap()
}

async fn submit(stream: &Stream) -> String {
    match stream.submit(&command()).await.unwrap() {
        Submitted::New(job) => job.to_string(),
        other => panic!("not accepted: {other:?}"),
    }
}

async fn next(consumer: &mut Consumer) -> Claim {
    consumer.next(1).await.remove(0)
}

fn record(claim: &Claim) -> StatusRecord {
    StatusRecord::queued(&claim.decode().unwrap())
}

async fn finish(claim: Claim) -> Finished {
    let record = record(&claim).with_state(State::Failed);
    claim.finish(record).await
}

/// The file, and which move wrote which bytes of it.
struct Scene {
    dir: TempDir,
    moves: Vec<(&'static str, Range<u64>)>,
    /// Each job, and up to where the file must be whole for it to have been accepted.
    accepted: Vec<(String, u64)>,
    /// This one was given up and replayed: it may end twice.
    replayed: String,
    /// This one is parked for an hour, and cancelled.
    parked: String,
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
async fn scene() -> Scene {
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

/// Cuts a copy, starts it twice. Which promises are broken.
async fn cut_at(scene: &Scene, length: u64, heal: bool) -> Vec<String> {
    let copy = TempDir::new().unwrap();
    copy_files(&scene.dir.path().join("appendonlydir"), &copy.path().join("appendonlydir"));
    aof::cut(&aof::growing(copy.path()), length);
    let mut server = plain(copy.path()).await;
    let stream = connect(&server, heal).await;
    let later = submit(&stream).await;
    let mut first = consumer(&stream).await;
    finish(next(&mut first).await).await;
    server.kill().await.unwrap();
    drop((first, stream));
    server.restart().await.unwrap();
    let stream = connect(&server, heal).await;
    come_to_rest(&stream, &scene.parked).await;
    let accepted = scene.accepted.iter().filter(|(_, end)| *end <= length).map(|(job, _)| job.clone());
    broken(&server, &stream, accepted.chain([later]).collect(), &scene.replayed).await
}

/// Works off what there is.
async fn come_to_rest(stream: &Stream, parked: &str) {
    stream.cancel(parked).await.unwrap();
    let mut consumer = consumer(stream).await;
    let until = Instant::now() + REST;
    while Instant::now() < until {
        let counts = stream.counts().await.unwrap();
        if counts.backlog + counts.pending + counts.delayed == 0 {
            return;
        }
        let claims = tokio::time::timeout(Duration::from_millis(20), consumer.next(4)).await;
        for claim in claims.unwrap_or_default() {
            finish(claim).await;
        }
    }
}

async fn broken(server: &Server, stream: &Stream, accepted: BTreeSet<String>, replayed: &str) -> Vec<String> {
    let mut broken = Vec::new();
    let (mut numbers, mut ends): (Vec<u64>, BTreeMap<String, Vec<State>>) = Default::default();
    let mut events = stream.catch_up(WatchFrom::Start).await.unwrap();
    loop {
        let page = events.page().await.unwrap();
        if page.is_empty() {
            break;
        }
        for watched in page {
            if let Watched::Event { event, .. } = watched {
                numbers.push(event.n);
                ends.entry(event.record.job_id.to_string()).or_default().push(event.record.state);
            }
        }
    }
    let counts = stream.counts().await.unwrap();
    if numbers != (1..=numbers.len() as u64).collect::<Vec<_>>() || counts.events != numbers.len() as u64 {
        broken.push(format!("numbers {numbers:?}, counted {}", counts.events));
    }
    for job in accepted.iter().chain(ends.keys().filter(|job| !accepted.contains(*job))) {
        let ends = ends.get(job).map_or(&[][..], Vec::as_slice);
        let text = stream.status_text(job).await.unwrap();
        let state = text.map(|text| serde_json::from_slice::<StatusRecord>(&text).unwrap().state);
        let twice = job == replayed && ends.len() == 2 && ends[0] == State::Dead;
        if state.is_none() || state != ends.last().copied() || (ends.len() != 1 && !twice) {
            broken.push(format!("{job}: status {state:?}, ends {ends:?}"));
        }
    }
    let parked = redis_cli(server, &["HLEN", &Keys::default().parked()]);
    let left = [counts.backlog, counts.pending, counts.delayed, parked.parse().unwrap()];
    if left != [0; 4] {
        broken.push(format!("left in stream, pending list, delayed, parked: {left:?}"));
    }
    broken
}

fn redis_cli(server: &Server, words: &[&str]) -> String {
    let socket = server.url().strip_prefix("redis+unix://").unwrap();
    let output = Program::new("redis-cli").args(["-s", socket]).args(words).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Where to cut: at a byte of each command, or at every byte.
fn cuts(scene: &Scene) -> Vec<u64> {
    let bytes = std::fs::read(aof::growing(scene.dir.path())).unwrap();
    if let Ok(step) = std::env::var("EVERY_BYTE") {
        return (0..=bytes.len() as u64).step_by(step.parse().unwrap()).collect();
    }
    // Fixed, so that a failure can be repeated. The ids in the file are of the day, the lengths hardly change.
    let mut random = ChaCha8Rng::seed_from_u64(20260102);
    let drawn = |command: aof::Command| random.random_range(command.start as u64 + 1..=command.end as u64);
    aof::commands(&bytes).map(drawn).collect()
}

/// How many cuts were made, and by the move that was cut: how many broke a promise, and the first that is told.
async fn cut_everywhere(
    scene: Scene,
    cuts: Vec<u64>,
    heal: bool,
) -> (usize, BTreeMap<&'static str, (usize, String)>) {
    let (scene, made) = (Arc::new(scene), cuts.len());
    let left = Arc::new(Mutex::new(cuts));
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (scene, left) = (Arc::clone(&scene), Arc::clone(&left));
        lanes.spawn(async move {
            let mut broken = Vec::new();
            loop {
                let Some(length) = left.lock().unwrap().pop() else { return broken };
                let found = cut_at(&scene, length, heal).await;
                if !found.is_empty() {
                    let cut = scene.moves.iter().find(|(_, bytes)| bytes.contains(&length));
                    broken
                        .push((cut.map_or("end", |(what, _)| *what), format!("cut at {length}: {found:?}")));
                }
            }
        });
    }
    let mut by_move: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    for (what, found) in lanes.join_all().await.into_iter().flatten() {
        by_move.entry(what).or_insert((0, found)).0 += 1;
    }
    (made, by_move)
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_the_file_of_all_moves_is_cut_no_half_comes_back() {
    let scene = scene().await;
    let cuts = cuts(&scene);
    let (made, broken) = cut_everywhere(scene, cuts, true).await;
    println!("{made} cuts");
    assert!(made > 90, "{made} cuts are not all commands of eleven moves");
    assert!(broken.is_empty(), "of {made} cuts: {broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_healing_halves_come_back() {
    let scene = scene().await;
    let dangerous = ["finish", "retry", "promote"];
    let of_those = |length: &u64| {
        scene.moves.iter().any(|(what, bytes)| dangerous.contains(what) && bytes.contains(length))
    };
    let cuts: Vec<u64> = cuts(&scene).into_iter().filter(of_those).collect();
    let dir = TempDir::new().unwrap();
    let server = plain(dir.path()).await;
    let mended = redis_cli(&server, &["INFO", "server"]).contains("valkey_version:");
    let (made, broken) = cut_everywhere(scene, cuts, false).await;
    println!("without healing, of {made} cuts: {broken:#?}");
    assert_eq!(broken.is_empty(), mended, "of {made} cuts: {broken:#?}");
}
