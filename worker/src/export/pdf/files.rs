//! Whether the photographs of a report are where the database says.

use super::status::StatusRow;
use super::wording::{counted, part};
use crate::JobError;
use crate::catalog::Image;
use crate::export::{ImagesFolder, Job};

/// Files that are looked for; more would keep a slow network drive busy for a line of text.
const MOST_FILES: usize = 500;

/// One line about the files: those that no image names, and those that are missing, of a sample evenly over time.
///
/// # Errors
/// `Stopped` when the job shall stop.
pub(super) fn status(job: &Job, images: &[Image], folder: &ImagesFolder) -> Result<StatusRow, JobError> {
    let named: Vec<&Image> = images.iter().filter(|image| image.path.is_some()).collect();
    let step = named.len().div_ceil(MOST_FILES).max(1);
    let (mut looked, mut missing) = (0, 0);
    for image in named.iter().step_by(step) {
        job.check_stop()?;
        // What lies elsewhere cannot be looked for here.
        if let Ok(path) = folder.find(image.path.as_deref()) {
            looked += 1;
            missing += u64::from(!path.is_file());
        }
    }
    let unnamed = (images.len() - named.len()) as u64;
    let mut found = match unnamed {
        0 => String::new(),
        some => format!("{} no file. ", counted(some, "image has", "images have")),
    };
    found += &match (named.len(), looked) {
        (0, _) => "No file to look for.".to_owned(),
        (_, 0) => "No file lies where this program can look for it.".to_owned(),
        _ => format!("Of {} looked for {} missing.", counted(looked, "file", "files"), are(missing, looked)),
    };
    Ok(StatusRow { what: "Files", found, doubt: missing > 0 })
}

fn are(missing: u64, looked: u64) -> String {
    match missing {
        0 => "none is".to_owned(),
        1 => "1 is".to_owned(),
        some => format!("{} are", part(some, looked)),
    }
}
