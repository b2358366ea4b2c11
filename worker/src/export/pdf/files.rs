//! What the files of a report's photographs tell: whether they are where the database says, and what times they have.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use deertrack_catalog::Frame;
use deertrack_survey::calendar::Calendar;

use super::file_clocks::{self, PlaceTimes, Times};
use super::found::Found;
use super::status::StatusRow;
use super::wording::{counted, part};
use crate::JobError;
use crate::export::picture_time::PictureTime;
use crate::export::{ImagesFolder, Job};

/// Files that are looked at; more would keep a slow network drive busy for two lines of text.
const MOST_FILES: u64 = 500;
/// However many places there are, so many at each: fewer prove nothing about its clock.
const FEWEST_FILES: u64 = 12;

/// A sample of the photographs of a span, evenly over time at each place.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Photographs, with and without a file.
    photographs: u64,
    named: u64,
    places: BTreeMap<Option<String>, AtPlace>,
}

#[derive(Debug)]
struct AtPlace {
    /// Every so many is one of the sample.
    step: u64,
    seen: u64,
    sample: Vec<Sampled>,
}

#[derive(Debug)]
struct Sampled {
    path: String,
    taken_at: Option<DateTime<Utc>>,
}

impl Files {
    /// None yet, of so many files at each place.
    pub(super) fn of(counts: BTreeMap<Option<String>, u64>) -> Self {
        let most = (MOST_FILES / counts.len().max(1) as u64).max(FEWEST_FILES);
        let at = |files: u64| AtPlace { step: files.div_ceil(most).max(1), seen: 0, sample: Vec::new() };
        let places = counts.into_iter().map(|(place, files)| (place, at(files))).collect();
        Self { photographs: 0, named: 0, places }
    }

    /// Looks at an image; images come in the order of time.
    pub(super) fn add(&mut self, frame: &Frame) {
        if frame.is_event {
            return;
        }
        self.photographs += 1;
        let Some(path) = &frame.path else { return };
        self.named += 1;
        let Some(at) = self.places.get_mut(&frame.place_id) else { return };
        if at.seen.is_multiple_of(at.step) {
            at.sample.push(Sampled { path: path.clone(), taken_at: frame.taken_at });
        }
        at.seen += 1;
    }
}

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
