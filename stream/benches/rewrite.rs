//! What it costs that a Redis which has started is asked for a new append-only file, with a million jobs waiting.
//!
//! `cargo bench -p deertrack-stream --bench rewrite`, or `-- 100000` for fewer jobs. A private Redis with `appendfsync
//! everysec` is filled, killed and started again; then jobs are submitted one by one, and worked off, once while it
//! rewrites its file and once, for as long, when it has ended.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people; it stops at the first error"
)]

use std::time::{Duration, Instant};

use chrono::Utc;
use deertrack_schemas::{Command, Keys, Kind, Request, State, StatusRecord, Valid};
use deertrack_stream::{Consumer, ConsumerOptions, Stream, new_job_id};
use deertrack_testkit::redis::Redis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const WAITING: usize = 1_000_000;
/// So many commands are made at a time.
const CHUNK: usize = 20_000;
/// Jobs that a worker has at hand.
const SLOTS: usize = 64;

#[tokio::main]
async fn main() {
    let waiting = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(WAITING);
    let options = [("appendfsync", "everysec"), ("auto-aof-rewrite-percentage", "0")];
    let mut redis = Redis::with(true, &options).await;
    fill(&redis.stream().await, waiting).await;
    redis.server.kill().await.unwrap();
    let start = Instant::now();
    redis.server.restart().await.unwrap();
    println!("{waiting} jobs wait; check and load of the file {:.1} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let stream = redis.stream().await;
    println!(
        "first connection {:.1} ms, of which the fork {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3,
        number(&redis, "latest_fork_usec").await / 1e3
    );
    let during = submits(&stream, async || rewrites(&redis).await).await;
    println!(
        "rewrite {:.1} s, {:.0} MB copied on write",
        number(&redis, "aof_last_rewrite_time_sec").await.max(during.lasted.as_secs_f64()),
        number(&redis, "aof_last_cow_size").await / 1e6
    );
    let after = submits(&stream, lasts(during.lasted)).await;
    println!("submit, ms       p50    p99    max");
    during.print("  meanwhile");
    after.print("  afterwards");

    let mut consumer = Consumer::start(&stream, ConsumerOptions::default()).await.unwrap();
    ask(&redis, "BGREWRITEAOF").await;
    let (meanwhile, lasted) = drain(&mut consumer, async || rewrites(&redis).await).await;
    let (afterwards, _) = drain(&mut consumer, lasts(lasted)).await;
    println!(
        "drain {meanwhile:.0} jobs/s meanwhile, {afterwards:.0} afterwards: {:.0} %",
        100.0 * meanwhile / afterwards
    );
    consumer.stop().await;
}

/// Waits of submits, in milliseconds, sorted.
struct Waits {
    ms: Vec<f64>,
    lasted: Duration,
}

impl Waits {
    fn print(&self, when: &str) {
        let at = |share: f64| self.ms[((self.ms.len() - 1) as f64 * share) as usize];
        println!("{when:<14} {:>6.2} {:>6.2} {:>6.2}", at(0.5), at(0.99), at(1.0));
    }
}

/// Submits one by one for as long as `goes_on`.
async fn submits(stream: &Stream, goes_on: impl AsyncFn() -> bool) -> Waits {
    let (start, mut ms) = (Instant::now(), Vec::new());
    while goes_on().await {
        for command in commands(100) {
            let sent = Instant::now();
            stream.submit(&command).await.unwrap();
            ms.push(sent.elapsed().as_secs_f64() * 1e3);
        }
    }
    ms.sort_unstable_by(f64::total_cmp);
    Waits { ms, lasted: start.elapsed() }
}

/// Jobs that do nothing, for as long as `goes_on`: how many a second, and for how long.
async fn drain(consumer: &mut Consumer, goes_on: impl AsyncFn() -> bool) -> (f64, Duration) {
    let (start, mut count) = (Instant::now(), 0);
    while goes_on().await {
        for _ in 0..20 {
            let claims = consumer.next(SLOTS).await;
            count += claims.len();
            let ends = claims.into_iter().map(|claim| {
                let record = StatusRecord::queued(&claim.decode().unwrap());
                claim.finish(record.with_state(State::Completed))
            });
            futures::future::join_all(ends).await;
        }
    }
    (count as f64 / start.elapsed().as_secs_f64(), start.elapsed())
}

fn lasts(time: Duration) -> impl AsyncFn() -> bool {
    let start = Instant::now();
    async move || start.elapsed() < time
}

async fn rewrites(redis: &Redis) -> bool {
    number(redis, "aof_rewrite_in_progress").await > 0.0
}

async fn number(redis: &Redis, field: &str) -> f64 {
    let info = ask(redis, "INFO").await;
    let value = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    value.unwrap().trim().parse().unwrap()
}

/// On a connection of its own, without the healing of ours.
async fn ask(redis: &Redis, word: &str) -> String {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd(word).query_async(&mut connection).await.unwrap()
}

async fn fill(stream: &Stream, waiting: usize) {
    let mut left = waiting;
    while left > 0 {
        let chunk = commands(CHUNK.min(left));
        left -= stream.submit_many(&chunk).await.unwrap().len();
    }
}

fn commands(count: usize) -> Vec<Valid<Command>> {
    let body = br#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;
    let export = Request::from_json(Kind::Pdf, body).unwrap().export;
    let today = chrono::NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let command = || Command::new(new_job_id(&Keys::default()), export.clone(), Utc::now());
    (0..count).map(|_| Valid::check(command(), today).unwrap()).collect()
}
