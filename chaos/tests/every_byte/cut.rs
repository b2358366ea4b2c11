//! One cut: a server starts twice on what is left of the file, and then the promises are looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command as Program;
use std::time::{Duration, Instant};

use deertrack_schemas::{Keys, State, StatusRecord};
use deertrack_stream::embedded::Server;
use deertrack_stream::{Stream, WatchFrom, Watched};
use deertrack_testkit::aof;
use tempfile::TempDir;

use crate::scene::Scene;
use crate::steps::{connect, consumer, finish, next, plain, submit};

/// What has not come to its end by then is stuck.
const REST: Duration = Duration::from_secs(5);

/// Cuts a copy, starts it twice. Which promises are broken.
pub(crate) async fn cut_at(scene: &Scene, length: u64, heal: bool) -> Vec<String> {
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

pub(crate) fn redis_cli(server: &Server, words: &[&str]) -> String {
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
