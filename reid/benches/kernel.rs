//! Speed and memory of the best-match kernel: `cargo bench -p deertrack-reid`, beside numpy in `bench/reid.sh`.
//!
//! Each size runs in a process of its own, because the peak of the resident memory never falls again. Vectors are
//! random and of unit length; one untimed run warms up, the median of the others is printed.

#![expect(clippy::print_stdout, reason = "a benchmark talks on standard output")]

use deertrack_reid::kernel::{Path, best_two_on};
use deertrack_reid::{Pairing, Vectors};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::process::Command;
use std::time::{Duration, Instant};

const DIM: usize = 512;
/// Probes, gallery rows, timed runs.
const SIZES: [(usize, usize, usize); 3] = [(11_570, 165, 31), (11_570, 10_000, 7), (100_000, 10_000, 3)];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [size, path, threads] => {
            measure(size.parse().expect("a size"), path, threads.parse().expect("a number of threads"));
        }
        [lines] if lines == "--lines" => all(),
        _ => {
            println!("who probes gallery threads median_ms best_ms peak_mb");
            all();
        }
    }
}

/// The fastest path on all sizes, every path on the smallest, and one thread on the middle one.
fn all() {
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let paths = Path::available();
    for size in 0..SIZES.len() {
        child(size, paths[0], threads);
    }
    paths[1..].iter().for_each(|&path| child(0, path, threads));
    child(1, paths[0], 1);
}

fn child(size: usize, path: Path, threads: usize) {
    let this = std::env::current_exe().expect("the benchmark knows its own file");
    let status = Command::new(this)
        .args([size.to_string(), format!("{path:?}"), threads.to_string()])
        .status()
        .expect("the benchmark can start itself");
    assert!(status.success(), "the measurement of size {size} failed");
}

fn measure(size: usize, path: &str, threads: NonZeroUsize) {
    let path = Path::available().into_iter().find(|p| format!("{p:?}") == path).expect("an available path");
    let (probe_rows, gallery_rows, runs) = SIZES[size];
    let probes = unit_vectors("detections", probe_rows, 1);
    let gallery = unit_vectors("profiles", gallery_rows, 2);
    let mut times: Vec<Duration> = (0..=runs)
        .map(|_| {
            let start = Instant::now();
            let found = best_two_on(path, &probes, &gallery, &Pairing::default(), threads);
            black_box(found.expect("the sets agree"));
            start.elapsed()
        })
        .skip(1)
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    println!(
        "kernel-{} {probe_rows} {gallery_rows} {threads} {:.2} {:.2} {:.0}",
        format!("{path:?}").to_lowercase(),
        milliseconds(median),
        milliseconds(times[0]),
        peak_rss_mb(),
    );
}

/// Random unit vectors.
fn unit_vectors(set: &'static str, rows: usize, seed: u64) -> Vectors {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut values: Vec<f32> = (0..rows * DIM).map(|_| rng.random_range(-1.0..1.0)).collect();
    for row in values.chunks_exact_mut(DIM) {
        let norm = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        row.iter_mut().for_each(|value| *value /= norm);
    }
    Vectors::new(set, DIM, values).expect("random values are finite")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The most memory this process ever held, in MB (10^6 bytes); 0 where the system does not tell.
fn peak_rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1.024e-3
}
