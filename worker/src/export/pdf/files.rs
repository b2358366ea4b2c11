//! What the files of a report's photographs tell: whether they are where the database says, and what times they have.

use std::collections::BTreeMap;

use deertrack_catalog::Image;
use deertrack_survey::calendar::Calendar;

use super::file_clocks::{self, PlaceTimes, Times};
use super::found::Found;
use super::status::StatusRow;
use super::survey::is_event;
use super::wording::{counted, part};
use crate::JobError;
use crate::export::picture_time::PictureTime;
use crate::export::{ImagesFolder, Job};

/// Files that are looked at; more would keep a slow network drive busy for two lines of text.
const MOST_FILES: usize = 500;
/// However many places there are, so many at each: fewer prove nothing about its clock.
const FEWEST_FILES: usize = 12;

/// The lines about the files of a sample of images, evenly over time at each place.
///
/// # Errors
/// `Stopped` when the job shall stop.
pub(super) fn status(
    job: &Job,
    found: &Found,
    calendar: &Calendar,
    folder: &ImagesFolder,
) -> Result<Vec<StatusRow>, JobError> {
    let images: Vec<&Image> = found.now.images.iter().filter(|image| !is_event(image)).collect();
    let mut named: BTreeMap<Option<&str>, Vec<&Image>> = BTreeMap::new();
    for image in images.iter().copied().filter(|image| image.path.is_some()) {
        named.entry(image.place_id.as_deref()).or_default().push(image);
    }
    let most = (MOST_FILES / named.len().max(1)).max(FEWEST_FILES);
    let (mut looked, mut missing) = (0, 0);
    let mut places = Vec::new();
    for (place_id, images) in &named {
        let zone = calendar.zone(*place_id);
        let mut times = Vec::new();
        for image in images.iter().step_by(images.len().div_ceil(most)) {
            job.check_stop()?;
            // What lies elsewhere cannot be looked for here.
            let Ok(path) = folder.find(image.path.as_deref()) else { continue };
            looked += 1;
            match PictureTime::read(&path, zone) {
                None => missing += u64::from(!path.is_file()),
                Some(told) => times.extend(three_times(image, told)),
            }
        }
        if let Some(place) = found.places.iter().find(|place| Some(place.id.as_str()) == *place_id) {
            places.push(PlaceTimes { name: &place.name, zone, times });
        }
    }
    let all_named = named.values().map(Vec::len).sum();
    let files = there(images.len(), all_named, looked, missing);
    Ok(std::iter::once(files).chain(file_clocks::status(&places)).collect())
}

fn three_times(image: &Image, told: PictureTime) -> Option<Times> {
    Some(Times { taken_at: image.taken_at?, exif: told.exif?, file: told.file })
}

fn there(images: usize, named: usize, looked: u64, missing: u64) -> StatusRow {
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
