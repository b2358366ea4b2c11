//! Rows a second of an import, and the memory it takes: `cargo bench -p deertrack-sources --bench import` (Linux).
//!
//! A download of Wildlife Insights that is made here, half of it deer, at 100,000 and 400,000 images, into SQLite. Beside
//! it what it takes to read the same file once with the same reader of CSV, cell by cell.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark is read by people and stops at a failure"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use deertrack_catalog::store::Store;
use deertrack_sources::camtrap_dp::Options;
use deertrack_sources::{Hints, import};
use tempfile::TempDir;
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        return; // `cargo test --benches` asks only whether it builds
    }
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for images in [100_000, 400_000] {
        let dir = TempDir::new().unwrap();
        download(dir.path(), images);
        let start = Instant::now();
        let cells = read_once(&dir.path().join("images.csv"));
        let reading = start.elapsed().as_secs_f64();
        fs::write("/proc/self/clear_refs", "5").unwrap(); // the peak begins anew
        let (start, before) = (Instant::now(), worked());
        let summary = runtime.block_on(async {
            let mut store =
                Store::open(&format!("sqlite://{}/catalog.db", dir.path().display())).await.unwrap();
            let (options, hints) = (Options::default(), Hints::default());
            let done = import(dir.path(), None, &mut store, &options, &hints, &mut |_, _| ()).await.unwrap();
            store.close().await;
            done
        });
        let (took, worked) = (start.elapsed().as_secs_f64(), worked() - before);
        assert_eq!((summary.images, summary.detections), (images, images / 2));
        println!(
            "{images} images: {:.1} s = {:.0} rows/s, {:.1} us of processor time a row, at most {} MB; reading the {cells} cells alone: {reading:.2} s",
            took,
            images as f64 / took,
            worked * 1e6 / images as f64,
            peak_megabytes()
        );
    }
}

/// A download of 50 cameras, with a photograph every so often.
fn download(folder: &Path, images: usize) {
    let mut deployments =
        "project_id,deployment_id,placename,longitude,latitude,start_date,end_date\n".to_owned();
    for camera in 0..50 {
        let east = f64::from(camera) / 100.0 - 97.3;
        writeln!(deployments, "7,d{camera},p{camera},{east},29.8,2023-01-01 00:00:00,2024-12-31 00:00:00")
            .unwrap();
    }
    fs::write(folder.join("deployments.csv"), deployments).unwrap();
    let mut text =
        "project_id,deployment_id,image_id,filename,location,is_blank,identified_by,wi_taxon_id,class,order,\
                    family,genus,species,common_name,uncertainty,timestamp,number_of_objects,age,sex\n"
            .to_owned();
    let mut at: DateTime<Utc> = "2023-01-02T00:00:00Z".parse().unwrap();
    for image in 0..images {
        at += TimeDelta::seconds(100);
        let what = if image % 2 == 0 {
            "0,Ann,x,Mammalia,Cetartiodactyla,Cervidae,Odocoileus,virginianus,White-tailed Deer"
        } else {
            "1,Ann,x,,,,,,Blank"
        };
        let (camera, at) = (image % 50, at.format("%Y-%m-%d %H:%M:%S"));
        let id = format!("8f14e45f-ceea-467f-a8f8-{image:012}");
        writeln!(text, "7,d{camera},{id},{image}.JPG,gs://p/{id}.JPG,{what},,{at},1,Adult,Female").unwrap();
    }
    fs::write(folder.join("images.csv"), text).unwrap();
}

fn read_once(path: &Path) -> usize {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut record = csv::ByteRecord::new();
    let mut cells = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        cells += record.len();
    }
    cells
}

/// Seconds of processor time so far, of all threads: what a busy machine does not change much.
fn worked() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_megabytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() / 1024
}
