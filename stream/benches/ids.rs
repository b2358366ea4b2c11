//! What a new job id costs, and how much of it is that its key lies beside the queue.
//!
//! `cargo bench -p deertrack-stream --bench ids`. Medians of 21 rounds, nanoseconds for one id.
#![expect(clippy::print_stdout, reason = "a program for people")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use deertrack_schemas::{JobId, Keys};
use deertrack_stream::new_job_id;

const ROUNDS: usize = 21;
const IDS: u32 = 100_000;

fn main() {
    let keys = Keys::default();
    let first = Instant::now();
    black_box(new_job_id(&keys));
    let first = first.elapsed();
    let mut took: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        took[0].push(time(plain));
        took[1].push(time(|| new_job_id(&keys)));
        took[2].push(time(uuid::Uuid::now_v7));
    }
    let [plain, steered, bare] = took.map(median);
    println!("UUID v7 {bare:.0} ns, as a job id {plain:.0} ns, steered into its slot {steered:.0} ns");
    println!("the first one, with its table: {:.2} ms", first.as_secs_f64() * 1e3);
}

fn plain() -> Option<JobId> {
    uuid::Uuid::now_v7().to_string().parse().ok()
}

fn time<T>(make: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..IDS {
        black_box(make());
    }
    start.elapsed()
}

/// Nanoseconds for one.
fn median(mut took: Vec<Duration>) -> f64 {
    took.sort();
    took[took.len() / 2].as_secs_f64() * 1e9 / f64::from(IDS)
}
