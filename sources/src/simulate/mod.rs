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
mod error;
mod frame;
mod herd;
mod options;
mod rows;
mod season;
mod streams;
mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use deertrack_catalog::CatalogError;
use deertrack_catalog::store::{Owned, Store};
use rows::Rows;
use season::Season;

pub use error::SimulateError;
pub use options::Options;
pub use summary::Summary;

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
    let rows = Rows::of(&season, &paths, options.vectors);
    draw(season, frames, paths).await?;
    write(&rows, store).await?;
    Ok(rows.summary(seed, options))
}

fn check(options: &Options) -> Result<(), SimulateError> {
    let refuse = |reason| Err(SimulateError::Options(reason));
    match options {
        Options { days: 0 | 3661.., .. } => refuse("days must be 1 to 3660"),
        Options { places: 0 | 101.., .. } => refuse("places must be 1 to 100"),
        _ if !(0.1..=100_000.0).contains(&options.detections_per_day) => {
            refuse("detections_per_day must be 0.1 to 100000")
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
        writing.remove_others(table, &rows.dataset.id, |_| false).await?;
    }
    writing.datasets(std::slice::from_ref(&rows.dataset)).await?;
    writing.places(&rows.places).await?;
    writing.deployments(&rows.deployments).await?;
    writing.images(&rows.images).await?;
    writing.deer(&rows.deer).await?;
    writing.detections(&rows.detections).await?;
    writing.commit().await
}
