//! A season that never was, with its truth: places, cameras, a herd, photographs and embeddings.
//!
//! For the demo, and for tests that need to know what is true: which animal a box shows (`true_deer_id`), what a
//! camera missed, how alike two animals are. The same seed and options give the same rows and the same files.
//! It is not a model of deer: the numbers are chosen so that reports and the re-identification analysis meet what they
//! meet in the field (dawn and dusk, a rut, a dead battery, a model that errs, a threshold that assigns a tenth).
//!
//! `herd` is who lives there, `behaviour` when they move, `season` where cameras meet them, `embedding` how the model
//! sees them, `frame` what a photograph looks like.

mod behaviour;
mod embedding;
mod frame;
mod herd;
mod rows;
mod season;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{Days, NaiveDate};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use deertrack_catalog::CatalogError;
use deertrack_catalog::store::{Owned, Store};
use rows::Rows;
use season::Season;

/// What to simulate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Last day of the season, included.
    pub end: NaiveDate,
    /// Days of the season.
    pub days: u32,
    /// Camera places.
    pub places: usize,
    /// About how many detections a day, over all places.
    pub detections_per_day: f64,
    /// The day on which bucks move most.
    pub rut_peak: NaiveDate,
    /// How many photographs to draw, spread over the season; the other images have no file.
    pub frames: usize,
}

impl Options {
    /// 120 days at 6 places with about 3,000 detections, the rut 45 days before the end, 240 photographs (15 MB).
    pub fn ending(end: NaiveDate) -> Self {
        Self {
            end,
            days: 120,
            places: 6,
            detections_per_day: 25.0,
            rut_peak: end.checked_sub_days(Days::new(45)).unwrap_or(end),
            frames: 240,
        }
    }
}

/// Why there is no season.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// An option out of its range.
    #[error("{0}")]
    Options(&'static str),
    /// A photograph cannot be written.
    #[error("{}: {source}", path.display())]
    Frame {
        /// Its file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The database.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

/// Simulates a season into the store, in one transaction, and draws its photographs into `frames_dir`.
///
/// Safe to repeat: ids hold the seed, and what an earlier run with this seed left is removed first, but for its places.
///
/// # Errors
/// When an option is out of range, a file cannot be written, or the database fails.
pub async fn simulate(
    seed: u64,
    options: &Options,
    store: &mut Store,
    frames_dir: &Path,
) -> Result<Summary, SimulateError> {
    check(options)?;
    let season = Season::new(seed, options);
    let frames = frame::choose(&season, options.frames);
    let paths = frame::paths(&frames, frames_dir);
    let rows = Rows::of(&season, &paths);
    draw(season, frames, paths).await?;
    write(&rows, store).await?;
    Ok(rows.summary(seed, options))
}

fn check(options: &Options) -> Result<(), SimulateError> {
    let refuse = |reason| Err(SimulateError::Options(reason));
    match options {
        Options { days: 0 | 3661.., .. } => refuse("days must be 1 to 3660"),
        Options { places: 0 | 101.., .. } => refuse("places must be 1 to 100"),
        _ if !(0.1..=10_000.0).contains(&options.detections_per_day) => {
            refuse("detections_per_day must be 0.1 to 10000")
        }
        _ => Ok(()),
    }
}

/// Draws off the runtime's threads.
async fn draw(
    season: Season,
    frames: Vec<usize>,
    paths: BTreeMap<usize, PathBuf>,
) -> Result<(), SimulateError> {
    let drawn = tokio::task::spawn_blocking(move || frame::draw_all(&season, &frames, &paths)).await;
    drawn.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

async fn write(rows: &Rows, store: &mut Store) -> Result<(), CatalogError> {
    let mut writing = store.begin().await?;
    for table in Owned::ALL {
        writing.remove_others(table, &rows.dataset.id, &HashSet::new()).await?;
    }
    writing.datasets(std::slice::from_ref(&rows.dataset)).await?;
    writing.places(&rows.places).await?;
    writing.deployments(&rows.deployments).await?;
    writing.images(&rows.images).await?;
    writing.deer(&rows.deer).await?;
    writing.detections(&rows.detections).await?;
    writing.commit().await
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The seed that makes it again.
    pub seed: u64,
    /// First day.
    pub first_day: NaiveDate,
    /// Last day.
    pub last_day: NaiveDate,
    /// Camera places.
    pub places: usize,
    /// Deployments; one place has two, for its battery died between them.
    pub deployments: usize,
    /// Images.
    pub images: usize,
    /// Photographs drawn.
    pub frames: usize,
    /// Rows of detections, with rejected and duplicate ones.
    pub detections: usize,
    /// Detections assigned to a known deer.
    pub assigned: usize,
    /// Animals that live there.
    pub animals: usize,
    /// Those that the platform knows by name.
    pub known_deer: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "a season of {} to {} (seed {})", self.first_day, self.last_day, self.seed)?;
        writeln!(f, "  {} places, {} deployments", self.places, self.deployments)?;
        writeln!(
            f,
            "  {} animals, {} known by name; {} detections, {} assigned",
            self.animals, self.known_deer, self.detections, self.assigned
        )?;
        writeln!(f, "  {} images, {} drawn", self.images, self.frames)
    }
}

/// Independent streams of random numbers, so that a change in one part leaves the others as they are.
#[derive(Clone, Copy)]
enum Stream {
    Herd,
    Season,
    Model,
    /// The first of many: each scene and photograph has its own.
    Scene,
}

fn random(seed: u64, stream: Stream) -> ChaCha12Rng {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    rng.set_stream(stream as u64);
    rng
}
