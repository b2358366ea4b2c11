//! Photographs: a wood, the deer of a shot in it, and the camera's strip with date and time, as JPEG files.

mod canvas;
mod deer;
mod size;
mod strip;
mod wood;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};
use std::thread;

use chrono::{DateTime, Utc};
use deertrack_survey::BoundingBox;
use exif::experimental::Writer;
use exif::{Field, In, Tag, Value};
use jpeg_encoder::{ColorType, Encoder};
use rand::Rng;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::error::SimulateError;
use super::herd::Animal;
use super::season::{Pose, Season};
use super::streams::Stream;
use canvas::Canvas;
use deer::Placed;
pub(super) use size::{HEIGHT, WIDTH};
use wood::Light;

/// JPEG quality, 1 to 100.
const QUALITY: u8 = 85;

/// Which shots to draw: so many, evenly over the season.
pub(super) fn choose(season: &Season, frames: usize) -> Vec<usize> {
    let shots = season.shots.len();
    if frames >= shots {
        return (0..shots).collect();
    }
    (0..frames).map(|frame| frame * shots / frames).collect()
}

/// The files of these shots.
pub(super) fn paths(shots: &[usize], dir: &Path) -> BTreeMap<usize, PathBuf> {
    shots.iter().map(|shot| (*shot, dir.join(format!("frame-{:05}.jpg", shot + 1)))).collect()
}

/// Where a deer is in its frame, exactly: what is drawn of it, within the picture.
pub(super) fn bounding_box(animal: &Animal, pose: Pose) -> BoundingBox {
    let (left, top, right, bottom) = placed(animal, pose).bounds();
    let share = |pixels: f32, of: u32| f64::from((pixels / of as f32).clamp(0.0, 1.0));
    let (x, y) = (share(left, WIDTH), share(top, HEIGHT));
    BoundingBox { x, y, width: share(right, WIDTH) - x, height: share(bottom, HEIGHT) - y }
}

fn placed(animal: &Animal, pose: Pose) -> Placed<'_> {
    Placed::new(animal, pose, WIDTH as f32, HEIGHT as f32, wood::HORIZON)
}

/// Draws the shots on all processors and writes their files.
pub(super) fn draw_all(
    season: &Season,
    shots: &[usize],
    paths: &BTreeMap<usize, PathBuf>,
) -> Result<(), SimulateError> {
    let Some(dir) = paths.values().next().and_then(|path| path.parent()) else { return Ok(()) };
    fs::create_dir_all(dir).map_err(|source| SimulateError::Frame { path: dir.to_owned(), source })?;
    let woods = woods(season, shots);
    let written = in_parallel(shots, |shot| {
        let path = &paths[shot];
        let jpeg = draw(season, *shot, &woods);
        let written = write(path, &jpeg, season.shots[*shot].at);
        written.map_err(|source| SimulateError::Frame { path: path.clone(), source })
    });
    written.into_iter().collect()
}

/// As a memory card holds it: the file has the time of its shot.
fn write(path: &Path, jpeg: &[u8], at: DateTime<Utc>) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(jpeg)?;
    file.set_modified(at.into())
}

/// The empty scenes that these shots are drawn into: places in the lights that are needed.
fn woods(season: &Season, shots: &[usize]) -> BTreeMap<(usize, Light), Canvas> {
    let scene = |shot: &usize| (season.shots[*shot].place, Light::of(season.shots[*shot].light));
    let scenes: BTreeSet<(usize, Light)> = shots.iter().map(scene).collect();
    let scenes: Vec<(usize, Light)> = scenes.into_iter().collect();
    let drawn =
        in_parallel(&scenes, |(place, light)| wood::draw(*light, &mut scene_rng(season.seed, *place)));
    scenes.into_iter().zip(drawn).collect()
}

/// Runs `work` for each item on all processors; the results are in the items' order.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let work = &work;
    thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads).max(1));
        let running: Vec<_> =
            parts.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<R>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        running.into_iter().flat_map(join).collect()
    })
}

/// One stream for each scene and each shot: a picture does not depend on which others are drawn.
fn scene_rng(seed: u64, number: usize) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(Stream::Scene as u64 + number as u64);
    rng
}

/// One photograph as a JPEG file.
fn draw(season: &Season, number: usize, woods: &BTreeMap<(usize, Light), Canvas>) -> Vec<u8> {
    let shot = &season.shots[number];
    let light = Light::of(shot.light);
    let mut canvas = woods[&(shot.place, light)].clone();
    let mut rng = scene_rng(season.seed, season.places.len() + number);
    let mut seen: Vec<&(usize, Pose)> = shot.seen.iter().collect();
    seen.sort_by(|(_, a), (_, b)| a.near.total_cmp(&b.near)); // the farther are behind
    for (animal, pose) in seen {
        let deer = placed(&season.herd[*animal], *pose);
        deer.draw(&mut canvas, light);
        tufts(&mut canvas, &deer, light, &mut rng);
    }
    strip::draw(&mut canvas, shot.at, &season.places[shot.place].name);
    jpeg(&canvas, shot.at)
}

/// Grass before the feet, so that a deer stands in the scene and not on it.
fn tufts(canvas: &mut Canvas, deer: &Placed<'_>, light: Light, rng: &mut ChaCha12Rng) {
    let (left, _, right, bottom) = deer.bounds();
    for _ in 0..14 {
        let foot = (rng.random_range(left..right), bottom + rng.random_range(-0.01..0.05) * deer.tall());
        wood::grass(canvas, foot, deer.tall() * rng.random_range(0.05..0.1), wood::grass_color(light), rng);
    }
}

fn jpeg(canvas: &Canvas, at: DateTime<Utc>) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "640 and 480")]
    let (width, height) = (WIDTH as u16, HEIGHT as u16);
    let mut bytes = Vec::with_capacity(64 << 10);
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.add_exif_metadata(&exif(at)).expect("a time is shorter than a segment");
    encoder
        .encode(&canvas.pixels, width, height, ColorType::Rgb)
        .expect("a canvas has the bytes of its size, and a vector takes them all");
    bytes
}

/// The time of a shot as cameras put it into their pictures.
fn exif(at: DateTime<Utc>) -> Vec<u8> {
    let text =
        |tag, text: String| Field { tag, ifd_num: In::PRIMARY, value: Value::Ascii(vec![text.into()]) };
    let taken = text(Tag::DateTimeOriginal, at.format("%Y:%m:%d %H:%M:%S").to_string());
    let offset = text(Tag::OffsetTimeOriginal, "+00:00".to_owned());
    let mut writer = Writer::new();
    writer.push_field(&taken);
    writer.push_field(&offset);
    let mut bytes = Cursor::new(Vec::new());
    writer.write(&mut bytes, true).expect("two texts are written to memory");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::Options;

    #[test]
    fn a_box_holds_all_of_its_deer_and_no_more() {
        let end = chrono::NaiveDate::from_ymd_opt(2025, 12, 31).expect("a date");
        let season = Season::new(5, &Options { days: 10, ..Options::ending(end) });
        let (width, height) = (WIDTH as usize, HEIGHT as usize);
        for (animal, pose) in season.shots.iter().step_by(29).flat_map(|shot| &shot.seen) {
            let animal = &season.herd[*animal];
            let mut canvas = Canvas::new(width, height);
            placed(animal, *pose).draw(&mut canvas, Light::Night);
            // On black only the deer is lighter than its shadow.
            let is_deer = |at: &usize| canvas.pixels[at * 3] > 60;
            let pixels: Vec<usize> = (0..width * height).filter(is_deer).collect();
            let bounds = |of: fn(&usize) -> usize| {
                let places = pixels.iter().map(of);
                (places.clone().min().expect("a deer"), places.max().expect("a deer") + 1)
            };
            let (left, right) = bounds(|at| at % WIDTH as usize);
            let (top, bottom) = bounds(|at| at / WIDTH as usize);
            let bbox = bounding_box(animal, *pose);
            let told = [bbox.x, bbox.x + bbox.width, bbox.y, bbox.y + bbox.height];
            let drawn = [(left, width), (right, width), (top, height), (bottom, height)];
            for (told, (drawn, of)) in told.into_iter().zip(drawn) {
                let apart = (told * of as f64 - drawn as f64).abs();
                assert!(apart < 6.0, "{} px apart: {bbox:?}, {drawn}, {:?} {pose:?}", apart, animal.class);
            }
        }
    }
}
