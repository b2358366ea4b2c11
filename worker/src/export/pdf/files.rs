//! What the files of a report's photographs tell: whether they are where the database says, and what times they have.

use deertrack_survey::calendar::Calendar;

use super::file_clocks::{self, PlaceTimes, Times};
use super::file_sample::Sampled;
use super::found::Found;
use super::status::StatusRow;
use super::wording::{counted, part};
use crate::JobError;
use crate::export::picture_time::PictureTime;
use crate::export::{ImagesFolder, Job};

/// The lines about the files of the sample.
///
/// # Errors
/// `Stopped` when the job shall stop.
pub(super) fn status(
    job: &Job,
    found: &Found,
    calendar: &Calendar,
    folder: &ImagesFolder,
) -> Result<Vec<StatusRow>, JobError> {
    let files = &found.now.files;
    let (mut looked, mut missing) = (0, 0);
    let mut places = Vec::new();
    for (place_id, at) in &files.places {
        let zone = calendar.zone(place_id.as_deref());
        let mut times = Vec::new();
        for image in &at.sample {
            job.check_stop()?;
            // What lies elsewhere cannot be looked for here.
            let Ok(path) = folder.find(Some(&image.path)) else { continue };
            looked += 1;
            match PictureTime::read(&path, zone) {
                None => missing += u64::from(!path.is_file()),
                Some(told) => times.extend(three_times(image, told)),
            }
        }
        if let Some(place) = found.places.iter().find(|place| Some(&place.id) == place_id.as_ref()) {
            places.push(PlaceTimes { name: &place.name, zone, times });
        }
    }
    let there = there(files.photographs, files.named, looked, missing);
    Ok(std::iter::once(there).chain(file_clocks::status(&places)).collect())
}

fn three_times(image: &Sampled, told: PictureTime) -> Option<Times> {
    Some(Times { taken_at: image.taken_at?, exif: told.exif?, file: told.file })
}

fn there(images: u64, named: u64, looked: u64, missing: u64) -> StatusRow {
    let mut found = match images - named {
        0 => String::new(),
        some => format!("{} no file. ", counted(some, "image has", "images have")),
    };
    found += &match (named, looked) {
        (0, _) => "There is no file to look for.".to_owned(),
        (_, 0) => "No file lies where this program can look for it.".to_owned(),
        _ => format!("Of {} looked for {} missing.", counted(looked, "file", "files"), are(missing, looked)),
    };
    StatusRow { what: "Files", found, doubt: missing > 0 }
}

fn are(missing: u64, looked: u64) -> String {
    match missing {
        0 => "none is".to_owned(),
        1 => "1 is".to_owned(),
        some => format!("{} are", part(some, looked)),
    }
}
