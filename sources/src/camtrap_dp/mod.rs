//! Camtrap DP 1.0 packages: `deployments.csv`, `observations.csv` and, if present, `media.csv`.
//!
//! The standard: <https://camtrap-dp.tdwg.org>. Classes: a juvenile is a fawn; else a male is a buck and a female a
//! doe; whoever's sex is not told is unknown. The sex as told is kept beside the class. Rows are read twice: first
//! `survey` decides which level to take, then they are written.
//!
//! It takes every animal unless species are chosen, and never rows of people, vehicles or blanks.

mod deployments;
mod media;
mod observations;
mod options;
mod package;
mod reading;
mod summary;
mod survey;

use std::path::Path;

use deertrack_catalog::store::{NewDataset, Owned, Store};

use crate::error::ImportError;
use crate::progress::OnProgress;
use crate::source::SourceInfo;
use package::Package;
use reading::Reading;

pub use options::{Observations, Options};
pub use reading::Skipped;
pub use summary::Summary;

/// The source, for people.
pub const INFO: SourceInfo = SourceInfo {
    name: "camtrap-dp",
    about: "A Camtrap DP 1.0 package: deployments.csv, observations.csv and, if present, media.csv",
    recognises: "a folder with a datapackage.json whose profile is camtrap-dp 1.0",
};

/// Reads the package in `dir` into the store: all of it, in one transaction, or nothing.
///
/// Safe to repeat: rows keep the ids of the package. Rows that an earlier import of the same package made and this one
/// does not take (another level or species, a newer package) are removed. Files are read on the calling thread.
///
/// # Errors
/// When the package cannot be read or is of another form, at the first bad row (unless `skip_invalid`), when there is
/// nothing of the chosen species, and when the database fails.
pub async fn import(
    dir: &Path,
    store: &mut Store,
    options: &Options,
    progress: OnProgress<'_>,
) -> Result<Summary, ImportError> {
    let package = Package::open(dir)?;
    let dataset_id = package.id();
    let survey = survey::survey(&package, options)?;
    let mut reading = Reading::new(options, survey.rows, progress);
    let mut writing = store.begin().await?;
    let dataset = NewDataset {
        id: dataset_id.clone(),
        name: package.title(),
        source: package.source(),
        ..NewDataset::default()
    };
    writing.datasets(&[dataset]).await?;

    let stands = deployments::import(&package, &dataset_id, &mut reading, &mut writing).await?;
    let images = media::import(&package, &dataset_id, &stands, &survey, &mut reading, &mut writing).await?;
    let taken =
        observations::import(&package, &dataset_id, &stands, images, &survey, &mut reading, &mut writing)
            .await?;

    let mut removed = writing.remove_others(Owned::Detections, &dataset_id, &taken.detections).await?;
    removed += writing.remove_others(Owned::Images, &dataset_id, &taken.images).await?;
    removed += writing.remove_others(Owned::Deployments, &dataset_id, &stands.ids()).await?;
    removed += writing.remove_others(Owned::Deer, &dataset_id, &taken.individuals).await?;
    writing.commit().await?;
    let left = reading.finish();
    Ok(Summary::of(package.title(), options, &survey, &stands, &taken, left, removed))
}
