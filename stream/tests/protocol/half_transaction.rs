//! A power cut leaves half of a move in the append-only file: it must not come back, neither at once nor later.
//!
//! Each test makes a move, kills Redis, cuts the file within the move's last block, starts Redis, lets everything come
//! to its end, and starts Redis once more without a cut. `appendfsync always` makes the file end where the test wants.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use deertrack_schemas::{JobId, State};
use deertrack_stream::embedded::{Options, Server};
use deertrack_stream::{Consumer, Finished, Healing, Retried, RetryPolicy, Settings, Stream};
use deertrack_testkit::aof;
use deertrack_testkit::redis::Redis;
use tempfile::TempDir;

use crate::support::*;

const AT_ONCE: RetryPolicy = RetryPolicy { base: Duration::from_millis(20), cap: Duration::from_millis(20) };
/// How long what is left over may take to move. What has not moved then is stuck.
const REST: Duration = Duration::from_secs(2);

/// As an operator's own server: nothing mends its file before it starts.
fn plain(dir: &Path) -> Options {
    let always = ("appendfsync".to_owned(), "always".to_owned());
    Options { dir: dir.to_owned(), append_only: true, check_aof: false, extra: vec![always] }
}

/// A move, and a command that only its block has.
#[derive(Clone, Copy, Debug)]
enum Move {
    Submit,
    Finish,
    Retry,
    Promote,
    CancelParked,
    Dead,
    Replay,
}

impl Move {
    /// A command that stands only in its block, or last in its block.
    fn marked_by(self) -> &'static str {
        match self {
            Self::Submit | Self::Dead => "XADD",
            Self::Finish | Self::Replay => "XDEL",
            Self::Retry => "ZADD",
            Self::Promote | Self::CancelParked => "ZREM",
        }
    }

    /// Makes it, after all that it needs. Which jobs were accepted.
    async fn make(self, stream: &Stream) -> Vec<JobId> {
        let bystander = submit(stream).await;
        let mut consumer = consumer(stream, "first").await;
        assert_eq!(finish(next(&mut consumer).await).await, Finished::Done);
        let job = submit(stream).await;
        match self {
            Self::Submit => {}
            Self::Finish => assert_eq!(finish(next(&mut consumer).await).await, Finished::Done),
            Self::Retry => park(&mut consumer, &AT_ONCE).await,
            Self::Promote => {
                park(&mut consumer, &AT_ONCE).await;
                drop(next(&mut consumer).await);
            }
            Self::CancelParked => {
                let hour = Duration::from_secs(3600);
                park(&mut consumer, &RetryPolicy { base: hour, cap: hour }).await;
                stream.cancel(job.as_str()).await.unwrap();
            }
            Self::Dead => bury(&mut consumer).await,
            Self::Replay => {
                bury(&mut consumer).await;
                let letters = stream.dead_letters();
                let letter = letters.list(None, None, 1).await.unwrap().remove(0);
                assert!(letters.replay(letter.id).await.unwrap());
            }
        }
        vec![bystander, job]
    }
}

async fn park(consumer: &mut Consumer, policy: &RetryPolicy) {
    let claim = next(consumer).await;
    let record = running(&claim);
    assert!(matches!(soon(claim.retry(record, "away", policy)).await, Retried::Later { .. }));
}

async fn bury(consumer: &mut Consumer) {
    let claim = next(consumer).await;
    let record = running(&claim);
    assert_eq!(soon(claim.dead("broken", record)).await, Finished::Done);
}

/// What a user must never see, after the move came to an end twice: once behind each restart. One list for each place
/// within the move's block at which the file was cut.
async fn cut_everywhere(what: Move, heal: bool) -> Vec<Vec<String>> {
    let scene = TempDir::new().unwrap();
    let mut server = Server::start(plain(scene.path())).await.unwrap();
    let stream = Stream::connect(Settings { heal, ..hasty(server.url()) }).await.unwrap();
    let accepted = what.make(&stream).await;
    server.kill().await.unwrap();
    drop(stream);
    let commands = aof::read(&aof::growing(scene.path()));
    let mut broken = Vec::new();
    for partial in aof::last_block(&commands, what.marked_by()) {
        let copy = TempDir::new().unwrap();
        copy_files(&scene.path().join("appendonlydir"), &copy.path().join("appendonlydir"));
        // A few bytes of the next command: Redis sees no end of a command, and cuts behind the last whole one.
        aof::cut(&aof::growing(copy.path()), commands[partial].at + 5);
        broken.push(restart_twice(what, copy.path(), &accepted, heal).await);
    }
    broken
}

async fn restart_twice(what: Move, dir: &Path, accepted: &[JobId], heal: bool) -> Vec<String> {
    let mut server = Server::start(plain(dir)).await.unwrap();
    if let (Move::CancelParked, [.., job]) = (what, accepted) {
        // Its caller asks again: the first time was forgotten, and the job waits for another hour.
        let stream = Stream::connect(Settings { heal, ..hasty(server.url()) }).await.unwrap();
        stream.cancel(job.as_str()).await.unwrap();
    }
    let later = submit(&come_to_rest(server.url(), heal).await).await;
    come_to_rest(server.url(), heal).await;
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    let stream = come_to_rest(server.url(), heal).await;
    let mut accepted = accepted.to_vec();
    accepted.push(later);
    broken(&stream, &Raw::connect(server.url()).await, &accepted).await
}

/// Works off what there is.
async fn come_to_rest(url: &str, heal: bool) -> Stream {
    let stream = Stream::connect(Settings { heal, ..hasty(url) }).await.unwrap();
    let mut consumer = consumer(&stream, "later").await;
    let until = Instant::now() + REST;
    while Instant::now() < until {
        let counts = stream.counts().await.unwrap();
        if counts.backlog + counts.delayed == 0 {
            break;
        }
        let claims = tokio::time::timeout(Duration::from_millis(50), consumer.next(4)).await;
        for claim in claims.unwrap_or_default() {
            finish(claim).await;
        }
    }
    stream
}

async fn broken(stream: &Stream, raw: &Raw, accepted: &[JobId]) -> Vec<String> {
    let mut broken = Vec::new();
    let events: Vec<(String, BTreeMap<String, Vec<u8>>)> =
        raw.run(&["XRANGE", &raw.keys.events(), "-", "+"]).await;
    let text = |fields: &BTreeMap<String, Vec<u8>>, name| String::from_utf8_lossy(&fields[name]).into_owned();
    let numbers: Vec<String> = events.iter().map(|(_, fields)| text(fields, "n")).collect();
    let dense: Vec<String> = (1..=numbers.len()).map(|n| n.to_string()).collect();
    if numbers != dense {
        broken.push(format!("the events' numbers are {numbers:?}"));
    }
    let counted: Option<usize> = raw.run(&["GET", &raw.keys.event_seq()]).await;
    if counted.unwrap_or(0) != events.len() {
        broken.push(format!("{counted:?} numbers, {} events", events.len()));
    }
    for job in accepted {
        let ends = events.iter().filter(|(_, fields)| text(fields, "job") == job.as_str()).count();
        // A submit within the cut was never accepted for sure; all others end, and end once.
        let known = stream.status_text(job.as_str()).await.unwrap();
        if ends > 1 || (known.is_some() && ends == 0) {
            broken.push(format!("{ends} events of one job"));
        }
        if known.is_some()
            && !matches!(status(stream, job).await.state, State::Completed | State::Cancelled | State::Dead)
        {
            broken.push("a status without an end".into());
        }
    }
    let counts = stream.counts().await.unwrap();
    let parked: u64 = raw.run(&["HLEN", &raw.keys.parked()]).await;
    let left = [counts.backlog, counts.pending, counts.delayed, parked];
    if left != [0; 4] {
        broken.push(format!("left in stream, pending, delayed, parked: {left:?}"));
    }
    broken
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// The experiment without a script of ours: does this server execute the half at its second restart? Redis does;
/// Valkey has it mended.
async fn this_server_revives_halves() -> bool {
    let dir = TempDir::new().unwrap();
    let mut server = Server::start(plain(dir.path())).await.unwrap();
    let script = "redis.call('INCR', KEYS[1]) redis.call('XADD', KEYS[2], '*', 'n', '1')";
    let run = async |url: &str| {
        let raw = Raw::connect(url).await;
        raw.run::<()>(&["EVAL", script, "2", "counter", "events"]).await;
        raw.run::<u64>(&["GET", "counter"]).await
    };
    assert_eq!(run(server.url()).await, 1);
    server.kill().await.unwrap();
    let file = aof::growing(dir.path());
    let commands = aof::read(&file);
    let event =
        commands[aof::last_block(&commands, "XADD")].iter().find(|command| command.is("XADD")).unwrap();
    aof::cut(&file, event.at + 5);
    server.restart().await.unwrap();
    assert_eq!(run(server.url()).await, 1, "the first restart forgets the half");
    server.kill().await.unwrap();
    server.restart().await.unwrap();
    Raw::connect(server.url()).await.run::<u64>(&["GET", "counter"]).await == 2
}

#[tokio::test]
async fn without_healing_half_a_move_comes_back_and_breaks_promises() {
    let revives = this_server_revives_halves().await;
    for what in [Move::Finish, Move::Retry, Move::Promote] {
        let broken = cut_everywhere(what, false).await;
        println!("{what:?} without healing: {broken:#?}");
        assert_eq!(broken.iter().any(|broken| !broken.is_empty()), revives, "{what:?}: {broken:#?}");
    }
}

#[tokio::test]
async fn after_a_power_cut_no_half_of_a_move_comes_back() {
    use Move::*;
    for what in [Submit, Finish, Retry, Promote, CancelParked, Dead, Replay] {
        let broken = cut_everywhere(what, true).await;
        assert!(broken.len() > 1, "{what:?} writes more than one command");
        assert!(broken.iter().all(Vec::is_empty), "{what:?}: {broken:#?}");
    }
}

/// A file with half a submit at its end; where its last whole block ends.
async fn with_half_a_submit(dir: &Path) -> u64 {
    let mut server = Server::start(plain(dir)).await.unwrap();
    let stream = Stream::connect(Settings { heal: false, ..hasty(server.url()) }).await.unwrap();
    submit(&stream).await;
    server.kill().await.unwrap();
    let file = aof::growing(dir);
    let commands = aof::read(&file);
    let block = aof::last_block(&commands, "XADD");
    aof::cut(&file, commands[block.start + 1].at + 5);
    commands[block.start - 1].at
}

/// Runs what `deploy/` runs before Redis. How long the file is then.
fn heal_as_deployed(dir: &Path) -> u64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/heal-aof.sh");
    let ran = std::process::Command::new(script).arg(dir).args(["echo", "and then Redis"]).output().unwrap();
    assert!(
        ran.status.success() && String::from_utf8_lossy(&ran.stdout).ends_with("and then Redis\n"),
        "{ran:?}"
    );
    std::fs::metadata(aof::growing(dir)).unwrap().len()
}

#[tokio::test]
async fn what_runs_before_a_start_cuts_the_half_away() {
    if !this_server_revives_halves().await {
        return; // the checker of Valkey 9.1 cannot read what its server writes, and nothing is to be healed
    }
    let dir = TempDir::new().unwrap();
    let whole = with_half_a_submit(dir.path()).await;
    let copy = TempDir::new().unwrap();
    copy_files(&dir.path().join("appendonlydir"), &copy.path().join("appendonlydir"));
    assert_eq!(heal_as_deployed(dir.path()), whole, "cut before the MULTI");
    let _server = Server::start(Options { check_aof: true, ..plain(copy.path()) }).await.unwrap();
    assert_eq!(std::fs::metadata(aof::growing(copy.path())).unwrap().len(), whole);
}

#[tokio::test]
async fn what_runs_before_a_start_keeps_what_was_written_behind_an_earlier_half() {
    let dir = TempDir::new().unwrap();
    with_half_a_submit(dir.path()).await;
    // As before this was guarded: started plainly, never asked for a new file, and used for days.
    let mut server = Server::start(plain(dir.path())).await.unwrap();
    let stream = Stream::connect(Settings { heal: false, ..hasty(server.url()) }).await.unwrap();
    let jobs = [submit(&stream).await, submit(&stream).await];
    server.kill().await.unwrap();
    let length = std::fs::metadata(aof::growing(dir.path())).unwrap().len();
    assert_eq!(heal_as_deployed(dir.path()), length);
    let server = Server::start(Options { check_aof: true, ..plain(dir.path()) }).await.unwrap();
    let stream = Stream::connect(hasty(server.url())).await.unwrap();
    for job in jobs {
        status(&stream, &job).await;
    }
    assert!(Raw::connect(server.url()).await.backlog().await >= 2);
}

#[tokio::test]
async fn a_redis_that_has_started_is_asked_once_for_a_new_file() {
    let mut redis = Redis::of(|dir| plain(&dir)).await;
    let rewrites = async |raw: &Raw| {
        let info: String = raw.run(&["INFO", "persistence"]).await;
        info.lines().find_map(|line| line.strip_prefix("aof_rewrites:")).unwrap().to_owned()
    };
    for _life in 0..2 {
        let stream = redis.stream().await;
        assert_eq!(stream.healing(), Healing::Done);
        let again = redis.stream().await;
        let _consumer = consumer(&again, "a").await;
        submit(&again).await;
        assert_eq!(rewrites(&Raw::connect(redis.url()).await).await, "1");
        redis.server.kill().await.unwrap();
        redis.server.restart().await.unwrap();
    }
}

#[tokio::test]
async fn a_redis_without_a_file_is_asked_for_nothing() {
    let redis = Redis::start().await;
    assert_eq!(redis.stream().await.healing(), Healing::NotNeeded);
}

#[tokio::test]
async fn a_redis_that_forbids_the_rewrite_is_used_and_told() {
    let redis = Redis::of(|dir| plain(&dir)).await;
    let raw = Raw::connect(redis.url()).await;
    let _: () = raw.run(&["ACL", "SETUSER", "default", "-bgrewriteaof"]).await;
    let stream = redis.stream().await;
    submit(&stream).await;
    let problem = stream.healing().problem().unwrap();
    assert!(problem.contains("BGREWRITEAOF") && problem.contains("redis-check-aof"), "{problem}");
}

#[tokio::test]
async fn a_rewrite_that_waits_for_a_snapshot_is_told_and_begins_behind_it() {
    let redis = Redis::of(|dir| plain(&dir)).await;
    let raw = Raw::connect(redis.url()).await;
    let _: () = raw.run(&["SET", "key", "value"]).await;
    // Longer than a connection waits. Microseconds for each key.
    let _: () = raw.run(&["CONFIG", "SET", "rdb-key-save-delay", "3000000"]).await;
    let _: () = raw.run(&["BGSAVE"]).await;
    let _: () = raw.run(&["CONFIG", "SET", "rdb-key-save-delay", "0"]).await;
    assert_eq!(redis.stream().await.healing(), Healing::Waits);
    until(async || redis.stream().await.healing() == Healing::Done).await;
}

#[tokio::test]
async fn a_server_that_dies_during_its_rewrite_starts_and_has_forgotten_the_half() {
    let dir = TempDir::new().unwrap();
    let mut server = Server::start(plain(dir.path())).await.unwrap();
    let stream = Stream::connect(Settings { heal: false, ..hasty(server.url()) }).await.unwrap();
    let accepted = Move::Finish.make(&stream).await;
    server.kill().await.unwrap();
    let file = aof::growing(dir.path());
    let commands = aof::read(&file);
    let block = aof::last_block(&commands, "XDEL");
    aof::cut(&file, commands[block.end - 2].at + 5);
    server.restart().await.unwrap();
    let raw = Raw::connect(server.url()).await;
    let _: () = raw.run(&["CONFIG", "SET", "rdb-key-save-delay", "1000000"]).await;
    let stream = come_to_rest(server.url(), true).await;
    let info: String = raw.run(&["INFO", "persistence"]).await;
    assert!(info.contains("aof_rewrite_in_progress:1"), "it is to die while it rewrites: {info}");
    drop(stream);
    server.kill().await.unwrap();
    // Redis refuses this start once: the file that it cuts is not the last one.
    server.restart().await.unwrap();
    let stream = come_to_rest(server.url(), true).await;
    let broken = broken(&stream, &Raw::connect(server.url()).await, &accepted).await;
    assert!(broken.is_empty(), "{broken:#?}");
}
