//! What a move costs while 1 thousand, 100 thousand and 1 million jobs wait: it should not grow with them.
//!
//! `cargo bench -p deertrack-stream --bench backlog`. Medians of 200 calls, one after the other, on a private Redis that
//! writes nothing to disk. The million takes about 1 GB of memory.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people; it stops at the first error"
)]

use std::time::Instant;

use chrono::Utc;
use deertrack_schemas::{Command, Keys, Kind, Request, State, StatusRecord, Valid};
use deertrack_stream::{Consumer, ConsumerOptions, Stream, new_job_id};
use deertrack_testkit::redis::Redis;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BACKLOGS: [usize; 3] = [1_000, 100_000, 1_000_000];
const CALLS: usize = 200;
/// So many commands are made at a time.
const CHUNK: usize = 20_000;

#[tokio::main]
async fn main() {
    let redis = Redis::start().await;
    let stream = redis.stream().await;
    println!("Redis {}; milliseconds", stream.probe().await.unwrap().version);
    println!("  waiting   submit    fetch   finish    queue   cancel   MB of Redis");
    let mut waiting = 0;
    for backlog in BACKLOGS {
        while waiting < backlog {
            let chunk = commands(CHUNK.min(backlog - waiting));
            waiting += stream.submit_many(&chunk).await.unwrap().len();
        }
        let [submit, fetch, finish, queue, cancel] = medians(&stream).await;
        let memory = stream.probe().await.unwrap().used_memory as f64 / 1e6;
        println!(
            "{waiting:>9} {submit:>8.3} {fetch:>8.3} {finish:>8.3} {queue:>8.3} {cancel:>8.3} {memory:>8.0}"
        );
        // Fetched and cancelled ones are gone: fill up from what is left.
        waiting = stream.counts().await.unwrap().backlog as usize;
    }
}

/// Of submit, fetch, finish, overview, cancel.
async fn medians(stream: &Stream) -> [f64; 5] {
    let mut took: [Vec<f64>; 5] = Default::default();
    let mut time = |what: usize, start: Instant| took[what].push(start.elapsed().as_secs_f64() * 1e3);
    let mine = commands(CALLS);
    for command in &mine {
        let start = Instant::now();
        stream.submit(command).await.unwrap();
        time(0, start);
    }
    let mut consumer = Consumer::start(stream, ConsumerOptions::default()).await.unwrap();
    for _ in 0..CALLS {
        let start = Instant::now();
        let mut claim = consumer.next(1).await.pop().unwrap();
        time(1, start);
        let record = StatusRecord::queued(&claim.decode().unwrap());
        let _running = claim.run(record.clone());
        let start = Instant::now();
        claim.finish(record.with_state(State::Completed)).await;
        time(2, start);
    }
    consumer.stop().await;
    for command in &mine {
        let start = Instant::now();
        stream.overview().await.unwrap();
        time(3, start);
        // The last in the queue: all others stand before it.
        let start = Instant::now();
        stream.cancel(command.job_id.as_str()).await.unwrap();
        time(4, start);
    }
    took.map(|mut took| {
        took.sort_unstable_by(f64::total_cmp);
        took[took.len() / 2]
    })
}

fn commands(count: usize) -> Vec<Valid<Command>> {
    let body = br#"{"start_date":"2026-01-01","end_date":"2026-02-01","group_by":"week"}"#;
    let export = Request::from_json(Kind::Pdf, body).unwrap().export;
    let today = chrono::NaiveDate::from_ymd_opt(2026, 6, 1).unwrap();
    let command = || Command::new(new_job_id(&Keys::default()), export.clone(), Utc::now());
    (0..count).map(|_| Valid::check(command(), today).unwrap()).collect()
}
