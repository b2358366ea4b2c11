//! Crops a second, and the memory they take: `cargo bench -p deertrack-worker --bench crops` (Linux).
//!
//! An archive of some 1,000 crops of a simulated season, as a worker makes it; then the same with every photograph
//! enlarged to the 1920 x 1080 pixels that trail cameras commonly write.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark is read by people and stops at a failure"
)]

use std::path::Path;
use std::time::Instant;

use deertrack_catalog::connect;
use deertrack_catalog::store::Store;
use deertrack_schemas::{Command, Export, ZipParams};
use deertrack_sources::simulate::{Options, simulate};
use deertrack_worker::artifact::Content;
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use fast_image_resize::PixelType::U8x3;
use fast_image_resize::Resizer;
use fast_image_resize::images::{Image, ImageRef};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FRAMES: usize = 1_000;

fn main() {
    if !std::env::args().any(|arg| arg == "--bench") {
        return; // `cargo test --benches` asks only whether it builds
    }
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let dir = TempDir::new().unwrap();
    let frames = dir.path().join("frames");
    let kinds = runtime.block_on(season(dir.path(), &frames));
    measure(&runtime, &kinds, "simulated photographs, 640 x 480");
    enlarge(&frames);
    measure(&runtime, &kinds, "the same, 1920 x 1080");
}

async fn season(dir: &Path, frames: &Path) -> Kinds {
    let url = format!("sqlite://{}", dir.join("catalog.db").display());
    let mut store = Store::open(&url).await.unwrap();
    let options = Options { frames: FRAMES, ..Options::ending("2026-01-31".parse().unwrap()) };
    simulate(1, &options, &mut store, frames).await.unwrap();
    store.close().await;
    let images = ImagesFolder::of(None, &url);
    Kinds { catalog: connect(&url).await.unwrap(), zone: chrono_tz::Tz::UTC, images }
}

fn measure(runtime: &Runtime, kinds: &Kinds, what: &str) {
    let params = ZipParams::between("2025-06-01".parse().unwrap(), "2026-01-31".parse().unwrap());
    let created_at = "2026-02-01T00:00:00Z".parse().unwrap();
    let command = Command::new("bench".parse().unwrap(), Export::Zip(params), created_at);
    forget_the_peak();
    let start = Instant::now();
    let rendered = runtime.block_on(kinds.export(&Job::alone(Progress::silent()), &command)).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let peak = peak_memory();
    let Content::OnDisk(draft) = rendered.content else { panic!("an archive is written to disk") };
    let bytes = draft.into_bytes().unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let names = (0..archive.len()).map(|index| archive.by_index(index).unwrap().name().unwrap().into_owned());
    let crops = names.filter(|name| name.starts_with("crops/")).count();
    let (rate, size) = (crops as f64 / seconds, bytes.len() / 1_000_000);
    println!("{what}: {crops} crops in {seconds:.2} s = {rate:.0} crops/s; {size} MB, peak {peak} MB");
}

/// Makes every photograph as large as a camera's.
fn enlarge(frames: &Path) {
    for entry in std::fs::read_dir(frames).unwrap() {
        let path = entry.unwrap().path();
        let small = image::open(&path).unwrap().into_rgb8();
        let source = ImageRef::new(small.width(), small.height(), small.as_raw(), U8x3).unwrap();
        let mut large = Image::new(1920, 1080, U8x3);
        Resizer::new().resize(&source, &mut large, None).unwrap();
        let encoder = jpeg_encoder::Encoder::new_file(&path, 92).unwrap();
        encoder.encode(large.buffer(), 1920, 1080, jpeg_encoder::ColorType::Rgb).unwrap();
    }
}

/// In MB, since the peak was forgotten.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_000
}

fn forget_the_peak() {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
}
