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
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, size, path, threads] = arguments.as_slice() {
        return measure(size.parse().expect("a size"), path, threads.parse().expect("a number of threads"));
    }
    println!("probes gallery dim path threads check_ms median_ms best_ms gflops peak_rss_mb");
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    for size in 0..SIZES.len() {
        for path in Path::available() {
            let quick = path == Path::available()[0];
            if quick || size == 0 {
                child(size, path, threads);
            }
        }
    }
    child(1, Path::available()[0], 1);
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
    let (probes, check) = unit_vectors("detections", probe_rows, 1);
    let (gallery, _) = unit_vectors("profiles", gallery_rows, 2);
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
    let operations = 2.0 * probe_rows as f64 * gallery_rows as f64 * DIM as f64;
    println!(
        "{probe_rows} {gallery_rows} {DIM} {path:?} {threads} {:.1} {:.1} {:.1} {:.0} {:.0}",
        milliseconds(check),
        milliseconds(median),
        milliseconds(times[0]),
        operations / median.as_secs_f64() / 1e9,
        peak_rss_mb(),
    );
}

/// Random unit vectors, and how long [`Vectors::new`] took to check them.
fn unit_vectors(set: &'static str, rows: usize, seed: u64) -> (Vectors, Duration) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut values: Vec<f32> = (0..rows * DIM).map(|_| rng.random_range(-1.0..1.0)).collect();
    for row in values.chunks_exact_mut(DIM) {
        let norm = row.iter().map(|value| value * value).sum::<f32>().sqrt();
        row.iter_mut().for_each(|value| *value /= norm);
    }
    let start = Instant::now();
    let vectors = Vectors::new(set, DIM, values).expect("random values are finite");
    (vectors, start.elapsed())
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
