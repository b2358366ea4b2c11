//! Warm reports: how long one takes, how many a second, and how much memory they leave behind.
//!
//! `cargo bench -p deertrack-worker --bench report`. A report here is what a worker makes: rows to visits, rates
//! with intervals, curves with their overlap, clock audit; charts, map, a table of 30 days; tagged PDF/A-2a and PDF/UA-1.
//! Each has other data; none has photographs.

#![expect(clippy::print_stdout, reason = "a benchmark is read by people")]

#[path = "../tests/report/herd.rs"]
mod herd;

use std::time::{Duration, Instant};

use deertrack_schemas::PdfParams;
use deertrack_schemas::pdf::GroupBy;
use deertrack_worker::export::{Progress, pdf};
use herd::{Herd, command, params, year};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REPORTS: u64 = 1_000;

fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        return; // `cargo test --benches` asks only whether it builds
    }
    let runtime = Builder::new_multi_thread().worker_threads(2).build().expect("threads can be started");
    let at_start = memory("VmRSS");
    let first = june(&runtime, 0);
    println!("first report (cold): {}", milliseconds(first));
    for seed in 1..50 {
        june(&runtime, seed);
    }
    one_after_another(&runtime);
    for threads in [1, 2] {
        side_by_side(&runtime, threads);
    }
    println!(
        "memory: {at_start} MB at start, {} MB after {} reports, peak {} MB",
        memory("VmRSS"),
        3 * REPORTS + 50,
        memory("VmHWM")
    );
    large(&runtime);
}

fn one_after_another(runtime: &Runtime) {
    let mut times: Vec<Duration> = (0..REPORTS).map(|seed| june(runtime, 1_000 + seed)).collect();
    times.sort_unstable();
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index below 1,000")]
        let index = (share * (times.len() - 1) as f64) as usize;
        milliseconds(times[index])
    };
    println!("{REPORTS} warm reports of a month: median {}, p95 {}, fastest {}", at(0.5), at(0.95), at(0.0));
}

/// All reports as fast as `threads` make them; their data are made before.
fn side_by_side(runtime: &Runtime, threads: u64) {
    let herds: Vec<Vec<Herd>> = (0..threads)
        .map(|thread| (0..REPORTS / threads).map(|n| herd_of(10_000 * (thread + 1) + n)).collect())
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for herds in herds {
            scope.spawn(move || {
                for herd in herds {
                    render(runtime, herd, &days_of_june());
                }
            });
        }
    });
    println!("{threads} at a time: {:.0} reports/s", REPORTS as f64 / start.elapsed().as_secs_f64());
}

fn large(runtime: &Runtime) {
    for (group_by, name) in [(GroupBy::Month, "month"), (GroupBy::Week, "week"), (GroupBy::Day, "day")] {
        let herd = Herd::season(7, 60_000, 40);
        let time = render(runtime, herd, &year(group_by));
        println!(
            "60,000 detections of a year by {name}: {}, peak {} MB",
            milliseconds(time),
            memory("VmHWM")
        );
    }
}

fn june(runtime: &Runtime, seed: u64) -> Duration {
    render(runtime, herd_of(seed), &days_of_june())
}

fn days_of_june() -> PdfParams {
    params("2020-06-01", "2020-06-30", GroupBy::Day)
}

/// Some 200 detections of June at four places. The rest of the season is dropped: a thousand herds wait in memory.
fn herd_of(seed: u64) -> Herd {
    let june = herd::utc("2020-05-31T22:00:00Z")..herd::utc("2020-06-30T22:00:00Z");
    let mut herd = Herd::season(seed, 3_000, 4);
    herd.detections.retain(|row| row.taken_at.is_some_and(|at| june.contains(&at)));
    herd.detections.shrink_to_fit();
    herd.images.retain(|image| image.taken_at.is_some_and(|at| june.contains(&at)));
    herd.images.shrink_to_fit();
    herd
}

/// How long it took, without making the data.
fn render(runtime: &Runtime, herd: Herd, params: &PdfParams) -> Duration {
    let (cx, command) = (herd.cx(Progress::silent()), command(params));
    let start = Instant::now();
    let rendered = runtime.block_on(pdf::render(&cx, &command, params)).expect("a report can be made");
    let time = start.elapsed();
    drop(rendered);
    time
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// A line of this process's status, in MB.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or_default();
    let kilobytes: u64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0);
    kilobytes / 1_024
}
